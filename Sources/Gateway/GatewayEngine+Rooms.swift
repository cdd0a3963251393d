import Journal
import Ledger
import Money

extension GatewayEngine {
    /// What is left of the budgets that stop a call's client, as far as somebody knows what tokens
    /// take of them.
    ///
    /// A moment later others may have taken of it: it says what to ask the journal for, and the
    /// journal decides.
    func rooms(_ prepared: Prepared) -> [Room] {
        let facts = prepared.facts
        guard (prepared.state.budgets[facts.client] ?? []).contains(where: \.stops),
            let budgets = try? journal.budgets(of: facts.client, at: facts.startedAt)
        else { return [] }
        return budgets.filter(\.budget.stops).compactMap { status in
            let unit = status.budget.unit
            guard let input = price(prepared, input: 1, output: 0, in: unit),
                let output = price(prepared, input: 0, output: 1, in: unit)
            else { return nil }
            return Room(
                left: max(0, status.remaining), held: status.balance.held, input: input,
                output: output)
        }
    }

    /// What a token costs at most, in a unit's smallest step; nil where nobody knows.
    private func price(
        _ prepared: Prepared, input: UInt64, output: UInt64, in unit: Budget.Unit
    ) -> Int128? {
        if unit == .tokens { return 1 }
        guard let usd = try? prepared.admission.ceiling?.cost(input: input, output: output),
            let calendar = prepared.state.clients[prepared.facts.client]?.calendar
        else { return nil }
        let at = prepared.facts.startedAt
        let rate = prepared.state.rate(
            of: prepared.facts.client, on: calendar.day(of: at))
        let hold = Hold(
            id: prepared.id, client: prepared.facts.client, at: at, tokens: 0, usd: usd)
        return try? hold.amount(in: unit, rate: rate.rate)
    }
}
