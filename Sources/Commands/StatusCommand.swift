import ArgumentParser
import Journal
import Ledger
import Money
import Statements

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show sizes, the end of the log, the views' lag and what is unknown.",
        discussion: "Example:\n  razao status")

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.withJournal { journal, _ in
            let status = try journal.status()
            let format = FigureFormat.brazilian
            func show(_ name: String, _ value: String) {
                Console.line(name + String(repeating: " ", count: max(1, 22 - name.count)) + value)
            }
            show("data folder", journal.folder)
            show("last record", status.head.sequence.description)
            if status.head.sequence > .zero {
                show("recorded at", status.head.recordedAt.description)
            }
            show("log head", status.head.chainText)
            let lag =
                status.head.sequence.rawValue
                - min(
                    status.folded.rawValue, status.head.sequence.rawValue)
            show(
                "views",
                "version \(status.viewsVersion), folded to \(status.folded)"
                    + (lag == 0 ? "" : ", \(counted(lag, "record")) behind"))
            show("ledger on disk", Self.size(status.ledgerBytes))
            show("views on disk", Self.size(status.viewsBytes))
            show("log map", Self.size(status.mapBytes))
            show("readers", String(status.readers))
            show("clients", format.integer(status.clients))
            show("models with a price", format.integer(status.pricedModels))
            show(
                "newest rate",
                status.newestRate.map {
                    "\($0.sell.text) of \($0.date) (\($0.source)), "
                        + "\(counted(status.rates, "day")) known"
                } ?? "none; usage is converted at 5.00, provisional")
            // The lag is told as it was found; the counts are those of the whole log.
            let counts = lag > 0 && (try? journal.catchUp()) != nil ? try journal.status() : status
            show("calls", format.integer(counts.calls))
            show("open holds", format.integer(try journal.openHolds().count))
            show("calls without price", format.integer(counts.unpricedCalls))
            show("calls, usage unknown", format.integer(counts.unknownUsageCalls))
            if counts.unpricedCalls > 0 {
                Console.line("models without price, and their calls:")
                for row in try journal.usage(by: [.model]) where row.cost.unpricedCalls > 0 {
                    Console.line("  \(row.group[0]): \(row.cost.unpricedCalls)")
                }
            }
        }
    }

    static func size(_ bytes: Int) -> String {
        var value = bytes
        var unit = 0
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        while value >= 10_240, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        return "\(value) \(units[unit])"
    }
}
