import CCurl

/// One of curl's request handles, used for one transfer after another; freed with the object.
///
/// Between ``prepare(_:for:options:)`` and ``reset()`` curl holds the address of the transfer, so
/// the loop keeps both and takes the handle out of its set before it drops either.
@safe
final class EasySlot {
    let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var headers: HeaderList?

    init() throws(CurlError) {
        guard globalStart == CURLE_OK, let handle = unsafe curl_easy_init() else {
            throw .other(
                code: Int(CURLE_FAILED_INIT.rawValue), message: "curl could not be started")
        }
        unsafe self.handle = handle
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe errorText.deallocate()
    }

    /// The transfer that a handle works for.
    static func transfer(of handle: UnsafeMutableRawPointer?) -> ActiveTransfer? {
        var context: UnsafeMutableRawPointer?
        guard let handle = unsafe handle,
            unsafe ccurl_get_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK,
            let context = unsafe context
        else { return nil }
        return unsafe Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
    }

    /// Sets everything for a request that was checked.
    func prepare(
        _ checked: CheckedRequest, for transfer: ActiveTransfer, options: TransferLoopOptions
    ) throws(CurlError) {
        let request = checked.request
        let list = try HeaderList(checked.headerLines)
        try check(unsafe ccurl_set_list(handle, CURLOPT_HTTPHEADER, list.first))
        headers = consume list
        try setString(CURLOPT_URL, request.url)
        try setString(CURLOPT_PROTOCOLS_STR, "http,https")
        if request.headers["User-Agent"] == nil {
            try setString(CURLOPT_USERAGENT, options.userAgent)
        }
        switch options.proxy {
        case .none: try setString(CURLOPT_PROXY, "")
        case .environment: break
        case .address(let address): try setString(CURLOPT_PROXY, address)
        }
        try setAuthorities(request.authoritiesFile)
        if request.decompresses { try setString(CURLOPT_ACCEPT_ENCODING, "") }
        try setLongs(request)
        try setMethod(request)
        try setCallbacks(transfer)
    }

    /// Has curl wait with the rest of the answer, or go on with it. What goes wrong then ends the
    /// transfer, and is told there.
    func setFlow(isPaused: Bool) {
        unsafe curl_easy_pause(handle, isPaused ? CURLPAUSE_RECV : CURLPAUSE_RECV_CONT)
    }

    /// Forgets the request; connections, names and sessions stay with the loop.
    func reset() {
        unsafe curl_easy_reset(handle)
        headers = nil
        unsafe errorText.pointee = 0
    }

    /// curl's own words for what went wrong, or its general ones for the code.
    func reason(_ code: CURLcode) -> String {
        unsafe errorText.pointee != 0
            ? String(cString: errorText) : String(cString: curl_easy_strerror(code))
    }

    func timings(bodyBytes: Int) -> TransferTimings {
        let version: TransferTimings.Version =
            switch getLong(CURLINFO_HTTP_VERSION) {
            case CURL_HTTP_VERSION_1_0: .http10
            case CURL_HTTP_VERSION_1_1: .http11
            case CURL_HTTP_VERSION_2_0: .http2
            default: .other
            }
        return TransferTimings(
            nameLookup: getTime(CURLINFO_NAMELOOKUP_TIME_T),
            connect: getTime(CURLINFO_CONNECT_TIME_T), tls: getTime(CURLINFO_APPCONNECT_TIME_T),
            firstByte: getTime(CURLINFO_STARTTRANSFER_TIME_T),
            total: getTime(CURLINFO_TOTAL_TIME_T), version: version,
            reusedConnection: getLong(CURLINFO_NUM_CONNECTS) == 0, bodyBytes: bodyBytes)
    }

    /// Trusts one file: the request's or the system's.
    ///
    /// A folder of authorities beside it would add to the file, and keep curl from remembering what
    /// it has read: 140 certificates for each new connection, while all other transfers wait.
    private func setAuthorities(_ file: String?) throws(CurlError) {
        if let file { try setString(CURLOPT_CAINFO, file) }
        var usual: UnsafePointer<CChar>?
        unsafe ccurl_get_string(handle, CURLINFO_CAINFO, &usual)
        guard unsafe file != nil || usual != nil else { return }
        try check(unsafe ccurl_set_string(handle, CURLOPT_CAPATH, nil))
    }

