import Ledger
import Money

// A statement as FOCUS 1.2. Usage has a row for each local day, since a day has one rate: then unit
// price times quantity is the list cost to the last digit. What is billed for a line is shared out
// to its days in centavos, so that the file's sum is what is due.

extension Statement {
    /// The charges that are due, and usage without a price at no cost. What is only informative is
    /// no charge.
    func focusTable() throws -> CSVTable {
        var table = CSVTable(header: FocusRow.header)
        let maker = FocusMaker(self)
        var rows: [FocusRow] = []
        for line in lines { rows += try maker.rows(of: line) }
        rows += markups.map { maker.row(of: $0, .adjustment, "Mark-up") }
        rows += surcharges.filter { $0.effect == .charged }
            .map { maker.row(of: $0, .adjustment, "Surcharge") }
        rows += taxes.filter { $0.effect == .charged }.map { maker.row(of: $0, .tax, "Tax") }
        rows += adjustments.map(maker.row(of:))
        rows += credits.map(maker.row(of:))
        table.rows = rows.map(maker.cells(of:))
        guard !hasFormerLook else { return table }
        // The specification has no column for it, and lets names that begin so be added.
        table.header.append("x_StatementDigest")
        for index in table.rows.indices { table.rows[index].append(.text(digest)) }
        return table
    }
}

/// Makes the rows of one statement.
struct FocusMaker {
    private let statement: Statement
    private let zone: ZoneRules?
    private let rates: [String: ExchangeRate]
    private let issuer: String

    init(_ statement: Statement) {
        self.statement = statement
        zone = try? ZoneRules.named(statement.timeZone)
        rates = Dictionary(
            statement.days.compactMap { day in
                (try? ExchangeRate(day.rateBrlPerUsd)).map { (day.date, $0) }
            }, uniquingKeysWith: { first, _ in first })
        // FOCUS allows no null here.
        issuer = statement.issuer?.name ?? "not named"
    }

    // MARK: Usage

    /// A row for each day of a line.
    func rows(of line: Statement.Line) throws -> [FocusRow] {
        let shares = try Self.shares(of: line)
        return try zip(line.days, shares).map { day, cents in
            let name = [line.provider, line.model, line.serviceTier].filter { !$0.isEmpty }
                .joined(separator: "/")
            let usageClass = UsageClass(name: line.kind)
            let meter = Self.meter(usageClass, line.kind)
            let period = period(of: day.date)
            let exact = day.brlExact ?? "0"
            var row = FocusRow(
                billedCost: DecimalText.format(cents, decimals: 2, minimumDecimals: 2),
                chargeCategory: .adjustment,
                chargeDescription: "\(name): \(meter.name) of \(day.date)",
                chargeFrequency: .usageBased, chargePeriodStart: period.start,
                chargePeriodEnd: period.end, effectiveCost: exact, listCost: exact,
                pricingCurrencyEffectiveCost: exact, providerName: line.provider,
                serviceName: line.model.isEmpty ? line.provider : line.model, isModel: true)
            guard let price = try unitPrice(line, day) else {
                // Neither has a price: a cost without a call, and calls that nobody can price.
                row.chargeDescription +=
                    line.isWithoutCall
                    ? ", recorded without a call" + Self.said(line.words)
                    : ": \(day.quantity) without a price, in no sum"
                return row
            }
            row.chargeCategory = .usage
            row.pricingCurrency = price.currency
            row.pricingCurrencyUnitPrice = price.own
            row.pricingCurrencyEffectiveCost = price.currency == "USD" ? day.usd ?? "0" : exact
            row.listUnitPrice = price.brl
            row.pricingQuantity = DecimalText.format(Int128(day.quantity), decimals: 6)
            row.pricingUnit = "1000000 \(meter.unit)"
            row.consumedQuantity = String(day.quantity)
            row.consumedUnit = meter.unit
            row.skuId = name + "/" + line.kind
            row.skuMeter = meter.name
            row.skuPriceDetails = Self.details(line)
            return row
        }
    }

