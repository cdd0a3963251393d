/// How far one transfer is, what it may still do, and until when: a value without a clock or a
/// socket, fed by the loop.
struct TransferProgress {
    enum Phase: Hashable {
        case connecting
        /// The request is on its way and no byte of an answer is here.
        case sent
        case head
        case body
    }

    /// What a line of a head leads to.
    enum HeadStep: Hashable {
        case more
        case complete(HTTPHead)
        case tooLarge
    }

    private(set) var phase = Phase.connecting
    private(set) var bodyBytes = 0
    private let timeouts: HTTPTimeouts
    private let maximumHeadBytes: Int
    private let maximumBodyBytes: Int
    private let end: MonotonicTime
    /// What the phase's own time-out counts from.
    private var since: MonotonicTime
    /// The answer's reader is behind, and the server has to wait.
    private var isPaused = false
    private var headBytes = 0
    private var status = 0
    private var headers: HTTPHeaders = [:]

    init(_ request: HTTPRequest, at now: MonotonicTime) {
        timeouts = request.timeouts
        maximumHeadBytes = request.maximumHeadBytes
        maximumBodyBytes = request.maximumBodyBytes
        since = now
        end = now + request.timeouts.whole
    }

    /// A connection is there and the request goes out; again if curl repeats it on a new
    /// connection, because an idle one had been closed by the server.
    mutating func send(at now: MonotonicTime) {
        phase = .sent
        since = now
    }

    /// A line of a head, with its line break, or of the trailer after a body.
    mutating func takeHeadLine(
        _ line: String, byteCount: Int, at now: MonotonicTime
    ) -> HeadStep {
        since = now
        headBytes += byteCount
        guard headBytes <= maximumHeadBytes else { return .tooLarge }
        // A trailer says nothing that anyone here asks for.
        guard phase != .body else { return .more }
        phase = .head
        let text = trim(line[...])
        if text.isEmpty { return endHead() }
        if line.first == " " || line.first == "\t" {
            headers.continueLast(text)
        } else if line.hasPrefix("HTTP/") {
            status = line.split(separator: " ").dropFirst().first.flatMap { Int(trim($0)) } ?? 0
            headers = [:]
        } else if let colon = line.firstIndex(of: ":") {
            headers.append(String(line[..<colon]), trim(line[line.index(after: colon)...]))
        }
        return .more
    }

    /// Bytes of the body; false if they are too many.
    mutating func takeBody(_ count: Int, at now: MonotonicTime) -> Bool {
        since = now
        guard count <= maximumBodyBytes - bodyBytes else { return false }
        bodyBytes += count
        return true
    }

    /// The server has to wait, or may go on, from when on its silence counts anew.
    mutating func setFlow(isPaused: Bool, at now: MonotonicTime) {
        self.isPaused = isPaused
        since = now
    }

    /// When the transfer must move on, if nothing more comes.
    var deadline: MonotonicTime { isPaused ? end : min(end, since + phaseTimeout) }

    /// The time-out that has passed, if one has.
    func expired(at now: MonotonicTime) -> TimeoutStage? {
        if !isPaused, since + phaseTimeout <= now { return stage }
        return end <= now ? .whole : nil
    }

    /// The time-out of the present phase.
    var stage: TimeoutStage {
        switch phase {
        case .connecting: .connect
        case .sent: .firstByte
        case .head, .body: .betweenBytes
        }
    }

    private var phaseTimeout: Duration {
        switch phase {
        case .connecting: timeouts.connect
        case .sent: timeouts.firstByte
        case .head, .body: timeouts.betweenBytes
        }
    }

    private mutating func endHead() -> HeadStep {
        // An interim answer, such as 100 or 103: the real one is still awaited.
        guard status >= 200 || status == 101 || status < 100 else {
            phase = .sent
            return .more
        }
        phase = .body
        defer { headers = [:] }
        return .complete(HTTPHead(status: status, headers: headers))
    }

    private func trim(_ text: Substring) -> String {
        let utf8 = text.utf8
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }),
            let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(text[first...last])
    }
}
