import Foundation
import TestSupport
import Testing

// Real usage, real prices, real rates: what the commands say must be what the independent exact
// computation says, to the last digit.
@Suite(.enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct `Real traces` {
    let place: Workplace
    let traces: Traces

    init() throws {
        place = try Workplace()
        traces = try Traces(place)
        try traces.book()
    }

    private func check(_ files: [String], zones: [String] = []) throws -> SecondOpinion {
        let opinion = try SecondOpinion(
            place, usage: files, prices: [Traces.prices], rates: traces.rates, zones: zones)
        try opinion.compareUsage(place)
        try opinion.compareStatements(place)
        return opinion
    }

    @Test func `BurstGPT costs USD 242.418221 and what the rates make of it`() throws {
        let file = try traces.burstGPT()
        #expect(
            try place.razao("import", file, "--create-clients")
                == "19431 calls read: 19431 new, 0 already there, 0 refused\n")
        let opinion = try check([file])
        #expect(opinion.totals["usd"].number == "242.418221")

        let all = try Figures(
            parsing: place.razao("usage", "--by", "client", "--format", "json")
        ).list
        #expect(all.count == 1)
        let row = try #require(all.first)
        #expect(row["calls"].count == 19_431)
        #expect(row["failed_calls"].count == 1_538)
        #expect(row["input_tokens"].count == 12_221_770)
        #expect(row["output_tokens"].count == 4_731_261)
        #expect(row["usd"].number == "242.418221")
        #expect(row["brl"].number == "1200.24800378005")

        let statement = try Figures(
            parsing: place.razao(
                "report", "--month", "2023-11", "--client", "universidade", "--format", "json"))
        #expect(statement["calls"].count == 19_431)
        #expect(statement["total_usd"].number == "242.418221")
        #expect(statement["total_brl_exact"].number == "1200.24800378005")
    }

    @Test func `Azure and BurstGPT of several clients, a month apart, crossing years`() throws {
        let azure = try traces.convert(
            "azure", "trace-azure-llm-2023/AzureLLMInferenceTrace_code.csv.gz", to: "azure.jsonl",
            "--clients", "a,b,c", "--model", "openai/gpt-4o", "--repeat", "3", "--shift-days", "17")
        let burst = try traces.convert(
            "burstgpt", "trace-burstgpt/BurstGPT_first7days.csv.gz", to: "burst.jsonl",
            "--clients", "a,b,d", "--start", "2023-12-29T17:00:00Z", "--conversations", "40")
        try place.razao("import", azure, "--create-clients")
        try place.razao("import", burst, "--create-clients")
        _ = try check([azure, burst])
    }

    @Test(arguments: ["2024-11-12T23:20:00-03:00", "2024-11-13T02:11:30Z"])
    func `Mooncake crosses local midnight, UTC hours and the cut of gpt-4o`(start: String) throws {
        let file = try traces.convert(
            "mooncake", "trace-mooncake/conversation_trace.jsonl.gz", to: "mooncake.jsonl",
            "--clients", "padaria,clinica,manaus", "--conversations", "8",
            "--clients-by-conversation", "yes", "--model", "openai/gpt-4o", "--start", start,
            "--repeat", "2", "--shift-days", "1")
        try place.razao("client", "add", "manaus", "--time-zone", "America/Manaus")
        try place.razao("import", file, "--create-clients")
        _ = try check([file], zones: ["manaus=America/Manaus"])

        // By conversation the same sums come from the calls themselves, not from cells.
        let whole = try Figures(
            parsing: place.razao("usage", "--by", "provider", "--format", "json")
        ).list
        let calls = try Figures(
            parsing: place.razao(
                "usage", "--by", "conversation,provider", "--format", "json")
        ).list
        #expect(calls.count == 3_008)
        #expect(calls.reduce(0) { $0 + $1["calls"].count } == 24_062)
        let usd = try calls.reduce(Decimal(0)) {
            try $0 + #require(Decimal(string: $1["usd"].text))
        }
        #expect(try usd == #require(whole.first.flatMap { Decimal(string: $0["usd"].text) }))
    }

    @Test func `our own sample comes out as its README says`() throws {
        let place = try Workplace()
        for name in ["clinica-vida", "loja-rio", "padaria-sol"] {
            try place.razao("client", "add", name)
        }
        let usage = Workplace.fixture("sample/usage-2026-10.jsonl")
        let rates = Workplace.fixture("sample/rates-2026-10.csv")
        try place.razao("rates", "import", rates)
        try place.razao("import", usage)
        let prices = Workplace.fixture("sample/prices.json")
        let opinion = try SecondOpinion(place, usage: [usage], prices: [prices], rates: rates)
        try opinion.compareUsage(place)
        try opinion.compareStatements(place)
        #expect(opinion.totals["brl"].number == "48.08952826655")

        // The change that lies beside it, and what it makes of the month.
        let change = Workplace.fixture("sample/price-change.json")
        try place.razao("prices", "import", change, "--format", "razao")
        let after = try SecondOpinion(
            place, usage: [usage], prices: [prices, change], rates: rates)
        try after.compareUsage(place)
        try after.compareStatements(place)
        #expect(after.totals["brl"].number == "47.812643771606")
    }
}
