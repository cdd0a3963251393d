import Foundation
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

/// Months that are closed, and what comes after.
@Suite struct `Closed months` {
    static let november = date("2023-11-14").month

    /// The bytes that a digest covers, in a form of this test's own.
    static func canonical(_ statement: Statement) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let object = try JSONSerialization.jsonObject(with: encoder.encode(statement))
        var members = try #require(object as? [String: Any])
        members["digest"] = nil
        return Array(
            try JSONSerialization.data(
                withJSONObject: members, options: [.sortedKeys, .withoutEscapingSlashes]))
    }

    private static func call(_ day: Int, input: UInt32, client: String = "acme") -> UsageEvent {
        .sample(
            client: client, at: Instant(seconds: 1_698_800_000 + Int64(day) * 86_400),
            input: input, output: 0)
    }

    /// Two clients with a call in November 2023 each, everything final, seen in January 2024.
    private static func withMonth(
        _ body: (Journal, TestClock) throws -> Void
    ) throws {
        let clock = TestClock(at: try Instant("2024-01-10T12:00:00Z"), step: 1_000)
        let scratch = try Scratch()
        try scratch.withJournal(clock: clock) { journal in
            try journal.prepare()
            let issuer = IssuerChange(issuer: Issuer(name: "Revenda"), from: date("2023-01-01"))
            let quotes = try dailyQuotes([
                "2023-10-31": "5.0001", "2023-11-14": "4.8765", "2024-01-31": "4.8765",
            ])
            try journal.record(
                [.issuerSet(issuer)] + quotes.map(ControlEvent.rateRecorded), by: "test")
            _ = try journal.append(
                [
                    usage(1, call(3, input: 1_000_000)),
                    usage(2, call(20, input: 500_000)),
                    usage(3, call(9, input: 70_000, client: "zeta")),
                ], expecting: nil)
            try body(journal, clock)
        }
    }

    @discardableResult
    private static func close(
        _ journal: Journal, _ month: CivilMonth = november, client: String? = nil,
        accepting: Bool = false
    ) throws -> ClosingResult {
        try journal.close(
            ClosingOrder(month: month, client: client, acceptsUnpriced: accepting), by: "ana",
            canonical: canonical)
    }

    private static func statement(
        _ journal: Journal, _ month: CivilMonth = november, client: String = "acme"
    ) throws -> Statement {
        try journal.statement(client: client, month: month, digest: { _ in "" })
    }

    @Test func `keep their document, their number and their place in the row`() throws {
        try Self.withMonth { journal, _ in
            let open = try Self.statement(journal)
            let result = try Self.close(journal)
            #expect(result.closed.map(\.number) == ["2023-11/000001", "2023-11/000002"])
            #expect(result.closed.map(\.client) == ["acme", "zeta"])
            let closed = try Self.statement(journal)
            #expect(closed == result.closed[0])
            #expect(closed.lines == open.lines && closed.totalBrl == open.totalBrl)
            #expect(closed.status == "closed" && closed.closedAt?.hasPrefix("2024-01-10") == true)
            #expect(closed.digest == Chain.hexDigest(try Self.canonical(closed)))
            let report = try journal.verify()
            #expect(report.faults == [] && report.statements == 2)
            // The next month follows, with the next number and the digest before.
            let december = try Self.close(journal, Self.november.next, client: "acme")
            #expect(december.closed.map(\.number) == ["2023-12/000003"])
            #expect(december.closed[0].previousDigest == closed.digest)
        }
    }

    @Test func `do not change; what comes later is in the next month, by reason and once`() throws {
        try Self.withMonth { journal, clock in
            let before = try Self.close(journal).closed[0]
            _ = try journal.append([usage(4, Self.call(25, input: 40_000))], expecting: nil)
            _ = try journal.reverse("\(EventID.test(2))", reason: "twice", by: "ana")
            try journal.record(
                [
                    .priceSet(
                        PriceEntry(
                            provider: "openai", model: "gpt-4o",
                            effectiveFrom: try Instant("2023-11-01T00:00:00Z"),
                            prices: prices("3.00", "10.00"))),
                    .rateRecorded(
                        RateEntry(
                            date: date("2023-11-02"), buy: ExchangeRate("5.10"),
                            sell: ExchangeRate("5.2000"))),
                    .termsSet(
                        TermsChange(
                            client: "acme", from: date("2023-11-01"),
                            term: .markup(try Percent("10")))),
                ], by: "test")
            #expect(try Self.statement(journal) == before)
            let next = try Self.statement(journal, Self.november.next)
            // The line of input, step by step: 18.595875 was billed as 18.60. With 40,000 × 2.50 at
            // 4.8765 more it is 19.083525; without 500,000 × 2.50 at 4.8765 it is 12.9879; at 3.00
            // a million 15.58548; with 5.2 instead of 5.0001 for the million 16.18518. Then 10 %.
            let expected = [
                "usage late-usage 40000 0.1 0.48", "usage reversal -500000 -1.25 -6.09",
                "usage price 0 0.52 2.60", "usage rate 0 0 0.60",
                "markup terms nil nil 1.62",
            ]
            let found = next.adjustments.map {
                "\($0.section.rawValue) \($0.reason.rawValue) "
                    + "\($0.quantity.map(String.init) ?? "nil") \($0.usd ?? "nil") \($0.brl ?? "nil")"
            }
            #expect(found == expected)
            #expect(next.adjustments.allSatisfy { $0.originNumber == "2023-11/000001" })
            #expect(next.totalBrl == next.subtotals.adjustments)
            // Once: the month after has none, and January has none before either.
            try Self.close(journal, Self.november.next)
            #expect(try Self.statement(journal, Self.november.next.next).adjustments == [])
            #expect(try journal.verify().faults == [])
        }
    }

    @Test func `keep the undated rules they were closed with`() throws {
        try Self.withMonth { journal, _ in
            try Self.close(journal)
            let december = Self.november.next
            func set(_ name: String, _ value: String) throws {
                try journal.record(
                    [.settingsChanged(SettingsChange(name: name, value: value))], by: "test")
            }
            try set("statement.rate_rule", "fixed:7")
            try set("statement.rounding", "truncate")
            #expect(try Self.statement(journal, december).adjustments == [])
            try Self.close(journal, december, client: "acme")
            // By November's rules, though December was closed by others: 0.1 USD at 4.8765.
            _ = try journal.append([usage(4, Self.call(25, input: 40_000))], expecting: nil)
            let adjustments = try Self.statement(journal, december.next).adjustments
            #expect(adjustments.map(\.brl) == ["0.48"])
            #expect(try journal.verify().faults == [])
        }
    }

    @Test func `are refused with a reason, and nothing is written`() throws {
        try Self.withMonth { journal, clock in
            let november = Self.november
            func refusals(_ month: CivilMonth, client: String? = "acme") throws -> String {
                let head = try journal.head().sequence
                defer { #expect((try? journal.head().sequence) == head) }
                do {
                    return try Self.close(journal, month, client: client).refusals
                        .map { "\($0.client): \($0.reason)" }.joined(separator: "; ")
                } catch {
                    return "\(error)"
                }
            }
            #expect(try refusals(november.next).contains("acme: close 2023-11 first"))
            #expect(try refusals(november, client: "nobody").contains("nobody"))
            try journal.record([.clientRegistered(ClientRecord(id: "idle"))], by: "test")
            #expect(try refusals(november, client: "idle") == "idle: it has no usage to close")
            // 2024-01 is not over on the 10th; with the clock in November it is not over either.
            try Self.close(journal)
            let january = november.next.next
            #expect(try refusals(january).contains("2024-01 is not over before 2024-02-01T03:00"))
            #expect(try refusals(january.next).contains("not over"))
            clock.set(try Instant("2023-12-05T00:00:00Z"))
            #expect(try refusals(january).contains("set the clock"))
            clock.set(try Instant("2024-03-05T00:00:00Z"))
            _ = try journal.append([usage(4, Self.call(80, input: 9))], expecting: nil)
            #expect(try refusals(january.next).contains("close 2024-01 first"))
            #expect(try Self.close(journal, november).already == ["acme", "zeta"])
        }
    }

    @Test func `want every call priced and known, and every rate final`() throws {
        try Self.withMonth { journal, _ in
            var unknown = Self.call(8, input: 0)
            unknown.usageSource = .missing
            var unpriced = Self.call(8, input: 10)
            unpriced.model = "new-model"
            _ = try journal.append(
                [usage(10, unknown), usage(11, unpriced)], expecting: nil)
            let head = try journal.head().sequence
            let reasons = try Self.close(journal).refusals.map { "\($0.client): \($0.reason)" }
            #expect(reasons.count == 2 && reasons.allSatisfy { $0.hasPrefix("acme: ") })
            #expect(reasons[0].contains("openai/new-model"))
            #expect(reasons[1].contains("1 call of unknown usage"))
            #expect(try journal.head().sequence == head)
            let closed = try Self.close(journal, accepting: true).closed
            #expect(closed.map(\.acceptedUnpriced) == [true, false])
        }
        try Self.withMonth { journal, _ in
            try journal.record(
                [
                    .termsSet(
                        TermsChange(
                            client: "zeta", from: date("2023-11-01"), term: .rateRule(.sameDay)))
                ], by: "test")
            _ = try journal.append(
                [
                    usage(
                        20,
                        .sample(
                            client: "zeta", at: try Instant("2023-10-10T12:00:00Z"), input: 100))
                ], expecting: nil)
            let reasons = try Self.close(journal, Self.november.previous, client: "zeta").refusals
            #expect(reasons.first?.reason.contains("not final") == true)
        }
    }

    @Test func `owe nothing known for what has no price, until it has one`() throws {
        try Self.withMonth { journal, _ in
            func changes(_ month: CivilMonth) throws -> [String] {
                try Self.statement(journal, month).adjustments.map {
                    "\($0.reason.rawValue) \($0.quantity ?? 0) \($0.usd ?? "?") \($0.brl ?? "?")"
                }
            }
            func late(_ number: UInt64, _ input: UInt32) throws {
                var call = Self.call(8, input: input)
                call.model = "new-model"
                _ = try journal.append([usage(number, call)], expecting: nil)
            }
            try late(10, 300)
            try Self.close(journal, accepting: true)
            // Later there is more of what was accepted.
            try late(11, 100)
            let december = Self.november.next
            #expect(try changes(december) == ["late-usage 100 ? ?"])
            #expect(try !Self.close(journal, december, client: "acme").refusals.isEmpty)
            let closed = try #require(
                try Self.close(journal, december, client: "acme", accepting: true).closed.first)
            #expect(closed.acceptedUnpriced && closed.totalBrl == "0.00")
            // The price is set: all of it is due, and no quantity once more.
            try journal.record(
                [
                    .priceSet(
                        PriceEntry(
                            provider: "openai", model: "new-model",
                            effectiveFrom: try Instant("2023-11-01T00:00:00Z"),
                            prices: prices("1000.00", "1000.00")))
                ], by: "test")
            #expect(try changes(december.next) == ["price 0 0.4 2.00"])
            #expect(try journal.verify().faults == [])
        }
    }

    @Test func `pass over months on whose statement nothing would stand`() throws {
        try Self.withMonth { journal, clock in
            let first = try Self.close(journal).closed[0]
            let december = Self.november.next
            let none = try Self.close(journal, december)
            #expect(none.closed.isEmpty && none.empty == ["acme", "zeta"])
            clock.set(try Instant("2024-03-10T12:00:00Z"))
            _ = try journal.append([usage(4, Self.call(80, input: 90_000))], expecting: nil)
            let second = try Self.close(journal, december.next)
            #expect(second.closed.map(\.number) == ["2024-01/000003"] && second.empty == ["zeta"])
            #expect(second.closed[0].previousDigest == first.digest)
            func refusal() throws -> String {
                let error = #expect(throws: JournalError.self) {
                    try Self.statement(journal, december)
                }
                return try #require(error.map { "\($0)" })
            }
            let said = "2023-12 of acme has no statement of its own, as 2024-01 is closed already; "
            #expect(try refusal().contains(said + "nothing came for it"))
            // What comes for it later is billed once, by another.
            _ = try journal.append([usage(5, Self.call(40, input: 60_000))], expecting: nil)
            #expect(try refusal().contains("as an adjustment in the next one, of 2024-02"))
            let third = try Self.close(journal, december.next.next).closed
            let adjustment = try #require(third.first?.adjustments.first)
            #expect(third.count == 1 && adjustment.originMonth == "2023-12")
            #expect(adjustment.originNumber == nil && adjustment.brl == "0.73")
            #expect(try refusal().contains("as an adjustment in statement 2024-02/000004"))
            #expect(try journal.isWithoutStatement(client: "acme", month: december))
            #expect(try !journal.isWithoutStatement(client: "acme", month: Self.november))
            #expect(try !journal.isWithoutStatement(client: "zeta", month: december))
            #expect(try journal.verify().faults == [])
        }
    }

    @Test(arguments: [false, true])
    func `do not pass over a month with a credit or an adjustment`(isCredit: Bool) throws {
        try Self.withMonth { journal, clock in
            try Self.close(journal)
            let december = Self.november.next
            clock.set(try Instant("2024-03-10T12:00:00Z"))
            if isCredit {
                let credit = CreditTerm(name: "x", cents: 7, reason: "x")
                try journal.record(
                    [
                        .termsSet(
                            TermsChange(
                                client: "acme", from: date("2023-12-09"), term: .credit(credit)))
                    ], by: "test")
            } else {
                _ = try journal.append([usage(4, Self.call(25, input: 40_000))], expecting: nil)
            }
            let refused = try Self.close(journal, december.next).refusals
            #expect(
                refused.map { "\($0.client): \($0.reason)" } == [
                    "acme: close 2023-12 first; months are closed in their order"
                ])
            #expect(try Self.close(journal, december).closed.map(\.client) == ["acme"])
            #expect(try Self.close(journal, december.next).empty == ["acme", "zeta"])
        }
    }

    @Test func `that passed over a month with calls are found by verify`() throws {
        try Self.withMonth { journal, _ in
            let first = try Self.close(journal).closed[0]
            _ = try journal.append(
                [usage(4, Self.call(40, input: 1)), usage(5, Self.call(70, input: 1))],
                expecting: nil)
            let january = Self.november.next.next
            var statement = try Self.statement(journal, january)
            statement.number = "2024-01/000003"
            statement.status = "closed"
            statement.previousDigest = first.digest
            let bytes = try Self.canonical(statement)
            let closing = MonthClosing(
                client: "acme", month: "2024-01", issuer: "main", number: 3,
                lastSequence: statement.logSequence, previousDigest: first.digest,
                digest: Chain.hexDigest(bytes), acceptedUnpriced: false,
                document: String(decoding: bytes, as: UTF8.self))
            _ = try journal.append(
                [
                    NewEvent(
                        kind: .monthClosed, version: ControlEvent.version,
                        id: journal.store.closingID("acme", january),
                        occurredAt: Instant(seconds: 1_700_000_000),
                        payload: try ControlEvent.monthClosed(closing).encoded(by: "mallory"))
                ], expecting: nil)
            #expect(
                try journal.verify().faults == [
                    "statement 2024-01/000003 of acme: it passes over 2023-12, which was not empty"
                ])
        }
    }

    @Test func `are followed by a later month alone, whatever the clock says`() throws {
        try Self.withMonth { journal, clock in
            let closed = try Self.close(journal).closed[0]
            let november = Self.november
            func event(_ month: CivilMonth, after digest: String?) throws -> NewEvent {
                let closing = MonthClosing(
                    client: "acme", month: month.description, issuer: "main", number: 3,
                    lastSequence: closed.logSequence, previousDigest: digest, digest: "x",
                    acceptedUnpriced: false, document: "{}")
                return NewEvent(
                    kind: .monthClosed, version: ControlEvent.version,
                    id: journal.store.closingID("acme", month),
                    occurredAt: Instant(seconds: 1_700_000_000),
                    payload: try ControlEvent.monthClosed(closing).encoded(by: "mallory"))
            }
            // A fork and a step back.
            for (month, digest) in [
                (november.next, nil), (november.next.next, nil), (november.next, "y"),
                (november.previous, nil), (november.previous, closed.digest),
            ] {
                let outcome = try journal.append([event(month, after: digest)], expecting: nil)
                #expect("\(outcome)".contains("does not follow"), "\(month) \(digest ?? "nil")")
            }
            // A clock that went back hides no closed month.
            _ = try journal.reverse("\(EventID.test(2))", reason: "twice", by: "ana")
            clock.set(try Instant("2023-06-01T00:00:00Z"))
            #expect(try !Self.statement(journal, november.next).adjustments.isEmpty)
        }
    }

    @Test func `that were forged are found by verify`() throws {
        try Self.withMonth { journal, _ in
            var statement = try Self.statement(journal)
            statement.number = "2023-11/000001"
            statement.status = "closed"
            statement.lines[0].brl = "0.01"
            func event(_ number: UInt64, digest: String? = nil) throws -> NewEvent {
                let bytes = try Self.canonical(statement)
                let closing = MonthClosing(
                    client: "acme", month: "2023-11", issuer: "main", number: number,
                    lastSequence: statement.logSequence, previousDigest: nil,
                    digest: digest ?? Chain.hexDigest(bytes), acceptedUnpriced: false,
                    document: String(decoding: bytes, as: UTF8.self))
                return NewEvent(
                    kind: .monthClosed, version: ControlEvent.version,
                    id: journal.store.closingID("acme", Self.november),
                    occurredAt: Instant(seconds: 1_700_000_000),
                    payload: try ControlEvent.monthClosed(closing).encoded(by: "mallory"))
            }
            let gap = try journal.append([event(2)], expecting: nil)
            #expect("\(gap)".contains("next number of issuer main is 1"))
            #expect(
                try journal.append([event(1)], expecting: nil).contains {
                    if case .appended = $0 { true } else { false }
                })
            let faults = try journal.verify().faults
            #expect(
                faults == [
                    "statement 2023-11/000001 of acme: its lines are not what the calls come to"
                ])
        }
    }

    /// A month that was closed in the second form, in which a day's reais were its cost in dollars
    /// at the day's rate, whatever the client paid.
    @Test(arguments: [false, true])
    func `of the second form are held against the calls, too`(isForged: Bool) throws {
        try Self.withMonth { journal, _ in
            let price = ListPrice(
                provider: "openai", model: "gpt-4o", prices: try prices("18.00", "70.00"))
            try journal.record(
                [
                    .termsSet(
                        TermsChange(client: "acme", from: date("2023-11-01"), term: .price(price)))
                ], by: "test")
            var statement = try Self.statement(journal)
            #expect(statement.days.map(\.brlExact) == ["18", "9"])
            statement.formatVersion = 2
            statement.days[0].brlExact = isForged ? "18" : "12.50025"
            statement.days[1].brlExact = "6.095625"
            statement.number = "2023-11/000001"
            statement.status = "closed"
            let bytes = try Self.canonical(statement)
            let closing = MonthClosing(
                client: "acme", month: "2023-11", issuer: "main", number: 1,
                lastSequence: statement.logSequence, previousDigest: nil,
                digest: Chain.hexDigest(bytes), acceptedUnpriced: false,
                document: String(decoding: bytes, as: UTF8.self))
            _ = try journal.append(
                [
                    NewEvent(
                        kind: .monthClosed, version: ControlEvent.version,
                        id: journal.store.closingID("acme", Self.november),
                        occurredAt: Instant(seconds: 1_700_000_000),
                        payload: try ControlEvent.monthClosed(closing).encoded(by: "ana"))
                ], expecting: nil)
            _ = try journal.append([usage(4, Self.call(25, input: 40_000))], expecting: nil)
            let next = try Self.close(journal, Self.november.next, client: "acme").closed[0]
            #expect(next.adjustments.map(\.brl) == ["0.72"] && next.formatVersion == 3)
            let report = try journal.verify()
            #expect(report.statements == 2)
            #expect(report.faults.isEmpty != isForged)
            let fault = "statement 2023-11/000001 of acme: its days are not what the calls come to"
            #expect(report.faults.first == (isForged ? fault : nil))
        }
    }
}
