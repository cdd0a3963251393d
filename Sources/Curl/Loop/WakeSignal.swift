import CCurl
import Glibc

/// Wakes the loop's thread out of its wait, from any thread.
final class WakeSignal: Sendable {
    let descriptor: Int32

    init() throws(CurlError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else {
            throw .other(code: Int(errno), message: "no event descriptor can be opened")
        }
    }

    deinit { close(descriptor) }

    /// Ends the present wait, or the next one.
    func wake() {
        // It fails only when the counter is full, and then the loop is awake already.
        _ = eventfd_write(descriptor, 1)
    }

    /// Forgets the calls so far.
    func clear() {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor, &count)
    }
}
