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

    static func refusal(held: Int128 = 0) throws -> HoldRefusal {
        HoldRefusal(
            budget: try budget(.usd), renews: CivilDate(dayNumber: 20_788), asked: 2,
            remaining: 1, held: held)
    }

    /// The steps of an admission whose first holds are refused. `held` is what others may give
    /// back, which they never do.
    static func walk(
        _ admission: Admission, counted: UInt64?, refusals: Int, rooms: [Room] = [],
        held: Int128 = 0
    ) throws -> [String] {
        var admission = admission
        var step = admission.begin(admission.needsRooms ? rooms : [])
        var steps: [String] = []
        var left = refusals
        var sure: UInt64?
        while steps.count < 12 {
            switch step {
            case .count:
                steps.append("count")
                step = admission.counted(counted)
            case .hold(let bound):
                sure = sure ?? bound.input
                let size =
                    bound.input == counted ? "counted" : bound.input == sure ? "bytes" : "all"
                steps.append("\(size)+\(bound.output)")
                if left == 0 { return steps + ["go"] }
                left -= 1
                let refusal = try refusal(held: held)
                step = admission.refused(by: refusal) { rooms }
            case .wait:
                steps.append("wait")
                step = admission.gaveUp()
            case .refuse(let reason):
                switch reason {
                case .budget: steps.append("budget")
                case .uncounted: steps.append("uncounted")
                case .unpriced: steps.append("unpriced")
                case .unbounded: steps.append("unbounded")
                case .overflow: steps.append("overflow")
                }
                return steps
            }
        }
        return steps
    }

    /// What is left for a text of 400 bytes, 493 with what is around it, and its answer: in tokens,
    /// the simplest unit.
    static func rooms(_ left: Int128?) -> [Room] {
        left.map { [Room(left: $0, input: 1, output: 1)] } ?? []
    }

    struct Walk: Sendable {
        var refusals = 0
        var counting = Admission.Counting.nobody
        var counted: UInt64?
        var left: Int128?
        var held: Int128 = 0
        var limit = ""
        var allows = false
        var keeps = true
        let steps: String
    }

    @Test(arguments: [
        // All that the model may make is held, where there is room for two of it.
        Walk(steps: "bytes+4096 go"), Walk(left: 100_000, steps: "bytes+4096 go"),
        // Else half of what is left, but no less than the first slice, or what there is.
        Walk(left: 6_600, steps: "bytes+3053 go"), Walk(left: 3_000, steps: "bytes+2048 go"),
        Walk(left: 700, steps: "bytes+207 go"), Walk(left: 10, steps: "bytes+64 go"),
        // What the caller names is held whole where it fits.
        Walk(left: 4_600, limit: #","max_tokens":4000"#, steps: "bytes+4000 go"),
        Walk(left: 4_400, limit: #","max_tokens":4000"#, steps: "bytes+2048 go"),
        Walk(left: 700, limit: #","max_tokens":9,"n":3"#, steps: "bytes+27 go"),
        // Of a provider that keeps no bound, a slice.
        Walk(left: 100_000, keeps: false, steps: "bytes+2048 go"),
        // When it does not fit: less, then others may give back, then the least.
        Walk(refusals: 1, steps: "bytes+4096 bytes+2048 go"),
        Walk(refusals: 3, steps: "bytes+4096 bytes+2048 bytes+64 uncounted"),
        Walk(refusals: 3, held: 9, steps: "bytes+4096 bytes+2048 wait bytes+64 uncounted"),
        Walk(refusals: 2, held: 9, steps: "bytes+4096 bytes+2048 wait bytes+64 go"),
        // Where the text alone is too much, it is counted.
        Walk(
            refusals: 1, counting: .all, counted: 3, left: 300,
            steps: "bytes+64 count counted+297 go"),
        Walk(
            refusals: 2, counting: .text, counted: 3, left: 300,
            steps: "bytes+64 count counted+297 counted+64 go"),
        Walk(
            refusals: 3, counting: .all, counted: 3, left: 300,
            steps: "bytes+64 count counted+297 counted+64 budget"),
        Walk(refusals: 1, counting: .all, left: 300, steps: "bytes+64 count uncounted"),
        // A text that cannot fit, however it is counted, is too much for the budget.
        Walk(refusals: 1, left: 20, steps: "bytes+64 budget"),
        // Whoever nobody counts goes alone, where that is allowed: it gets all that is left.
        Walk(refusals: 1, left: 300, allows: true, steps: "bytes+64 all+88 go"),
        Walk(refusals: 2, left: 300, allows: true, steps: "bytes+64 all+88 budget"),
    ])
    func `is all that a call can cost, or what its client has room for`(walk: Walk) throws {
        var limits = Admission.Limits()
        limits.allowsUncounted = walk.allows
        let admission = Admission(
            try Self.request(walk.limit, text: 400), ceiling: Self.ceiling,
            budgets: [try Self.budget(.usd)], modelOutput: 4_096, counting: walk.counting,
            keepsOutputLimit: walk.keeps, limits: limits)
        let steps = try Self.walk(
            admission, counted: walk.counted, refusals: walk.refusals,
            rooms: Self.rooms(walk.left), held: walk.held)
        #expect(steps.joined(separator: " ") == walk.steps)
    }

    @Test(arguments: [
        (#","max_tokens":100"#, "bytes+100 go"),
        (#","max_completion_tokens":100,"n":3"#, "bytes+300 go"),
        // Reasoning that nobody sees is held whole.
        (#","max_completion_tokens":9000,"reasoning_effort":"high""#, "bytes+9000 go"),
        // What a search finds is counted by nobody.
        (#","web_search_options":{}"#, "unbounded"),
        (#","previous_response_id":"r""#, "count counted+16000 go"),
    ])
    func `is what slices bound, and all where they do not`(
        members: String, steps: String
    ) throws {
        let admission = Admission(
            try Self.request(members), ceiling: Self.ceiling, budgets: [try Self.budget(.usd)],
            modelOutput: 16_000, counting: .all)
        #expect(
            try Self.walk(admission, counted: 5, refusals: 0).joined(separator: " ") == steps)
    }

    @Test func `is told to the provider where it is less than was asked for`() throws {
        var admission = Admission(
            try Self.request(#","n":2"#), ceiling: Self.ceiling, budgets: [], modelOutput: 4_096,
            counting: .nobody)
        #expect(admission.outputLimit == 8_192 && admission.outputLimitToSet == 4_096)
        admission.granted(Admission.Bound(input: 9, output: 200, usd: nil))
        #expect(admission.outputLimit == 200 && admission.outputLimitToSet == 100)
        #expect(admission.isShortened)
    }

    @Test func `refuses a model without a price only where money stops the client`() throws {
        for (unit, stops, first) in [
            (Budget.Unit.usd, true, "unpriced"), (.brl, true, "unpriced"),
            (.tokens, true, "bytes+32768"), (.usd, false, "bytes+32768"),
        ] {
            let admission = Admission(
                try Self.request(), ceiling: nil, budgets: [try Self.budget(unit, stops: stops)],
                modelOutput: nil, counting: .nobody)
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
