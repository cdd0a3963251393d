import Ledger
import Money
import TestSupport
import Testing

struct `Control events` {
    static func all() throws -> [ControlEvent] {
        var set = try prices("2.50", "10.00", cacheRead: "1.25")
        set[.images] = try UnitPrice("40000")
        let from = try Instant("2024-11-13T02:40:52.5Z")
        let sell = try ExchangeRate("5.8123")
        return [
            .priceSet(
                PriceEntry(
                    provider: "openai", model: "gpt-4o/α", serviceTier: "batch",
                    effectiveFrom: from,
                    prices: set, sizes: [.init(above: 200_000, prices: set)],
                    windows: [.init(fromMinute: 990, toMinute: 30, prices: set)],
                    source: "https://example.com/\"prices\"")),
            .priceSet(PriceEntry(provider: "p", model: "m", effectiveFrom: from, aliasOf: "n")),
            .rateRecorded(
                RateEntry(date: date("2024-11-12"), buy: sell, sell: sell, publishedAt: from)),
            .rateRecorded(
                RateEntry(date: date("2024-11-12"), buy: sell, sell: sell, source: "ecb")),
            .clientRegistered(
                ClientRecord(
                    id: "a", name: "Padaria São João", cnpj: "11222333000181", timeZone: "UTC")),
            .clientUpdated(ClientRecord(id: "a")),
            .clientRemoved(ClientRemoval(client: "a", reason: "O contrato terminou")),
            .clientRemoved(ClientRemoval(client: "a")),
            .budgetSet(
                try Budget(
                    client: "a", unit: .brl, limit: "0.00000000000000000001", period: .weekly)),
            .budgetSet(
                try Budget(
                    client: "a", id: "x", unit: .tokens, limit: "1000000", period: .daily,
                    alerts: [100, 50], stops: true)),
            .budgetRemoved(BudgetRemoval(client: "a", id: "brl-weekly")),
            .modelDescribed(
                ModelDescription(
                    provider: "p", model: "m", abilities: ["text", "tools"], contextWindow: 128_000,
                    maximumOutput: nil, summary: "Fast\nand cheap")),
            .settingsChanged(SettingsChange(name: "rate.rule", value: "same-day")),
            .alertRaised(try `Raised alerts`.expected()),
        ] + (try Accounting.events())
    }

    @Test func `come back from their bytes, which are canonical`() throws {
        for event in try Self.all() {
            let bytes = try event.encoded(by: "tester")
            #expect(try ControlEvent.decode(kind: event.kind, bytes) == event)
            #expect(
                try ControlEvent.decode(kind: event.kind, bytes)?.encoded(by: "tester") == bytes)
            #expect(ControlEvent.actor(of: bytes) == "tester")
            #expect(try event.encoded(by: "another") != bytes)
        }
    }

    @Test func `have one spelling, name by name`() throws {
        let change = ControlEvent.settingsChanged(SettingsChange(name: "a/b", value: "ã \"q\""))
        #expect(
            String(decoding: try change.encoded(by: "eu"), as: UTF8.self)
                == #"{"by":"eu","event":{"name":"a/b","value":"ã \"q\""}}"#)
        let budget = try Budget(client: "c", unit: .usd, limit: "100.50", period: .monthly)
        #expect(
            String(decoding: try ControlEvent.budgetSet(budget).encoded(by: "x"), as: UTF8.self)
                == #"{"by":"x","event":{"alerts":[80,90,100],"client":"c","id":"usd-monthly","#
                + #""limit":"100.5","period":"monthly","stops":false,"unit":"usd"}}"#)
    }

    @Test func `that remove a client are read as they were meant and written as they were`() throws
    {
        let event = ControlEvent.clientRemoved(
            ClientRemoval(client: "acme", reason: "O contrato terminou"))
        let bytes = try GoldenBytes("client-removed-v1.hex").read(orWrite: event.encoded(by: "ana"))
        #expect(try ControlEvent.decode(kind: .clientRemoved, bytes) == event)
        #expect(try event.encoded(by: "ana") == bytes)
        #expect(event.kind.rawValue == 21 && event.kind.name == "client.removed")
        for reason in ["", "two\nlines", String(repeating: "x", count: 5_000)] {
            #expect(throws: EventError.self) {
                try ClientRemoval(client: "acme", reason: reason).check()
            }
        }
    }

    @Test(.enabled(if: Python.isAvailable, "python3 is not on this machine"))
    func `are sorted and without white space as Python writes JSON`() throws {
        let script = """
            import sys, json
            for line in sys.stdin.read().split("\\x1e")[:-1]:
                value = json.loads(line)
                own = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                print(own == line)
            """
        let events = try Self.all()
        let input = try events.map { event in
            String(decoding: try event.encoded(by: "x"), as: UTF8.self) + "\u{1E}"
        }.joined()
        let answers = try Python.lines(script, input: input)
        #expect(answers == Array(repeating: "True", count: events.count))
    }

    @Test func `that are damaged are errors, not crashes`() throws {
        try withSeed { random in
            for event in try Self.all() {
                let bytes = try event.encoded(by: "x")
                for count in 0..<bytes.count {
                    #expect(throws: (any Error).self) {
                        try ControlEvent.decode(kind: event.kind, Array(bytes.prefix(count)))
                    }
                }
                for _ in 0..<50 {
                    var damaged = bytes
                    damaged[random.int(0...bytes.count - 1)] = UInt8(
                        truncatingIfNeeded: random.next())
                    _ = try? ControlEvent.decode(kind: event.kind, damaged)
                }
            }
        }
    }

    @Test func `of other kinds are nobody's here`() throws {
        #expect(try ControlEvent.decode(kind: .usageRecorded, []) == nil)
        #expect(try ControlEvent.decode(kind: .subjectErased, [1, 2, 3]) == nil)
    }
}

