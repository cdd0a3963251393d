import CCurl

/// The four time-outs of a transfer.
public enum TimeoutStage: String, Sendable, Hashable, CaseIterable {
    /// Until the connection is there and encrypted, waiting for a free one included.
    case connect
    /// From then until the answer's first byte.
    case firstByte
    /// From one byte of the answer to the next.
    case betweenBytes
    /// From start to end.
    case whole

    /// The stage in words, for messages.
    var words: String {
        switch self {
        case .connect: "could not be connected to"
        case .firstByte: "sent no first byte"
        case .betweenBytes: "stopped sending"
        case .whole: "did not send the whole answer"
        }
    }
}

/// Why a request got no answer, or no whole one.
public enum CurlError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The host's name has no address; with curl's reason.
    case unresolved(String)
    /// The host refused the connection or could not be reached; with curl's reason.
    case connectFailed(String)
    /// The encrypted connection could not be made, or its certificate is not trusted.
    case tls(String)
    /// A step took longer than allowed.
    case timedOut(TimeoutStage)
    /// The connection ended before the answer did; with curl's reason.
    case connectionClosed(String)
    /// What came is not HTTP; with curl's reason.
    case badAnswer(String)
    /// The answer's head is larger than `limit` bytes.
    case headTooLarge(limit: Int)
    /// The answer's body is larger than `limit` bytes.
    case tooLarge(limit: Int)
    /// The caller, or its task, stopped the transfer.
    case cancelled
    /// As many transfers are open as the loop allows.
    case loopFull(limit: Int)
    /// The loop was closed before or while the transfer went on.
    case loopClosed
    /// The request cannot be sent as it is; says why.
    case badRequest(String)
    /// The address is neither `http` nor `https`.
    case refusedProtocol
    /// A mail server did not take a message or a sign-in; with its reply code and words.
    case mailRefused(code: Int, words: String)
    /// Anything else, with curl's own code and words.
    case other(code: Int, message: String)

    /// What happened and what to do, in one sentence.
    public var description: String {
        switch self {
        case .unresolved(let reason):
            "The server's name was not found (\(reason)); check the address and the network."
        case .connectFailed(let reason):
            "The server could not be reached (\(reason)); check the address and the network."
        case .tls(let reason):
            "The encrypted connection failed (\(reason)); check the certificate and the clock."
        case .timedOut(let stage):
            "The server \(stage.words) in time; try again later or allow more time."
        case .connectionClosed(let reason):
            "The connection ended before the answer did (\(reason)); try again later."
        case .badAnswer(let reason):
            "The server's answer is not HTTP (\(reason)); check the address and the port."
        case .headTooLarge(let limit):
            "The answer's head is larger than the limit of \(limit) bytes; check the address."
        case .tooLarge(let limit):
            "The answer is larger than the limit of \(limit) bytes; check the address."
        case .cancelled:
            "The request was stopped by its caller."
        case .loopFull(let limit):
            "The limit of \(limit) requests at a time is reached; try again later."
        case .loopClosed:
            "The program is stopping and makes no more requests; try again later."
        case .badRequest(let reason):
            "The request cannot be sent: \(reason)."
        case .refusedProtocol:
            "Only http and https addresses are allowed; check the address."
        case .mailRefused(let code, let words):
            "The mail server refused the message (\(code): \(words)); check addresses and sign-in."
        case .other(let code, let message):
            "The request failed (curl \(code): \(message))."
        }
    }

    /// True when the request certainly never left, so that sending it elsewhere does nothing twice.
    public var isBeforeSending: Bool {
        switch self {
        case .unresolved, .connectFailed, .tls, .timedOut(.connect), .loopFull, .badRequest,
            .refusedProtocol:
            true
        default: false
        }
    }

    /// The error of a finished transfer; `stage` is where a time-out of curl's own would belong.
    init(
        _ code: CURLcode, reason: String, limit: Int, headLimit: Int = 64 << 10,
        stage: TimeoutStage = .whole
    ) {
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolved(reason)
            case CURLE_COULDNT_CONNECT: .connectFailed(reason)
            case CURLE_OPERATION_TIMEDOUT: .timedOut(stage)
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
                CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
                CURLE_SSL_INVALIDCERTSTATUS:
                .tls(reason)
            case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR,
                CURLE_HTTP2, CURLE_HTTP2_STREAM:
                .connectionClosed(reason)
            case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: .badAnswer(reason)
            // A single line beyond curl's own bound is told as want of memory.
            case CURLE_OUT_OF_MEMORY where stage != .connect: .headTooLarge(limit: headLimit)
            case CURLE_FILESIZE_EXCEEDED: .tooLarge(limit: limit)
            // Of a scheme, or of an answer without a status line.
            case CURLE_UNSUPPORTED_PROTOCOL where reason.contains("HTTP/0.9"): .badAnswer(reason)
            case CURLE_UNSUPPORTED_PROTOCOL: .refusedProtocol
            case CURLE_URL_MALFORMAT: .badRequest("its address is malformed (\(reason))")
            default: .other(code: Int(code.rawValue), message: reason)
            }
    }
}
