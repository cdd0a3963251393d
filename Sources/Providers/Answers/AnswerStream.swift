public import Ledger

/// What a caller gets of an upstream's stream, while it is metered.
///
/// ```swift
/// var answer = AnswerStream(.chatCompletions, isStreamed: true, showsUsage: false)
/// let bytes = answer.consume(chunk)     // renew the hold for answer.meter.shownBytes, then send
/// let rest = try answer.finish(notes: [.init("cost_usd", digits: "0.00123")])
/// ```
/// A stream passes through byte for byte; the chunk of usage that only the gateway asked for is
/// taken out, and one that the caller asked for is kept back to the end, so that the cost can be
/// written into it. A caller who wants no stream gets one answer put together of it. Memory: one
/// event, or the answer that is put together, up to a bound. A value without a clock or a socket.
public struct AnswerStream: Sendable {
    /// How large an answer may be that is put together, in bytes.
    public static let defaultMaximumBytes = 64 << 20

    /// What the answer has consumed so far, and what of it was shown.
    public private(set) var meter: AnswerMeter
    /// The interface the caller speaks.
    public let interface: Interface
    /// True where the caller gets a stream.
    public let isStreamed: Bool

    /// True once the mark of the end has come, behind which a provider sends nothing of the answer:
    /// the connection's own end need not be waited for.
    public private(set) var isAtEnd = false

    private let showsUsage: Bool
    private let key: ProviderKey?
    private var parser: EventStreamParser
    private var translation: (any AnswerTranslation)?
    private var assembly: any AnswerAssembly
    private var ending: AnswerEnding
    private var tail: UsageTail
    private let maximumBytes: Int
    private var assembledBytes = 0
    private var hasToldError = false
    private var repeated = RepeatedChunk()
    /// How many of the bytes that ``consume(_:)`` gave last stand before the event with which the
    /// answer became complete: a caller may get them while the call is being recorded.
    public private(set) var bytesBeforeEnd = 0
    /// The answer, where it came whole and needs no translation.
    private var whole: (body: [UInt8], value: JSONValue?)?

    /// The answer to a call whose upstream streams `upstream`, to a caller who speaks `caller`.
    ///
    /// Interfaces that cannot be translated into each other are refused when the request is; here
    /// they pass through. `createdAt` stands in an answer that is translated. `key` is what no
    /// error that stands in the answer may repeat.
    public init(
        _ upstream: Interface, to caller: Interface? = nil, isStreamed: Bool, showsUsage: Bool,
        createdAt: Instant = Instant(nanoseconds: 0), hiding key: ProviderKey? = nil,
        maximumEventBytes: Int = EventStreamParser.defaultMaximumEventBytes,
        maximumBytes: Int = Self.defaultMaximumBytes
    ) {
        interface = caller ?? upstream
        self.isStreamed = isStreamed
        self.showsUsage = showsUsage
        self.key = key
        self.maximumBytes = maximumBytes
        meter = AnswerMeter(upstream)
        parser = EventStreamParser(maximumEventBytes: maximumEventBytes)
        translation = Translation.answers(
            from: upstream, to: interface, createdAt: createdAt.seconds)
        assembly = interface.assembly
        ending = AnswerEnding(interface)
        tail = UsageTail()
    }

    /// Bytes that came in and belong to an event whose end has not come.
    public var pendingBytes: Int { parser.pendingBytes }

    /// Takes in bytes of the upstream; the bytes that the caller may get now.
    public mutating func consume(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        bytesBeforeEnd = 0
        for event in parser.consume(bytes) {
            take(event, into: &output)
            if !meter.isComplete { bytesBeforeEnd = output.count }
        }
        return output
    }

    /// Takes in the whole body of an upstream that could not stream; the bytes that the caller may
    /// get now. A body that needs no translation comes with ``finish(notes:)``, as it is.
    public mutating func consume(whole body: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        let value = try? JSONValue(parsing: body, maximumValues: ServerSentEvent.maximumValues)
        if let value {
            for element in value.elements ?? [value] { meter.observe(element) }
        }
        guard let translation else {
            whole = (body, value)
            return output
        }
        for event in value.map(translation.events) ?? [] { translate(event, into: &output) }
        return output
    }

