import Ledger
import Money
import TestSupport
import Testing

/// The events of statements: one of each form that was ever written.
enum Accounting {
    static func events() throws -> [ControlEvent] {
        let day = date("2026-10-01")
        func terms(_ client: String?, _ term: Term) -> ControlEvent {
            .termsSet(TermsChange(client: client, from: day, term: term))
        }
        return [
            .issuerSet(
                IssuerChange(
                    issuer: Issuer(
                        id: "main", name: "Revenda São João Ltda", cnpj: "11222333000181",
                        address: "Rua Um, 1", contact: "contas@example.com"), from: day)),
            .issuerSet(IssuerChange(issuer: Issuer(name: "R"), from: day)),
            terms("acme", .markup(try Percent("12.5"))),
            terms(nil, .rateRule(.fixed(try ExchangeRate("5.4321")))),
            terms("acme", .rounding(.halfUp)),
            terms(
                "acme",
                .price(
                    ListPrice(
                        provider: "openai", model: "gpt-4o", serviceTier: "batch",
                        prices: try prices("18", "70")))),
            terms(
                nil,
                .charge(
                    ChargeTerm(
                        name: "ISS", tier: .tax, mode: .grossUp, effect: .charged,
                        percent: try Percent("5")))),
            terms(
                "acme",
                .charge(
                    ChargeTerm(
                        name: "IOF", tier: .surcharge, mode: .addOn, effect: .informative,
                        percent: try Percent("3.5")))),
            terms(
                "acme", .credit(CreditTerm(name: "pane", cents: 15_000, reason: "Pane de 12/10"))),
            .monthClosed(
                MonthClosing(
                    client: "acme", month: "2026-10", issuer: "main", number: 7,
                    lastSequence: 1_234, previousDigest: "ab", digest: "cd",
                    acceptedUnpriced: true, document: #"{"client":"acme"}"#)),
            .adjustmentRecorded(
                AdjustmentRecord(
                    client: nil, date: day, provider: "openai", model: "gpt-4o",
                    usd: try Amount("-1.25"), tokens: -10, reason: "bill", source: "bill.csv")),
        ]
    }
}

@Suite struct `Events of statements` {
    @Test func `are read as they were meant and written as they were`() throws {
        var all: [UInt8] = []
        for event in try Accounting.events() { all += try event.encoded(by: "ana") + [0x0A] }
        let bytes = try GoldenBytes("accounting-v1.hex").read(orWrite: all)
        let lines = bytes.split(separator: 0x0A).map(Array.init)
        let events = try Accounting.events()
        #expect(lines.count == events.count)
        for (line, event) in zip(lines, events) {
            #expect(try ControlEvent.decode(kind: event.kind, line) == event)
            #expect(try event.encoded(by: "ana") == line)
        }
    }

    @Test func `reversals are read as they were meant and written as they were`() throws {
        let call = `The golden record of version 1`.expected()
        let reversal = UsageReversal(
            id: EventID(high: 1, low: 2), sequence: SequenceNumber(17), reason: "enviado 2×")
        let event = try reversal.event(
            id: EventID(high: 3, low: 4), usage: UsageCodec.encode(call),
            version: UsageCodec.version, occurredAt: call.occurredAt, by: "ana")
        let bytes = try GoldenBytes("reversal-v1.hex").read(orWrite: event.payload)
        #expect(bytes == event.payload)
        let found = unsafe try UsageReversal.decode(bytes.span.bytes, version: event.version)
        #expect(found.reversal == reversal && found.by == "ana")
    }

    @Test func `that make no sense are refused`() throws {
        let cases: [(Term, String)] = [
            (.markup(try Percent("-100.0001")), "would make costs negative"),
            (.markup(try Percent("10000.0001")), "more than 10000 %"),
            (Self.tax("100", .grossUp), "leaves nothing"),
            (Self.tax("-1", .addOn), "is negative"),
            (
                .charge(
                    ChargeTerm(
                        name: "", tier: .tax, mode: .addOn, effect: .charged, percent: .zero)),
                "is empty"
            ),
            (.credit(CreditTerm(name: "x", cents: -1, reason: "y")), "is negative"),
        ]
        for (term, words) in cases {
            let error = #expect(throws: EventError.self) {
                try TermsChange(client: "acme", from: date("2026-10-01"), term: term).check()
            }
            #expect(error?.description.contains(words) == true)
        }
        for percent in ["100", "-100", "99.9999"] {
            try TermsChange(
                client: "acme", from: date("2026-10-01"), term: .markup(Percent(percent))
            ).check()
        }
    }

    private static func tax(_ percent: String, _ mode: ChargeTerm.Mode) -> Term {
        .charge(
            ChargeTerm(
                name: "ISS", tier: .tax, mode: mode, effect: .charged,
                percent: (try? Percent(percent)) ?? .zero))
    }
}

@Suite struct `A book of terms` {
    private func book(_ rows: String) throws -> TermsBook {
        var book = TermsBook()
        // record | client | from | term
        for (index, row) in rows.split(separator: "\n").enumerated() {
            let cells = row.split(separator: "|").map { $0.filter { $0 != " " } }
            let client = cells[0] == "all" ? nil : cells[0]
            let parts = cells[2].split(separator: "=").map(String.init)
            let term: Term =
                switch parts[0] {
                case "markup": .markup(try Percent(parts[1]))
                case "rule": .rateRule(try #require(RateRule(parts[1])))
                case "credit":
                    .credit(
                        CreditTerm(name: "c", cents: try #require(Int64(parts[1])), reason: "r"))
                default:
                    .charge(
                        ChargeTerm(
                            name: parts[0], tier: .tax, mode: .addOn, effect: .charged,
                            percent: try Percent(parts[1])))
                }
            book.record(
                TermsChange(client: client, from: date(cells[1]), term: term),
                at: SequenceNumber(UInt64(index) + 1))
        }
        return book
    }

    @Test func `takes the latest in effect, of equals the last recorded, the client's own first`()
        throws
    {
        let book = try book(
            """
            all  | 2026-01-01 | markup=10
            acme | 2026-03-01 | markup=20
            acme | 2026-03-01 | markup=25
            acme | 2026-02-01 | markup=15
            all  | 2026-04-01 | markup=11
            """)
        for (client, day, percent) in [
            ("acme", "2025-12-31", "0"), ("acme", "2026-01-31", "10"), ("acme", "2026-02-01", "15"),
            ("acme", "2026-03-01", "25"), ("acme", "2026-05-01", "25"),
            ("zeta", "2026-03-01", "10"),
            ("zeta", "2026-04-01", "11"),
        ] {
            #expect(book.markup(of: client, on: date(day)).text == percent, "\(client) \(day)")
        }
        #expect(
            book.knownBy(SequenceNumber(2)).markup(of: "acme", on: date("2026-05-01")).text == "20")
        #expect(
            book.stretches(of: "acme", in: date("2026-03-05").month) == [date("2026-03-01")])
        #expect(book.changed(after: SequenceNumber(4), of: "acme", notAfter: date("2026-04-01")))
        #expect(!book.changed(after: SequenceNumber(4), of: "acme", notAfter: date("2026-03-31")))
    }

    @Test func `has charges by name until they end, and credits where they were put last`() throws {
        let book = try book(
            """
            all  | 2026-01-01 | ISS=5
            acme | 2026-02-01 | ISS=2
            acme | 2026-01-01 | CBS=0.9
            acme | 2026-03-01 | CBS=0
            acme | 2026-02-10 | credit=100
            acme | 2026-03-10 | credit=250
            """)
        func names(_ client: String, _ day: String) -> [String] {
            book.charges(of: client, on: date(day)).map { "\($0.name) \($0.percent.text)" }
        }
        #expect(names("acme", "2026-01-15") == ["CBS 0.9", "ISS 5"])
        #expect(names("acme", "2026-02-15") == ["CBS 0.9", "ISS 2"])
        #expect(names("acme", "2026-03-15") == ["ISS 2"])
        #expect(names("zeta", "2026-03-15") == ["ISS 5"])
        #expect(book.credits(of: "acme", in: date("2026-02-01").month) == [])
        #expect(book.credits(of: "acme", in: date("2026-03-01").month).map(\.cents) == [250])
    }
}

@Suite struct `Charges` {
    @Test func `of 5 % on 100 are 5 por fora and 5.26 por dentro`() throws {
        func amount(_ mode: ChargeTerm.Mode) throws -> Int128 {
            let rules = try ChargeRules([
                ChargeTerm(
                    name: "ISS", tier: .tax, mode: mode, effect: .charged,
                    percent: try Percent("5"))
            ])
            return try rules.charges[0].cents(on: try Amount("100"), .halfEven)
        }
        #expect(try amount(.addOn) == 500)
        #expect(try amount(.grossUp) == 526)
    }

    @Test func `por dentro that come to the whole price are refused by name`() throws {
        let terms = try ["60", "40"].enumerated().map { index, percent in
            ChargeTerm(
                name: "T\(index)", tier: .tax, mode: .grossUp, effect: .charged,
                percent: try Percent(percent))
        }
        let error = #expect(throws: StatementError.self) { try ChargeRules(terms) }
        #expect(error?.description.hasPrefix("T0, T1 por dentro come to 100 %") == true)
        var informative = terms
        informative[1].effect = .informative
        #expect(try ChargeRules(informative).charges.count == 2)
    }
}
