import Foundation
import TestSupport
import Testing

/// The house rules of the source tree, as tests: what may import what, and what may stand nowhere.
struct `The source tree` {
    struct Source: Sendable {
        let module: String
        let path: String
        let lines: [Substring]
    }

    /// Every Swift file under Sources, by its module.
    static func sources() throws -> [Source] {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources")
        let names = try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted()
        return try names.filter { $0.hasSuffix(".swift") }.map { name in
            let text = try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
            let module = try #require(name.split(separator: "/").first)
            return Source(
                module: String(module), path: name,
                lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    /// What a module may import, beside the standard library's own modules; a module that is
    /// missing here may import anything.
    static let mayImport: [String: Set<String>] = [
        "Money": [], "Ledger": ["Money", "Foundation"], "LMDB": ["CLMDB", "Foundation"],
        "Curl": ["CCurl", "Foundation"], "Providers": ["Ledger", "Foundation"],
        "Journal": ["Ledger", "LMDB", "Money", "Crypto", "Foundation"],
        "Gateway": ["Curl", "Providers", "Journal", "Ledger", "Money", "Foundation"],
        "PDF": ["CPangoCairo", "Foundation"],
        "Statements": ["Ledger", "Money", "PDF", "Mustache", "Foundation"],
        "Alerts": [
            "Gateway", "Curl", "Journal", "Ledger", "Money", "Providers", "Statements", "Crypto",
            "Foundation",
        ],
        "Server": [
            "Gateway", "Journal", "Money", "Ledger", "Providers", "Foundation", "Hummingbird",
            "HummingbirdCore", "HTTPTypes",
            "Logging", "NIOCore", "NIOHTTPTypes", "ServiceLifecycle", "UnixSignals",
        ],
    ]

    /// Of the toolchain and the system: no architecture in them.
    static let system: Set<String> = ["Synchronization", "Glibc", "Musl"]

    /// A module's imports, with the line each stands on.
    static func imports(_ source: Source) -> [(line: Int, module: String)] {
        let access = "(?:public|package|internal|private|fileprivate)"
        let text = #"^\s*(?:@[\w()]+\s+)*(?:\#(access)\s+)?import\s+(?:[a-z]+\s+)?(\w+)"#
        guard let pattern = try? Regex(text, as: (Substring, Substring).self) else { return [] }
        return source.lines.enumerated().compactMap { index, line in
            (try? pattern.firstMatch(in: line)).flatMap { (index + 1, String($0.1)) }
        }
    }

    @Test func `imports only what stands above it`() throws {
        for source in try Self.sources() {
            guard let allowed = Self.mayImport[source.module] else { continue }
            for (line, module) in Self.imports(source) where !Self.system.contains(module) {
                #expect(
                    allowed.contains(module),
                    "Sources/\(source.path):\(line): \(source.module) may not import \(module)")
            }
        }
    }

    @Test(arguments: [
        "import Money", "public import Money", "@preconcurrency import Money",
        "    @_spi(Testing) internal import Money", "import struct Money.Amount",
    ])
    func `has imports that the check can see`(line: String) {
        let source = Source(module: "X", path: "X.swift", lines: [Substring(line)])
        #expect(Self.imports(source).map(\.module) == ["Money"])
    }

    struct Ban: Sendable, CustomTestStringConvertible {
        let what: String
        let pattern: String
        /// The modules it holds for; all where empty.
        var modules: Set<String> = []
        /// The modules it does not hold for.
        var except: Set<String> = []
        /// Paths that may.
        var paths: Set<String> = []
        var testDescription: String { what }
    }

    static let pointers =
        #"\b(UnsafeMutablePointer|UnsafePointer|UnsafeRawPointer|UnsafeMutableRawPointer|"#
        + #"OpaquePointer)\b"#

    static let bans: [Ban] = [
        Ban(
            what: "floating point near money",
            pattern: #"\b(Double|Float|Float16|Float80|CGFloat)\b"#,
            modules: ["Money", "Ledger", "Providers", "Statements"]),
        // Foundation's Date counts in a floating type; whole seconds are exact in it.
        Ban(
            what: "TimeInterval near money", pattern: #"\bTimeInterval\b"#,
            modules: ["Money", "Ledger", "Statements"], paths: ["Ledger/Time/ZoneRules.swift"]),
        Ban(what: "a try that may crash", pattern: #"\btry!"#),
        Ban(what: "a crash on purpose", pattern: #"\bfatalError\("#),
        Ban(what: "something left for later", pattern: #"\b(TODO|FIXME|XXX)\b"#),
        Ban(what: "raw pointers", pattern: pointers, except: ["LMDB", "Curl", "PDF"]),
        // What is lost on its way there must be told.
        Ban(
            what: "standard output written past the console",
            pattern: #"(^|[^.\w])print\(|\.standardOutput\b|\bSTDOUT_FILENO\b|\bf?puts\("#,
            modules: ["Commands", "razao"], paths: ["Commands/Support/InputFile.swift"]),
        Ban(what: "a tab", pattern: #"\t"#),
        Ban(what: "white space at the end of a line", pattern: #"\s$"#),
    ]

    @Test(arguments: bans) func `is free of`(ban: Ban) throws {
        let pattern = try Regex(ban.pattern)
        for source in try Self.sources() {
            guard ban.modules.isEmpty || ban.modules.contains(source.module),
                !ban.except.contains(source.module), !ban.paths.contains(source.path)
            else { continue }
            for (index, line) in source.lines.enumerated() where line.contains(pattern) {
                Issue.record("Sources/\(source.path):\(index + 1): \(ban.what)")
            }
        }
    }

    @Test func `keeps to lines of 100 columns and files of 500 lines`() throws {
        for source in try Self.sources() {
            #expect(source.lines.count <= 501, "Sources/\(source.path) is longer than 500 lines")
            for (index, line) in source.lines.enumerated() where line.count > 100 {
                Issue.record("Sources/\(source.path):\(index + 1) is wider than 100 columns")
            }
        }
    }

    @Test func `begins every file with its purpose or an import`() throws {
        for source in try Self.sources() where source.module != "razao" {
            let first = source.lines.first.map(String.init) ?? ""
            #expect(
                first.hasPrefix("//") || first.hasPrefix("/*")
                    || !Self.imports(
                        Source(module: "", path: "", lines: [Substring(first)])
                    ).isEmpty, "Sources/\(source.path) begins with: \(first)")
        }
    }

    @Test func `is there to be read`() throws {
        let sources = try Self.sources()
        #expect(Set(sources.map(\.module)).isSuperset(of: ["Money", "Ledger", "LMDB", "Journal"]))
        #expect(sources.contains { !$0.lines.allSatisfy(\.isEmpty) })
    }
}
