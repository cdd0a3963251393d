import Ledger
import Money
import TestSupport

@testable import Journal

/// A ledger in the plainest form: a list of what was appended, from which every figure is computed
/// anew, call by call.
struct JournalModel {
    struct Call {
        var event: UsageEvent
        var sequence: SequenceNumber
        /// The record that took it back.
        var reversedBy: SequenceNumber?
    }

    var calls: [Call] = []
    var clients: [String: ClientRecord] = [:]
    var calendars: [String: ClientCalendar] = [:]
    /// The local days on which clients were removed that were not taken back.
    var removed: [String: CivilDate] = [:]
    var prices: [PriceEntry] = []
    var rates: [RateEntry] = []
    var budgets: [Budget] = []
    var terms: [TermsChange] = []
    var rule = RateRule.previousBusinessDay
    var rounding = Rounding.halfEven

    mutating func apply(_ event: ControlEvent, recordedAt: Instant) throws {
        switch event {
        case .clientRegistered(let record) where removed[record.id] == nil:
            clients[record.id] = record
            calendars[record.id] = ClientCalendar(zone: try ZoneRules.named(record.timeZone))
        case .clientRegistered(let record), .clientUpdated(let record):
            removed[record.id] = nil
            if clients[record.id]?.timeZone != record.timeZone {
                calendars[record.id] = try calendars[record.id]?.changing(
                    to: ZoneRules.named(record.timeZone), decidedAt: recordedAt)
            }
            clients[record.id] = record
        case .priceSet(let entry): prices.append(entry)
        case .rateRecorded(let entry): rates.append(entry)
        case .budgetSet(let budget):
            budgets.removeAll { $0.client == budget.client && $0.id == budget.id }
            budgets.append(budget)
        case .budgetRemoved(let removal):
            budgets.removeAll { $0.client == removal.client && $0.id == removal.id }
        case .settingsChanged(let change):
            if change.name == "statement.rate_rule", let rule = RateRule(change.value) {
                self.rule = rule
            }
            if change.name == "statement.rounding", let mode = Rounding(rawValue: change.value) {
                rounding = mode
            }
        case .termsSet(let change): terms.append(change)
        case .clientRemoved(let removal):
            removed[removal.client] = calendars[removal.client]?.day(of: recordedAt)
        case .modelDescribed, .keyIssued, .keyRevoked, .alertRaised, .issuerSet, .monthClosed,
            .adjustmentRecorded:
            break
        }
    }

    /// Why a client takes nothing new; nil while it does.
    func refusal(_ client: String) -> String? {
        removed[client].map {
            "client \(client) was removed on \($0) and takes nothing new; take it back with \"razao "
                + "client add \(client)\""
        }
    }

    // MARK: One call

    func day(_ call: UsageEvent) -> CivilDate {
        calendars[call.client]?.day(of: call.occurredAt) ?? CivilDate(dayNumber: 0)
    }

    /// The prices of a call; nil when no entry is in effect.
    func prices(of call: UsageEvent) -> PriceSet? {
        var best: PriceEntry?
        for entry in prices
        where entry.provider == call.provider && entry.model == call.model
            && entry.serviceTier == call.serviceTier && entry.effectiveFrom <= call.occurredAt
            && entry.effectiveFrom >= best?.effectiveFrom ?? .distantPast
        {
            best = entry
        }
        guard let best else { return nil }
        let second = call.occurredAt.seconds % 86_400
        for window in best.windows {
            let (from, to) = (Int64(window.fromMinute) * 60, Int64(window.toMinute) * 60)
            let isInside =
                from <= to ? second >= from && second < to : second >= from || second < to
            if isInside { return window.prices }
        }
        var set = best.prices
        for size in best.sizes where call.tokens.totalInput > UInt64(size.above) {
            set = size.prices
        }
        return set
    }

    /// The rate of a client's day: by its own newest rule in effect, by one for all, or the house's.
    func rate(on day: CivilDate, of client: String) -> ExchangeRate {
        func newest(_ client: String?) -> RateRule? {
            var found: (from: CivilDate, rule: RateRule)?
            for change in terms where change.client == client && change.from <= day {
                guard case .rateRule(let rule) = change.term else { continue }
                if found == nil || change.from >= found?.from ?? day { found = (change.from, rule) }
            }
            return found?.rule
        }
        return rate(on: day, by: newest(client) ?? newest(nil) ?? rule)
    }

