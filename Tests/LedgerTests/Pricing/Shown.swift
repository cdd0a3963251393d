import Foundation
import Money

@testable import Ledger

/// Entries and remarks as short texts, so that tables read like a specification.
enum Shown {
    static func entry(_ entry: PriceEntry) -> String {
        let tier = entry.serviceTier.isEmpty ? "" : ":\(entry.serviceTier)"
        var text = "\(entry.provider)/\(entry.model)\(tier) \(entry.effectiveFrom)"
        if let alias = entry.aliasOf { return text + " = \(alias)" }
        text += " " + prices(entry.prices)
        for size in entry.sizes { text += " | >\(size.above) \(prices(size.prices))" }
        for window in entry.windows {
            text += " | \(window.fromMinute)-\(window.toMinute) \(prices(window.prices))"
        }
        return text
    }

    static func prices(_ set: PriceSet) -> String {
        UsageClass.allCases.compactMap { usageClass in
            set[usageClass].map { "\(usageClass.name) \($0.text)" }
        }.joined(separator: ", ")
    }

    static func contents(_ text: String, _ format: PriceFileFormat, from: String? = nil) -> [String]
    {
        do throws(PriceFileError) {
            let start = from.flatMap { try? Instant($0) }
            let contents = try PriceFile.parse(
                Data(text.utf8), format: format, effectiveFrom: start)
            return contents.entries.map(entry)
                + contents.skipped.map { "skipped \($0.name): \($0.reason)" }
                + contents.notes.map { "note \($0.name): \($0.reason)" }
        } catch {
            return ["\(error)"]
        }
    }
}