    /// Takes in an event that the upstream's stream ended without a blank line behind it; the bytes
    /// that the caller may get now. After it the meter knows all there is to know.
    ///
    /// Half an event goes nowhere: it means nothing, and would swallow what is written behind it.
    public mutating func flush() -> [UInt8] {
        var output: [UInt8] = []
        for event in parser.finish() {
            if isStreamed, event.json == nil, !event.isDone {
                meter.observe(event)
            } else {
                take(event, into: &output)
            }
        }
        return output
    }

    /// The end of the upstream's stream: the rest of the caller's, or the answer put together.
    ///
    /// `notes` are written into the usage, where the caller sees one. Throws, where the caller
    /// wants no stream, the error that stood in it, or that it stopped before its end; a stream
    /// that was begun has to be ended by an event of the error instead
    /// (``APIError/event(_:requestID:)``), when ``AnswerReport/isComplete`` of ``meter`` is false.
    public mutating func finish(notes: [APIError.Note] = []) throws(ProviderError) -> [UInt8] {
        var output: [UInt8] = []
        for event in parser.finish() { take(event, into: &output) }
        return try close(&output, notes)
    }

    /// Ends the answer here, as one that reached its limit; the upstream is stopped elsewhere.
    ///
    /// `tokens` are what is charged, for the usage that the caller sees.
    public mutating func cut(
        tokens: TokenCounts, notes: [APIError.Note] = []
    ) throws(ProviderError) -> [UInt8] {
        var output: [UInt8] = tail.flush()
        for value in ending.values(tokens, showsUsage: showsUsage || !isStreamed) {
            deliver(value, into: &output)
        }
        if isStreamed, ending.endsWithDone { tail.keep(StreamText.done, into: &output) }
        return try close(&output, notes, wasCut: true)
    }

    private mutating func close(
        _ output: inout [UInt8], _ notes: [APIError.Note], wasCut: Bool = false
    ) throws(ProviderError) -> [UInt8] {
        if translation != nil, !wasCut { endTranslation(&output) }
        if let whole {
            guard !notes.isEmpty, let value = whole.value else { return whole.body }
            return UsageTail.noted(value, interface, notes).compactBytes
        }
        guard !isStreamed else { return output + tail.finish(interface, notes) }
        if let error = meter.error { throw error.hiding(key) }
        if assembledBytes > maximumBytes {
            throw ProviderError(
                .serverError,
                message: "the answer is larger than \(maximumBytes) bytes; ask for a stream")
        }
        guard wasCut || meter.isComplete, let answer = assembly.answer() else {
            throw ProviderError(
                .serverError, message: "the provider's answer stopped before its end")
        }
        return UsageTail.noted(answer, interface, notes).compactBytes
    }

    /// What OpenAI's streams end with: usage, where it is known, and `[DONE]`.
    private mutating func endTranslation(_ output: inout [UInt8]) {
        let report = meter.report
        guard report.isComplete, report.error == nil else { return }
        var tokens = TokenCounts()
        var counts = CountReader()
        for usage in report.usages { counts.add(usage.tokens, to: &tokens) }
        if report.usages.first?.source == .provider, counts.fault == nil {
            for value in ending.usageValues(tokens) { deliver(value, into: &output) }
        }
        if isStreamed { tail.keep(StreamText.done, into: &output) }
    }

    private mutating func take(_ event: ServerSentEvent, into output: inout [UInt8]) {
        if let text = repeated.text(of: event) {
            meter.observe(text: text)
            if isStreamed {
                tail.keep(event.raw, into: &output)
            } else if mayAssemble(event.data.count) {
                assembly.add(content: text, choice: repeated.choice)
            }
            return
        }
        read(event, into: &output)
    }

