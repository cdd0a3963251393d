import Foundation
import Journal
import Ledger

/// Reads a provider's bill from a file whose layout is named or can be recognized.
struct BillFile {
    let path: String
    let layout: BillLayout?
    let columns: BillColumns?

    /// Pages of an interface are read whole; a month of one has some thousand buckets' results.
    private static let maximumBytes = 64 << 20

    /// The bill with what the file says. Throws in one sentence with the line; a bill is read whole
    /// or not at all.
    func read(into bill: Bill, _ names: BillReader.Names) throws -> Bill {
        let input = try InputFile.open(path)
        defer { input.close() }
        var stream = try RecordStream(input, takesLists: true)
        do {
            return stream.isJSON
                ? try json(&stream, bill, names) : try table(&stream, bill, names)
        } catch let error as BillError {
            throw CommandError("\(path): \(error)")
        } catch let error as CommandError {
            throw CommandError("\(path): \(error)")
        }
    }

    private func json(
        _ stream: inout RecordStream, _ bill: Bill, _ names: BillReader.Names
    ) throws -> Bill {
        let layout =
            try self.layout ?? (columns == nil ? nil : .json)
            ?? known(BillLayout.recognized(json: stream.start), "the file is JSON")
        try requireColumns(layout)
        var reader = BillReader(layout, bill: bill, names, columns: columns)
        if layout.hasPages {
            try reader.read(pages: stream.contents(of: path, most: Self.maximumBytes))
            return try reader.finish()
        }
        let (noun, now) = (stream.noun, SystemClock.now())
        try stream.forEachBatch { batch in
            for (index, range) in batch.ranges.enumerated() where !batch.isBlank(range) {
                do {
                    try reader.read(line: batch.bytes[range], now: now)
                } catch let error as BillError {
                    throw error.at("\(noun) \(batch.firstLine + UInt64(index))")
                }
            }
        }
        return try reader.finish()
    }

    private func table(
        _ stream: inout RecordStream, _ bill: Bill, _ names: BillReader.Names
    ) throws -> Bill {
        var reader: BillReader?
        let now = SystemClock.now()
        try stream.forEachRow(separator: stream.separator) { row, _ in
            let row = try row.get()
            do {
                if reader != nil {
                    try reader?.read(row: row, now: now)
                } else {
                    let made = try self.reader(of: row, bill, names)
                    reader = made
                }
            } catch let error as BillError {
                throw error.at("line \(row.line)")
            }
        }
        guard let reader else { throw BillError("the file is empty") }
        return try reader.finish()
    }

    private func reader(
        of header: CSVRowReader.Row, _ bill: Bill, _ names: BillReader.Names
    ) throws -> BillReader {
        let layout =
            try self.layout ?? (columns == nil ? nil : .csv)
            ?? known(
                BillLayout.recognized(header.cells),
                "the file has \(BillReader.shown(header.cells))")
        try requireColumns(layout)
        var reader = BillReader(layout, bill: bill, names, columns: columns)
        try reader.read(header: header)
        return reader
    }

    private func known(_ layout: BillLayout?, _ seen: String) throws -> BillLayout {
        guard let layout else {
            throw BillError(
                "\(seen) and is no bill that is recognized: amount_value and amount_currency would "
                    + "be OpenAI's costs, request_id and spend LiteLLM's logs; give --format, or "
                    + "--columns date=…,model=…,cost=…")
        }
        return layout
    }

    private func requireColumns(_ layout: BillLayout) throws {
        guard columns != nil || (layout != .csv && layout != .json) else {
            throw BillError(
                "--format \(layout.rawValue) needs --columns date=…,model=…,cost=… with the names "
                    + "in the file")
        }
    }
}
