public import Curl
import Providers
import Synchronization

/// Carries calls to providers over libcurl: pooled connections, HTTP/2 over TLS, a time-out for
/// every step.
public struct CurlUpstream: Upstream {
    private let loop: TransferLoop
    private let authoritiesFile: String?

    /// Calls on a loop, which whoever made it closes. `authoritiesFile` is a PEM file to trust in
    /// place of the system's.
    public init(loop: TransferLoop, authoritiesFile: String? = nil) {
        self.loop = loop
        self.authoritiesFile = authoritiesFile
    }

    /// Makes a call ready: checked, its headers as libcurl takes them.
    public func outgoing(_ call: UpstreamCall) -> any OutgoingCall {
        var request = HTTPRequest("POST", call.url)
        for header in call.headers { request.headers.append(header.name, header.value) }
        request.body = call.body
        request.timeouts = call.timeouts
        request.authoritiesFile = authoritiesFile
        return CurlCall(stream: loop.outgoing(request))
    }
}

/// A call that libcurl will make.
private struct CurlCall: OutgoingCall {
    let stream: OutgoingStream

    func send() { stream.send() }

    func answer() async throws(UpstreamFailure) -> any UpstreamAnswer {
        do throws(CurlError) {
            return CurlAnswer(try await stream.response())
        } catch {
            throw UpstreamFailure(error)
        }
    }
}

/// An answer of libcurl's.
///
/// `@unchecked Sendable`: `iterator` is only touched by `next`, which is called one at a time.
private final class CurlAnswer: UpstreamAnswer, @unchecked Sendable {
    private let response: StreamedResponse
    private var iterator: StreamedBody.Iterator

    init(_ response: StreamedResponse) {
        self.response = response
        iterator = response.body.makeAsyncIterator()
    }

    var status: Int { response.head.status }

    var headers: [(name: String, value: String)] {
        response.head.headers.map { ($0.name, $0.value) }
    }

    func next() async throws(UpstreamFailure) -> [UInt8]? {
        do throws(CurlError) {
            return try await iterator.next()
        } catch {
            throw UpstreamFailure(error)
        }
    }

    func stop() { response.cancel() }

    var hasEnded: Bool { response.hasEnded }
}

extension UpstreamFailure {
    /// What libcurl's error means to a call.
    init(_ error: CurlError) {
        let kind: Kind =
            switch error {
            case .unresolved, .connectFailed, .tls, .refusedProtocol, .badRequest: .unreachable
            case .timedOut(let stage): stage == .connect ? .unreachable : .timedOut
            case .loopFull, .loopClosed: .busy
            case .cancelled: .stopped
            case .connectionClosed, .badAnswer, .headTooLarge, .tooLarge, .mailRefused, .other:
                .broken
            }
        self.init(kind, "\(error)")
    }
}