struct `Clients` {
    @Test(arguments: [
        ("client", ClientRecord(id: "")), ("client", ClientRecord(id: "a b")),
        ("client", ClientRecord(id: "ã")), ("client", ClientRecord(id: "a/b")),
        ("client", ClientRecord(id: String(repeating: "a", count: 65))),
        ("name", ClientRecord(id: "a", name: "")),
        ("cnpj", ClientRecord(id: "a", cnpj: "11222333000180")),
        ("cnpj", ClientRecord(id: "a", cnpj: "11.222.333/0001-81")),
        ("time_zone", ClientRecord(id: "a", timeZone: "Brasilia")),
    ])
    func `that make no sense are refused`(field: String, record: ClientRecord) {
        let error = #expect(throws: EventError.self) { try record.check() }
        #expect(error?.field == field)
    }

    @Test func `with all they need are taken`() throws {
        try ClientRecord(id: "Acme-1_2.x", name: "Acme", cnpj: "12ABC34501DE35").check()
    }
}

struct `Budgets` {
    @Test(arguments: [
        (Budget.Period.daily, "2024-02-29", "2024-02-29", "2024-03-01"),
        (.weekly, "2024-03-04", "2024-03-04", "2024-03-11"),
        (.weekly, "2024-03-10", "2024-03-04", "2024-03-11"),
        (.weekly, "2024-01-03", "2024-01-01", "2024-01-08"),
        (.weekly, "2023-01-01", "2022-12-26", "2023-01-02"),
        (.weekly, "1969-12-31", "1969-12-29", "1970-01-05"),
        (.monthly, "2024-02-01", "2024-02-01", "2024-03-01"),
        (.monthly, "2023-12-31", "2023-12-01", "2024-01-01"),
    ])
    func `renew where their period ends`(
        period: Budget.Period, day: String, first: String, end: String
    ) {
        #expect(period.days(around: date(day)) == date(first)..<date(end))
    }

    @Test(arguments: Budget.Period.allCases)
    func `cut all days into periods`(period: Budget.Period) throws {
        var range = period.days(around: date("2019-12-31"))
        while range.lowerBound < date("2025-01-01") {
            for number in range.lowerBound.dayNumber..<range.upperBound.dayNumber {
                try #require(period.days(around: CivilDate(dayNumber: number)) == range)
            }
            let next = period.days(around: range.upperBound)
            try #require(next.lowerBound == range.upperBound)
            range = next
        }
    }

    @Test func `that make no sense are refused`() {
        for limit in ["0", "-1", "x", "0.5"] {
            #expect(throws: (any Error).self) {
                try Budget(client: "c", unit: .tokens, limit: limit, period: .daily)
            }
        }
        for alerts in [[0], [-5], [1_001], [80, 0]] {
            #expect(throws: EventError.self) {
                try Budget(client: "c", unit: .usd, limit: "1", period: .daily, alerts: alerts)
            }
        }
        #expect(throws: EventError.self) {
            try Budget(client: "c", id: "a\u{0}", unit: .usd, limit: "1", period: .daily)
        }
    }

    @Test func `count what was settled, and throw before they overflow`() throws {
        var balance = BudgetBalance()
        try balance.settle(.max, calls: 2, unpriced: 1)
        #expect(throws: MoneyError.self) { try balance.settle(1) }
        #expect(balance.settled == .max && balance.calls == 2 && balance.unpricedCalls == 1)
        try balance.settle(-5)
        #expect(balance.settled == .max - 5 && balance.calls == 3)
    }
}
