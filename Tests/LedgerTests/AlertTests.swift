import Foundation
import Ledger
import Money
import TestSupport
import Testing

// Which thresholds are due: the rule as a table, against a naive model, and the stored event.
struct `Alerts that are due` {
    struct Case: Sendable, CustomTestStringConvertible {
        var limit = "100"
        var alerts = [80, 90, 100]
        let settled: Int128
        var raised: Set<Int> = []
        /// Thresholds, with the one that covers them.
        let due: String
        var testDescription: String { "\(limit) \(alerts) \(settled) \(raised) → \(due)" }
    }

    static let cases = [
        Case(settled: 0, due: ""),
        Case(settled: 79, due: ""),
        Case(settled: 80, due: "80"),
        Case(settled: 89, raised: [80], due: ""),
        Case(settled: 90, raised: [80], due: "90"),
        Case(settled: 100, raised: [80, 90], due: "100"),
        Case(settled: 5_000, raised: [80, 90, 100], due: ""),
        // One call passes several: all are raised, the highest is told.
        Case(settled: 95, due: "80<90 90"),
        Case(settled: 100, due: "80<100 90<100 100"),
        Case(settled: 100, raised: [80], due: "90<100 100"),
        // A correction took the balance back below: nothing is raised, then or later.
        Case(settled: 40, raised: [80, 90], due: ""),
        Case(settled: 91, raised: [80, 90], due: ""),
        // The limit was raised after 100 %, then passed again; then lowered below what is used.
        Case(limit: "200", settled: 170, raised: [80, 90, 100], due: ""),
        Case(limit: "50", settled: 60, raised: [80], due: "90<100 100"),
        // A threshold below one that was told says nothing new; one above does.
        Case(alerts: [50, 80], settled: 85, raised: [80], due: "50<80"),
        Case(alerts: [80, 120], settled: 121, raised: [80], due: "120"),
        // What is no threshold of the budget any more counts no more.
        Case(alerts: [50], settled: 60, raised: [80], due: "50"),
        Case(alerts: [], settled: 500, due: ""),
        Case(alerts: [100, 100, 80], settled: 100, due: "80<100 100"),
        Case(alerts: [1, 1_000], settled: 1_000, due: "1<1000 1000"),
        Case(limit: "3", alerts: [33, 34, 66, 67], settled: 1, due: "33"),
        Case(limit: "3", alerts: [33, 34, 66, 67], settled: 2, due: "33<66 34<66 66"),
        Case(settled: -5, due: ""),
        // Near the end of what an amount can be nothing overflows.
        Case(limit: "\(Int128.max)", settled: .max, due: "80<100 90<100 100"),
        Case(limit: "\(Int128.max)", alerts: [1_000], settled: .max, due: ""),
        Case(limit: "1", alerts: [1_000], settled: .max, due: "1000"),
        Case(limit: "\(Int128.max)", alerts: [1], settled: .min, due: ""),
    ]

    static func budget(_ limit: String, _ alerts: [Int]) throws -> Budget {
        try Budget(client: "a", unit: .tokens, limit: limit, period: .daily, alerts: alerts)
    }

    static func text(_ due: [DueAlert]) -> String {
        due.map { "\($0.threshold)" + ($0.coveredBy.map { "<\($0)" } ?? "") }
            .joined(separator: " ")
    }

    @Test(arguments: cases) func `are those of the table`(one: Case) throws {
        let budget = try Self.budget(one.limit, one.alerts)
        #expect(Self.text(budget.alertsDue(settled: one.settled, raised: one.raised)) == one.due)
    }

    /// A period under calls, corrections and changed limits, beside the plainest telling of it.
    @Test func `are raised once each, and the highest of a moment alone is told`() throws {
        try withSeed { random in
            for _ in 0..<300 {
                var limit = Int128(random.int(1...1_000))
                var alerts = (0..<random.int(0...5)).map { _ in random.int(1...200) }
                var settled: Int128 = 0
                var raised: [Int] = []
                for _ in 0..<40 {
                    switch random.int(0...9) {
                    case 0: limit = Int128(random.int(1...1_000))
                    case 1: alerts.append(random.int(1...200))
                    case 2: settled -= Int128(random.int(0...300))
                    default: settled += Int128(random.int(0...120))
                    }
                    let budget = try Self.budget("\(limit)", alerts)
                    let due = budget.alertsDue(settled: settled, raised: Set(raised))
                    let naive = Set(alerts).sorted().filter {
                        settled * 100 >= limit * Int128($0) && !raised.contains($0)
                    }
                    try #require(due.map(\.threshold) == naive)
                    let told = due.filter { $0.coveredBy == nil }.map(\.threshold)
                    let top = raised.filter(alerts.contains).max() ?? 0
                    try #require(told == naive.suffix(1).filter { $0 > top })
                    try #require(
                        due.allSatisfy { one in one.coveredBy.map { $0 > one.threshold } ?? true })
                    raised += naive
                    try #require(Set(raised).count == raised.count)
                }
            }
        }
    }
}

