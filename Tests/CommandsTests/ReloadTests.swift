import Alerts
import Curl
import Foundation
import Gateway
import Providers
import Synchronization
import Testing

@testable import Commands

// Settings that are read anew while a gateway runs: what counts at once, what has to wait, and that
// a bad file changes nothing.
@Suite struct `Settings read anew` {
    /// The settings of a file's text.
    static func settings(_ text: String) throws -> Settings {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "razao-reload-\(UUID().uuidString).conf").path
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try Settings(file: path, environment: [:])
    }

    struct Case: Sendable {
        var started = ""
        var current: String?
        let new: String
        var pinned: Set<String> = []
        var applied: [String] = []
        var waiting: [String] = []
    }

    static let cases = [
        Case(started: "gateway.patience = 2 s", new: ""),
        Case(started: "gateway.patience = 3 s", new: "", applied: ["gateway.patience"]),
        Case(
            new: "gateway.max_calls = 7\ngateway.log_calls = no\ngateway.whole_timeout = 9 s",
            applied: ["gateway.log_calls", "gateway.max_calls", "gateway.whole_timeout"]),
        Case(
            new: "gateway.port = 9\nstorage.map_size = 1 GiB\ndata.folder = x",
            waiting: ["data.folder", "gateway.port", "storage.map_size"]),
        Case(
            new: "gateway.port = 9\ngateway.host = ::1\ndata.folder = x",
            pinned: ["gateway.port", "data.folder"], waiting: ["gateway.host"]),
        // Read by other commands when they are run.
        Case(new: "rates.timeout = 20 s\nstatement.language = en\nimport.shown_refusals = 3"),
        Case(
            started: "provider.a.base_url = http://a\nprovider.b.base_url = http://b",
            new: "provider.b.base_url = http://c\nprovider.d.dialect = openai",
            applied: ["provider.a.base_url", "provider.b.base_url", "provider.d.dialect"]),
        // What waits is named until it is taken back, what was applied only once.
        Case(
            started: "", current: "gateway.port = 9\ngateway.patience = 9 s",
            new: "gateway.port = 9\ngateway.patience = 9 s", waiting: ["gateway.port"]),
        Case(started: "", current: "gateway.port = 9", new: ""),
    ]

    @Test(arguments: cases.indices) func `are told apart by when they count`(number: Int) throws {
        let one = Self.cases[number]
        let difference = try SettingsDifference(
            started: Self.settings(one.started),
            current: Self.settings(one.current ?? one.started), new: Self.settings(one.new),
            pinned: one.pinned)
        #expect(difference.applied == one.applied && difference.waiting == one.waiting)
    }

    @Test func `are used as a whole, and a bad file changes nothing`() throws {
        let keyFile = FileManager.default.temporaryDirectory
            .appending(path: "razao-reload-\(UUID().uuidString).key")
        try Data("sk-1\n".utf8).write(to: keyFile)
        defer { try? FileManager.default.removeItem(at: keyFile) }
        let provider = "provider.openai.key_file = \(keyFile.path)\n"
        let text = Mutex(provider)
        let used = Mutex<[GatewaySettings]>([])
        let first = try Self.settings(provider)
        let reload = try GatewayReload(
            first, GatewaySetup.settings(first, [:]), AlertTargets(), pinned: [], environment: [:],
            read: { try Self.settings(text.withLock { $0 }) },
            use: { new, _ in used.withLock { $0.append(new) } })
        #expect(
            reload.run().map(\.text)
                == ["settings read anew; nothing that counts at once has changed"])

        for (bad, words) in [
            (provider + "gateway.patience = 0 s", ":2: gateway.patience is \"0 s\"; give seconds"),
            (provider + "gateway.patience = 9 s\ngateway.color = red", ":3: there is no setting"),
            ("gateway.patience = 9 s", "no provider is set up"),
            ("provider.openai.key_file = /nowhere", "there is no key to be read in /nowhere"),
        ] {
            text.withLock { $0 = bad }
            let refused = reload.run()
            #expect(refused.count == 1 && refused[0].isGood == false)
            #expect(
                refused[0].text.hasPrefix("the settings stay as they were: ")
                    && refused[0].text.contains(words), "\(refused[0].text)")
        }
        #expect(used.withLock { $0.count } == 1)

        try Data("sk-2\n".utf8).write(to: keyFile)
        text.withLock {
            $0 =
                provider + "gateway.patience = 9 s\ngateway.first_byte_timeout = 8 s\n"
                + "gateway.on_disconnect = stop\ngateway.log_calls = no\n"
                + "gateway.max_calls = 7\ngateway.max_body = 1 MiB\ngateway.port = 1"
        }
        #expect(
            reload.run() == [
                .init(
                    text: "settings read anew; changed: gateway.first_byte_timeout, "
                        + "gateway.log_calls, gateway.max_body, gateway.max_calls, "
                        + "gateway.on_disconnect, gateway.patience, the key of openai"),
                .init(
                    isGood: false,
                    text: "changed, and counting once the gateway is started again: "
                        + "gateway.port"),
            ])
        let now = try #require(used.withLock { $0.last })
        #expect(now.patience == .seconds(9) && now.timeouts.firstByte == .seconds(8))
        #expect(!now.drainsAbandoned && !now.logsCalls && now.maximumCalls == 7)
        #expect(now.maximumBodyBytes == 1 << 20)
        #expect(now.providers["openai"]?.key == ProviderKey("sk-2"))
    }
}
