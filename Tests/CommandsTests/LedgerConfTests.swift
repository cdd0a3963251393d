import Foundation
import Testing

@testable import Commands

/// The `ledger.conf` at the root is documentation that must not drift from the program.
struct `The ledger.conf at the root` {
    static let file = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "ledger.conf")

    /// The file with every setting put in force: `#key = value` without its mark.
    static func withEverySetting() throws -> String {
        try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                let bare = line.drop { $0 == "#" }
                return bare.first?.isLetter == true ? String(bare) : String(line)
            }.joined(separator: "\n")
    }

    @Test func `names every key once, with its default`() throws {
        // The program's own reader refuses unknown keys, repeated keys and bad values.
        let values = try Settings.parse(Self.withEverySetting(), path: "ledger.conf")
        #expect(Set(values.keys) == Set(SettingKey.all.map(\.name)))
        for key in SettingKey.all {
            #expect(values[key.name] == key.defaultValue, "\(key.name)")
        }
    }

    @Test func `changes nothing as it stands`() throws {
        let settings = try Settings(file: Self.file.path, environment: [:])
        for key in SettingKey.all {
            #expect(settings.text(key.name) == key.defaultValue, "\(key.name)")
        }
    }

    /// The last "SIGHUP:" above a setting, in the same block of remarks and settings.
    @Test(
        arguments: SettingKey.all.filter { key in
            ["gateway.", "alerts."].contains { key.name.hasPrefix($0) }
        }.map(\.name))
    func `says of each setting of the gateway when a change counts`(name: String) throws {
        let lines = try String(contentsOf: Self.file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let place = try #require(lines.firstIndex { $0.hasPrefix("#\(name) =") })
        let block = lines[..<place].reversed().prefix { !$0.isEmpty }
        let words = try #require(
            block.first { $0.hasPrefix("# SIGHUP: ") },
            "write \"# SIGHUP: counts at once.\" or \"# SIGHUP: needs a restart.\" above it")
        let effect = try #require(SettingKey.named(name)).effect
        #expect(
            words
                == (effect == .atOnce ? "# SIGHUP: counts at once." : "# SIGHUP: needs a restart."))
    }

    @Test func `keeps to 100 columns`() throws {
        let text = try String(contentsOf: Self.file, encoding: .utf8)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated() where line.count > 100
        {
            Issue.record("ledger.conf:\(index + 1) is wider than 100 columns")
        }
    }
}
