import Ledger
import Money
import TestSupport
import Testing

struct `The ledger's state` {
    /// A state of these events, recorded one an hour from an instant on, with sequences from 1.
    private func folded(
        _ events: [ControlEvent], from start: String = "2024-02-10T12:00:00Z"
    ) throws -> LedgerState {
        var state = LedgerState()
        let first = try Instant(start).seconds
        for (index, event) in events.enumerated() {
            try state.apply(
                event, at: SequenceNumber(UInt64(index) + 1),
                recordedAt: Instant(seconds: first + Int64(index) * 3_600))
        }
        return state
    }

    @Test func `before the first record has the defaults`() {
        let state = LedgerState()
        #expect(state.rateRule == .previousBusinessDay && state.rounding == .halfEven)
        #expect(state.clients.isEmpty && state.budgets.isEmpty && state.sequence == .zero)
    }

    @Test func `keeps the first registration of a client and takes its updates`() throws {
        let state = try folded([
            .clientUpdated(ClientRecord(id: "ghost")),
            .clientRegistered(ClientRecord(id: "a", name: "First")),
            .clientRegistered(ClientRecord(id: "a", name: "Second", timeZone: "UTC")),
            .clientRegistered(ClientRecord(id: "b")),
            .clientUpdated(ClientRecord(id: "b", name: "New name")),
        ])
        #expect(Set(state.clients.keys) == ["a", "b"])
        #expect(state.clients["a"]?.record.name == "First")
        #expect(state.clients["a"]?.calendar.zone.identifier == "America/Sao_Paulo")
        #expect(state.clients["b"]?.record.name == "New name")
        #expect(
            state.clients["b"]?.calendar == (try ClientCalendar(zone: .named("America/Sao_Paulo"))))
        #expect(state.sequence == SequenceNumber(5))
    }

    @Test func `keeps a client that was removed, without keys, until it is taken back`() throws {
        let key = { (id: String, client: String) in
            KeyRecord(id: id, client: client, hash: id + String(repeating: "0", count: 61))
        }
        let removed: [ControlEvent] = [
            .clientRegistered(ClientRecord(id: "a", name: "First")),
            .clientRegistered(ClientRecord(id: "b")),
            .keyIssued(key("k-1", "a")), .keyIssued(key("k-2", "b")),
            .clientRemoved(ClientRemoval(client: "ghost")),
            .clientRemoved(ClientRemoval(client: "a", reason: "over")),
            .clientRemoved(ClientRemoval(client: "a", reason: "again")),
        ]
        // At 17:00 UTC of the 10th: the first removal counts.
        let state = try folded(removed)
        #expect(state.clients["a"]?.record.name == "First" && state.clients["ghost"] == nil)
        #expect(state.clients["a"]?.removedAt == (try Instant("2024-02-10T17:00:00Z")))
        #expect(state.clients["a"]?.removedOn == date("2024-02-10"))
        #expect(state.clients["a"]?.refusal?.contains("a was removed on 2024-02-10") == true)
        #expect(state.clients["b"]?.removedAt == nil && state.clients["b"]?.refusal == nil)
        #expect(state.keys.openCount(of: "a") == 0 && state.keys.openCount(of: "b") == 1)
        let back = try folded(
            removed + [.clientRegistered(ClientRecord(id: "a", timeZone: "UTC"))])
        let client = try #require(back.clients["a"])
        #expect(client.removedAt == nil && client.refusal == nil)
        #expect(client.record == ClientRecord(id: "a", timeZone: "UTC"))
        #expect(
            client.calendar.zone(in: date("2024-02-10").month)
                == state.clients["a"]?
                .calendar.zone)
        #expect(client.calendar.zone(in: date("2024-03-10").month).identifier == "UTC")
        // Keys never come back.
        #expect(back.keys.openCount(of: "a") == 0)
    }

    @Test func `gives a client's new zone from its next month on`() throws {
        let state = try folded([
            .clientRegistered(ClientRecord(id: "a")),
            .clientUpdated(ClientRecord(id: "a", timeZone: "Asia/Kolkata")),
        ])
        let calendar = try #require(state.clients["a"]?.calendar)
        let february = try #require(CivilMonth("2024-02"))
        #expect(calendar.zone(in: february).identifier == "America/Sao_Paulo")
        #expect(calendar.zone(in: february.next).identifier == "Asia/Kolkata")
        #expect(try calendar.day(of: Instant("2024-02-20T23:00:00Z")) == date("2024-02-20"))
        #expect(try calendar.day(of: Instant("2024-03-20T23:00:00Z")) == date("2024-03-21"))
    }

    @Test func `forgets a change of zone that was taken back before it began`() throws {
        let state = try folded([
            .clientRegistered(ClientRecord(id: "a")),
            .clientUpdated(ClientRecord(id: "a", timeZone: "Asia/Kolkata")),
            .clientUpdated(ClientRecord(id: "a")),
        ])
        let calendar = try #require(state.clients["a"]?.calendar)
        let plain = try ClientCalendar(zone: .named("America/Sao_Paulo"))
        for number in date("2024-01-25").dayNumber...date("2024-03-10").dayNumber {
            let day = CivilDate(dayNumber: number)
            #expect(calendar.interval(of: day) == plain.interval(of: day))
        }
    }

    @Test func `throws for a zone this machine does not know`() {
        #expect(throws: ZoneError.self) {
            try folded([.clientRegistered(ClientRecord(id: "a", timeZone: "Mars/Phobos"))])
        }
    }

    @Test func `replaces a budget of the same id, and keeps them in order`() throws {
        func budget(_ id: String, _ limit: String) throws -> ControlEvent {
            .budgetSet(try Budget(client: "a", id: id, unit: .brl, limit: limit, period: .monthly))
        }
        let state = try folded([
            budget("z", "1"), budget("m", "2"), budget("z", "3"), budget("b", "4"),
            .budgetRemoved(BudgetRemoval(client: "a", id: "m")),
            .budgetRemoved(BudgetRemoval(client: "a", id: "never")),
            .budgetRemoved(BudgetRemoval(client: "nobody", id: "z")),
        ])
        #expect(state.budgets["a"]?.map(\.id) == ["b", "z"])
        let cents = state.budgets["a"]?.map { DecimalText.format($0.limit, decimals: 20) }
        #expect(cents == ["4", "3"])
    }

    @Test(arguments: ["statement.rate_rule", "rate.rule"])
    func `takes the rule of rates under its name and its old one`(name: String) throws {
        let state = try folded([.settingsChanged(SettingsChange(name: name, value: "same-day"))])
        #expect(state.rateRule == .sameDay)
    }

    @Test func `takes the settings it knows and leaves the rest`() throws {
        let state = try folded([
            .settingsChanged(SettingsChange(name: "statement.rate_rule", value: "fixed:5.40")),
            .settingsChanged(SettingsChange(name: "statement.rounding", value: "truncate")),
            .settingsChanged(SettingsChange(name: "statement.rate_rule", value: "whatever")),
            .settingsChanged(SettingsChange(name: "statement.rounding", value: "up")),
            .settingsChanged(SettingsChange(name: "unknown", value: "x")),
        ])
        #expect(state.rateRule == .fixed(ExchangeRate(units: 540_000_000)))
        #expect(state.rounding == .truncate)
    }

    @Test func `keeps adjustments in the order of the log, each with its place`() throws {
        let records = [("a", "1.5"), (nil, "-0.000000000001"), ("a", "1.5")].map {
            AdjustmentRecord(
                client: $0.0, date: date("2024-02-09"), provider: "p", model: "",
                usd: (try? Amount($0.1)) ?? .zero, tokens: nil, reason: "r", source: "s")
        }
        let state = try folded(
            [.clientRegistered(ClientRecord(id: "a"))] + records.map { .adjustmentRecorded($0) })
        #expect(state.adjustments.map(\.record) == records)
        #expect(state.adjustments.map(\.sequence.rawValue) == [2, 3, 4])
    }

    @Test func `folds what prices, rates and models say`() throws {
        let state = try folded([
            .priceSet(
                PriceEntry(
                    provider: "p", model: "m", effectiveFrom: Instant(seconds: 0),
                    prices: try prices("1", "2"))),
            .rateRecorded(
                RateEntry(
                    date: date("2024-02-09"), buy: ExchangeRate(units: 1),
                    sell: ExchangeRate(units: 2))),
            .modelDescribed(
                ModelDescription(
                    provider: "p", model: "m", abilities: [], contextWindow: nil,
                    maximumOutput: nil, summary: "")),
        ])
        let known = state.prices.history(PriceBook.Key(provider: "p", model: "m"))
        #expect(known.map(\.sequence) == [SequenceNumber(1)])
        #expect(try known.first?.recordedAt == Instant("2024-02-10T12:00:00Z"))
        #expect(state.rates.newest?.sequence == SequenceNumber(2))
        #expect(state.models.keys.sorted() == ["p/m"])
    }
}
