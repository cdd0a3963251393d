import Ledger
import Money

/// Two bars for each month or client, now and then, on one scale from zero.
///
/// All lengths are whole tenths of a unit of the drawing, worked out in integers.
struct WhatIfChart {
    /// A month or a client.
    struct Group {
        let label: String
        /// Where the group begins, from the top.
        let top: Int
        let labelY: Int
        let beforeY: Int
        let afterY: Int
        let beforeTextY: Int
        let afterTextY: Int
        let beforeWidth: String
        let afterWidth: String
        let beforeTextX: String
        let afterTextX: String
        let before: String
        let after: String
        let change: String
    }

    let groups: [Group]
    let height: Int

    /// Groups beyond this are too many to be told apart on a page.
    static let most = 24
    /// Where bars begin, and how long the longest is.
    static let barX = 170
    static let barLength = 380
    private static let rowHeight = 46

    /// A chart of sums whose labels are words already; `charged` are amounts that no one owes a
    /// negative of.
    init(
        _ sums: [(label: String, pair: ScenarioPair)], _ format: FigureFormat, none: String
    ) throws(MoneyError) {
        let most = sums.reduce(Int128(1)) {
            max($0, $1.pair.before.brl.units, $1.pair.after.brl.units)
        }
        var groups: [Group] = []
        for (index, sum) in sums.enumerated() {
            let top = index * Self.rowHeight
            let before = Self.length(sum.pair.before.brl.units, of: most)
            let after = Self.length(sum.pair.after.brl.units, of: most)
            groups.append(
                Group(
                    label: sum.label.cleaned.shortened(to: 22), top: top, labelY: top + 23,
                    beforeY: top + 5, afterY: top + 22, beforeTextY: top + 16,
                    afterTextY: top + 33, beforeWidth: Self.text(before),
                    afterWidth: Self.text(after),
                    beforeTextX: Self.text(before + (Self.barX + 6) * 10),
                    afterTextX: Self.text(after + (Self.barX + 6) * 10),
                    before: format.known(
                        format.brl(sum.pair.before.brl), sum.pair.before, calls: sum.pair.calls,
                        none: none),
                    after: format.known(
                        format.brl(sum.pair.after.brl), sum.pair.after, calls: sum.pair.calls,
                        none: none),
                    change: try format.percent(sum.pair)))
        }
        self.groups = groups
        height = sums.count * Self.rowHeight + 4
    }

    /// Tenths of a unit; something that is not zero is at least one unit long.
    private static func length(_ amount: Int128, of most: Int128) -> Int {
        guard amount > 0 else { return 0 }
        let full = Int128(barLength * 10)
        let (product, overflow) = amount.multipliedReportingOverflow(by: full)
        let length = overflow ? amount / (most / full) : product / most
        return max(10, min(Int(length), barLength * 10))
    }

    private static func text(_ tenths: Int) -> String {
        DecimalText.format(Int128(tenths), decimals: 1)
    }
}

extension String {
    /// The text, or its beginning and an ellipsis where it is longer than that many letters.
    func shortened(to most: Int) -> String {
        count > most ? String(prefix(most - 1)) + "…" : self
    }
}
