import Journal
import Ledger
import Money

extension GatewayEngine {
    /// The most output that the client's budgets could ever pay for a call, beside its input as it
    /// is held; nil where none stops.
    ///
    /// What others hold counts as room, since it may come back: so this is never less than what
    /// renewals could be granted.
    func affordableOutput(_ prepared: Prepared, _ bound: Admission.Bound) -> UInt64? {
        let facts = prepared.facts
        guard prepared.admission.outputLimit > 0,
            (prepared.state.budgets[facts.client] ?? []).contains(where: \.stops),
            let budgets = try? journal.budgets(of: facts.client, at: facts.startedAt)
        else { return nil }
        return budgets.filter(\.budget.stops).compactMap { status -> UInt64? in
            let unit = status.budget.unit
            guard let input = amount(prepared, input: bound.input, output: 0, in: unit),
                let token = amount(prepared, input: 0, output: 1, in: unit), token > 0
            else { return nil }
            let room = max(0, status.budget.limit - status.balance.settled - input)
            return UInt64(clamping: room / token)
        }.min()
    }

    /// What so many tokens cost at most, in a unit's smallest step; nil where nobody knows.
    private func amount(
        _ prepared: Prepared, input: UInt64, output: UInt64, in unit: Budget.Unit
    ) -> Int128? {
        if unit == .tokens { return Int128(input + output) }
        guard let usd = try? prepared.admission.ceiling?.cost(input: input, output: output),
            let calendar = prepared.state.clients[prepared.facts.client]?.calendar
        else { return nil }
        let at = prepared.facts.startedAt
        let rate = prepared.state.rates.rate(
            for: calendar.day(of: at), rule: prepared.state.rateRule)
        let hold = Hold(
            id: prepared.id, client: prepared.facts.client, at: at, tokens: 0, usd: usd)
        return try? hold.amount(in: unit, rate: rate.rate)
    }
}
