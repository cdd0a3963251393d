import Ledger
import Providers

/// The answer to one call as it is planned: what is sent and when. A value; no socket, no clock.
struct MockPlan: Sendable {
    /// How many tokens a call comes to.
    struct Tokens: Sendable, Equatable {
        var input = 0
        var cached = 0
        var output = 0
    }

    /// How the call will have ended, unless the caller goes before.
    enum Outcome: Sendable, Equatable {
        case answered, counted, failed, broken
    }

    enum Body: Sendable {
        case whole([UInt8])
        case stream(MockStream)
    }

    var status = 200
    var type = "application/json"
    var headers: [(name: String, value: String)] = []
    /// Milliseconds before the first byte.
    var delayMilliseconds: Int
    var body: Body
    var tokens = Tokens()
    var outcome = Outcome.answered

    /// What sets a call apart from the others: a number for its ids and the second of now.
    struct Stamp: Sendable {
        let number: UInt64
        let second: Int64
    }

    /// Plans the answer to a call. `fails` says that the call is one of those that shall fail.
    init(_ call: MockCall, _ stamp: Stamp, fails: Bool) {
        let behavior = call.behavior
        delayMilliseconds = behavior.latencyMilliseconds
        if fails || behavior.answersHTML {
            outcome = .failed
            status = fails ? behavior.errorStatus : 200
            let retry = behavior.retryAfterSeconds ?? (status == 429 ? 1 : nil)
            if fails, let retry { headers.append(("retry-after", "\(retry)")) }
            if behavior.answersHTML {
                type = "text/html; charset=utf-8"
                body = .whole(Array(Self.page.utf8))
            } else {
                let error = APIError(
                    status: status, message: "the mock provider fails this call on purpose",
                    retryAfterSeconds: retry.map { UInt32($0) })
                body = .whole(error.body(call.endpoint.dialect))
            }
            return
        }
        let answer = MockAnswer(call, stamp)
        tokens = answer.tokens
        if call.endpoint.isCount || call.endpoint == .embeddings {
            outcome = call.endpoint.isCount ? .counted : .answered
            body = .whole(answer.whole)
            return
        }
        let cut = behavior.breakAfterTokens.map { min($0, answer.text.tokens) }
        if let cut {
            outcome = .broken
            tokens.output = cut * call.answers
        }
        if call.isStream {
            if !call.isArray { type = "text/event-stream; charset=utf-8" }
            body = .stream(MockStream(answer, end: cut))
        } else {
            // A model needs as long for an answer that it hands over at once.
            let chunks = MockText.count(
                bytes: answer.text.tokens, bytesPerToken: behavior.chunkTokens)
            delayMilliseconds += max(0, chunks - 1) * behavior.chunkDelayMilliseconds
            body = .whole(answer.whole)
        }
    }

    /// What some proxy says in place of a provider.
    private static let page =
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
        + "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
}

/// The pieces of a streamed answer, one after the other.
struct MockStream: Sendable {
    /// What is written at once.
    struct Chunk: Sendable, Equatable {
        /// Milliseconds to wait before it.
        var delayMilliseconds: Int
        var bytes: [UInt8]
        /// Tokens of output in it, of all choices.
        var tokens: Int
        /// The connection ends behind it, without an end of the answer.
        var breaksOff = false
    }

    private enum Phase { case opening, pieces, over }

    private let answer: MockAnswer
    /// The stream breaks off behind so many tokens.
    private let end: Int?
    private var phase = Phase.opening
    private var done = 0

    init(_ answer: MockAnswer, end: Int?) {
        self.answer = answer
        self.end = end
    }

    /// The next piece; nil behind the last.
    mutating func next() -> Chunk? {
        switch phase {
        case .opening:
            phase = .pieces
            let isEnd = end == 0
            if isEnd { phase = .over }
            return Chunk(
                delayMilliseconds: 0, bytes: answer.opening(), tokens: 0, breaksOff: isEnd)
        case .pieces:
            let last = end ?? answer.text.tokens
            guard done < last else {
                phase = .over
                return Chunk(delayMilliseconds: 0, bytes: answer.closing(), tokens: 0)
            }
            let range = done..<min(last, done + answer.call.behavior.chunkTokens)
            // The first piece comes with the opening: it is the first token that is waited for.
            let delay = done == 0 ? 0 : answer.call.behavior.chunkDelayMilliseconds
            done = range.upperBound
            let breaksOff = done == last && end != nil
            if breaksOff { phase = .over }
            return Chunk(
                delayMilliseconds: delay, bytes: answer.piece(range),
                tokens: range.count * answer.call.answers, breaksOff: breaksOff)
        case .over: return nil
        }
    }
}
