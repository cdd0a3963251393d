public import Curl
public import Providers

/// A request on its way to a provider.
public struct UpstreamCall: Sendable {
    /// Where it goes.
    public var url: String
    /// Its headers, the provider's key among them.
    public var headers: [ProviderHeader]
    /// Its body.
    public var body: [UInt8]
    /// How long each step may take.
    public var timeouts: HTTPTimeouts

    /// A call of those parts.
    public init(
        url: String, headers: [ProviderHeader], body: [UInt8], timeouts: HTTPTimeouts
    ) {
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
    }
}

/// Why a provider could not be asked, or did not go on answering; in words without anything secret.
public struct UpstreamFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What happened.
    public enum Kind: Sendable, Equatable {
        /// No connection came about, so that the provider saw nothing.
        case unreachable
        /// The provider took longer than allowed.
        case timedOut
        /// The connection ended before the answer did.
        case broken
        /// There are more calls in flight than allowed.
        case busy
        /// The call was stopped here.
        case stopped
    }

    /// What happened.
    public let kind: Kind
    /// The sentence for a log.
    public let description: String

    /// A failure of that kind.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// Who carries calls to providers; the real one uses libcurl, tests bring their own.
public protocol Upstream: Sendable {
    /// Makes a call ready to be sent.
    func outgoing(_ call: UpstreamCall) -> any OutgoingCall
}

extension Upstream {
    /// Sends a call and returns when the head of the answer is there.
    func open(_ call: UpstreamCall) async throws(UpstreamFailure) -> any UpstreamAnswer {
        let call = outgoing(call)
        call.send()
        return try await call.answer()
    }
}

/// A call that is ready, so that nothing is left to do once it may be sent.
public protocol OutgoingCall: Sendable {
    /// Sends it; from any thread, without waiting. Again, it does nothing.
    func send()
    /// Waits for the head of the answer, once, after it was sent.
    func answer() async throws(UpstreamFailure) -> any UpstreamAnswer
}

/// A provider's answer while it comes in.
public protocol UpstreamAnswer: Sendable {
    /// The HTTP status.
    var status: Int { get }
    /// The headers, names as they came.
    var headers: [(name: String, value: String)] { get }
    /// The next bytes, or nil at the end. One at a time.
    func next() async throws(UpstreamFailure) -> [UInt8]?
    /// Ends it; the provider is told by the connection that goes away. May be called twice.
    func stop()
    /// True once nothing more comes from the provider, though some of it may not be taken yet.
    var hasEnded: Bool { get }
}

extension UpstreamAnswer {
    /// Lets an answer end whose mark of the end was there, so that its connection is used again,
    /// while nobody waits for it. Who says much more behind the end is stopped.
    func letEnd() {
        Task {
            for _ in 0..<16 {
                guard (try? await next()) != nil else { return }
            }
            stop()
        }
    }

    /// True where the head says that what follows is no stream of events.
    var isWhole: Bool {
        let type = headers.first { $0.name.lowercased() == "content-type" }?.value.lowercased()
        return type.map { $0.hasPrefix("text/html") || $0.hasPrefix("application/json") } ?? false
    }
}
