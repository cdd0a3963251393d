public import Ledger
public import Providers

/// A call as it comes in, after its key was recognised.
public struct GatewayCall: Sendable {
    /// The interface it is written for.
    public var interface: Interface
    /// Its body.
    public var body: [UInt8]
    /// The key it was made with.
    public var key: KeyRecord
    /// The end user as the caller names them; personal data that goes no further than a pseudonym.
    public var endUser: String?
    /// The conversation.
    public var conversation: String?
    /// Tags.
    public var tags: [String: String] = [:]
    /// The `Idempotency-Key` as it was sent; nil where it was not.
    public var idempotencyKey: String?

    /// A call of that key.
    public init(_ interface: Interface, body: [UInt8], key: KeyRecord) {
        self.interface = interface
        self.body = body
        self.key = key
    }
}

/// A model that callers may ask for.
public struct OfferedModel: Sendable, Equatable {
    /// Who answers.
    public let provider: String
    /// The model's own name.
    public let name: String

    /// `provider/model`, which names one model only.
    public var id: String { "\(provider)/\(name)" }
}

/// A header of an answer.
public struct AnswerHeader: Sendable, Equatable {
    /// The name, in lower case.
    public var name: String
    /// The value.
    public var value: String

    /// A header.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a caller gets.
public enum GatewayAnswer: Sendable {
    /// Everything at once.
    case whole(status: Int, headers: [AnswerHeader], body: [UInt8])
    /// A stream that has begun well; ``LiveAnswer/relay(to:)`` carries it to its end.
    case stream(headers: [AnswerHeader], LiveAnswer)
    /// A stream that was given before, with all its events.
    case recorded(headers: [AnswerHeader], events: [UInt8])

    /// True where it was given before.
    public var isReplay: Bool {
        switch self {
        case .whole(_, let headers, _), .recorded(let headers, _):
            headers.contains(KeptAnswer.mark)
        case .stream: false
        }
    }

    /// An error in the caller's dialect.
    public static func error(
        _ error: APIError, _ interface: Interface, requestID: String?
    ) -> GatewayAnswer {
        var headers = [AnswerHeader("content-type", "application/json")]
        if let requestID { headers.append(AnswerHeader("x-razao-request-id", requestID)) }
        if let seconds = error.retryAfterSeconds {
            headers.append(AnswerHeader("retry-after", "\(seconds)"))
        }
        return .whole(
            status: error.status, headers: headers,
            body: error.body(interface.dialect, requestID: requestID))
    }
}

/// What became of calls since the gateway started.
public struct GatewayCounts: Sendable, Equatable {
    /// Calls that came with a key.
    public var calls: UInt64 = 0
    /// Answers that came to their end.
    public var answered: UInt64 = 0
    /// Calls turned away for want of budget.
    public var refused: UInt64 = 0
    /// Answers cut at a limit.
    public var cut: UInt64 = 0
    /// Calls that failed at the provider or on the way.
    public var failed: UInt64 = 0
    /// Answers whose caller went away.
    public var cancelled: UInt64 = 0
    /// Answers without usage.
    public var missingUsage: UInt64 = 0
    /// Calls that used more than was set aside: must stay zero with providers that keep bounds.
    public var aboveHold: UInt64 = 0
    /// Calls whose end the ledger did not take, so that their holds stay open: must stay zero.
    public var unrecorded: UInt64 = 0
    /// Calls with an `Idempotency-Key` that were told what an earlier one was told.
    public var replayed: UInt64 = 0
    /// Answers that could not be kept for their `Idempotency-Key`: who asks again is told that the
    /// call was charged, and not what was answered.
    public var unkept: UInt64 = 0
    /// Calls in flight now.
    public var inFlight: Int64 = 0
    /// Calls that programs made themselves and told, new ones.
    public var postedAccepted: UInt64 = 0
    /// Such calls that were there already.
    public var postedDuplicates: UInt64 = 0
    /// Such calls that were refused.
    public var postedRefused: UInt64 = 0
    /// Posts of such calls in flight now.
    public var postsInFlight = 0

    /// Nothing yet.
    public init() {}
}