    /// The rate that a rule picks.
    func rate(on day: CivilDate, by rule: RateRule) -> ExchangeRate {
        let last: CivilDate
        switch rule {
        case .fixed(let rate): return rate
        case .previousBusinessDay: last = day.adding(days: -1)
        case .sameDay: last = day
        case .monthClose: last = day.month.lastDay
        case .monthAverage:
            // The best quote of each day, by day.
            var best: [CivilDate: RateEntry] = [:]
            for entry in rates where entry.date.month == day.month {
                let known = best[entry.date]
                let isBetter =
                    known == nil || entry.source == RateEntry.ptax
                    || known?.source != RateEntry.ptax
                if isBetter { best[entry.date] = entry }
            }
            guard !best.isEmpty else { return rate(on: day, by: .monthClose) }
            let sum = best.values.reduce(Int128(0)) { $0 + Int128($1.sell.units) }
            return ExchangeRate(
                units: Int64(Rounding.halfEven.divide(sum, by: Int128(best.count))))
        }
        var best: RateEntry?
        for entry in rates where entry.date <= last {
            guard let known = best else {
                best = entry
                continue
            }
            let isNewer = entry.date > known.date
            let isBetter =
                entry.date == known.date
                && (entry.source == RateEntry.ptax || known.source != RateEntry.ptax)
            if isNewer || isBetter { best = entry }
        }
        return best?.sell ?? RateBook.lastResort
    }

    func cost(of call: UsageEvent) -> CellCost {
        var cost = CellCost()
        guard let prices = prices(of: call) else {
            cost.unpricedCalls = call.tokens.isEmpty ? 0 : 1
            return cost
        }
        for usageClass in UsageClass.allCases {
            if let price = prices.effective(usageClass) {
                cost.usd.units += Int128(call.tokens[usageClass]) * Int128(price.units)
            }
        }
        cost.brl.units = cost.usd.units * Int128(rate(on: day(call), of: call.client).units)
        return cost
    }

    func cell(of call: Call) -> UsageCell {
        var cell = MemoryCells.cell(of: call.event, sequence: call.sequence.rawValue)
        cell.callsWithUsage = call.event.tokens.isEmpty ? 0 : 1
        return cell
    }

    // MARK: Figures

    struct Row: Equatable {
        var all = UsageCell()
        var cached = UsageCell()
        var cost = CellCost()
        var saved = CellCost()
    }

    func rows(by dimensions: [UsageDimension], _ filter: UsageFilter) throws -> [[String]: Row] {
        var rows: [[String]: Row] = [:]
        for call in calls {
            let event = call.event
            guard let calendar = calendars[event.client] else { continue }
            let day = day(event)
            if let client = filter.client, client != event.client { continue }
            if let from = filter.from, day < from { continue }
            if let to = filter.to, day > to { continue }
            let group = dimensions.map { dimension in
                switch dimension {
                case .client: return event.client
                case .model: return "\(event.provider)/\(event.model)"
                case .provider: return event.provider
                case .day: return day.description
                case .conversation: return event.conversation ?? ""
                case .hour:
                    // The hour of the day began at the last whole hour since the day's start.
                    let start = calendar.interval(of: day).lowerBound.seconds
                    let since = (event.occurredAt.seconds - start) / 3_600 * 3_600
                    let first = calendar.zone(in: day.month).offset(atSecond: start + since)
                    let wall = (start + since + first) % 86_400
                    let minute = wall / 60 % 60
                    return "\(day) \(wall / 3_600 < 10 ? "0" : "")\(wall / 3_600):"
                        + "\(minute < 10 ? "0" : "")\(minute)"
                }
            }
            if let reversal = call.reversedBy {
                // Cells remember which records they are of, also when the sums are nothing again.
                guard !dimensions.contains(.conversation) else { continue }
                var touch = UsageCell()
                (touch.firstSequence, touch.lastSequence) = (call.sequence, reversal)
                rows[group, default: Row()].all.merge(touch)
                if event.wasCached { rows[group, default: Row()].cached.merge(touch) }
                continue
            }
            let cell = cell(of: call)
            rows[group, default: Row()].all.merge(cell)
            if event.wasCached {
                rows[group, default: Row()].cached.merge(cell)
                try rows[group, default: Row()].saved.add(cost(of: event))
            } else {
                try rows[group, default: Row()].cost.add(cost(of: event))
            }
        }
        return rows.filter { $0.value.all.calls > 0 }
    }

