import CCurl
import Glibc

/// curl's set of transfers in flight, driven by epoll: a turn costs what is ready, not what is
/// open.
///
/// Used by one thread at a time; see ``LoopCore``.
@safe
final class MultiHandle {
    private static let maximumEvents = 256

    private let multi: UnsafeMutableRawPointer
    private let epoll: Int32
    private let signal: WakeSignal
    /// When curl wants to be called though no socket is ready.
    fileprivate var timer: MonotonicTime?
    private var ready: [epoll_event]

    init(_ options: TransferLoopOptions, signal: WakeSignal) throws(CurlError) {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else {
            throw .other(code: Int(errno), message: "no event queue can be opened")
        }
        guard globalStart == CURLE_OK, let multi = unsafe curl_multi_init() else {
            close(epoll)
            throw .other(
                code: Int(CURLE_FAILED_INIT.rawValue), message: "curl could not be started")
        }
        unsafe self.multi = multi
        self.epoll = epoll
        self.signal = signal
        unsafe ready = Array(repeating: epoll_event(), count: Self.maximumEvents)
        let bounds = [
            (CURLMOPT_MAX_HOST_CONNECTIONS, options.maximumHostConnections),
            (CURLMOPT_MAX_TOTAL_CONNECTIONS, options.maximumConnections),
            (CURLMOPT_MAXCONNECTS, options.maximumConnections),
            (CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)),
        ]
        for (option, value) in bounds {
            try check(unsafe ccurl_multi_set_long(multi, option, value))
        }
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        try check(
            unsafe ccurl_multi_set_socket_callback(
                multi,
                { _, socket, what, context, known in
                    unsafe watchSocket(socket, what, context, known)
                }, context))
        try check(
            unsafe ccurl_multi_set_timer_callback(
                multi, { _, milliseconds, context in unsafe setTimer(milliseconds, context) },
                context))
        watch(signal.descriptor, UInt32(EPOLLIN.rawValue), isKnown: false)
    }

    deinit {
        // curl calls back while it closes its connections, and the queue is still there for that.
        unsafe curl_multi_cleanup(multi)
        close(epoll)
    }

    /// Takes a handle that has been prepared; it starts at the next turn.
    func add(_ slot: EasySlot) throws(CurlError) {
        try check(unsafe curl_multi_add_handle(multi, slot.handle))
    }

    /// Gives a handle back; a transfer that has not ended is cut.
    func remove(_ slot: EasySlot) {
        unsafe curl_multi_remove_handle(multi, slot.handle)
    }

    /// Waits until a socket is ready, curl's timer is due, the signal is given or `deadline` has
    /// come, and lets curl do what can be done.
    func turn(until deadline: MonotonicTime?) {
        let wait = wait(until: deadline)
        let count = unsafe ready.withUnsafeMutableBufferPointer { ready in
            unsafe epoll_wait(epoll, ready.baseAddress, Int32(ready.count), wait)
        }
        // Interrupted by a signal: nothing is ready.
        for index in 0..<max(Int(count), 0) {
            let event = unsafe ready[index]
            let descriptor = unsafe event.data.fd
            if descriptor == signal.descriptor {
                signal.clear()
            } else {
                act(descriptor, selection(unsafe event.events))
            }
        }
        if let timer, timer <= MonotonicTime.now {
            self.timer = nil
            act(CURL_SOCKET_TIMEOUT, 0)
        }
    }

    /// The next transfer that curl is done with.
    func nextFinished() -> (ActiveTransfer, CURLcode)? {
        var rest: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &rest) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            let code = unsafe message.pointee.data.result
            if let transfer = unsafe EasySlot.transfer(of: message.pointee.easy_handle) {
                return (transfer, code)
            }
        }
        return nil
    }

    private func wait(until deadline: MonotonicTime?) -> Int32 {
        guard let next = [deadline, timer].compactMap({ $0 }).min() else { return -1 }
        return Int32(clamping: next.milliseconds(after: .now))
    }

    private func act(_ descriptor: Int32, _ what: Int32) {
        var running: Int32 = 0
        unsafe curl_multi_socket_action(multi, descriptor, what, &running)
    }

    /// An error alone goes to both sides: curl asks the socket what it was.
    private func selection(_ events: UInt32) -> Int32 {
        var what: Int32 = 0
        if events & UInt32(EPOLLIN.rawValue) != 0 { what |= CURL_CSELECT_IN }
        if events & UInt32(EPOLLOUT.rawValue) != 0 { what |= CURL_CSELECT_OUT }
        return what == 0 ? CURL_CSELECT_IN | CURL_CSELECT_OUT : what
    }

    private func watch(_ descriptor: Int32, _ events: UInt32, isKnown: Bool) {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.fd = descriptor
        let first = isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD
        guard unsafe epoll_ctl(epoll, first, descriptor, &event) != 0 else { return }
        // A number that was closed and opened again behind our back is known or not, after all.
        let second = isKnown ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        unsafe epoll_ctl(epoll, second, descriptor, &event)
    }

    fileprivate func watch(_ descriptor: Int32, what: Int32, isKnown: Bool) {
        guard what != CURL_POLL_REMOVE else {
            var event = unsafe epoll_event()
            unsafe epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
            return
        }
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0 { events |= UInt32(EPOLLIN.rawValue) }
        if what & CURL_POLL_OUT != 0 { events |= UInt32(EPOLLOUT.rawValue) }
        watch(descriptor, events, isKnown: isKnown)
        if !isKnown {
            // Any value but nil; curl hands it back with the socket as long as it is watched.
            unsafe curl_multi_assign(multi, descriptor, UnsafeMutableRawPointer(bitPattern: 1))
        }
    }

    private func check(_ code: CURLMcode) throws(CurlError) {
        guard code == CURLM_OK else {
            throw .other(
                code: Int(code.rawValue),
                message: unsafe String(cString: curl_multi_strerror(code)))
        }
    }
}

/// curl's wish to have a socket watched.
private func watchSocket(
    _ socket: curl_socket_t, _ what: Int32, _ context: UnsafeMutableRawPointer?,
    _ known: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context else { return 0 }
    let multi = unsafe Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
    unsafe multi.watch(socket, what: what, isKnown: known != nil)
    return 0
}

/// curl's wish to be called after a while, or never.
private func setTimer(_ milliseconds: Int, _ context: UnsafeMutableRawPointer?) -> Int32 {
    guard let context = unsafe context else { return 0 }
    let multi = unsafe Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
    multi.timer = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
    return 0
}
