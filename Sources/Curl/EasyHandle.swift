import CCurl

/// Runs once, before the first handle is made; the result decides whether any can be.
let globalStart = ccurl_global_init()

/// One of curl's request handles, freed when it goes out of scope.
@safe
struct EasyHandle: ~Copyable {
    let handle: UnsafeMutableRawPointer

    init() throws(CurlError) {
        guard globalStart == CURLE_OK, let handle = unsafe curl_easy_init() else {
            throw .other(
                code: Int(CURLE_FAILED_INIT.rawValue), message: "curl could not be started")
        }
        unsafe self.handle = handle
    }

    deinit { unsafe curl_easy_cleanup(handle) }

    /// Carries out a GET and gives the status.
    func perform(
        _ client: HTTPClient, _ url: String, _ headers: [String], into transfer: Transfer
    ) throws(CurlError) -> Int {
        let list = try HeaderList(headers)
        try configure(client, url)
        try check(unsafe ccurl_set_list(handle, CURLOPT_HTTPHEADER, list.first))
        // The transfer and the list outlive the call, and curl keeps neither beyond it.
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        try check(unsafe ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context))
        try check(unsafe ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context))
        try check(
            unsafe ccurl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) {
                data, size, count, context in
                unsafe receive(data, size * count, context) { $0.append($1) }
            })
        try check(
            unsafe ccurl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) {
                data, size, count, context in
                unsafe receive(data, size * count, context) { $0.appendHeader($1) }
            })

        let (code, reason) = withExtendedLifetime(transfer) { run() }
        withExtendedLifetime(list) {}
        if let error = transfer.error { throw error }
        guard code == CURLE_OK else {
            throw CurlError(
                code, reason: reason, limit: client.maximumBodyBytes, stage: stageOfTimeout())
        }
        var status = 0
        try check(unsafe ccurl_get_long(handle, CURLINFO_RESPONSE_CODE, &status))
        return status
    }

    private func configure(_ client: HTTPClient, _ url: String) throws(CurlError) {
        try check(unsafe ccurl_set_string(handle, CURLOPT_URL, url))
        try check(unsafe ccurl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https"))
        try check(unsafe ccurl_set_string(handle, CURLOPT_USERAGENT, client.userAgent))
        if let proxy = client.proxy {
            try check(unsafe ccurl_set_string(handle, CURLOPT_PROXY, proxy))
        }
        // Signals would hit whichever thread of the program happens to be running.
        let options = [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0),
            (CURLOPT_CONNECTTIMEOUT_MS, client.connectTimeoutMilliseconds),
            (CURLOPT_TIMEOUT_MS, client.totalTimeoutMilliseconds),
        ]
        for (option, value) in options {
            try check(unsafe ccurl_set_long(handle, option, value))
        }
        let limit = curl_off_t(client.maximumBodyBytes)
        try check(unsafe ccurl_set_offset(handle, CURLOPT_MAXFILESIZE_LARGE, limit))
    }

    /// Performs the request; gives curl's code and, if it has any, its own words for it.
    func run() -> (CURLcode, String) {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CURL_ERROR_SIZE)) {
            buffer in
            unsafe buffer.initialize(repeating: 0)
            unsafe ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, buffer.baseAddress)
            let code = unsafe curl_easy_perform(handle)
            // The buffer ends here, the handle later.
            unsafe ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, nil)
            if let text = buffer.baseAddress, unsafe text.pointee != 0 {
                return (code, unsafe String(cString: text))
            }
            return (code, unsafe String(cString: curl_easy_strerror(code)))
        }
    }

    /// Which time-out it was, by whether there was a connection.
    private func stageOfTimeout() -> TimeoutStage {
        var sent: curl_off_t = 0
        unsafe ccurl_get_offset(handle, CURLINFO_PRETRANSFER_TIME_T, &sent)
        return sent == 0 ? .connect : .whole
    }

    func check(_ code: CURLcode) throws(CurlError) {
        guard code == CURLE_OK else {
            throw CurlError(
                code, reason: unsafe String(cString: curl_easy_strerror(code)), limit: 0)
        }
    }
}

/// Hands what curl has received to the transfer; anything but `count` makes curl stop.
private func receive(
    _ data: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
    _ take: (Transfer, RawSpan) -> Bool
) -> Int {
    guard let context = unsafe context, let data = unsafe data else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let bytes = unsafe UnsafeRawBufferPointer(start: data, count: count)
    return take(transfer, unsafe RawSpan(_unsafeBytes: bytes)) ? count : 0
}
