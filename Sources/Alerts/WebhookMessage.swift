import Crypto
public import Curl
public import Ledger

/// A notice as a signed HTTP request.
///
/// `x-razao-signature` is `sha256=` and the HMAC-SHA256, in hexadecimal digits, of the timestamp, a
/// dot and the body, under the secret. The timestamp is part of what is signed, so that who checks
/// it can refuse what is old; it is that of the try, as Stripe has it.
public enum WebhookMessage {
    /// The request for a notice at an instant.
    public static func request(
        _ notice: AlertNotice, to webhook: AlertTargets.Webhook, at instant: Instant
    ) -> HTTPRequest {
        let body = notice.json
        let timestamp = String(instant.seconds)
        var request = HTTPRequest(
            "POST", webhook.url,
            headers: [
                "Content-Type": "application/json", "x-razao-event": notice.event,
                "x-razao-delivery": notice.deliveryID, "x-razao-timestamp": timestamp,
                "x-razao-signature": signature(body, timestamp, webhook.secret),
            ], body: body)
        request.timeouts = HTTPTimeouts(
            connect: .seconds(5), firstByte: .seconds(10), betweenBytes: .seconds(10),
            whole: .seconds(15))
        // What it answers is not read, but a little of it has to be taken.
        request.maximumBodyBytes = 64 << 10
        request.allowsHTTP2 = false
        return request
    }

    /// `sha256=…` for a body at a timestamp.
    public static func signature(
        _ body: [UInt8], _ timestamp: String, _ secret: [UInt8]
    ) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: secret))
        code.update(data: Array("\(timestamp).".utf8))
        code.update(data: body)
        let digits = code.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "sha256=" + digits.joined()
    }
}
