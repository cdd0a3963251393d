import Dispatch
import Glibc
import Synchronization

/// An HTTP server for one connection, on a thread of its own, that ends by itself.
final class LoopbackServer: Sendable {
    let port: UInt16
    private let received = Mutex<[UInt8]>([])
    private let done = DispatchSemaphore(value: 0)

    /// Listens at once; answers the first request with `answer`, or with nil never.
    ///
    /// A `greeting` is sent before any request, as no HTTP server would.
    init(answer: String? = nil, greeting: String = "") {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = unsafe withUnsafeMutableBytes(of: &address) { bytes -> UInt16 in
            guard let base = bytes.baseAddress else { return 0 }
            let generic = unsafe base.assumingMemoryBound(to: sockaddr.self)
            guard unsafe bind(listener, generic, length) == 0, listen(listener, 1) == 0,
                unsafe getsockname(listener, generic, &length) == 0
            else { return 0 }
            return unsafe UInt16(
                bigEndian: base.assumingMemoryBound(to: sockaddr_in.self).pointee.sin_port)
        }
        precondition(port != 0, "no port to listen on")
        self.port = port
        DispatchQueue.global().async { [self] in
            serve(listener, answer, greeting)
            done.signal()
        }
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// What the client has sent, once the server has ended.
    func request() -> String {
        _ = done.wait(timeout: .now() + 10)
        return received.withLock { String(decoding: $0, as: UTF8.self) }
    }

    private func serve(_ listener: Int32, _ answer: String?, _ greeting: String) {
        defer { close(listener) }
        guard ready(listener) else { return }
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        defer { close(connection) }
        write(connection, greeting)
        guard readHead(connection), let answer else {
            // Hold the line until the client gives up.
            _ = read(connection)
            return
        }
        write(connection, answer)
    }

    private func write(_ connection: Int32, _ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes { bytes in
                unsafe send(connection, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    private func readHead(_ connection: Int32) -> Bool {
        while true {
            guard let bytes = read(connection), !bytes.isEmpty else { return false }
            let all = received.withLock { received -> String in
                received += bytes
                return String(decoding: received, as: UTF8.self)
            }
            if all.hasSuffix("\r\n\r\n") { return true }
        }
    }

    private func read(_ connection: Int32) -> [UInt8]? {
        guard ready(connection) else { return nil }
        return unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = unsafe max(recv(connection, buffer.baseAddress, buffer.count, 0), 0)
        }
    }

    private func ready(_ descriptor: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&waiting, 1, 5000) == 1
    }
}
