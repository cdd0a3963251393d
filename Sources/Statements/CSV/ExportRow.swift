import Ledger

/// One line of any section of a statement, as both CSVs have it.
///
/// What is due stands in ``brl`` and nothing else does: the column's sum is the statement's total,
/// whoever adds it up.
struct ExportRow {
    var section: Section
    var isCharged = true
    var provider: String?
    var model: String?
    var serviceTier: String?
    var kind: String?
    var name: String?
    var mode: ChargeTerm.Mode?
    var from: String?
    var to: String?
    var originMonth: String?
    var originNumber: String?
    /// Why, as the document has it: an adjustment's name of a reason or a credit's own words.
    var reason: Reason?
    var quantity: String?
    var unitPriceUsd: String?
    var unitPriceBrl: String?
    var usd: String?
    var rate: String?
    var rateIsAverage: Bool?
    var rateDate: String?
    var percent: String?
    var base: String?
    var brl: String?
    var brlExact: String?
    var informative: String?

    /// The section that a line is of.
    enum Section: String { case usage, markup, surcharge, tax, adjustment, credit }

    /// Why something changed.
    enum Reason {
        case adjustment(Statement.Adjustment.Reason)
        case words(String)
    }

    init(_ section: Section) { self.section = section }

    private init(_ line: Statement.Line, hasDays: Bool) {
        self.init(.usage)
        if hasDays {
            from = line.days.first?.date
            to = line.days.last?.date
        }
        provider = line.provider
        model = line.model
        serviceTier = line.serviceTier
        kind = line.kind
        reason = line.words.map { .words($0.joined(separator: "; ")) }
        quantity = String(line.quantity)
        unitPriceUsd = line.unitPriceUsdPerMillion
        unitPriceBrl = line.unitPriceBrlPerMillion
        usd = line.usd
        rate = line.rateBrlPerUsd
        rateIsAverage = line.rateIsAverage
        rateDate = line.rateDate
        brl = line.brl
        brlExact = line.brlExact
    }

    private init(_ section: Section, _ charge: Statement.Charge) {
        self.init(section)
        isCharged = charge.effect == .charged
        name = charge.name
        mode = charge.mode
        from = charge.from
        to = charge.to
        percent = charge.percent
        base = charge.baseBrl
        if isCharged {
            brl = charge.brl
            brlExact = charge.brlExact
        } else {
            informative = charge.brl
        }
    }

    private init(_ change: Statement.Adjustment) {
        self.init(.adjustment)
        provider = change.provider
        model = change.model
        kind = change.section.rawValue
        name = change.name ?? change.words?.joined(separator: "; ")
        originMonth = change.originMonth
        originNumber = change.originNumber
        reason = .adjustment(change.reason)
        quantity = change.quantity.map { String($0) }
        usd = change.usd
        brl = change.brl
        brlExact = change.brl
    }

    private init(_ credit: Statement.Credit) {
        self.init(.credit)
        name = credit.name
        reason = .words(credit.reason)
        brl = credit.brl
        brlExact = credit.brl
    }

    /// Every line of every section, in the document's order.
    static func rows(of statement: Statement) -> [ExportRow] {
        statement.lines.map { ExportRow($0, hasDays: !statement.hasFormerLook) }
            + statement.markups.map { ExportRow(.markup, $0) }
            + statement.surcharges.map { ExportRow(.surcharge, $0) }
            + statement.taxes.map { ExportRow(.tax, $0) }
            + statement.adjustments.map(ExportRow.init)
            + statement.credits.map(ExportRow.init)
    }
}