    /// An event that has to be read whole.
    private mutating func read(_ event: ServerSentEvent, into output: inout [UInt8]) {
        let json = event.json
        // What follows the end of a choice has to be looked at.
        let isPlain = interface == .chatCompletions && translation == nil && !ending.hasEnded
        repeated.learn(event, isPlain ? json : nil)
        meter.observe(event, json: json)
        if event.isDone || meter.interface == .messages && json?["type"]?.text == "message_stop" {
            isAtEnd = true
        }
        if json == nil, translation != nil || !isStreamed, event.isOversized || event.saysSomething
        {
            lose(into: &output)
        } else if translation != nil {
            if let json { translate(json, into: &output) }
        } else if let json, !isStreamed {
            assemble(json, bytes: event.data.count)
        } else if isStreamed {
            pass(event, json, into: &output)
        }
    }

    /// An upstream's event in the caller's interface. An error that stands in the stream is told
    /// once, where the caller has a stream to be told it in.
    private mutating func translate(_ value: JSONValue, into output: inout [UInt8]) {
        for chunk in translation?.chunks(value) ?? [] { deliver(chunk, into: &output) }
        if let error = meter.error { tell(error, into: &output) }
    }

    /// An event that cannot be read can be passed on, but not be made something else of: an answer
    /// with a hole in it would look whole.
    private mutating func lose(into output: inout [UInt8]) {
        let error = ProviderError(
            .serverError, message: "a part of the provider's answer could not be read")
        meter.note(error)
        tell(error, into: &output)
    }

    private mutating func tell(_ error: ProviderError, into output: inout [UInt8]) {
        guard isStreamed, !hasToldError else { return }
        hasToldError = true
        tail.keep(APIError(error.hiding(key)).event(interface), into: &output)
    }

    /// An event as it came, unless it is the usage that the caller did not ask for.
    private mutating func pass(
        _ event: ServerSentEvent, _ json: JSONValue?, into output: inout [UInt8]
    ) {
        if let json {
            ending.observe(json)
            if let error = meter.error, error != error.hiding(key) {
                tell(error, into: &output)
                return
            }
            if !showsUsage, UsageTail.isUsageOnly(json, interface) { return }
            if showsUsage, UsageTail.isFinal(json, interface, ending) {
                tail.begin(json, event.raw, name: event.name)
                return
            }
        }
        tail.keep(event.raw, into: &output)
    }

    /// A value that was made here, in the caller's interface.
    private mutating func deliver(_ value: JSONValue, into output: inout [UInt8]) {
        guard isStreamed else {
            assemble(value, bytes: InputSize.bytes(value))
            return
        }
        ending.observe(value)
        if !showsUsage, UsageTail.isUsageOnly(value, interface) { return }
        let bytes = StreamText.event(value, of: interface)
        if showsUsage, UsageTail.isFinal(value, interface, ending) {
            tail.begin(value, bytes, name: value["type"]?.text)
        } else {
            tail.keep(bytes, into: &output)
        }
    }

    private mutating func assemble(_ value: JSONValue, bytes: Int) {
        ending.observe(value)
        if mayAssemble(bytes) { assembly.add(value) }
    }

    /// Counts bytes of the answer that is put together; false beyond what it may have.
    private mutating func mayAssemble(_ bytes: Int) -> Bool {
        assembledBytes += bytes
        return assembledBytes <= maximumBytes
    }
}

/// Puts one answer together out of the events of a stream.
protocol AnswerAssembly: Sendable {
    mutating func add(_ value: JSONValue)
    /// More of the text of a choice, whose chunk says nothing else that is new.
    mutating func add(content: String, choice: Int)
    /// The answer, nil where nothing came.
    func answer() -> JSONValue?
}

extension AnswerAssembly {
    mutating func add(content: String, choice: Int) {
        let delta = JSONValue.made(("content", .string(content)))
        add(.made(("choices", .array([.made(("index", .count(choice)), ("delta", delta))]))))
    }
}

extension Interface {
    var assembly: any AnswerAssembly {
        switch self {
        case .messages: MessagesAssembly()
        case .generateContent: GeminiAssembly()
        case .responses: ResponsesAssembly()
        default: ChatAssembly(isChat: self != .completions)
        }
    }
}
