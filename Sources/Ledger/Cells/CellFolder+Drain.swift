/// The two tables of cells that views keep.
public enum CellTable: UInt8, Sendable {
    /// One cell an hour.
    case hours
    /// The sum of a local day's hours, in the slot ``CellKey/wholeDay``.
    case days
}

extension CellFolder {
    /// Everything folded so far, in key order; the folder is empty afterwards.
    public mutating func drain() -> [(key: CellKey, cell: UsageCell)] {
        let samples = SamplesByCell(samples, cells: cells.count)
        var result: [(key: CellKey, cell: UsageCell)] = []
        result.reserveCapacity(cells.count)
        for index in Ranks(names).order(places) {
            var cell = cells[index]
            samples.add(index, to: &cell.latencies)
            let place = places[index]
            let names = names[Int(place.series)]
            let key = CellKey(
                client: names.client, day: CivilDate(dayNumber: place.day), slot: place.slot,
                provider: names.provider, model: names.model, serviceTier: names.tier,
                size: InputSizeClass(known: place.kind / 2), wasCached: place.kind % 2 == 1)
            result.append((key, cell))
        }
        removeAll()
        return result
    }

    /// Everything folded so far as rows of the views, in the stored form: hour cells and the days
    /// they add up to, each table in the order of its keys. The folder is empty afterwards.
    ///
    /// Makes no text and no array for a row; `body` must not keep what it is lent.
    public mutating func drainRows(
        _ body: (CellTable, _ key: RawSpan, _ cell: RawSpan) throws -> Void
    ) rethrows {
        let samples = SamplesByCell(samples, cells: cells.count)
        let ranks = Ranks(names)
        var maker = RowMaker(names: names, ranks: ranks)
        // One histogram's room serves all cells.
        var latencies = LatencyHistogram()
        let order = ranks.order(places)
        // By their place in memory: a cell is large, and an array hands out copies.
        try unsafe cells.withUnsafeBufferPointer { cells in
            for index in order {
                latencies.removeAll()
                unsafe latencies.merge(cells[index].latencies)
                samples.add(index, to: &latencies)
                try unsafe maker.add(places[index], cells[index], latencies, body)
            }
        }
        try maker.finishDay(body)
        removeAll()
    }
}

/// Makes the rows of cells that come in the order of their keys, and of the days they add up to.
private struct RowMaker {
    private let names: [CellFolder.Names]
    private let ranks: Ranks
    private var key = ByteWriter(capacity: 128)
    private var bytes = ByteWriter(capacity: 512)
    /// The day being summed: of each of its cells the rank within the day, a place, and the sums.
    private var dayRanks: [UInt32] = []
    private var dayPlaces: [CellFolder.Place] = []
    private var sums: [UsageCell] = []

    init(names: [CellFolder.Names], ranks: Ranks) {
        self.names = names
        self.ranks = ranks
    }

    /// Makes the row of an hour cell, and before it those of the day that it is not part of.
    mutating func add(
        _ place: CellFolder.Place, _ cell: borrowing UsageCell, _ latencies: LatencyHistogram,
        _ body: (CellTable, RawSpan, RawSpan) throws -> Void
    ) rethrows {
        if let last = dayPlaces.last, !ranks.isSameDay(last, place) { try finishDay(body) }
        writeKey(place, slot: place.slot)
        bytes.removeAll()
        CellCodec.encode(cell, latencies, into: &bytes)
        try body(.hours, unsafe key.bytes.span.bytes, unsafe bytes.bytes.span.bytes)
        let rank = ranks.withinDay(place)
        var number = sums.count
        if let known = dayRanks.lastIndex(of: rank) {
            number = known
        } else {
            dayRanks.append(rank)
            dayPlaces.append(place)
            sums.append(UsageCell())
        }
        sums[number].mergeSums(cell)
        sums[number].latencies.merge(latencies)
    }

