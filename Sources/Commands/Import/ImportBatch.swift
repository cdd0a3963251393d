import Foundation
import Journal
import Ledger

/// What is needed to turn lines into events, on any thread.
struct ImportContext: Sendable {
    let keys: PeopleKeys
    let source: String?
    let defaults: ImportDefaults
    let now: Instant

    /// The event of a call at a row of the source.
    func event(_ call: ImportedCall, row: UInt64) throws -> NewEvent {
        guard let id = call.id(source: source, row: row) else { throw MissingSource() }
        return try call.event(id: id, people: keys)
    }
}

/// A line without an id came from where nothing has a name to make one of.
private struct MissingSource: Error {}

/// Some lines of a file, turned into events.
struct ImportBatch: Sendable {
    struct Row: Sendable {
        let line: UInt64
        let client: String
        let event: NewEvent
    }

    struct Refusal: Sendable {
        let line: UInt64
        let reason: String
    }

    var rows: [Row] = []
    var refusals: [Refusal] = []
    /// The first line that cannot get an id; those after it could not either.
    var lineWithoutID: UInt64?
    /// How many calls were looked at.
    var read: UInt64 = 0
    /// How far in the file the batch ends, in bytes.
    var end: UInt64 = 0

    /// Events of JSON lines.
    init(_ lines: LineSplitter.Batch, _ context: ImportContext) {
        end = lines.end
        let reader = UsageJSONLine(defaults: context.defaults)
        rows.reserveCapacity(lines.ranges.count)
        for (index, range) in lines.ranges.enumerated() {
            let number = lines.firstLine + UInt64(index)
            guard !lines.isBlank(range) else { continue }
            add(number) {
                try context.event(
                    reader.parse(Data(lines.bytes[range]), now: context.now), row: number)
            }
        }
    }

    /// Events of CSV rows.
    init(
        rows: [CSVRowReader.Row], faults: [Refusal], end: UInt64, _ reader: UsageCSV,
        _ context: ImportContext
    ) {
        self.end = end
        refusals = faults
        read = UInt64(faults.count)
        for row in rows {
            let number = UInt64(row.line)
            add(number) {
                try context.event(reader.parse(row, now: context.now), row: number)
            }
        }
    }

    private mutating func add(_ line: UInt64, _ make: () throws -> NewEvent) {
        read += 1
        do {
            let event = try make()
            rows.append(Row(line: line, client: try Self.client(of: event), event: event))
        } catch is MissingSource {
            lineWithoutID = lineWithoutID ?? line
        } catch {
            refusals.append(Refusal(line: line, reason: "\(error)"))
        }
    }

    private static func client(of event: NewEvent) throws -> String {
        try unsafe event.payload.withUnsafeBytes { bytes in
            let span = unsafe RawSpan(_unsafeBytes: bytes)
            let facts = try UsageFacts(span, version: event.version)
            return try span.text(UsageFacts.dimensionsOffset, facts.clientLength)
        }
    }
}
