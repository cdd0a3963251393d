import Gateway
import Ledger
import Money
import Providers
import Statements

/// One key of `ledger.conf`: its name, default and what a value must look like.
struct SettingKey: Sendable {
    let name: String
    let defaultValue: String
    /// Nil when the value is good, else what a good one looks like.
    let check: @Sendable (String) -> String?

    /// Every key there is; anything else in a file is an error.
    static let all = general + ofAlerts

    private static let general: [SettingKey] = [
        SettingKey(name: "data.folder", defaultValue: "razao-data") {
            $0.isEmpty ? "a folder's path" : nil
        },
        SettingKey(name: "storage.map_size", defaultValue: "64 GiB", check: isSize),
        SettingKey(name: "storage.map_limit", defaultValue: "1 TiB", check: isSize),
        SettingKey(name: "storage.check_limit", defaultValue: "64 MiB", check: isSize),
        SettingKey(name: "clients.time_zone", defaultValue: "America/Sao_Paulo") {
            (try? ZoneRules.named($0)) == nil ? "an IANA zone such as America/Sao_Paulo" : nil
        },
        SettingKey(name: "rates.url", defaultValue: RateFile.service) {
            $0.hasPrefix("https://") || $0.hasPrefix("http://") ? nil : "an http or https address"
        },
        SettingKey(name: "rates.timeout", defaultValue: "10 s") {
            Settings.seconds($0) == nil ? "seconds from 1 s to 300 s" : nil
        },
        SettingKey(name: "rates.maximum_move", defaultValue: "10 %") {
            Settings.percent($0) == nil ? "a whole percentage from 1 % to 100 %" : nil
        },
        SettingKey(name: "statement.rate_rule", defaultValue: "previous-business-day") {
            RateRule($0) == nil
                ? RateRule.names : nil
        },
        SettingKey(name: "statement.rounding", defaultValue: "half-even") {
            Rounding(rawValue: $0) == nil ? "half-even, half-up or truncate" : nil
        },
        SettingKey(name: "statement.language", defaultValue: "pt-BR") {
            StatementLanguage(rawValue: $0) == nil ? "pt-BR or en" : nil
        },
        SettingKey(name: "import.shown_refusals", defaultValue: "20") {
            (Int($0).map { (1...10_000).contains($0) } ?? false) ? nil : "a number from 1 to 10000"
        },
        SettingKey(name: "gateway.host", defaultValue: "127.0.0.1") {
            $0.isEmpty ? "an address such as 127.0.0.1" : nil
        },
        SettingKey(name: "gateway.port", defaultValue: "8080", check: isCount(0...65_535)),
        SettingKey(name: "gateway.max_calls", defaultValue: "2000", check: isCount(1...9_000)),
        SettingKey(name: "gateway.max_body", defaultValue: "32 MiB", check: isSize),
        SettingKey(name: "gateway.patience", defaultValue: "2 s", check: isTime),
        SettingKey(name: "gateway.shutdown", defaultValue: "30 s", check: isTime),
        SettingKey(name: "gateway.idle_timeout", defaultValue: "75 s", check: isTime),
        SettingKey(name: "gateway.connect_timeout", defaultValue: "10 s", check: isTime),
        SettingKey(name: "gateway.first_byte_timeout", defaultValue: "120 s", check: isTime),
        SettingKey(name: "gateway.between_bytes_timeout", defaultValue: "60 s", check: isTime),
        SettingKey(name: "gateway.whole_timeout", defaultValue: "600 s", check: isTime),
        SettingKey(name: "gateway.on_disconnect", defaultValue: "drain") {
            $0 == "drain" || $0 == "stop" ? nil : "drain or stop"
        },
        SettingKey(name: "gateway.leftover_holds", defaultValue: "abandon") {
            GatewayEngine.LeftoverPolicy(rawValue: $0) == nil ? "abandon or release" : nil
        },
        SettingKey(name: "gateway.idempotency.keep", defaultValue: "24 h") {
            Settings.hours($0) == nil ? "hours from 1 h to 720 h" : nil
        },
        SettingKey(name: "gateway.idempotency.wait", defaultValue: "60 s", check: isTime),
        SettingKey(name: "gateway.idempotency.max_answer", defaultValue: "8 MiB", check: isSize),
        SettingKey(name: "gateway.idempotency.max_size", defaultValue: "1 GiB", check: isSize),
        SettingKey(
            name: "gateway.idempotency.max_keys", defaultValue: "1000000",
            check: isCount(1_000...100_000_000)),
        SettingKey(name: "gateway.uncounted", defaultValue: "refuse") {
            $0 == "refuse" || $0 == "one-at-a-time" ? nil : "refuse or one-at-a-time"
        },
        SettingKey(name: "gateway.log_calls", defaultValue: "yes", check: isFlag),
    ]