    /// What a line comes to, in centavos for each of its days: cut off, and what is missing then
    /// given to those that lost most.
    static func shares(of line: Statement.Line) throws -> [Int128] {
        guard let brl = line.brl else { return line.days.map { _ in 0 } }
        let exactPerCent: Int128 = 1_000_000_000_000_000_000
        let exact = try line.days.map { try Amount<BRL>($0.brlExact ?? "0").units }
        var shares = exact.map { units in
            units / exactPerCent - (units % exactPerCent < 0 ? 1 : 0)
        }
        let total = try Amount<BRL>(brl).cents(.halfEven)
        var missing = total - shares.reduce(0, +)
        let lost = zip(exact, shares).map { $0 - $1 * exactPerCent }
        let order = lost.indices.sorted { (-lost[$0], $0) < (-lost[$1], $1) }
        // More than one each would be a line whose days do not belong to it; the sum is kept even
        // then.
        while missing > 0, !order.isEmpty {
            for index in order where missing > 0 {
                shares[index] += 1
                missing -= 1
            }
        }
        return shares
    }

    /// A line's price for a million in reais and in its own currency; nil where it has none.
    private func unitPrice(
        _ line: Statement.Line, _ day: Statement.LineDay
    ) throws -> (brl: String, own: String, currency: String)? {
        if let text = line.unitPriceBrlPerMillion {
            let price = try DecimalText.parse(text, decimals: 6)
            let plain = DecimalText.format(price, decimals: 6)
            return (plain, plain, "BRL")
        }
        guard let text = line.unitPriceUsdPerMillion, let rate = rates[day.date] else { return nil }
        let price = try UnitPrice(text)
        // 10⁻⁶ USD for a million times 10⁻⁸ reais for a dollar.
        let brl = DecimalText.format(Int128(price.units) * Int128(rate.units), decimals: 14)
        return (brl, DecimalText.format(Int128(price.units), decimals: 6), "USD")
    }

    private static func meter(
        _ usageClass: UsageClass?, _ name: String
    ) -> (name: String, unit: String) {
        let words = Wording(.english).kind(name)
        return switch usageClass {
        case .webSearch?: (words, "Searches")
        case .seconds?: (words, "Seconds")
        case .images?: (words, "Images")
        default: (words + " tokens", "Tokens")
        }
    }

    private static func details(_ line: Statement.Line) -> String {
        var details: [String: JSONValue] = [
            "x_Model": .string(line.model), "x_Kind": .string(line.kind),
        ]
        if !line.serviceTier.isEmpty { details["x_ServiceTier"] = .string(line.serviceTier) }
        return JSONValue.object(details).text(.compact)
    }

    // MARK: The other sections

    func row(
        of charge: Statement.Charge, _ category: FocusRow.Category, _ usual: String
    ) -> FocusRow {
        let name = charge.name.isEmpty ? usual : charge.name
        let first = period(of: charge.from)
        let last = period(of: charge.to)
        return FocusRow(
            billedCost: charge.brl, chargeCategory: category,
            chargeDescription: "\(name): \(charge.percent) % of \(charge.from) to \(charge.to)",
            chargeFrequency: .usageBased, chargePeriodStart: first.start,
            chargePeriodEnd: last.end, effectiveCost: charge.brlExact, listCost: charge.brlExact,
            pricingCurrencyEffectiveCost: charge.brlExact, providerName: issuer, serviceName: name)
    }

    /// What costs were recorded with, behind what they are.
    private static func said(_ words: [String]?) -> String {
        guard let words, !words.isEmpty else { return "" }
        return ": " + words.joined(separator: "; ")
    }

