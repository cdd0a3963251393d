import CCurl

/// Request headers in curl's own form, freed when they go out of scope.
@safe
struct HeaderList: ~Copyable {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    init(_ headers: [String]) throws(CurlError) {
        unsafe first = nil
        for header in headers {
            // A line break would let a value add headers, or a body, of its own.
            guard !header.utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 }) else {
                throw .badRequest("a request header must be one line")
            }
            unsafe first = curl_slist_append(first, header)
        }
    }

    deinit { unsafe curl_slist_free_all(first) }
}
