import ArgumentParser
import Foundation
import Journal
import LMDB
import Ledger

/// The options that every command takes.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The data folder. Default: RAZAO_DATA, else data.folder of the settings.",
            valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "The settings file. Default: RAZAO_CONFIG, else ./ledger.conf if it is there.",
            valueName: "file"))
    var config: String?

    func settings() throws -> Settings { try Settings(file: config) }

    func folder(_ settings: Settings) -> String { data ?? settings.text("data.folder") }

    /// Opens the ledger, runs `body` and closes it again.
    func withJournal<R>(
        readOnly: Bool = false, _ body: (Journal, Settings) throws -> R
    ) throws -> R {
        let settings = try settings()
        let journal = try Journal.open(
            at: folder(settings), options: Self.options(settings, readOnly: readOnly))
        defer { journal.close() }
        do {
            return try body(journal, settings)
        } catch {
            guard error is LMDBError else { throw error }
            throw CommandError(CommandError.sentence(error))
        }
    }

    static func options(_ settings: Settings, readOnly: Bool = false) -> JournalOptions {
        var options = JournalOptions()
        options.mapSize = settings.bytes("storage.map_size")
        options.mapLimit = max(options.mapSize, settings.bytes("storage.map_limit"))
        options.checkLimit = settings.bytes("storage.check_limit")
        options.readOnly = readOnly
        return options
    }
}

/// Who acts: the name that events carry.
enum Actor {
    static var name: String {
        ProcessInfo.processInfo.environment["RAZAO_ACTOR"] ?? NSUserName()
    }
}

/// An instant, or a local day's start where a day is enough.
struct InstantArgument: ExpressibleByArgument {
    let text: String
    init?(argument: String) { text = argument }

    /// The instant; a bare date is that day's start in `zone`.
    func instant(_ zone: ZoneRules, _ option: String) throws -> Instant {
        if let day = CivilDate(text) { return zone.start(of: day) }
        do {
            return try Instant(text)
        } catch {
            throw CommandError("\(option): \(error), or a day like 2026-11-20")
        }
    }
}
