public import Foundation

/// A webhook and a mail server on the loopback, `Tests/Servers/receiver.py`, as a process that ends
/// with this object.
///
/// ```swift
/// let receiver = try Receiver()
/// … http://127.0.0.1:\(receiver.webhookPort)/fail?times=2 …
/// let things = try receiver.received()
/// ```
public final class Receiver {
    /// What tests that need one say when they are skipped.
    public static let absence = "python3 is not on this machine"

    /// The webhook's port.
    public let webhookPort: Int
    /// The mail server's port, in clear.
    public let mailPort: Int
    /// The mail server's port over TLS; 0 without openssl.
    public let mailTLSPort: Int
    /// The file that makes its certificate trusted.
    public let authorities: String

    /// One thing that came.
    public struct Thing: Decodable, Sendable {
        /// `http` or `mail`.
        public let kind: String
        /// The path of the request.
        public let path: String?
        /// The request's headers, names in small letters.
        public let headers: [String: String]?
        /// The request's body.
        public let body: String?
        /// What the request was answered.
        public let status: Int?
        /// Who the message is from, as it was told the server.
        public let sender: String?
        /// Who it is for.
        public let receivers: [String]?
        /// Who signed in.
        public let user: String?
        /// True for a message over TLS.
        public let is_encrypted: Bool?
        /// The message's bytes.
        public let data: Data?
    }

    private let process = Process()
    /// Kept, because its end is the server's.
    private let input = Pipe()
    private let folder: URL

    /// It did not start.
    public struct Failure: Error {}

    /// Starts one; it listens when this returns.
    public init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("razao-receiver-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Servers/receiver.py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // -B: nothing is left beside the scripts.
        process.arguments = [
            "python3", "-B", script.path, folder.appendingPathComponent("log").path,
        ]
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Failure() }
            line += String(decoding: data, as: UTF8.self)
        }
        let parts = line.split(separator: " ").map { $0.trimmingCharacters(in: .newlines) }
        guard parts.count == 4, let webhook = Int(parts[0]), let mail = Int(parts[1]),
            let encrypted = Int(parts[2])
        else { throw Failure() }
        webhookPort = webhook
        mailPort = mail
        mailTLSPort = encrypted
        authorities = parts[3]
    }

    deinit {
        try? input.fileHandleForWriting.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Everything that came so far, in order.
    public func received() throws -> [Thing] {
        let file = folder.appendingPathComponent("log")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map {
            try JSONDecoder().decode(Thing.self, from: Data($0.utf8))
        }
    }
}
