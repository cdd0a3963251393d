import Foundation
import Journal
import Ledger

/// What is needed to turn lines into events, on any thread.
struct ImportContext: Sendable {
    let keys: PeopleKeys
    let source: String?
    let format: ImportFormat
    let now: Instant

    /// The event of a call at a row of the source.
    func event(_ call: ImportedCall, row: UInt64) throws -> NewEvent {
        guard let id = call.id(source: source, row: row) else { throw MissingSource() }
        return try call.event(id: id, people: keys)
    }
}

/// A line without an id came from where nothing has a name to make one of.
private struct MissingSource: Error {}

/// A call that another system recorded, behind a reference: rows of our own format, which have
/// none, stay small.
final class ForeignCall: Sendable {
    let call: ImportedCall

    init(_ call: ImportedCall) { self.call = call }
}

/// Some lines of a file, turned into events.
struct ImportBatch: Sendable {
    struct Row: Sendable {
        let line: UInt64
        let client: String
        let event: NewEvent
        /// What is compared with a cost that another system recorded; nil in our own formats.
        var foreign: ForeignCall?
    }

    struct Refusal: Sendable {
        let line: UInt64
        let reason: String
    }

    var rows: [Row] = []
    var refusals: [Refusal] = []
    /// The first line that cannot get an id; those after it could not either.
    var lineWithoutID: UInt64?
    /// Records of other systems that are no calls.
    var skipped: UInt64 = 0
    /// What a place in the file is called.
    var noun = "line"
    /// How many calls were looked at.
    var read: UInt64 = 0
    /// How far in the file the batch ends, in bytes.
    var end: UInt64 = 0

    /// Events of JSON lines or elements.
    init(_ lines: LineSplitter.Batch, noun: String, _ context: ImportContext) {
        end = lines.end
        self.noun = noun
        let parse = context.format.lines(now: context.now)
        rows.reserveCapacity(lines.ranges.count)
        for (index, range) in lines.ranges.enumerated() {
            let number = lines.firstLine + UInt64(index)
            guard !lines.isBlank(range) else { continue }
            add(number, context) { try parse(lines.bytes[range]) }
        }
    }

    /// Events of CSV rows.
    init(
        rows: [CSVRowReader.Row], faults: [Refusal], end: UInt64, _ reader: RowReader,
        _ context: ImportContext
    ) {
        self.end = end
        refusals = faults
        read = UInt64(faults.count)
        for row in rows {
            add(UInt64(row.line), context) { try reader.parse(row, now: context.now) }
        }
    }

    private mutating func add(
        _ line: UInt64, _ context: ImportContext, _ parse: () throws -> ImportedCall?
    ) {
        read += 1
        do {
            guard let call = try parse() else {
                skipped += 1
                return
            }
            let event = try context.event(call, row: line)
            rows.append(
                Row(
                    line: line, client: try Self.client(of: event), event: event,
                    foreign: context.format.isForeign ? ForeignCall(call) : nil))
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
