// What lists of calls say of costs that no call explains.

import Ledger
import Money
import Statements

extension LedgerState {
    /// A sentence about the costs without a call that are in no row of a list of usage; nil where
    /// there are none. Those of the house are meant where no client is named.
    func noteOfCosts(client: String?, from: CivilDate?, to: CivilDate?) throws -> String? {
        let costs = adjustments.map(\.record).filter { cost in
            (client == nil || cost.client == client) && from.map { cost.date >= $0 } ?? true
                && to.map { cost.date <= $0 } ?? true
        }
        guard !costs.isEmpty else { return nil }
        var sum = Amount<USD>.zero
        for cost in costs { try sum.add(cost.usd) }
        let house = costs.count { $0.client == nil }
        return "Costs recorded without a call, in no row: "
            + "\(FigureFormat.brazilian.usd(sum.text)) in \(counted(costs.count, "record"))"
            + (house == 0 ? "" : ", \(house) of them the house's own")
            + "; a client's stand on its statement."
    }
}
