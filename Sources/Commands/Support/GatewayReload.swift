import Alerts
import Gateway
import Synchronization

/// What differs between the settings a gateway goes by and those that were read anew.
struct SettingsDifference: Sendable, Equatable {
    /// The names of settings that count at once.
    let applied: [String]
    /// The names of settings that count once the gateway is started again.
    let waiting: [String]

    /// `started` are the settings that the gateway was started with, `current` those that it goes
    /// by for calls, `pinned` what its flags say whatever the file says.
    init(started: Settings, current: Settings, new: Settings, pinned: Set<String> = []) {
        func differing(_ old: Settings, _ effect: SettingKey.Effect) -> [String] {
            old.names.union(new.names).filter { name in
                SettingKey.named(name)?.effect == effect && old.text(name) != new.text(name)
                    && !pinned.contains(name)
            }.sorted()
        }
        applied = differing(current, .atOnce)
        waiting = differing(started, .atStart)
    }
}

/// Reads a gateway's settings anew and has them used: all of them, or none.
final class GatewayReload: Sendable {
    private typealias Reading = (
        settings: Settings, gateway: GatewaySettings, alerts: AlertTargets
    )

    /// A line of the log.
    struct Line: Sendable, Equatable {
        var isGood = true
        let text: String
    }

    private let started: Settings
    private let pinned: Set<String>
    private let current: Mutex<Reading>
    private let environment: [String: String]
    private let read: @Sendable () throws -> Settings
    private let use: @Sendable (GatewaySettings, AlertTargets) -> Void

    init(
        _ settings: Settings, _ gateway: GatewaySettings, _ alerts: AlertTargets,
        pinned: Set<String>,
        environment: [String: String], read: @escaping @Sendable () throws -> Settings,
        use: @escaping @Sendable (GatewaySettings, AlertTargets) -> Void
    ) {
        started = settings
        self.pinned = pinned
        self.environment = environment
        current = Mutex((settings, gateway, alerts))
        self.read = read
        self.use = use
    }

    /// Reads and uses them, and says what came of it.
    func run() -> [Line] {
        let new: Reading
        do {
            let settings = try read()
            if let file = started.file, settings.file == nil {
                throw CommandError("\(file) is gone; put it back")
            }
            new = (
                settings, try GatewaySetup.settings(settings, environment),
                try AlertSetup.targets(settings, environment)
            )
        } catch {
            return [
                Line(
                    isGood: false,
                    text: "the settings stay as they were: \(CommandError.sentence(error))")
            ]
        }
        let old = current.withLock { current in
            defer { current = new }
            return current
        }
        use(new.gateway, new.alerts)
        let difference = SettingsDifference(
            started: started, current: old.settings, new: new.settings, pinned: pinned)
        var applied = difference.applied + Self.changedKeys(old.gateway, new.gateway)
        if old.alerts.webhook?.secret != new.alerts.webhook?.secret { applied.append(Self.secret) }
        var lines = [
            Line(
                text: "settings read anew; "
                    + (applied.isEmpty
                        ? "nothing that counts at once has changed"
                        : "changed: \(applied.joined(separator: ", "))"))
        ]
        if !difference.waiting.isEmpty {
            lines.append(
                Line(
                    isGood: false,
                    text: "changed, and counting once the gateway is started again: "
                        + difference.waiting.joined(separator: ", ")))
        }
        return lines
    }

    /// It may lie in the same file or variable as before.
    private static let secret = "the secret of the webhook"

    /// Providers that have another key, which may lie in the same file.
    private static func changedKeys(_ old: GatewaySettings, _ new: GatewaySettings) -> [String] {
        new.providers.keys.sorted().filter { name in
            old.providers[name].map { $0.key != new.providers[name]?.key } ?? false
        }.map { "the key of \($0)" }
    }
}
