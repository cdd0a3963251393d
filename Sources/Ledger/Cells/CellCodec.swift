/// The stored forms of ``CellKey`` and ``UsageCell``.
///
/// A key is `client 0 day(4, big-endian, biased) slot provider 0 model 0 tier 0 size cached`, so
/// one client's days lie together and in order; names hold no zero byte. A cell is a row of
/// variable numbers; what depends on the order of arrival stands last and is left out of digests.
public enum CellCodec {
    /// The bytes of a key.
    public static func encode(_ key: CellKey) -> [UInt8] {
        var writer = ByteWriter(capacity: 96)
        prefix(client: key.client, day: key.day, into: &writer)
        writer.append(key.slot)
        for text in [key.provider, key.model, key.serviceTier] {
            writer.append(text: text)
            writer.append(UInt8(0))
        }
        writer.append(key.size.rawValue)
        writer.append(UInt8(key.wasCached ? 1 : 0))
        return writer.bytes
    }

    /// The first bytes of all keys of a client from a day on.
    public static func prefix(client: String, day: CivilDate) -> [UInt8] {
        var writer = ByteWriter(capacity: 72)
        prefix(client: client, day: day, into: &writer)
        return writer.bytes
    }

    private static func prefix(client: String, day: CivilDate, into writer: inout ByteWriter) {
        writer.append(text: client)
        writer.append(UInt8(0))
        // Biased, so that days before 1970 sort first.
        writer.append((UInt32(bitPattern: day.dayNumber) ^ 0x8000_0000).byteSwapped)
    }

    /// The key that those bytes hold.
    public static func decodeKey(_ span: RawSpan) throws(CodecError) -> CellKey {
        var offset = 0
        func name() throws(CodecError) -> String {
            let start = offset
            while try span.load(offset, as: UInt8.self) != 0 { offset += 1 }
            defer { offset += 1 }
            return try span.text(start, offset - start)
        }
        let client = try name()
        let day = try span.loadBigEndian(offset, as: UInt32.self) ^ 0x8000_0000
        let slot: UInt8 = try span.load(offset + 4)
        offset += 5
        let provider = try name()
        let model = try name()
        let tier = try name()
        guard let size = InputSizeClass(rawValue: try span.load(offset)) else {
            throw .badValue("size class")
        }
        return CellKey(
            client: client, day: CivilDate(dayNumber: Int32(bitPattern: day)), slot: slot,
            provider: provider, model: model, serviceTier: tier, size: size,
            wasCached: try span.load(offset + 1, as: UInt8.self) != 0)
    }

    /// The bytes of a cell.
    public static func encode(_ cell: UsageCell) -> [UInt8] {
        var writer = ByteWriter(capacity: 96)
        encode(cell, cell.latencies, into: &writer)
        return writer.bytes
    }

    /// Appends the bytes of a cell whose latencies are kept apart from it.
    static func encode(
        _ cell: UsageCell, _ latencies: LatencyHistogram, into writer: inout ByteWriter
    ) {
        // Twenty-eight numbers, two for each bucket, and two of a fixed size.
        let most = 28 * 10 + latencies.buckets.count * 20 + orderDependentSize
        writer.append(atMost: most) { output in
            output.appendVariable(cell.calls)
            for index in 0..<5 { output.appendVariable(cell.outcomes[index]) }
            output.appendVariable(cell.callsWithUsage)
            output.appendVariable(cell.fallbacks)
            output.appendVariable(cell.missingUsage)
            output.appendVariable(cell.estimatedUsage)
            for index in 0..<13 { output.appendVariable(cell.tokens[index]) }
            output.appendVariable(cell.latencySum)
            output.appendVariable(cell.latencyCount)
            output.appendVariable(cell.firstTokenSum)
            output.appendVariable(cell.firstTokenCount)
            output.appendVariable(UInt64(latencies.buckets.count))
            var previous: UInt16 = 0
            for bucket in latencies.buckets {
                output.appendVariable(UInt64(bucket.index - previous))
                output.appendVariable(bucket.count)
                previous = bucket.index
            }
            unsafe output.append(cell.firstSequence.rawValue.littleEndian, as: UInt64.self)
            unsafe output.append(cell.lastSequence.rawValue.littleEndian, as: UInt64.self)
        }
    }

    /// How many of a cell's last bytes depend on the order in which events came.
    public static let orderDependentSize = 16

    /// The cell that those bytes hold; without its latencies' spread where that is not needed.
    ///
    /// A part of a fold may hold what takes back the calls of another part: then counts have passed
    /// zero, which in a stored cell is damage.
    public static func decode(
        _ span: RawSpan, withLatencies: Bool = true, isPart: Bool = false
    ) throws(CodecError) -> UsageCell {
        var reader = VariableReader(offset: 0)
        var cell = UsageCell()
        cell.calls = try reader.next(span)
        for index in 0..<5 { cell.outcomes[index] = try reader.next(span) }
        cell.callsWithUsage = try reader.next(span)
        cell.fallbacks = try reader.next(span)
        cell.missingUsage = try reader.next(span)
        cell.estimatedUsage = try reader.next(span)
        for index in 0..<13 { cell.tokens[index] = try reader.next(span) }
        cell.latencySum = try reader.next(span)
        cell.latencyCount = try reader.next(span)
        cell.firstTokenSum = try reader.next(span)
        cell.firstTokenCount = try reader.next(span)
        let tail = span.byteCount - orderDependentSize
        if withLatencies {
            cell.latencies = try latencies(span, &reader, isPart: isPart)
            guard reader.offset == tail else { throw .truncated }
        }
        guard reader.offset <= tail else { throw .truncated }
        cell.firstSequence = SequenceNumber(try span.load(tail))
        cell.lastSequence = SequenceNumber(try span.load(tail + 8))
        return cell
    }
}

extension CellCodec {
    /// Buckets ascend, none is empty, and their counts add up: what else stands there is damage.
    private static func latencies(
        _ span: RawSpan, _ reader: inout VariableReader, isPart: Bool
    ) throws(CodecError) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        var total: UInt64 = 0
        let used = try reader.next(span)
        guard used <= UInt64(LatencyHistogram.bucketCount) else { throw .badValue("latencies") }
        var next: UInt64 = 0
        for position in 0..<used {
            let step = try reader.next(span)
            let count = try reader.next(span)
            let (sum, overflow) = total.addingReportingOverflow(count)
            guard step < UInt64(LatencyHistogram.bucketCount), position == 0 || step > 0,
                next + step < UInt64(LatencyHistogram.bucketCount), count > 0,
                isPart || !overflow
            else { throw .badValue("latencies") }
            next += step
            total = sum
            histogram.append(index: UInt16(next), count: count)
        }
        return histogram
    }
}

/// Reads numbers written by ``ByteWriter/appendVariable(_:)`` one after the other.
struct VariableReader {
    var offset: Int

    @inline(__always)
    mutating func next(_ span: RawSpan) throws(CodecError) -> UInt64 {
        var byte: UInt8 = try span.load(offset)
        offset += 1
        if byte < 0x80 { return UInt64(byte) }
        var value = UInt64(byte & 0x7F)
        var shift: UInt64 = 7
        repeat {
            guard shift < 64 else { throw .badValue("number") }
            byte = try span.load(offset)
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            shift += 7
        } while byte >= 0x80
        return value
    }
}
