import Ledger
import Money

/// The cost of each day of a month as bars, in thousandths of the axis, so that whoever draws it
/// computes with small integers only.
struct DayChart {
    /// One day of the month.
    struct Bar {
        /// The day of the month.
        let day: Int
        /// Height in thousandths of the axis; nothing for a day without cost or below zero.
        let height: Int
        /// The day and its cost, for who points at it.
        let title: String
    }

    /// A line across, and what it stands for.
    struct Mark {
        /// In thousandths of the axis.
        let height: Int
        let label: String
    }

    let heading: String
    let bars: [Bar]
    let marks: [Mark]

    /// The chart of a statement's days; nil where no day has a cost.
    init?(_ statement: Statement, _ format: FigureFormat, heading: String) {
        guard let month = CivilMonth(statement.month) else { return nil }
        // What is charged, which is not the cost of the day where a client has prices in reais.
        var costs: [CivilDate: Amount<BRL>] = [:]
        for day in statement.lines.flatMap(\.days) {
            guard let date = CivilDate(day.date), let text = day.brlExact,
                let cost = try? Amount<BRL>(text),
                let sum = try? costs[date, default: .zero].adding(cost)
            else { continue }
            costs[date] = sum
        }
        let units = costs.mapValues(\.units)
        guard let largest = units.values.max(), largest > 0 else { return nil }
        let step = Self.step(largest)
        let count = largest.dividedUp(by: step)
        let top = step * count
        let length = Int(month.lastDay.dayNumber - month.firstDay.dayNumber) + 1
        self.heading = heading
        bars = (0..<length).map { index in
            let date = month.firstDay.adding(days: index)
            let cost = max(0, units[date] ?? 0)
            return Bar(
                day: index + 1, height: Int(cost * 1000 / top),
                title: format.date(date) + ": " + format.brl(costs[date]?.text ?? "0"))
        }
        // Below a centavo the marks have as many decimals as they need.
        let decimals = max(2, DecimalText.format(step, decimals: BRL.decimals).decimals)
        marks = (0...Int(count)).map { index in
            let value = DecimalText.format(step * Int128(index), decimals: BRL.decimals)
            return Mark(
                height: index * 1000 / Int(count),
                label: index == 0 ? "0" : format.decimal(value, decimals: decimals...decimals))
        }
    }

    /// A round distance of marks, 1, 2 or 5 times a power of ten, of which at most four fit.
    private static func step(_ largest: Int128) -> Int128 {
        var power: Int128 = 1
        while power * 40 < largest, power < Int128.max / 1000 { power *= 10 }
        for factor: Int128 in [1, 2, 5] where power * factor * 4 >= largest {
            return power * factor
        }
        return power * 10
    }
}

extension Int128 {
    fileprivate func dividedUp(by divisor: Int128) -> Int128 { (self + divisor - 1) / divisor }
}

extension String {
    fileprivate var decimals: Int { split(separator: ".").dropFirst().first?.count ?? 0 }
}

extension PresentationMaker {
    /// The cost of each day.
    var chart: DayChart? { DayChart(statement, format, heading: words[.chart]) }
}