    func balances() -> [BalanceKey: BudgetBalance] {
        var balances: [BalanceKey: BudgetBalance] = [:]
        for budget in budgets {
            for call in calls
            where call.event.client == budget.client && !call.event.wasCached
                && call.reversedBy == nil
            {
                let cost = cost(of: call.event)
                let day = day(call.event)
                let first: CivilDate
                switch budget.period {
                case .daily: first = day
                case .weekly: first = day.adding(days: 1 - day.weekday)
                case .monthly: first = day.month.firstDay
                }
                let key = BalanceKey(client: budget.client, budget: budget.id, period: first)
                var balance = balances[key] ?? BudgetBalance()
                balance.calls += 1
                switch budget.unit {
                case .tokens: balance.settled += Int128(call.event.tokens.totalTokens)
                case .usd: balance.settled += cost.usd.units
                case .brl: balance.settled += cost.brl.units
                }
                if budget.unit != .tokens { balance.unpricedCalls += cost.unpricedCalls }
                balances[key] = balance
            }
        }
        return balances
    }

    /// A statement line: what it is of, how much, and what it comes to.
    struct Line: Hashable {
        var text: String
        var quantity: UInt64
        var usd: String?
        var brlExact: String?
        var brl: String?
    }

    struct Totals: Equatable {
        var lines: Set<Line> = []
        var usd = ""
        var brlExact = ""
        var brl = ""
        var calls: UInt64 = 0
        var unpriced: UInt64 = 0
        var unknown: UInt64 = 0
        var first: UInt64 = 0
        var last: UInt64 = 0
    }

    private struct LineKey: Hashable {
        var names: [String]
        var usageClass: UsageClass
        var price: Int64?
    }

    func statement(client: String, month: CivilMonth) -> Totals {
        var sums: [LineKey: (quantity: UInt64, usd: Int128, brl: Int128)] = [:]
        var totals = Totals()
        for call in calls where call.event.client == client && day(call.event).month == month {
            let event = call.event
            totals.first = totals.first == 0 ? call.sequence.rawValue : totals.first
            totals.last = max(totals.last, (call.reversedBy ?? call.sequence).rawValue)
            guard call.reversedBy == nil else { continue }
            totals.calls += 1
            totals.unknown += event.usageSource == .missing ? 1 : 0
            guard !event.wasCached else { continue }
            totals.unpriced += cost(of: event).unpricedCalls
            let prices = prices(of: event)
            for usageClass in UsageClass.allCases where event.tokens[usageClass] > 0 {
                let price = prices?.effective(usageClass)
                let key = LineKey(
                    names: [event.provider, event.model, event.serviceTier],
                    usageClass: usageClass, price: price?.units)
                let usd = Int128(event.tokens[usageClass]) * Int128(price?.units ?? 0)
                sums[key, default: (0, 0, 0)].quantity += UInt64(event.tokens[usageClass])
                sums[key, default: (0, 0, 0)].usd += usd
                sums[key, default: (0, 0, 0)].brl +=
                    usd * Int128(rate(on: day(event), of: client).units)
            }
        }
        var usd: Int128 = 0
        var brl: Int128 = 0
        var cents: Int128 = 0
        for (key, sum) in sums {
            let price = key.price.map { UnitPrice(units: $0).text }
            let text = (key.names + [key.usageClass.name, price ?? "none"]).joined(separator: "|")
            let amount = Amount<BRL>(units: sum.brl)
            totals.lines.insert(
                Line(
                    text: text, quantity: sum.quantity,
                    usd: price == nil ? nil : Amount<USD>(units: sum.usd).text,
                    brlExact: price == nil ? nil : amount.text,
                    brl: price == nil ? nil : Self.cents(amount.cents(rounding))))
            usd += sum.usd
            brl += sum.brl
            cents += price == nil ? 0 : amount.cents(rounding)
        }
        totals.usd = Amount<USD>(units: usd).text
        totals.brlExact = Amount<BRL>(units: brl).text
        totals.brl = Self.cents(cents)
        if totals.calls == 0 { totals.first = 0 }
        return totals
    }

    private static func cents(_ cents: Int128) -> String {
        let rest = cents % 100
        return "\(cents / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}

extension JournalModel.Totals {
    init(_ statement: Statement) {
        lines = Set(
            statement.lines.map { line in
                JournalModel.Line(
                    text: [
                        line.provider, line.model, line.serviceTier, line.kind,
                        line.unitPriceUsdPerMillion ?? "none",
                    ].joined(separator: "|"), quantity: line.quantity, usd: line.usd,
                    brlExact: line.brlExact, brl: line.brl)
            })
        usd = statement.totalUsd
        brlExact = statement.totalBrlExact
        brl = statement.totalBrl
        calls = statement.calls
        unpriced = statement.unpricedCalls
        unknown = statement.unknownUsageCalls
        first = statement.firstSequence
        last = statement.lastSequence
    }
}
