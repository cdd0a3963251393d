public import Journal
public import Ledger
import Money
import Providers
import Statements

/// What is told of an alert: the alert, and its client's name.
public struct AlertNotice: Sendable, Equatable {
    /// The alert as the log has it.
    public let raised: RaisedAlert
    /// What the client is called.
    public let clientName: String?
    /// True for a message that only tries the way.
    public let isTest: Bool

    /// A notice of an alert.
    public init(_ raised: RaisedAlert, clientName: String?, isTest: Bool = false) {
        self.raised = raised
        self.clientName = clientName
        self.isTest = isTest
    }

    /// What it is, in one name.
    public var event: String { isTest ? "alert.test" : "alert.raised" }

    /// The id that is the same however often it is sent.
    public var deliveryID: String { "\(raised.id)" }

    /// The notice of an alert that was never raised, to try the way.
    public static func test(id: EventID, at instant: Instant) throws -> AlertNotice {
        let budget = try Budget(
            client: "test", unit: .brl, limit: "500", period: .monthly, stops: false)
        let day = budget.period.days(
            around: try ZoneRules.named(ClientRecord.defaultTimeZone).localDay(of: instant))
        let alert = Alert(
            budget, firstDay: day.lowerBound, DueAlert(threshold: 80),
            settled: try Amount<BRL>("412.34").units, seen: .zero)
        return AlertNotice(
            RaisedAlert(
                alert: alert, id: id, sequence: .zero, at: instant, by: "razao alerts test"),
            clientName: "Teste", isTest: true)
    }

    /// The notice as JSON; amounts are exact decimals in the budget's unit.
    var json: [UInt8] {
        let alert = raised.alert
        let days = alert.days
        return JSONValue.made(
            ("event", .string(event)), ("id", .string(deliveryID)),
            ("sequence", .number("\(raised.sequence)")),
            ("raised_at", .string(raised.at.description)), ("client", .string(alert.client)),
            ("client_name", clientName.map(JSONValue.string)), ("budget", .string(alert.budget)),
            ("unit", .string(alert.unit.rawValue)), ("period", .string(alert.period.rawValue)),
            ("first_day", .string(days.lowerBound.description)),
            ("last_day", .string(days.upperBound.adding(days: -1).description)),
            ("stops", .bool(alert.stops)), ("threshold", .number("\(alert.threshold)")),
            ("percent", .number("\(alert.percentUsed)")), ("used", .string(alert.settledText)),
            ("limit", .string(alert.limitText))
        ).compactBytes
    }
}

extension Alert {
    /// An amount of the budget's unit as people read it.
    func amount(_ value: Int128, _ format: FigureFormat) -> String {
        switch unit {
        case .tokens: "\(format.integer(value)) tokens"
        case .brl: format.brl(Amount<BRL>(units: value).text)
        case .usd: format.usd(Amount<USD>(units: value).text)
        }
    }
}

extension ZoneRules {
    /// The local day of an instant.
    fileprivate func localDay(of instant: Instant) -> CivilDate {
        ClientCalendar(zone: self).day(of: instant)
    }
}
