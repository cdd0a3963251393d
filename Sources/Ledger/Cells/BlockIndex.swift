/// Which blocks of the log hold calls of which hour, so that reading an hour's calls touches a few
/// thousand records and not the whole log.
///
/// A block is 1,024 records in a row. Calls mostly arrive in order of time, so an hour has one or
/// two blocks; one that came in any order has more, and is still found. Runs are kept merged.
public struct BlockIndex: Sendable {
    /// A row of blocks, first and last included.
    public struct Run: Sendable, Equatable {
        /// The first block.
        public var first: UInt32
        /// The last block.
        public var last: UInt32
    }

    /// Records in a block.
    public static let recordsPerBlock: UInt64 = 1024

    /// The runs of each hour, by hours since the epoch.
    public private(set) var hours: [Int32: [Run]] = [:]
    private var lastHour = Int32.min
    private var lastBlock = UInt32.max

    /// An empty index.
    public init() {}

    /// The block of a record.
    public static func block(of sequence: SequenceNumber) -> UInt32 {
        UInt32(truncatingIfNeeded: (sequence.rawValue &- 1) / recordsPerBlock)
    }

    /// The records of a run.
    public static func records(of run: Run) -> ClosedRange<UInt64> {
        UInt64(run.first) * recordsPerBlock + 1...(UInt64(run.last) + 1) * recordsPerBlock
    }

    /// Hours since the epoch, in UTC.
    public static func hour(of instant: Instant) -> Int32 {
        Int32(clamping: instant.seconds.dividedDown(by: 3600))
    }

    /// Notes a record. Cost: one comparison when hour and block are those of the record before.
    public mutating func note(_ occurredAt: Instant, _ sequence: SequenceNumber) {
        let hour = Self.hour(of: occurredAt)
        let block = Self.block(of: sequence)
        if hour == lastHour, block == lastBlock { return }
        lastHour = hour
        lastBlock = block
        Self.add(Run(first: block, last: block), to: &hours[hour, default: []])
    }

    /// Forgets everything.
    public mutating func removeAll() { self = BlockIndex() }

    /// Adds a run to a merged, ascending list.
    public static func add(_ run: Run, to runs: inout [Run]) {
        // The usual case: the same block, or the one after the last.
        if let last = runs.last, run.first >= last.first, run.first <= last.last &+ 1 {
            runs[runs.count - 1].last = max(last.last, run.last)
            return
        }
        let place = runs.firstIndex { $0.first > run.first } ?? runs.count
        runs.insert(run, at: place)
        var index = max(0, place - 1)
        while index + 1 < runs.count {
            if runs[index + 1].first <= runs[index].last &+ 1 {
                runs[index].last = max(runs[index].last, runs[index + 1].last)
                runs.remove(at: index + 1)
            } else if index >= place {
                break
            } else {
                index += 1
            }
        }
    }

    /// The stored form of a list of runs.
    public static func encode(_ runs: [Run]) -> [UInt8] {
        var writer = ByteWriter(capacity: runs.count * 4)
        var previous: UInt32 = 0
        for run in runs {
            writer.appendVariable(UInt64(run.first - previous))
            writer.appendVariable(UInt64(run.last - run.first))
            previous = run.last
        }
        return writer.bytes
    }

    /// The runs that those bytes hold.
    public static func decode(_ span: RawSpan) throws(CodecError) -> [Run] {
        var reader = VariableReader(offset: 0)
        var runs: [Run] = []
        var previous: UInt64 = 0
        while reader.offset < span.byteCount {
            let first = previous + (try reader.next(span))
            let last = first + (try reader.next(span))
            guard last <= UInt64(UInt32.max) else { throw .badValue("block") }
            runs.append(Run(first: UInt32(first), last: UInt32(last)))
            previous = last
        }
        return runs
    }
}