    /// Makes the rows of the day that was summed last.
    mutating func finishDay(
        _ body: (CellTable, RawSpan, RawSpan) throws -> Void
    ) rethrows {
        let order = dayRanks.indices.sorted { dayRanks[$0] < dayRanks[$1] }
        for index in order {
            writeKey(dayPlaces[index], slot: CellKey.wholeDay)
            bytes.removeAll()
            CellCodec.encode(sums[index], sums[index].latencies, into: &bytes)
            try body(.days, unsafe key.bytes.span.bytes, unsafe bytes.bytes.span.bytes)
        }
        dayRanks.removeAll(keepingCapacity: true)
        dayPlaces.removeAll(keepingCapacity: true)
        sums.removeAll(keepingCapacity: true)
    }

    private mutating func writeKey(_ place: CellFolder.Place, slot: UInt8) {
        let series = Int(place.series)
        key.removeAll()
        key.append(contentsOf: names[series].clientBytes)
        key.append((UInt32(bitPattern: place.day) ^ 0x8000_0000).byteSwapped)
        key.append(slot)
        key.append(contentsOf: names[series].modelBytes)
        key.append(place.kind / 2)
        key.append(place.kind % 2)
    }
}

/// Where series stand in the order of keys, as numbers.
private struct Ranks {
    /// For each series its client's place among all clients, in the order of their bytes.
    private let clients: [UInt32]
    /// For each series the place of its provider, model and tier.
    private let models: [UInt32]

    init(_ names: [CellFolder.Names]) {
        clients = Self.rank(names.map(\.clientBytes))
        models = Self.rank(names.map(\.modelBytes))
    }

    func isSameDay(_ left: CellFolder.Place, _ right: CellFolder.Place) -> Bool {
        left.day == right.day && clients[Int(left.series)] == clients[Int(right.series)]
    }

    /// The order of a day's cells.
    func withinDay(_ place: CellFolder.Place) -> UInt32 {
        models[Int(place.series)] << 8 | UInt32(place.kind)
    }

    /// The indices of places in the order of their keys.
    func order(_ places: [CellFolder.Place]) -> [Int] {
        var ranks: [Rank] = []
        ranks.reserveCapacity(places.count)
        for (index, place) in places.enumerated() {
            let day = UInt64(UInt32(bitPattern: place.day) ^ 0x8000_0000)
            let client = UInt64(clients[Int(place.series)])
            ranks.append(
                Rank(
                    high: client << 40 | day << 8 | UInt64(place.slot),
                    low: UInt64(withinDay(place)) << 32 | UInt64(index)))
        }
        ranks.sort()
        return ranks.map { Int(UInt32(truncatingIfNeeded: $0.low)) }
    }

    /// Where in the order of keys a cell stands; compared as two numbers.
    private struct Rank: Comparable {
        /// Client, day, slot.
        let high: UInt64
        /// Model, size class and whether it was cached, then the cell itself.
        let low: UInt64

        static func < (left: Rank, right: Rank) -> Bool {
            left.high != right.high ? left.high < right.high : left.low < right.low
        }
    }

    private static func rank(_ names: [[UInt8]]) -> [UInt32] {
        let order = names.indices.sorted { names[$0].lexicographicallyPrecedes(names[$1]) }
        var ranks = [UInt32](repeating: 0, count: names.count)
        var rank: UInt32 = 0
        for (place, series) in order.enumerated() {
            if place > 0, names[order[place - 1]] != names[series] { rank += 1 }
            ranks[series] = rank
        }
        return ranks
    }
}

/// The latencies that were set aside, sorted by cell.
private struct SamplesByCell {
    /// A cell's buckets lie between its start and the next one's.
    private var starts: [Int32]
    private var buckets: [UInt16]

    init(_ samples: [CellFolder.Sample], cells: Int) {
        starts = [Int32](repeating: 0, count: cells + 1)
        for sample in samples { starts[Int(sample.cell) + 1] += 1 }
        for index in 1..<max(1, starts.count) { starts[index] += starts[index - 1] }
        var next = starts
        buckets = [UInt16](repeating: 0, count: samples.count)
        for sample in samples {
            buckets[Int(next[Int(sample.cell)])] = sample.bucket
            next[Int(sample.cell)] += 1
        }
    }

    /// Adds a cell's latencies.
    func add(_ cell: Int, to histogram: inout LatencyHistogram) {
        for sample in starts[cell]..<starts[cell + 1] {
            histogram.add(index: buckets[Int(sample)], count: 1)
        }
    }
}
