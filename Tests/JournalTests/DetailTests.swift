import Journal
import Ledger
import Money
import TestSupport
import Testing

/// A month's calls with their arithmetic, against the lines that the statement makes of cells.
@Suite struct `Calls in detail` {
    private struct Key: Hashable {
        let provider: String
        let model: String
        let tier: String
        let kind: String
        let price: String?
        let listed: String?
    }

    private struct Sum: Equatable {
        var quantity: UInt64 = 0
        var usd = Amount<USD>.zero
        var brl = Amount<BRL>.zero
    }

    /// Prices that change within an hour and by the size of the input, a list in reais, rates, and
    /// costs without a call.
    private func prepare(_ journal: Journal) throws {
        try journal.prepare()
        let dear = PriceEntry(
            provider: "openai", model: "gpt-4o",
            effectiveFrom: try Instant("2023-11-14T22:20:00Z"),
            prices: try prices("2.00", "8.00", cacheRead: "0.50"),
            sizes: [.init(above: 200_000, prices: try prices("4.00", "12.00"))])
        var list = PriceSet()
        list[.input] = try UnitPrice("17.5")
        try journal.record(
            [
                .priceSet(dear),
                .termsSet(
                    TermsChange(
                        client: "acme", from: date("2023-11-15"),
                        term: .price(
                            ListPrice(provider: "anthropic", model: "claude", prices: list)))),
                .adjustmentRecorded(
                    AdjustmentRecord(
                        client: "acme", date: date("2023-11-20"), provider: "openai", model: "",
                        usd: try Amount("-1.25"), tokens: nil, reason: "bill", source: "bill.csv")),
            ], by: "test")
    }

    private func calls(_ seed: UInt64) throws -> [NewEvent] {
        var random = SeededRandom(seed: seed)
        return try (1...800).map { number in
            var call = UsageEvent.random(using: &random)
            call.client = random.pick(["acme", "zeta"])
            (call.provider, call.model) = random.pick([
                ("openai", "gpt-4o"), ("openai", "gpt-4o"), ("anthropic", "claude"),
                ("nobody", "knows"),
            ])
            call.serviceTier = ""
            call.hold = nil
            // Some days around the month's beginning, and an hour in which a price changes.
            let isNarrow = random.once(in: 3)
            let start: Int64 = isNarrow ? 1_700_000_000 : 1_698_800_000
            let second: Int64 = random.int(0...(isNarrow ? 3_600 : 1_200_000))
            let fraction: Int64 = random.int(0...999_999_999)
            call.occurredAt = Instant(
                nanoseconds: (start + second) * 1_000_000_000 + fraction)
            return try usage(UInt64(number), call)
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `come to the statement's lines`(seed: UInt64) throws {
        try Scratch().withJournal { journal in
            try prepare(journal)
            _ = try journal.append(calls(seed), expecting: nil)
            for number in [UInt64(3), 70, 500] {
                _ = try journal.reverse(
                    EventID.test(number).description, reason: "twice", by: "ana")
            }
            for client in ["acme", "zeta"] { try check(journal, client, seed) }
        }
    }

    private func check(_ journal: Journal, _ client: String, _ seed: UInt64) throws {
        let month = try #require(CivilMonth("2023-11"))
        let statement = try journal.statement(client: client, month: month) { _ in "" }
        var lines: [Key: Sum] = [:]
        for line in statement.lines {
            let key = Key(
                provider: line.provider, model: line.model, tier: line.serviceTier,
                kind: line.kind, price: line.unitPriceUsdPerMillion,
                listed: line.unitPriceBrlPerMillion)
            lines[key] = Sum(
                quantity: line.quantity, usd: try Amount(line.usd ?? "0"),
                brl: try Amount(line.brlExact ?? "0"))
        }
        var sums: [Key: Sum] = [:]
        var counts: [CallDetail.Status: UInt64] = [:]
        var last = SequenceNumber.zero
        try journal.detail(client: client, month: month) { call in
            #expect(call.outcome == nil || call.sequence > last)
            last = call.sequence
            #expect(call.day.month == month)
            if call.outcome != nil { counts[call.status, default: 0] += 1 }
            guard call.status == .billed else { return }
            for part in call.parts {
                let key = Key(
                    provider: call.provider, model: call.model, tier: call.serviceTier,
                    kind: part.usageClass?.name ?? Statement.Line.adjustmentKind,
                    price: part.unitPrice?.text, listed: part.listPrice?.text)
                sums[key, default: Sum()].quantity += part.quantity
                try sums[key, default: Sum()].usd.add(part.usd ?? .zero)
                try sums[key, default: Sum()].brl.add(part.brl ?? .zero)
            }
        }
        #expect(!lines.isEmpty && sums == lines, "seed \(seed), \(client)")
        #expect((counts[.billed] ?? 0) + (counts[.cached] ?? 0) == statement.calls)
        #expect(counts[.cached] == statement.cachedCalls)
    }

    @Test func `have the wall clock of the client`() throws {
        try Scratch().withJournal { journal in
            try journal.prepare()
            let instant = try Instant("2023-11-20T01:30:00.25Z")
            _ = try journal.append(
                [
                    usage(1, .sample(client: "acme", at: instant)),
                    usage(2, .sample(client: "zeta", at: instant)),
                ], expecting: nil)
            var times: [String] = []
            for client in ["acme", "zeta"] {
                let month = try #require(CivilMonth("2023-11"))
                try journal.detail(client: client, month: month) { times.append($0.localTime) }
            }
            #expect(times == ["2023-11-19T22:30:00.25-03:00", "2023-11-19T23:30:00.25-02:00"])
            #expect(throws: JournalError.self) {
                try journal.detail(
                    client: "nobody", month: #require(CivilMonth("2023-11"))
                ) { _ in }
            }
        }
    }
}
