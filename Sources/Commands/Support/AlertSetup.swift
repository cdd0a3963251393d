import Alerts
import Curl
import Foundation
import Gateway
import Journal
import Ledger
import Statements

/// Makes of settings and environment where alerts are sent to.
enum AlertSetup {
    /// The targets that the settings name. Throws what is wrong with them.
    static func targets(
        _ settings: Settings, _ environment: [String: String]
    ) throws -> AlertTargets {
        AlertTargets(
            webhook: try webhook(settings, environment), mail: try mail(settings, environment),
            language: StatementLanguage(rawValue: settings.text("statement.language"))
                ?? .portuguese)
    }

    private static func webhook(
        _ settings: Settings, _ environment: [String: String]
    ) throws -> AlertTargets.Webhook? {
        let url = settings.text("alerts.webhook_url")
        let secret = try secret("alerts.webhook_secret", settings, environment)
        guard !url.isEmpty else { return nil }
        guard let secret else {
            throw CommandError(
                "alerts.webhook_url has no secret to sign with; give alerts.webhook_secret_env or "
                    + "alerts.webhook_secret_file")
        }
        do {
            return try AlertTargets.Webhook(url: url, secret: Array(secret.utf8))
        } catch {
            throw CommandError("alerts.webhook_url: \(error.description)")
        }
    }

    private static func mail(
        _ settings: Settings, _ environment: [String: String]
    ) throws -> AlertTargets.Mailbox? {
        let server = settings.text("alerts.smtp_url")
        let user = try secret("alerts.smtp_user", settings, environment)
        let password = try secret("alerts.smtp_password", settings, environment)
        guard !server.isEmpty else { return nil }
        guard (user == nil) == (password == nil) else {
            throw CommandError(
                "alerts.smtp_user_env and alerts.smtp_password_env belong together; give both or "
                    + "none")
        }
        let to = settings.text("alerts.smtp_to").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        let from = settings.text("alerts.smtp_from")
        guard !from.isEmpty, !to.isEmpty else {
            throw CommandError(
                "alerts.smtp_url needs alerts.smtp_from and alerts.smtp_to; give both")
        }
        let authorities = settings.text("alerts.smtp_authorities")
        do throws(CurlError) {
            return AlertTargets.Mailbox(
                route: try MailRoute(
                    server: server, from: from, to: to, user: user, password: password),
                authoritiesFile: authorities.isEmpty ? nil : authorities)
        } catch {
            throw CommandError("alerts.smtp_…: \(error.description)")
        }
    }

    /// A secret from the environment variable or the file that settings name; nil where they name
    /// none. What is named and not there is an error.
    private static func secret(
        _ name: String, _ settings: Settings, _ environment: [String: String]
    ) throws -> String? {
        let file = SettingKey.named("\(name)_file") == nil ? "" : settings.text("\(name)_file")
        if !file.isEmpty {
            let text = try? String(contentsOfFile: file, encoding: .utf8)
            guard let text = text?.trimmingCharacters(in: .whitespacesAndNewlines), !text.isEmpty
            else { throw CommandError("\(name)_file: there is nothing to be read in \(file)") }
            return text
        }
        let variable = settings.text("\(name)_env")
        guard !variable.isEmpty else { return nil }
        guard let text = environment[variable], !text.isEmpty else {
            throw CommandError(
                "\(name)_env: the environment variable \(variable) is not set or empty")
        }
        return text
    }

    /// What sends alerts for a data folder, with the folder's one right to do so.
    struct Office {
        let post: AlertPost
        private let outbox: AlertOutbox
        private let lock: GatewaySetup.Lock

        /// Opens the outbox. Throws ``JournalError/inUse(path:by:)`` where another program sends
        /// for the folder, and what else keeps it from being opened.
        init(_ journal: Journal, _ targets: AlertTargets, _ loop: TransferLoop) throws {
            lock = GatewaySetup.Lock(
                try FolderLock(folder: journal.folder, name: "outbox", waits: false))
            do {
                outbox = try AlertOutbox(folder: journal.folder)
            } catch {
                lock.release()
                throw error
            }
            post = AlertPost(
                journal: journal, outbox: outbox, targets: targets,
                webhook: WebhookSender(loop: loop), mail: MailSender())
        }

        /// Opens it for a gateway, which waits for a check that happens to be sending.
        static func opened(
            _ journal: Journal, _ targets: AlertTargets, _ loop: TransferLoop
        ) async throws -> Office {
            for _ in 0..<600 {
                do {
                    return try Office(journal, targets, loop)
                } catch JournalError.inUse {
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            return try Office(journal, targets, loop)
        }

        func close() {
            outbox.close()
            lock.release()
        }
    }
}