    /// Where alerts are sent to. Empty ones are not set up.
    private static let ofAlerts: [SettingKey] = [
        SettingKey(name: "alerts.webhook_url", defaultValue: "") {
            $0.isEmpty || $0.hasPrefix("https://") || $0.hasPrefix("http://")
                ? nil : "an http or https address"
        },
        SettingKey(name: "alerts.webhook_secret_env", defaultValue: "", check: isAny),
        SettingKey(name: "alerts.webhook_secret_file", defaultValue: "", check: isAny),
        SettingKey(name: "alerts.smtp_url", defaultValue: "") {
            $0.isEmpty || $0.hasPrefix("smtps://") || $0.hasPrefix("smtp://")
                ? nil : "an smtps or smtp address, such as smtps://mail.example.org:465"
        },
        SettingKey(name: "alerts.smtp_from", defaultValue: "", check: isAny),
        SettingKey(name: "alerts.smtp_to", defaultValue: "", check: isAny),
        SettingKey(name: "alerts.smtp_user_env", defaultValue: "", check: isAny),
        SettingKey(name: "alerts.smtp_password_env", defaultValue: "", check: isAny),
        SettingKey(name: "alerts.smtp_authorities", defaultValue: "", check: isAny),
    ]

    /// When a changed value counts for a gateway that is running and told to read its settings
    /// anew.
    enum Effect: Sendable, Equatable {
        /// For every call that comes from then on.
        case atOnce
        /// Only for a gateway that is started.
        case atStart
        /// Not at all: other commands read it.
        case none
    }

    /// The settings of the gateway that count at once, beside those of providers; whatever is not
    /// here was used up when it started.
    private static let atOnce: Set = [
        "gateway.max_calls", "gateway.max_body", "gateway.patience", "gateway.connect_timeout",
        "gateway.first_byte_timeout", "gateway.between_bytes_timeout", "gateway.whole_timeout",
        "gateway.on_disconnect", "gateway.log_calls", "gateway.idempotency.wait",
        "gateway.idempotency.max_answer", "gateway.uncounted",
    ]

    /// When a change of it counts.
    var effect: Effect {
        let isNamed =
            name.hasPrefix("provider.") || name.hasPrefix("alerts.") || name.hasPrefix("tokenizer.")
        if isNamed || Self.atOnce.contains(name) { return .atOnce }
        let isUsed = ["gateway.", "storage.", "data."].contains { name.hasPrefix($0) }
        return isUsed ? .atStart : .none
    }

    /// The key of that name; those of providers and tokenizers have a name of their own in them.
    static func named(_ name: String) -> SettingKey? {
        if let key = all.first(where: { $0.name == name }) { return key }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[1].isEmpty else { return nil }
        let keys =
            parts[0] == "provider" ? ofProviders : parts[0] == "tokenizer" ? ofTokenizers : []
        return keys.first { $0.name == parts[2] }.map {
            SettingKey(name: name, defaultValue: $0.defaultValue, check: $0.check)
        }
    }

    /// What may be said of a provider, as `provider.NAME.key`.
    static let ofProviders: [SettingKey] = [
        SettingKey(name: "dialect", defaultValue: "") {
            ["openai", "anthropic", "gemini", "vertex"].contains($0)
                ? nil : "openai, anthropic, gemini or vertex"
        },
        SettingKey(name: "base_url", defaultValue: "") {
            $0.hasPrefix("https://") || $0.hasPrefix("http://") ? nil : "an http or https address"
        },
        SettingKey(name: "key_env", defaultValue: "") {
            $0.isEmpty ? "the name of an environment variable" : nil
        },
        SettingKey(name: "key_file", defaultValue: "") { $0.isEmpty ? "a file's path" : nil },
        SettingKey(name: "keeps_output_limit", defaultValue: "yes", check: isFlag),
        SettingKey(name: "counting", defaultValue: "yes", check: isFlag),
    ]

    /// What may be said of a tokenizer, as `tokenizer.NAME.key`.
    static let ofTokenizers: [SettingKey] = [
        SettingKey(name: "file", defaultValue: "") { $0.isEmpty ? "a file's path" : nil },
        SettingKey(name: "pattern", defaultValue: "") {
            TextPattern(rawValue: $0) == nil
                ? TextPattern.allCases.map(\.rawValue).joined(separator: " or ") : nil
        },
        SettingKey(name: "models", defaultValue: "") {
            Settings.list($0).isEmpty || !Settings.list($0).allSatisfy({ $0.contains("/") })
                ? "models such as openai/gpt-4o, openai/gpt-4o-mini" : nil
        },
    ]

    private static let isFlag: @Sendable (String) -> String? = {
        $0 == "yes" || $0 == "no" ? nil : "yes or no"
    }

    /// What it names is looked for when it is used.
    private static let isAny: @Sendable (String) -> String? = { _ in nil }

    private static func isCount(_ range: ClosedRange<Int>) -> @Sendable (String) -> String? {
        { text in
            (Int(text).map { range.contains($0) } ?? false)
                ? nil : "a number from \(range.lowerBound) to \(range.upperBound)"
        }
    }

    private static let isTime: @Sendable (String) -> String? = {
        Settings.seconds($0, atMost: 3_600) == nil ? "seconds from 1 s to 3600 s" : nil
    }

    private static let isSize: @Sendable (String) -> String? = {
        Settings.bytes($0) == nil ? "a size such as 512 MiB, 64 GiB or 1 TiB" : nil
    }

    init(
        name: String, defaultValue: String, check: @escaping @Sendable (String) -> String?
    ) {
        self.name = name
        self.defaultValue = defaultValue
        self.check = check
    }

    /// The environment variable that goes before the file: `RAZAO_RATES_URL` for `rates.url`.
    var variable: String {
        name == "data.folder"
            ? "RAZAO_DATA"
            : "RAZAO_" + name.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }
}