struct `Raised alerts` {
    static func expected() throws -> Alert {
        let budget = try Budget(
            client: "padaria-1", id: "são joão", unit: .brl, limit: "500.5", period: .weekly,
            stops: true)
        return Alert(
            budget, firstDay: date("2026-11-16"), DueAlert(threshold: 80, coveredBy: 90),
            settled: try Amount<BRL>("450.45000000000000000001").units,
            seen: SequenceNumber(1_234_567))
    }

    @Test func `are read as they were meant and written as they were`() throws {
        let event = ControlEvent.alertRaised(try Self.expected())
        let bytes = try GoldenBytes("alert-v1.hex").read(orWrite: event.encoded(by: "razão"))
        #expect(try ControlEvent.decode(kind: .alertRaised, bytes) == event)
        #expect(ControlEvent.actor(of: bytes) == "razão")
        #expect(try event.encoded(by: "razão") == bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"by":"razão","event":{"budget":"são joão","client":"padaria-1","#
                + #""coveredBy":90,"firstDay":"2026-11-16","limit":"500.5","period":"weekly","#
                + #""seen":1234567,"settled":"450.45000000000000000001","stops":true,"#
                + #""threshold":80,"unit":"brl"}}"#)
    }

    @Test func `tell their share exactly`() throws {
        var alert = try Self.expected()
        #expect(alert.percentUsed == 90 && alert.limitText == "500.5")
        alert.settled = .max
        alert.limit = .max
        #expect(alert.percentUsed == 100)
    }

    @Test func `have one identity, whatever limit and use are`() throws {
        let first = try Self.expected()
        var other = first
        other.limit *= 2
        other.settled += 1
        other.seen += 1
        other.coveredBy = nil
        other.stops = false
        #expect(other.identity == first.identity)
        var all: Set = [first.identity]
        for change: (inout Alert) -> Void in [
            { $0.client = "b" }, { $0.budget = "x" }, { $0.unit = .usd }, { $0.period = .daily },
            { $0.firstDay = date("2026-11-23") }, { $0.threshold = 90 },
        ] {
            var changed = first
            change(&changed)
            all.insert(changed.identity)
        }
        #expect(all.count == 7)
    }

    @Test func `that make no sense are refused`() throws {
        try Self.expected().check()
        for change: (inout Alert) -> Void in [
            { $0.client = "a b" }, { $0.budget = "a\u{0}" }, { $0.threshold = 0 },
            { $0.threshold = 1_001 }, { $0.coveredBy = 80 }, { $0.coveredBy = 70 },
            { $0.limit = 0 }, { $0.firstDay = date("2026-11-17") },
        ] {
            var changed = try Self.expected()
            change(&changed)
            #expect(throws: EventError.self) { try changed.check() }
        }
    }
}

/// A golden file of bytes in hexadecimal digits.
struct GoldenBytes {
    private let path: URL

    init(_ name: String) {
        path = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/golden/\(name)")
    }

    /// The file's bytes. `RAZAO_WRITE_GOLDEN=1` writes the file where there is none; it never
    /// replaces one.
    func read(orWrite bytes: @autoclosure () throws -> [UInt8]) throws -> [UInt8] {
        let mayWrite = ProcessInfo.processInfo.environment["RAZAO_WRITE_GOLDEN"] != nil
        if mayWrite, !FileManager.default.fileExists(atPath: path.path) {
            let hex = try bytes().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
            var text = ""
            for (index, byte) in hex.enumerated() {
                text += byte + (index % 32 == 31 || index == hex.count - 1 ? "\n" : " ")
            }
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: path)
        }
        return try String(contentsOf: path, encoding: .utf8)
            .split(whereSeparator: \.isWhitespace).map { try #require(UInt8($0, radix: 16)) }
    }
}
