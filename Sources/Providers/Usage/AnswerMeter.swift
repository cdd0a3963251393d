internal import Ledger

/// Reads what an answer consumed while its stream goes by.
///
/// ```swift
/// var parser = EventStreamParser()
/// var meter = AnswerMeter(.chatCompletions)
/// for event in parser.consume(chunk) { meter.observe(event) }
/// meter.shownBytes                   // renew the hold before the bytes leave
/// meter.report                       // at the end, or at any point before
/// ```
/// Nothing an upstream sends can make it fail: what cannot be read is passed over, and a usage that
/// cannot be believed is `missing`. A value: a copy of it is a snapshot. Sources: the providers'
/// API references, and the recordings that the tests hold it to.
public struct AnswerMeter: Sendable, Equatable {
    /// Whose answer it is.
    public let interface: Interface
    /// An upper bound of the tokens whose text has been seen: each has at least a byte, and what
    /// opens a message or a tool call has some more. Reasoning that is not shown is not in it.
    public private(set) var shownBytes = 0
    /// Events that were larger than allowed, or held no JSON where it was due.
    public private(set) var unreadableEvents = 0
    private var facts = AnswerFacts()

    /// A meter before the first event.
    public init(_ interface: Interface) { self.interface = interface }

    /// Takes in one event of the stream.
    public mutating func observe(_ event: ServerSentEvent) { observe(event, json: event.json) }

    /// The same for who has read the event's JSON already.
    mutating func observe(_ event: ServerSentEvent, json: JSONValue?) {
        if let json {
            observe(json, event: event.name)
        } else if event.isOversized || event.saysSomething {
            unreadableEvents += 1
            // Its text counts whole, so that the bound stays one.
            shownBytes += event.raw.count
        }
    }

    /// Takes in a whole body, or one value of a stream that is framed otherwise.
    mutating func observe(_ value: JSONValue, event: String? = nil) {
        let dialect = interface.usageDialect
        dialect.read(value, event: event, into: &facts)
        shownBytes += dialect.shownBytes(value)
    }

    /// Takes in text of an event in which nothing else is new.
    mutating func observe(text: String) { shownBytes += text.utf8.count }

    /// True once the answer came to the end that its interface knows; what comes after it is
    /// usage and marks of the end. Costs nothing, unlike ``report``.
    public var isComplete: Bool { facts.isComplete }

    /// The error that stood in the answer so far.
    var error: ProviderError? { facts.error }

    mutating func note(_ error: ProviderError) { facts.note(error) }

    /// What the answer says so far.
    public var report: AnswerReport {
        var counts = CountReader()
        var usages = interface.usageDialect.usages(facts, &counts)
        if let fault = counts.fault {
            let known = ModelUsage(
                model: facts.model, serviceTier: usages.first?.serviceTier ?? "",
                providerUsage: ProviderUsageText.compact(facts.usage))
            usages = [known]
            return report(usages, doubt: "the usage cannot be believed: \(fault)")
        }
        return report(usages, doubt: counts.doubt)
    }

    private func report(_ usages: [ModelUsage], doubt: String?) -> AnswerReport {
        AnswerReport(
            usages: usages, finishReason: facts.finishReason, requestID: facts.requestID,
            error: facts.error, isComplete: facts.isComplete, doubt: doubt)
    }
}

extension AnswerReport {
    /// What a whole body says. A body that is no JSON has missing usage and an error; so has one of
    /// a status of 400 and above, unless it tells usage.
    public init(_ interface: Interface, status: Int, body: [UInt8]) {
        var meter = AnswerMeter(interface)
        let value = try? JSONValue(parsing: body, maximumValues: ServerSentEvent.maximumValues)
        if status >= 400 || value == nil {
            meter.note(ProviderError(interface.dialect, status: status, body: body, json: value))
        }
        if let value { meter.observeWhole(value) }
        self = meter.report
    }
}

extension AnswerMeter {
    /// A body; Google answers a stream that was not asked for as events with an array of them.
    fileprivate mutating func observeWhole(_ value: JSONValue) {
        for element in value.elements ?? [value] { observe(element) }
    }
}
