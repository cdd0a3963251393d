public import Ledger

extension Journal {
    /// Prices all usage twice, as it is charged now and as a scenario says; writes nothing.
    ///
    /// Budgets are those of today, looked at in whole periods: for those usage before the first
    /// and after the last day of the filter is read, too. Throws ``EventError`` where the scenario
    /// makes no sense, before anything is read. Cost: some 200 ns for each day cell, and a second
    /// rating for each one of a model whose prices differ.
    public func whatIf(
        _ scenario: Scenario, _ filter: UsageFilter = UsageFilter(), byModel: Bool = false
    ) throws -> ScenarioOutcome {
        let known = try state()
        try scenario.check(against: known.prices)
        if let client = filter.client, known.clients[client] == nil {
            throw JournalError.unknownClient(client)
        }
        return try withViews { snapshot, state in
            var comparison = try ScenarioComparison(
                scenario, state, filter, byModel: byModel, after: snapshot.checkpoint)
            try snapshot.scanRows(
                .days, client: filter.client, days: comparison.scanned
            ) { reader, cell in
                try comparison.add(&reader, cell, snapshot)
                return true
            }
            return try comparison.finish()
        }
    }
}
