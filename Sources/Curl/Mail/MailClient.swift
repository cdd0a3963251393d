// A small, blocking client for rare e-mails.
//
//     try MailClient().send(message, by: route)

import CCurl
import Synchronization

/// Hands messages to a mail server (SMTP), one at a time.
///
/// A message is its bytes as they go over the wire: headers, an empty line, the text, with CR LF.
/// Time is bounded; each message has a connection of its own. No proxy is used.
public struct MailClient: Sendable, Hashable {
    /// How long to wait for a connection, in milliseconds.
    public var connectTimeoutMilliseconds: Int
    /// How long all of it may take, in milliseconds.
    public var totalTimeoutMilliseconds: Int

    /// The largest message that is sent.
    public static let maximumBytes = 1 << 20

    /// Makes a client; it holds no connection.
    public init(connectTimeoutMilliseconds: Int = 5_000, totalTimeoutMilliseconds: Int = 20_000) {
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.totalTimeoutMilliseconds = totalTimeoutMilliseconds
    }

    /// What another thread stops a message with.
    public final class Stop: Sendable {
        private let flag = Atomic(false)

        /// Nothing is stopped yet.
        public init() {}

        /// Stops it within a second or two.
        public func now() { flag.store(true, ordering: .relaxed) }

        var isSet: Bool { flag.load(ordering: .relaxed) }
    }

    /// Sends a message and waits until the server has taken it. Blocks its thread for up to
    /// `totalTimeoutMilliseconds`.
    ///
    /// Throws ``CurlError/mailRefused(code:words:)`` where the server says no. `authoritiesFile` is
    /// a PEM file of the authorities to trust instead of the system's.
    @available(*, noasync, message: "A message blocks its thread; give it to a thread of its own")
    public func send(
        _ message: [UInt8], by route: MailRoute, authoritiesFile: String? = nil,
        stop: Stop = Stop()
    ) throws(CurlError) {
        guard message.count <= Self.maximumBytes else {
            throw .badRequest("the message is larger than \(Self.maximumBytes) bytes")
        }
        guard authoritiesFile?.utf8.contains(0) != true else {
            throw .badRequest("the name of its authorities' file has a zero byte")
        }
        try EasyHandle().send(
            MailTransfer(message, stop: stop), by: route, self, authoritiesFile: authoritiesFile)
    }
}

/// A message on its way, and what the server said last.
///
/// Used by one thread only, within `curl_easy_perform`.
final class MailTransfer {
    private let message: [UInt8]
    private let stop: MailClient.Stop
    private var sent = 0
    /// The last line in which the server said no.
    private(set) var words = ""

    var count: Int { message.count }
    var isStopped: Bool { stop.isSet }

    init(_ message: [UInt8], stop: MailClient.Stop) {
        self.message = message
        self.stop = stop
    }

    /// The next bytes, as many as there is room for.
    func next(atMost room: Int) -> ArraySlice<UInt8> {
        let piece = message[sent..<min(sent + room, message.count)]
        sent = piece.endIndex
        return piece
    }

    /// Takes a line that the server said.
    func hear(_ bytes: RawSpan) {
        let line = unsafe bytes.withUnsafeBytes { bytes in
            unsafe String(decoding: bytes.prefix(300), as: UTF8.self)
        }
        // Good-bye comes after it, and says nothing.
        if line.hasPrefix("4") || line.hasPrefix("5") {
            words = String(line.prefix { !$0.isNewline })
        }
    }
}