    func row(of change: Statement.Adjustment) -> FocusRow {
        let category: FocusRow.Category =
            switch change.section {
            case .usage: .usage
            case .markup, .surcharge: .adjustment
            case .tax: .tax
            case .credit: .credit
            }
        let words = Wording(.english)
        let name =
            [change.provider, change.model, change.name].compactMap { $0 }
            .filter { !$0.isEmpty }.joined(separator: "/")
        let what = name.isEmpty ? words.section(change.section) : name
        let period = period(ofMonth: change.originMonth)
        let brl = change.brl ?? "0.00"
        var row = FocusRow(
            billedCost: brl, chargeCategory: category, isCorrection: true,
            chargeDescription: "\(what): \(words.reason(change.reason)) of \(change.originMonth)"
                + Self.said(change.words),
            chargeFrequency: .oneTime, chargePeriodStart: period.start,
            chargePeriodEnd: period.end, effectiveCost: brl, listCost: brl,
            pricingCurrencyEffectiveCost: brl,
            providerName: change.provider ?? issuer, serviceName: change.model ?? what)
        row.isModel = change.section == .usage
        guard change.brl != nil else {
            row.chargeCategory = .adjustment
            row.chargeDescription += ": \(change.quantity ?? 0) without a price, in no sum"
            return row
        }
        if change.section == .usage, let quantity = change.quantity {
            row.consumedQuantity = String(quantity)
            row.consumedUnit = "Tokens"
        }
        return row
    }

    func row(of credit: Statement.Credit) -> FocusRow {
        let saysOnce = !statement.hasFormerLook && credit.isNameMade
        let description = saysOnce ? credit.reason : "\(credit.name): \(credit.reason)"
        return FocusRow(
            billedCost: credit.brl, chargeCategory: .credit,
            chargeDescription: description, chargeFrequency: .oneTime,
            chargePeriodStart: statement.periodStart, chargePeriodEnd: statement.periodEnd,
            effectiveCost: credit.brl, listCost: credit.brl,
            pricingCurrencyEffectiveCost: credit.brl, providerName: issuer,
            serviceName: saysOnce ? credit.reason : credit.name)
    }

    // MARK: Periods

    /// A local day in UTC, within the statement's period.
    private func period(of text: String) -> (start: String, end: String) {
        guard let zone, let day = CivilDate(text), let month = CivilMonth(statement.month),
            day >= month.firstDay, day <= month.lastDay
        else { return (statement.periodStart, statement.periodEnd) }
        return (
            day == month.firstDay ? statement.periodStart : zone.start(of: day).description,
            day == month.lastDay
                ? statement.periodEnd : zone.start(of: day.adding(days: 1)).description
        )
    }

    private func period(ofMonth text: String) -> (start: String, end: String) {
        guard let zone, let month = CivilMonth(text) else {
            return (statement.periodStart, statement.periodEnd)
        }
        let interval = zone.interval(of: month)
        return (interval.lowerBound.description, interval.upperBound.description)
    }

    // MARK: Cells

    func cells(of row: FocusRow) -> [CSVTable.Cell] {
        let isUsage = row.chargeCategory == .usage && !row.isCorrection
        let category = row.isModel ? "AI and Machine Learning" : "Other"
        let subcategory = row.isModel ? "Generative AI" : "Other (Other)"
        return [
            .number(row.billedCost), .text(statement.client), .text(statement.clientName),
            .text("Client"), .text("BRL"), .text(statement.periodEnd),
            .text(statement.periodStart), .text(row.chargeCategory.rawValue),
            .text(row.isCorrection ? "Correction" : nil), .text(row.chargeDescription),
            .text(row.chargeFrequency.rawValue), .text(row.chargePeriodEnd),
            .text(row.chargePeriodStart), .number(row.consumedQuantity), .text(row.consumedUnit),
            .number(row.listCost), .number(row.listUnitPrice), .number(row.effectiveCost),
            .text(statement.number), .text(issuer), .number(row.listCost),
            .number(row.listUnitPrice), .text(isUsage ? "Standard" : nil),
            .text(row.pricingCurrency), .number(row.pricingCurrencyUnitPrice),
            .number(row.pricingCurrencyEffectiveCost), .number(row.pricingCurrencyUnitPrice),
            .number(row.pricingQuantity), .text(row.pricingUnit), .text(row.providerName),
            .text(row.providerName), .empty, .empty, .empty, .empty, .empty, .text(category),
            .text(row.serviceName), .text(subcategory), .text(row.skuId), .text(row.skuMeter),
            .text(row.skuPriceDetails), .text(row.skuId), .empty, .empty, .empty, .empty,
        ]
    }
}
