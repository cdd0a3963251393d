public import Curl
import Foundation
public import Journal
public import Ledger

/// Sends a notice to one target; nil where it was taken, else why not in one sentence.
public protocol AlertSender: Sendable {
    /// Tries once, within bounds of time.
    func send(
        _ notice: AlertNotice, to targets: AlertTargets, at instant: Instant
    ) async -> String?
}

/// Sends to the webhook.
public struct WebhookSender: AlertSender {
    private let loop: TransferLoop

    /// A sender on a loop.
    public init(loop: TransferLoop) { self.loop = loop }

    /// Posts the notice; any status of 2xx means that it was taken.
    public func send(
        _ notice: AlertNotice, to targets: AlertTargets, at instant: Instant
    ) async -> String? {
        guard let webhook = targets.webhook else {
            return "there is no alerts.webhook_url any more"
        }
        do throws(CurlError) {
            let request = WebhookMessage.request(notice, to: webhook, at: instant)
            let status = try await loop.response(to: request).status
            return (200..<300).contains(status) ? nil : "the webhook answered \(status)"
        } catch {
            return error.description
        }
    }
}

/// Sends by e-mail.
///
/// curl's mail client blocks, so it has a thread of its own; one message at a time.
public final class MailSender: AlertSender {
    private let client: MailClient
    private let thread = DispatchQueue(label: "razao.mail")

    /// A sender by a client.
    public init(client: MailClient = MailClient()) { self.client = client }

    /// Hands the notice to the mail server. A cancelled task stops it within a second or two.
    public func send(
        _ notice: AlertNotice, to targets: AlertTargets, at instant: Instant
    ) async -> String? {
        guard let mail = targets.mail else { return "there is no alerts.smtp_url any more" }
        let message = MailMessage.bytes(notice, mail.route, targets.language, at: instant)
        let stop = MailClient.Stop()
        let client = client
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                thread.async {
                    do throws(CurlError) {
                        try client.send(
                            message, by: mail.route, authoritiesFile: mail.authoritiesFile,
                            stop: stop)
                        continuation.resume(returning: nil)
                    } catch {
                        continuation.resume(returning: error.description)
                    }
                }
            }
        } onCancel: {
            stop.now()
        }
    }
}
