// Alerts: what was raised goes out. `AlertWatch` is a gateway's task: it has the journal raise what
// is due, and what the outbox says is to be sent goes out by `AlertPost`. `AlertNotice` is what is
// told, `WebhookMessage` and `MailMessage` put it into bytes. Raising and remembering are the
// journal's.

public import Curl
public import Statements

/// Where alerts are sent to. From the settings alone, so that no caller can name an address.
public struct AlertTargets: Sendable, Equatable {
    /// An address that takes signed requests.
    public struct Webhook: Sendable, Equatable {
        /// Where they go.
        public let url: String
        /// What they are signed with.
        public let secret: [UInt8]

        /// A webhook. Throws what is wrong with its address.
        public init(url: String, secret: [UInt8]) throws(CurlError) {
            try HTTPRequest("POST", url).check()
            self.url = url
            self.secret = secret
        }
    }

    /// Who gets them by e-mail, and by way of which server.
    public struct Mailbox: Sendable, Equatable {
        /// The server and who the message is from and to.
        public let route: MailRoute
        /// A PEM file of the authorities to trust instead of the system's.
        public var authoritiesFile: String?

        /// A mailbox.
        public init(route: MailRoute, authoritiesFile: String? = nil) {
            self.route = route
            self.authoritiesFile = authoritiesFile
        }
    }

    /// The webhook, where there is one.
    public var webhook: Webhook?
    /// The mailbox, where there is one.
    public var mail: Mailbox?
    /// The language of e-mails.
    public var language: StatementLanguage

    /// No target.
    public init(
        webhook: Webhook? = nil, mail: Mailbox? = nil, language: StatementLanguage = .portuguese
    ) {
        self.webhook = webhook
        self.mail = mail
        self.language = language
    }
}
