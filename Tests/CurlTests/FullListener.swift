import Glibc

/// A port whose queue of new connections is full, so that the next one is never answered.
final class FullListener: Sendable {
    struct Failure: Error {}

    let port: UInt16
    private let sockets: [Int32]

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = try Self.bound(listener)
        listen(listener, 0)
        // The kernel takes one or two beyond the length that was asked for.
        let port = port
        let callers = (0..<4).map { _ -> Int32 in
            let caller = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            unsafe Self.withAddress(port) { address, length in
                unsafe _ = connect(caller, address, length)
            }
            return caller
        }
        sockets = [listener] + callers
        usleep(50_000)
    }

    deinit { for socket in sockets { close(socket) } }

    /// A port that was free a moment ago.
    static func unusedPort() throws -> UInt16 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        return try bound(listener)
    }

    private static func bound(_ listener: Int32) throws -> UInt16 {
        var port: UInt16 = 0
        unsafe withAddress(0) { address, length in
            var length = length
            guard unsafe bind(listener, address, length) == 0,
                unsafe getsockname(listener, address, &length) == 0
            else { return }
            port = unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                unsafe UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
        guard port != 0 else { throw Failure() }
        return port
    }

    private static func withAddress(
        _ port: UInt16, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Void
    ) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
        address.sin_port = port.bigEndian
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
