import Gateway
import Ledger
import Money
import Providers
import TestSupport
import Testing

// What is set aside for a call, and what is tried when it does not fit, as tables.
@Suite struct `What is set aside for a call` {
    static let ceiling = PriceCeiling(
        input: UnitPrice(units: 5_000), output: UnitPrice(units: 10_000))

    static func budget(_ unit: Budget.Unit, stops: Bool = true) throws -> Budget {
        try Budget(client: "acme", unit: unit, limit: "1", period: .monthly, stops: stops)
    }

    static func request(_ more: String = "", text: Int = 10) throws -> CallRequest {
        let content = String(repeating: "a", count: text)
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"\#(content)"}]\#(more)}"#
        return try CallRequest(.chatCompletions, body: Array(body.utf8))
    }

    static func refusal() throws -> HoldRefusal {
        HoldRefusal(
            budget: try budget(.usd), renews: CivilDate(year: 2026, month: 12, day: 1)!, asked: 2,
            remaining: 1)
    }

    static func walk(
        _ admission: Admission, counted: UInt64?, refusals: Int
    ) throws -> [String] {
        var admission = admission
        var step = admission.begin()
        var steps: [String] = []
        var left = refusals
        while steps.count < 12 {
            switch step {
            case .count:
                steps.append("count")
                step = admission.counted(counted)
            case .hold(let bound):
                let isText = bound.input == counted ? "counted" : "bytes"
                steps.append("\(isText)+\(bound.output)")
                if left == 0 { return steps + ["go"] }
                left -= 1
                step = admission.refused(by: try refusal())
            case .refuse(let reason):
                switch reason {
                case .budget: steps.append("budget")
                case .unpriced: steps.append("unpriced")
                case .unbounded: steps.append("unbounded")
                case .overflow: steps.append("overflow")
                }
                return steps
            }
        }
        return steps
    }

    @Test(
        arguments: [
            // refusals, can count, counted → steps
            (0, false, nil, "bytes+2048 go"),
            (1, false, nil, "bytes+2048 bytes+64 go"),
            (2, false, nil, "bytes+2048 bytes+64 budget"),
            (2, true, 3, "bytes+2048 bytes+64 count counted+2048 go"),
            (3, true, 3, "bytes+2048 bytes+64 count counted+2048 counted+64 go"),
            (4, true, 3, "bytes+2048 bytes+64 count counted+2048 counted+64 budget"),
            (2, true, nil, "bytes+2048 bytes+64 count unbounded"),
        ] as [(Int, Bool, UInt64?, String)])
    func `tries smaller slices, then has the input counted, then refuses`(
        refusals: Int, canCount: Bool, counted: UInt64?, steps: String
    ) throws {
        let admission = Admission(
            try Self.request(text: 400), ceiling: Self.ceiling, budgets: [try Self.budget(.usd)],
            modelOutput: 4_096, canCount: canCount)
        #expect(
            try Self.walk(admission, counted: counted, refusals: refusals).joined(separator: " ")
                == steps)
    }

    @Test(arguments: [
        (#","max_tokens":100"#, "bytes+100 go"),
        (#","max_completion_tokens":100,"n":3"#, "bytes+300 go"),
        // Reasoning that nobody sees is held whole.
        (#","max_completion_tokens":9000,"reasoning_effort":"high""#, "bytes+9000 go"),
        ("", "bytes+2048 go"),
    ])
    func `holds what slices bound, and all where they do not`(
        members: String, steps: String
    ) throws {
        let admission = Admission(
            try Self.request(members), ceiling: Self.ceiling, budgets: [try Self.budget(.usd)],
            modelOutput: 16_000, canCount: false)
        #expect(
            try Self.walk(admission, counted: nil, refusals: 0).joined(separator: " ") == steps)
    }

    @Test func `refuses a model without a price only where money stops the client`() throws {
        for (unit, stops, first) in [
            (Budget.Unit.usd, true, "unpriced"), (.brl, true, "unpriced"),
            (.tokens, true, "bytes+2048"), (.usd, false, "bytes+2048"),
        ] {
            let admission = Admission(
                try Self.request(), ceiling: nil, budgets: [try Self.budget(unit, stops: stops)],
                modelOutput: nil, canCount: false)
            #expect(try Self.walk(admission, counted: nil, refusals: 0).first == first)
        }
    }

    @Test func `holds at the dearest price that may apply`() throws {
        var prices = PriceSet()
        prices[.input] = try UnitPrice("3.00")
        prices[.cacheRead] = try UnitPrice("0.30")
        prices[.cacheWrite5m] = try UnitPrice("3.75")
        prices[.cacheWrite1h] = try UnitPrice("6.00")
        prices[.output] = try UnitPrice("15.00")
        var large = prices
        large[.output] = try UnitPrice("22.50")
        var entry = PriceEntry(
            provider: "p", model: "m", effectiveFrom: Instant(seconds: 0), prices: prices)
        entry.sizes = [.init(above: 200_000, prices: large)]
        var book = PriceBook()
        book.record(entry, at: SequenceNumber(1), recordedAt: Instant(seconds: 0))
        let ceiling = PriceCeiling(
            try Self.request(), provider: "p", model: "m", at: Instant(seconds: 9), book)
        #expect(ceiling?.input == (try UnitPrice("3.75")))
        #expect(ceiling?.output == (try UnitPrice("22.50")))
        #expect(
            PriceCeiling(
                try Self.request(), provider: "p", model: "other", at: Instant(seconds: 9), book)
                == nil)
    }
}

// Slices of output: whatever the bytes do, no byte leaves that is not paid for.
@Suite struct `Slices of output` {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `cover every byte, with few renewals`(seed: UInt64) {
        print("slices: seed \(seed)")
        var random = SeededRandom(seed: seed)
        var slices = OutputSlices(first: 64, limit: nil)
        var shown = 0
        var renewals = 0
        while shown < 1_000_000 {
            shown += Int(random.next() % 900) + 1
            while let renewal = slices.renewal(for: shown) {
                #expect(renewal.least <= renewal.wanted)
                #expect(UInt64(shown) == slices.held + renewal.least)
                renewals += 1
                // At times there is only room for the least.
                slices.grant(random.next() % 8 == 0 ? renewal.least : renewal.wanted)
            }
            #expect(slices.held >= UInt64(shown))
        }
        #expect(renewals < 120)
    }

    @Test func `hold no more than the provider makes`() {
        var slices = OutputSlices(first: 64, limit: 100)
        let renewal = slices.renewal(for: 5_000)
        #expect(renewal?.wanted == 36 && renewal?.least == 36)
        slices.grant(36)
        #expect(slices.renewal(for: 5_000) == nil)
    }
}
