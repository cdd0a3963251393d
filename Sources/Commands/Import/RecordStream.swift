import Foundation
import Ledger

/// Cuts bytes into batches of records as they arrive.
protocol RecordSplitter {
    mutating func append(_ piece: Data)
    mutating func finish()
    mutating func next() -> LineSplitter.Batch?
    /// Why the file is not whole, once it is at its end.
    var fault: String? { get }
}

/// A file of records, read piece by piece: JSON lines, a JSON list, or CSV.
struct RecordStream {
    private let stream: InputStreamReader
    /// The piece that was read to see what the file is.
    private var first: Data?
    /// True for a list in place of lines; records are then counted, since it has none.
    let isList: Bool

    static let recordsPerBatch = 1_024

    /// A file whose content may be a list where `takesLists` says so.
    init(_ stream: InputStreamReader, takesLists: Bool = false) throws {
        self.stream = stream
        first = try stream.next()
        isList = takesLists && first.map(JSONElementSplitter.begins) ?? false
    }

    /// The file's size, where it says how far reading is.
    var size: Int? { stream.size }

    /// True for content that begins like JSON.
    var isJSON: Bool {
        let byte = first?.first { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF }
        return byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
    }

    /// The beginning, as far as it was read, for telling what it is.
    var start: String { String(decoding: first ?? Data(), as: UTF8.self) }

    /// A semicolon where the first line has some and no comma.
    var separator: Character {
        let header = first?.prefix { $0 != 0x0A } ?? Data()
        return header.contains(UInt8(ascii: ";")) && !header.contains(UInt8(ascii: ","))
            ? ";" : ","
    }

    /// What the first record is called where it has to be named.
    var noun: String { isList ? "record" : "line" }

    private mutating func piece() throws -> Data? {
        if let first {
            self.first = nil
            return first
        }
        return try stream.next()
    }

    /// The whole file, which may have at most so many bytes.
    mutating func contents(of name: String, most: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try piece() {
            bytes += piece
            guard bytes.count <= most else {
                throw CommandError("\(name) is larger than \(most >> 20) MiB; check what it is")
            }
        }
        return bytes
    }

    /// The lines or elements in batches.
    mutating func forEachBatch(_ body: (LineSplitter.Batch) throws -> Void) throws {
        if isList {
            try split(
                JSONElementSplitter(
                    elementsPerBatch: Self.recordsPerBatch, longest: ImportLimits.line), body)
        } else {
            try split(
                LineSplitter(linesPerBatch: Self.recordsPerBatch, longest: ImportLimits.line), body)
        }
    }

    private mutating func split(
        _ splitter: consuming some RecordSplitter, _ body: (LineSplitter.Batch) throws -> Void
    ) throws {
        var splitter = splitter
        while let piece = try piece() {
            splitter.append(piece)
            while let batch = splitter.next() { try body(batch) }
        }
        splitter.finish()
        while let batch = splitter.next() { try body(batch) }
        if let fault = splitter.fault { throw CommandError(fault) }
    }

    /// The rows of CSV, the header first, each with how many bytes of the file were read. A faulty
    /// header throws; a faulty row is handed over as what is wrong with it.
    mutating func forEachRow(
        separator: Character = ",",
        _ body: (Result<CSVRowReader.Row, ImportError>, _ end: UInt64) throws -> Void
    ) throws {
        var reader = CSVRowReader(separator: separator)
        var hasHeader = false
        var offset: UInt64 = 0
        func drain(_ reader: inout CSVRowReader) throws {
            while true {
                let row: Result<CSVRowReader.Row, ImportError>
                do throws(ImportError) {
                    guard let next = try reader.next() else { return }
                    row = .success(next)
                } catch {
                    guard hasHeader, error.line != nil else {
                        throw CommandError("line \(error.line ?? 1): \(error)")
                    }
                    row = .failure(error)
                }
                do throws(any Error) {
                    try body(row, offset)
                } catch {
                    guard let fault = error as? ImportError else { throw error }
                    throw CommandError("line \(fault.line ?? 1): \(fault)")
                }
                hasHeader = true
            }
        }
        while let piece = try piece() {
            reader.append(piece)
            offset += UInt64(piece.count)
            try drain(&reader)
        }
        reader.finish()
        try drain(&reader)
        guard hasHeader else {
            throw CommandError("the file is empty; the first line names the columns")
        }
    }
}
