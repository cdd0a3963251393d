import Foundation
import TestSupport
import Testing

/// The real traces of `../shared/data`, as `Tools/traces` writes them into a place.
struct Traces {
    let place: Workplace
    let shared: String

    init(_ place: Workplace) throws {
        self.place = place
        shared = try #require(SharedData.folder).path
    }

    /// Prices of the models that the traces are given.
    static let prices = Workplace.package + "/Tests/Independent/prices-traces.json"

    var rates: String { shared + "/fx-usd-brl/ptax_2021-05-19_2025-12-31.csv" }

    func convert(_ format: String, _ file: String, to name: String, _ options: String...) throws
        -> String
    {
        let path = "\(place.folder)/\(name)"
        try place.python(
            [Workplace.package + "/Tools/traces", format, "\(shared)/\(file)", "--output", path]
                + options)
        return path
    }

    func burstGPT(to name: String = "burstgpt.jsonl", client: String = "universidade") throws
        -> String
    {
        try convert(
            "burstgpt", "trace-burstgpt/BurstGPT_first7days.csv.gz", to: name, "--client", client,
            "--start", "2023-11-01T00:00:00-03:00")
    }

    /// Rates and prices, which every comparison with the second opinion needs.
    func book() throws {
        try place.razao("rates", "import", rates)
        // The seed's gpt-4o has the later price from 2023 on; what is true is twice that.
        try place.razao("prices", "import", Self.prices, "--format", "razao")
    }

    /// The first lines of a file, as another file.
    static func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { "\($0)\n" }
    }
}
