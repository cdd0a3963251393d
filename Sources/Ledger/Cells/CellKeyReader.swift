/// Reads the keys of many cells one after the other, in the order in which the views keep them.
///
/// ```swift
/// var reader = CellKeyReader()
/// try reader.read(span)
/// reader.clientNumber       // counted from 0 as names are met, for tables of one's own
/// reader.key                // the whole key, when its names are needed
/// ```
/// Makes a text only for a name that it did not meet before. Cost: some 20 ns a key.
public struct CellKeyReader: Sendable {
    /// The names that were met, each once.
    public private(set) var clients: [String] = []
    /// Provider, model and tier that were met, each combination once.
    public private(set) var models: [PriceBook.Key] = []
    /// The client of the last key.
    public private(set) var clientNumber = 0
    /// Provider, model and tier of the last key.
    public private(set) var modelNumber = 0
    /// The local day of the last key.
    public private(set) var day = CivilDate(dayNumber: 0)
    /// The hour of the last key, or ``CellKey/wholeDay``.
    public private(set) var slot: UInt8 = 0
    /// The class of the input's size of the last key.
    public private(set) var size = InputSizeClass(known: 0)
    /// Whether the last key is of answers of the response cache.
    public private(set) var wasCached = false

    private var clientBytes: [UInt8] = []
    private var modelBytes: [[UInt8]] = []
    /// Of each model the one that was met after it: models recur in the same order each day.
    private var following: [Int] = []
    private var clientNumbers: [[UInt8]: Int] = [:]

    /// A reader that met no name yet.
    public init() {}

    /// The last key.
    public var key: CellKey {
        CellKey(
            client: clients[clientNumber], day: day, slot: slot,
            provider: models[modelNumber].provider, model: models[modelNumber].model,
            serviceTier: models[modelNumber].serviceTier, size: size, wasCached: wasCached)
    }

    /// Reads a key. Throws when the bytes are none.
    public mutating func read(_ span: RawSpan) throws(CodecError) {
        if clientBytes.isEmpty || !Self.starts(span, at: 0, with: clientBytes) {
            try meetClient(span)
        }
        let dayOffset = clientBytes.count
        let biased = try span.loadBigEndian(dayOffset, as: UInt32.self)
        day = CivilDate(dayNumber: Int32(bitPattern: biased ^ 0x8000_0000))
        slot = try span.load(dayOffset + 4)
        let start = dayOffset + 5
        let end = span.byteCount - 2
        guard start < end else { throw .truncated }
        try findModel(span, start, end)
        guard let size = InputSizeClass(rawValue: try span.load(end)) else {
            throw .badValue("size class")
        }
        self.size = size
        wasCached = try span.load(end + 1, as: UInt8.self) != 0
    }

    private mutating func meetClient(_ span: RawSpan) throws(CodecError) {
        var length = 0
        while try span.load(length, as: UInt8.self) != 0 { length += 1 }
        let name = try span.text(0, length)
        clientBytes = try span.bytes(0, length + 1)
        // By bytes: two spellings of one text are two clients.
        if let known = clientNumbers[clientBytes] {
            clientNumber = known
        } else {
            clientNumber = clients.count
            clientNumbers[clientBytes] = clientNumber
            clients.append(name)
        }
    }

    private mutating func findModel(
        _ span: RawSpan, _ start: Int, _ end: Int
    ) throws(CodecError) {
        if modelNumber < following.count {
            let next = following[modelNumber]
            if isModel(next, span, start, end) {
                modelNumber = next
                return
            }
        }
        let number: Int
        if let known = modelBytes.indices.first(where: { isModel($0, span, start, end) }) {
            number = known
        } else {
            number = try meetModel(span, start, end)
        }
        if modelNumber < following.count { following[modelNumber] = number }
        modelNumber = number
    }

    private func isModel(_ number: Int, _ span: RawSpan, _ start: Int, _ end: Int) -> Bool {
        modelBytes[number].count == end - start
            && Self.starts(span, at: start, with: modelBytes[number])
    }

    private mutating func meetModel(
        _ span: RawSpan, _ start: Int, _ end: Int
    ) throws(CodecError) -> Int {
        let bytes = try span.bytes(start, end - start)
        let parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[3].isEmpty else { throw .badValue("key") }
        var names: [String] = []
        for part in parts.dropLast() {
            guard let name = String(validating: part, as: UTF8.self) else { throw .notText }
            names.append(name)
        }
        models.append(
            PriceBook.Key(provider: names[0], model: names[1], serviceTier: names[2]))
        modelBytes.append(bytes)
        following.append(models.count - 1)
        return models.count - 1
    }

    private static func starts(_ span: RawSpan, at offset: Int, with bytes: [UInt8]) -> Bool {
        guard offset + bytes.count <= span.byteCount else { return false }
        var place = 0
        while place + 8 <= bytes.count {
            let left = unsafe span.unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset &+ place, as: UInt64.self)
            let right = unsafe bytes.span.bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: place, as: UInt64.self)
            if left != right { return false }
            place += 8
        }
        while place < bytes.count {
            let left = unsafe span.unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset &+ place, as: UInt8.self)
            if left != bytes[place] { return false }
            place += 1
        }
        return true
    }
}
