import CCurl

/// Why a request got no answer.
public enum CurlError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The host's name or the host itself could not be reached; with curl's reason.
    case connectFailed(String)
    /// The connection or the whole answer took longer than allowed.
    case timedOut
    /// The encrypted connection could not be made, or its certificate is not trusted.
    case tls(String)
    /// The answer is larger than `limit` bytes.
    case tooLarge(limit: Int)
    /// The address is neither `http` nor `https`.
    case refusedProtocol
    /// Anything else, with curl's own code and words.
    case other(code: Int, message: String)

    /// What happened and what to do, in one sentence.
    public var description: String {
        switch self {
        case .connectFailed(let reason):
            "The server could not be reached (\(reason)); check the address and the network."
        case .timedOut:
            "The server did not answer in time; try again later or allow more time."
        case .tls(let reason):
            "The encrypted connection failed (\(reason)); check the certificate and the clock."
        case .tooLarge(let limit):
            "The answer is larger than the limit of \(limit) bytes; check the address."
        case .refusedProtocol:
            "Only http and https addresses are allowed; check the address."
        case .other(let code, let message):
            "The request failed (curl \(code): \(message))."
        }
    }

    init(_ code: CURLcode, reason: String, limit: Int) {
        self =
            switch code {
            case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
                .connectFailed(reason)
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
                CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
                CURLE_SSL_INVALIDCERTSTATUS:
                .tls(reason)
            case CURLE_FILESIZE_EXCEEDED: .tooLarge(limit: limit)
            case CURLE_UNSUPPORTED_PROTOCOL: .refusedProtocol
            default: .other(code: Int(code.rawValue), message: reason)
            }
    }
}
