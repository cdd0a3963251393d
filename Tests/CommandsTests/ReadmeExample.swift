import Journal
import Ledger
import Money

/// What the client "acme" used in November 2026, by model, with its cost in reais.
func november(in folder: String) throws -> [(model: String, brl: String)] {
    let journal = try Journal.create(at: folder)
    defer { journal.close() }

    // A client, a price in USD per million tokens, and a contract's rate.
    var prices = PriceSet()
    prices[.input] = try UnitPrice("2.50")
    prices[.output] = try UnitPrice("10.00")
    try journal.record(
        [
            .clientRegistered(ClientRecord(id: "acme", name: "Acme Ltda")),
            .priceSet(
                PriceEntry(
                    provider: "openai", model: "gpt-4o",
                    effectiveFrom: try Instant("2026-11-01T00:00:00-03:00"), prices: prices)),
            .settingsChanged(SettingsChange(name: "statement.rate_rule", value: "fixed:5.40")),
        ], by: "example")

    // A call. The second one has the same id: it is there already and is not counted again.
    var call = UsageEvent(
        client: "acme", provider: "openai", model: "gpt-4o",
        occurredAt: try Instant("2026-11-20T14:03:00-03:00"))
    call.tokens = TokenCounts(input: 1_200, output: 340)
    let event = try NewEvent(call, id: EventID(foreign: "request 1"))
    let outcomes = try journal.append([event, event], expecting: nil)
    print(outcomes)  // [appended(4), existing(4)]

    let month = CivilMonth("2026-11")
    let rows = try journal.usage(
        by: [.model],
        UsageFilter(client: "acme", from: month?.firstDay, to: month?.lastDay))
    return rows.map { ($0.group[0], $0.cost.brl.text) }  // [("openai/gpt-4o", "0.03456")]
}