    private func setLongs(_ request: HTTPRequest) throws(CurlError) {
        let version = request.allowsHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
        let connect = MonotonicTime(nanoseconds: 0) + request.timeouts.connect
        let options = [
            // Signals would hit whichever thread of the program happens to be running.
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_TCP_NODELAY, 1),
            (CURLOPT_DISALLOW_USERNAME_IN_URL, 1), (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
            // Streams are silent for long: keep what stands between from forgetting them.
            (CURLOPT_TCP_KEEPALIVE, 1), (CURLOPT_TCP_KEEPIDLE, 30), (CURLOPT_TCP_KEEPINTVL, 15),
            // A transfer that is stopped while a name is looked up must not block the others.
            (CURLOPT_QUICK_EXIT, 1),
            // In clear there is nothing to wait for: the connection bears one request at a time.
            (CURLOPT_HTTP_VERSION, request.isEncrypted ? version : CURL_HTTP_VERSION_1_1),
            (CURLOPT_PIPEWAIT, request.isEncrypted && request.allowsHTTP2 ? 1 : 0),
            // The loop has a time-out of its own; by this one curl shares time among addresses.
            (CURLOPT_CONNECTTIMEOUT_MS, Int(connect.nanoseconds / 1_000_000) + 1),
        ]
        for (option, value) in options {
            try check(unsafe ccurl_set_long(handle, option, value))
        }
        // The length of an answer to HEAD is that of a body which does not come.
        if request.method != "HEAD" {
            let limit = curl_off_t(request.maximumBodyBytes)
            try check(unsafe ccurl_set_offset(handle, CURLOPT_MAXFILESIZE_LARGE, limit))
        }
    }

    private func setMethod(_ request: HTTPRequest) throws(CurlError) {
        switch request.method {
        case "GET": try check(unsafe ccurl_set_long(handle, CURLOPT_HTTPGET, 1))
        case "HEAD": try check(unsafe ccurl_set_long(handle, CURLOPT_NOBODY, 1))
        default:
            try setString(CURLOPT_CUSTOMREQUEST, request.method)
            guard !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) else {
                return
            }
            let count = curl_off_t(request.body.count)
            try check(unsafe ccurl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, count))
            var body = request.body
            // curl copies the bytes before it returns.
            let code = unsafe body.withUnsafeMutableBytes { bytes in
                unsafe ccurl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress)
            }
            try check(code)
            try check(unsafe ccurl_set_long(handle, CURLOPT_POST, 1))
        }
    }

    private func setCallbacks(_ transfer: ActiveTransfer) throws(CurlError) {
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        try check(unsafe ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText))
        try check(unsafe ccurl_set_pointer(handle, CURLOPT_PRIVATE, context))
        try check(unsafe ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context))
        try check(unsafe ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context))
        try check(
            unsafe ccurl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) {
                data, size, count, context in
                unsafe receive(data, size * count, context) { $0.takeBody($1) }
            })
        try check(
            unsafe ccurl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) {
                data, size, count, context in
                unsafe receive(data, size * count, context) { $0.takeHeadLine($1) }
            })
        try check(
            unsafe ccurl_set_before_request(
                handle,
                { context, _, _, _, _ in
                    guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
                    unsafe Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
                        .send()
                    return CURL_PREREQFUNC_OK
                }, context))
    }

    private func setString(_ option: CURLoption, _ value: String) throws(CurlError) {
        try check(unsafe ccurl_set_string(handle, option, value))
    }

    private func getLong(_ info: CURLINFO) -> Int {
        var value = 0
        unsafe ccurl_get_long(handle, info, &value)
        return value
    }

    private func getTime(_ info: CURLINFO) -> Duration {
        var microseconds: curl_off_t = 0
        unsafe ccurl_get_offset(handle, info, &microseconds)
        return .microseconds(microseconds)
    }

    private func check(_ code: CURLcode) throws(CurlError) {
        guard code == CURLE_OK else {
            throw CurlError(
                code, reason: unsafe String(cString: curl_easy_strerror(code)), limit: 0,
                stage: .connect)
        }
    }
}

/// Hands what curl has received to the transfer; anything but `count` makes curl stop.
private func receive(
    _ data: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
    _ take: (ActiveTransfer, RawSpan) -> Bool
) -> Int {
    guard count > 0 else { return 0 }
    guard let context = unsafe context, let data = unsafe data else { return 0 }
    let transfer = unsafe Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
    let bytes = unsafe UnsafeRawBufferPointer(start: data, count: count)
    return take(transfer, unsafe RawSpan(_unsafeBytes: bytes)) ? count : 0
}
