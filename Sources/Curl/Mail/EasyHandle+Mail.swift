import CCurl

extension EasyHandle {
    /// Carries a message to its server.
    func send(
        _ mail: MailTransfer, by route: MailRoute, _ client: MailClient, authoritiesFile: String?
    ) throws(CurlError) {
        let receivers = try HeaderList(route.to.map { "<\($0)>" })
        try check(unsafe ccurl_set_list(handle, CURLOPT_MAIL_RCPT, receivers.first))
        try configure(route, client, authoritiesFile)
        let size = curl_off_t(mail.count)
        try check(unsafe ccurl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, size))
        // The message and the list outlive the call, and curl keeps neither beyond it.
        try setCallbacks(mail)

        let (code, reason) = withExtendedLifetime(mail) { run() }
        withExtendedLifetime(receivers) {}
        guard code != CURLE_OK else { return }
        if mail.isStopped { throw .cancelled }
        var answer = 0
        unsafe ccurl_get_long(handle, CURLINFO_RESPONSE_CODE, &answer)
        // What the server said of the message; its own words say more than curl's.
        if answer >= 400, code != CURLE_OPERATION_TIMEDOUT {
            throw .mailRefused(code: answer, words: mail.words)
        }
        switch code {
        case CURLE_LOGIN_DENIED: throw .mailRefused(code: answer, words: reason)
        case CURLE_USE_SSL_FAILED: throw .tls("the server does not offer STARTTLS")
        default:
            var connected: curl_off_t = 0
            unsafe ccurl_get_offset(handle, CURLINFO_CONNECT_TIME_T, &connected)
            throw CurlError(
                code, reason: reason, limit: 0, stage: connected == 0 ? .connect : .whole)
        }
    }

    private func configure(
        _ route: MailRoute, _ client: MailClient, _ authoritiesFile: String?
    ) throws(CurlError) {
        let texts: [(CURLoption, String?)] = [
            (CURLOPT_URL, route.server), (CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
            (CURLOPT_MAIL_FROM, "<\(route.from)>"), (CURLOPT_USERNAME, route.user),
            (CURLOPT_PASSWORD, route.password), (CURLOPT_PROXY, ""),
            (CURLOPT_CAINFO, authoritiesFile),
        ]
        for (option, text) in texts {
            guard let text else { continue }
            try check(unsafe ccurl_set_string(handle, option, text))
        }
        if authoritiesFile != nil {
            try check(unsafe ccurl_set_string(handle, CURLOPT_CAPATH, nil))
        }
        let encryption = route.isLocal ? CURLUSESSL_TRY : CURLUSESSL_ALL
        let options = [
            // Signals would hit whichever thread of the program happens to be running.
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_UPLOAD, 1), (CURLOPT_NOPROGRESS, 0),
            (CURLOPT_USE_SSL, Int(encryption.rawValue)),
            (CURLOPT_CONNECTTIMEOUT_MS, client.connectTimeoutMilliseconds),
            (CURLOPT_TIMEOUT_MS, client.totalTimeoutMilliseconds),
        ]
        for (option, value) in options {
            try check(unsafe ccurl_set_long(handle, option, value))
        }
    }

    private func setCallbacks(_ mail: MailTransfer) throws(CurlError) {
        let context = unsafe Unmanaged.passUnretained(mail).toOpaque()
        for option in [CURLOPT_READDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA] {
            try check(unsafe ccurl_set_pointer(handle, option, context))
        }
        try check(
            unsafe ccurl_set_data_callback(handle, CURLOPT_READFUNCTION) {
                room, size, count, context in
                guard let room = unsafe room, let mail = unsafe transfer(of: context) else {
                    return 0
                }
                let piece = mail.next(atMost: size * count)
                unsafe UnsafeMutableRawPointer(room).copyMemory(
                    from: Array(piece), byteCount: piece.count)
                return piece.count
            })
        for option in [CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION] {
            try check(
                unsafe ccurl_set_data_callback(handle, option) { data, size, count, context in
                    guard let data = unsafe data, let mail = unsafe transfer(of: context) else {
                        return 0
                    }
                    let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
                    mail.hear(unsafe RawSpan(_unsafeBytes: bytes))
                    return size * count
                })
        }
        try check(
            unsafe ccurl_set_progress(
                handle,
                { context, _, _, _, _ in unsafe transfer(of: context)?.isStopped == true ? 1 : 0 },
                context))
    }
}

/// The message that a callback is for.
private func transfer(of context: UnsafeMutableRawPointer?) -> MailTransfer? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue()
}
