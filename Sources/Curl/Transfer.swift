/// What one request has received so far, with the limits on it.
///
/// Used by one thread only, within `curl_easy_perform`.
final class Transfer {
    /// A head larger than this is not an answer to a small request.
    private static let maximumHeaderBytes = 64 << 10

    let maximumBodyBytes: Int
    private(set) var body: [UInt8] = []
    private(set) var headers: HTTPHeaders = [:]
    private(set) var error: CurlError?
    private var headerBytes = 0

    init(maximumBodyBytes: Int) { self.maximumBodyBytes = maximumBodyBytes }

    /// Takes a piece of the body; false if that is too much.
    func append(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount <= maximumBodyBytes - body.count else {
            error = .tooLarge(limit: maximumBodyBytes)
            return false
        }
        unsafe bytes.withUnsafeBytes { bytes in unsafe body.append(contentsOf: bytes) }
        return true
    }

    /// Takes a line of the head; false if the head is too large.
    func appendHeader(_ bytes: RawSpan) -> Bool {
        headerBytes += bytes.byteCount
        guard headerBytes <= Transfer.maximumHeaderBytes else {
            error = .headTooLarge(limit: Transfer.maximumHeaderBytes)
            return false
        }
        let line = unsafe bytes.withUnsafeBytes { bytes in
            unsafe String(decoding: bytes, as: UTF8.self)
        }
        // An interim answer has a head of its own, which the final one replaces.
        if line.hasPrefix("HTTP/") { headers = [:] }
        guard !line.hasPrefix("HTTP/"), let colon = line.firstIndex(of: ":") else { return true }
        headers.append(String(line[..<colon]), trim(line[line.index(after: colon)...]))
        return true
    }

    private func trim(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
