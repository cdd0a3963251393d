import Ledger
import Testing

@testable import Server

@Suite struct `Totals of the mock provider` {
    @Test func `are kept by how calls end, and by model`() throws {
        var totals = MockTotals()
        let tokens = MockPlan.Tokens(input: 10, cached: 4, output: 3)
        for (end, model) in [
            (MockTotals.End.answered, "a"), (.aborted, "a"), (.broken, "b"), (.failed, "b"),
        ] {
            totals.begin()
            totals.end(end, model: model, tokens: tokens)
        }
        totals.begin()
        #expect(totals.all.calls == 4)
        #expect(totals.all.inputTokens == 30 && totals.all.outputTokens == 9)
        #expect(totals.all.cachedTokens == 12)
        #expect(totals.all.unfinishedInputTokens == 20 && totals.all.unfinishedOutputTokens == 6)
        #expect(totals.inFlight == 1 && totals.mostInFlight == 1)
        let json = try JSONValue(parsing: totals.json)
        #expect(json.at("models.a.aborted")?.numberText == "1")
        #expect(json.at("models.b.failed")?.numberText == "1")
        #expect(json["in_flight"]?.numberText == "1")
        totals.reset()
        #expect(totals.all == MockTotals.Sums() && totals.models.isEmpty)
        #expect(totals.inFlight == 1)
    }

    @Test func `of more models than are kept stand under others`() {
        var totals = MockTotals()
        for number in 1...5_000 {
            totals.end(.answered, model: "m\(number)", tokens: MockPlan.Tokens())
        }
        #expect(totals.models.count == 4_097)
        #expect(totals.models["others"]?.calls == 5_000 - 4_096)
        #expect(totals.all.calls == 5_000)
    }
}
