import Curl
import Foundation
import Gateway
import Journal
import Providers

/// Makes of settings and environment what a gateway is started with.
enum GatewaySetup {
    /// A ledger opened for a gateway, which it has to itself as gateways go.
    struct Opened {
        let journal: Journal
        let people: PeopleKeys
        let kept: KeptAnswers
        let lock: Lock

        func close() {
            kept.close()
            people.close()
            journal.close()
            lock.release()
        }
    }

    /// A folder's lock that can be kept in a class's or a closure's reach.
    final class Lock {
        private var lock: FolderLock?
        init(_ lock: consuming FolderLock) { self.lock = consume lock }
        func release() { lock.take()?.release() }
    }

    static func open(_ folder: String, _ settings: Settings) throws -> Opened {
        let journal = try Journal.open(at: folder, options: CommonOptions.options(settings))
        do {
            let lock = try FolderLock(folder: folder, name: "gateway", waits: false)
            let people = try PeopleKeys(folder: folder)
            return Opened(
                journal: journal, people: people,
                kept: try KeptAnswers(folder: folder, secrets: people, bounds: bounds(settings)),
                lock: Lock(lock))
        } catch {
            journal.close()
            throw error
        }
    }

    /// How much is kept for `Idempotency-Key`, and for how long.
    private static func bounds(_ settings: Settings) -> KeptAnswers.Bounds {
        var bounds = KeptAnswers.Bounds()
        if let hours = Settings.hours(settings.text("gateway.idempotency.keep")) {
            bounds.seconds = Int64(hours) * 3_600
        }
        bounds.bytes = settings.bytes("gateway.idempotency.max_size")
        bounds.keys = Int(settings.text("gateway.idempotency.max_keys")) ?? bounds.keys
        return bounds
    }

    /// Providers known by name: their manner of speaking, address and key's variable.
    static let known: [(name: String, dialect: Dialect, baseURL: String, keyName: String)] = [
        ("openai", .openAI, "https://api.openai.com/v1", "OPENAI_API_KEY"),
        ("anthropic", .anthropic, "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
        (
            "google", .gemini, "https://generativelanguage.googleapis.com/v1beta", "GEMINI_API_KEY"
        ),
        ("groq", .openAI, "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        ("mistral", .openAI, "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
        ("deepseek", .openAI, "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    ]

    private static func timeouts(_ settings: Settings) -> HTTPTimeouts {
        func time(_ name: String) -> Duration {
            .seconds(Settings.seconds(settings.text("gateway.\(name)"), atMost: 3_600) ?? 60)
        }
        return HTTPTimeouts(
            connect: time("connect_timeout"), firstByte: time("first_byte_timeout"),
            betweenBytes: time("between_bytes_timeout"), whole: time("whole_timeout"))
    }

    /// What the engine is to go by. Throws what is wrong with it, be it that nobody could answer.
    static func settings(
        _ settings: Settings, _ environment: [String: String]
    ) throws -> GatewaySettings {
        var gateway = GatewaySettings()
        gateway.timeouts = timeouts(settings)
        gateway.logsCalls = settings.text("gateway.log_calls") == "yes"
        gateway.maximumBodyBytes = settings.bytes("gateway.max_body")
        gateway.maximumCalls = Int(settings.text("gateway.max_calls")) ?? gateway.maximumCalls
        gateway.patience = .seconds(
            Settings.seconds(settings.text("gateway.patience"), atMost: 3_600) ?? 2)
        gateway.drainsAbandoned = settings.text("gateway.on_disconnect") == "drain"
        gateway.keyPatience = .seconds(
            Settings.seconds(settings.text("gateway.idempotency.wait"), atMost: 3_600) ?? 60)
        gateway.maximumKeptAnswer = settings.bytes("gateway.idempotency.max_answer")
        gateway.admission.allowsUncounted = settings.text("gateway.uncounted") == "one-at-a-time"
        let named = settings.providers
        for provider in known where !named.contains(provider.name) {
            guard let text = environment[provider.keyName], let key = ProviderKey(text) else {
                continue
            }
            gateway.providers[provider.name] = GatewaySettings.Provider(
                settings: try ProviderSettings(
                    name: provider.name, dialect: provider.dialect, baseURL: provider.baseURL,
                    keyName: provider.keyName), key: key)
        }
        for name in named {
            gateway.providers[name] = try provider(name, settings, environment)
        }
        for name in settings.tokenizers {
            let (tokenizer, models) = try tokenizer(name, settings)
            for model in models {
                guard gateway.tokenizers.updateValue(tokenizer, forKey: model) == nil else {
                    throw CommandError(
                        "tokenizer.\(name).models: \(model) has two tokenizers; keep one")
                }
            }
        }
        guard !gateway.providers.isEmpty else {
            throw CommandError(
                "no provider is set up; set OPENAI_API_KEY or another provider's key, or "
                    + "provider.NAME.base_url in ledger.conf")
        }
        return gateway
    }

    private static func tokenizer(
        _ name: String, _ settings: Settings
    ) throws -> (Tokenizer, models: [String]) {
        func value(_ key: String) -> String { settings.text("tokenizer.\(name).\(key)") }
        let path = value("file")
        guard !path.isEmpty else {
            throw CommandError("tokenizer.\(name).file is missing; name a rank file of tiktoken's")
        }
        let models = Settings.list(value("models"))
        guard !models.isEmpty else {
            throw CommandError(
                "tokenizer.\(name).models is missing; say which models it counts for, such as "
                    + "openai/gpt-4o")
        }
        let wish = value("pattern")
        guard let pattern = TextPattern(rawValue: wish.isEmpty ? name : wish) else {
            let known = TextPattern.allCases.map(\.rawValue).joined(separator: " or ")
            throw CommandError("tokenizer.\(name).pattern is missing; give \(known)")
        }
        guard let file = FileManager.default.contents(atPath: path) else {
            throw CommandError("tokenizer.\(name).file: \(path) cannot be read; check the path")
        }
        do {
            return (try Tokenizer(file: Array(file), pattern: pattern), models)
        } catch {
            throw CommandError("tokenizer.\(name).file: \(path) \(error)")
        }
    }

    private static func provider(
        _ name: String, _ settings: Settings, _ environment: [String: String]
    ) throws -> GatewaySettings.Provider {
        func value(_ key: String) -> String? {
            let text = settings.text("provider.\(name).\(key)")
            return text.isEmpty ? nil : text
        }
        let standard = known.first { $0.name == name }
        guard let baseURL = value("base_url") ?? standard?.baseURL else {
            throw CommandError("provider.\(name).base_url is missing; say where the provider is")
        }
        let dialect = value("dialect").flatMap(Dialect.init) ?? standard?.dialect ?? .openAI
        let variable = value("key_env") ?? standard?.keyName
        var key: ProviderKey?
        if let path = value("key_file") {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8),
                let read = ProviderKey(text)
            else {
                throw CommandError(
                    "provider.\(name).key_file: there is no key to be read in \(path)")
            }
            key = read
        } else if let variable {
            key = environment[variable].flatMap { ProviderKey($0) }
            if key == nil, value("key_env") != nil {
                throw CommandError(
                    "provider.\(name).key_env: the environment variable \(variable) holds no key")
            }
        }
        let made: ProviderSettings
        do {
            made = try ProviderSettings(
                name: name, dialect: dialect, baseURL: baseURL, keyName: variable)
        } catch {
            throw CommandError("provider.\(name): \(error)")
        }
        return GatewaySettings.Provider(
            settings: made, key: key, keepsOutputLimit: value("keeps_output_limit") != "no",
            counts: value("counting") != "no")
    }
}
