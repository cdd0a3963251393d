/// Splits a stream of bytes into rows of cells, as RFC 4180 writes them.
///
/// ```swift
/// var reader = CSVRowReader()
/// reader.append(chunk)                       // as bytes arrive
/// while let row = try reader.next() { … }    // nil: more bytes are needed, or the end
/// reader.finish()                            // then the last row, which may lack its line break
/// ```
/// Cells may be quoted, hold the separator, doubled quotes and line breaks; lines end in LF or
/// CRLF; a byte order mark and empty lines are skipped. A row with another number of cells than the
/// first one, a misplaced quote, text that is not UTF-8 and what is beyond the bounds throw
/// ``ImportError`` with the line; the reader then stands behind that row, so that one can go on.
/// Cost: linear.
public struct CSVRowReader: Sendable {
    /// One row and where it begins.
    public struct Row: Sendable, Equatable {
        /// The line of the file, from 1; a row with line breaks in its cells spans several.
        public let line: Int
        /// The cells, without their quotes.
        public let cells: [String]
    }

    /// The longest cell, in bytes.
    public static let maximumCell = 64 << 10
    /// The most cells of a row.
    public static let maximumCells = 512

    private let separator: UInt8
    private var buffer: [UInt8] = []
    private var index = 0
    private var isFinished = false
    private var line = 1
    private var width: Int?
    private var isAtStart = true
    /// How far into the row at `index` no end of row was found, so that long rows stay linear.
    private var scan = Scan()

    private struct Scan {
        var offset = 0
        var isQuoted = false
        /// A quote opens a cell only at its start, so that a stray one swallows no other row.
        var mayOpen = true
    }

    /// A reader of cells that the separator parts: a comma, or a semicolon.
    public init(separator: Character = ",") {
        self.separator = separator.asciiValue ?? UInt8(ascii: ",")
    }

    /// Adds bytes as they arrive.
    public mutating func append(_ bytes: some Collection<UInt8>) {
        if index > 0 {
            buffer.removeFirst(index)
            index = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// Says that no more bytes will come.
    public mutating func finish() { isFinished = true }

    /// The next row, or nil when more bytes are needed or none are left.
    public mutating func next() throws(ImportError) -> Row? {
        guard skipMark() else { return nil }
        while let end = try rowEnd() {
            let first = line
            let row = index..<end.cells
            line += buffer[index..<end.next].count { $0 == 0x0A }
            if end.next == end.cells, isFinished { line += 1 }
            index = end.next
            scan = Scan()
            if row.isEmpty { continue }
            let cells = try cells(row, line: first)
            guard cells.count == width ?? cells.count else {
                throw ImportError(
                    reason: "the row has \(cells.count) cells where the header has \(width ?? 0)",
                    line: first)
            }
            width = cells.count
            return Row(line: first, cells: cells)
        }
        return nil
    }

    /// Skips a byte order mark; false while it cannot be told yet whether there is one.
    private mutating func skipMark() -> Bool {
        guard isAtStart else { return true }
        guard buffer.count - index >= 3 || isFinished else { return false }
        if buffer[index...].starts(with: [0xEF, 0xBB, 0xBF]) { index += 3 }
        isAtStart = false
        return true
    }

    /// Where the cells of the row at `index` end and where the next row begins.
    private mutating func rowEnd() throws(ImportError) -> (cells: Int, next: Int)? {
        var position = index + scan.offset
        while position < buffer.count {
            let byte = buffer[position]
            if byte == UInt8(ascii: "\"") {
                // Behind a closing quote another one means a quote inside the cell.
                let opensOrCloses = scan.isQuoted || scan.mayOpen
                scan.mayOpen = scan.isQuoted
                if opensOrCloses { scan.isQuoted.toggle() }
            } else if !scan.isQuoted {
                if byte == 0x0A {
                    let hasReturn = position > index && buffer[position - 1] == 0x0D
                    return (hasReturn ? position - 1 : position, position + 1)
                }
                scan.mayOpen = byte == separator
            }
            position += 1
        }
        scan.offset = position - index
        if scan.offset > ImportLimits.line { throw overlong() }
        guard isFinished, index < buffer.count else { return nil }
        if scan.isQuoted {
            index = buffer.count
            throw ImportError(
                reason: "a quote opens here and never closes; close it or double it", line: line)
        }
        return (buffer.last == 0x0D ? buffer.count - 1 : buffer.count, buffer.count)
    }

    /// Drops what was read of a row that never ends, up to the next line break.
    private mutating func overlong() -> ImportError {
        let first = line
        let newline = buffer[index...].firstIndex(of: 0x0A)
        index = newline.map { $0 + 1 } ?? buffer.count
        if newline != nil { line += 1 }
        scan = Scan()
        return ImportError(
            reason: "the row is longer than \(ImportLimits.line) bytes; is a quote left open?",
            line: first)
    }

    private func cells(_ row: Range<Int>, line: Int) throws(ImportError) -> [String] {
        var cells: [String] = []
        cells.reserveCapacity(width ?? 16)
        var position = row.lowerBound
        while true {
            let start = position
            if position < row.upperBound, buffer[position] == UInt8(ascii: "\"") {
                let text = try quoted(&position, row.upperBound, line)
                cells.append(try Self.text(text[...], line))
            } else {
                while position < row.upperBound, buffer[position] != separator {
                    guard buffer[position] != UInt8(ascii: "\"") else {
                        throw ImportError(
                            reason: "a quote stands inside a cell without quotes; quote the cell",
                            line: line)
                    }
                    position += 1
                }
                cells.append(try Self.text(buffer[start..<position], line))
            }
            if position == row.upperBound { return cells }
            guard buffer[position] == separator else {
                throw ImportError(
                    reason: "text follows the closing quote of a cell; double quotes inside cells",
                    line: line)
            }
            guard cells.count < Self.maximumCells else {
                throw ImportError(reason: "more than \(Self.maximumCells) cells", line: line)
            }
            position += 1
        }
    }

    private func quoted(_ position: inout Int, _ end: Int, _ line: Int) throws(ImportError)
        -> [UInt8]
    {
        var text: [UInt8] = []
        position += 1
        while position < end {
            let byte = buffer[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard position < end, buffer[position] == UInt8(ascii: "\"") else { return text }
                position += 1
            }
            text.append(byte)
        }
        throw ImportError(reason: "a quote opens and never closes in this row", line: line)
    }

    private static func text(_ bytes: ArraySlice<UInt8>, _ line: Int) throws(ImportError) -> String
    {
        guard bytes.count <= maximumCell else {
            throw ImportError(reason: "a cell is longer than \(maximumCell) bytes", line: line)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ImportError(reason: "a cell is not UTF-8; save the file as UTF-8", line: line)
        }
        return text
    }
}
