import Ledger
import Money
import Statements

/// One key of `ledger.conf`: its name, default and what a value must look like.
struct SettingKey: Sendable {
    let name: String
    let defaultValue: String
    /// Nil when the value is good, else what a good one looks like.
    let check: @Sendable (String) -> String?

    /// Every key there is; anything else in a file is an error.
    static let all: [SettingKey] = [
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
                ? "previous-business-day, same-day, month-close or fixed:5.40" : nil
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
    ]

    static func named(_ name: String) -> SettingKey? { all.first { $0.name == name } }

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
