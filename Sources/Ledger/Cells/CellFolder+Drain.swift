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
        var result: [(key: CellKey, cell: UsageCell)] = []
        result.reserveCapacity(cells.count)
        visitInOrder { place, index, latencies in
            var cell = cells[index]
            cell.latencies = latencies
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
        let clients = rankClients()
        let models = rankModels()
        var key = ByteWriter(capacity: 128)
        var bytes = ByteWriter(capacity: 512)
        // The day being summed: of each of its cells the rank within the day, a place, and the
        // sums.
        var ranks: [UInt32] = []
        var dayPlaces: [Place] = []
        var sums: [UsageCell] = []
        func flushDay() throws {
            for index in ranks.indices.sorted(by: { ranks[$0] < ranks[$1] }) {
                writeKey(dayPlaces[index], slot: CellKey.wholeDay, into: &key)
                bytes.removeAll()
                CellCodec.encode(sums[index], sums[index].latencies, into: &bytes)
                try body(.days, unsafe key.bytes.span.bytes, unsafe bytes.bytes.span.bytes)
            }
            ranks.removeAll(keepingCapacity: true)
            dayPlaces.removeAll(keepingCapacity: true)
            sums.removeAll(keepingCapacity: true)
        }
        try visitInOrder { place, index, latencies in
            if let last = dayPlaces.last,
                last.day != place.day || clients[Int(last.series)] != clients[Int(place.series)]
            {
                try flushDay()
            }
            writeKey(place, slot: place.slot, into: &key)
            bytes.removeAll()
            CellCodec.encode(cells[index], latencies, into: &bytes)
            try body(.hours, unsafe key.bytes.span.bytes, unsafe bytes.bytes.span.bytes)
            let rank = models[Int(place.series)] << 8 | UInt32(place.kind)
            let known = ranks.lastIndex(of: rank)
            if let known {
                sums[known].mergeSums(cells[index])
            } else {
                ranks.append(rank)
                dayPlaces.append(place)
                sums.append(cells[index])
                sums[sums.count - 1].latencies = LatencyHistogram()
            }
            sums[known ?? sums.count - 1].latencies.merge(latencies)
        }
        try flushDay()
        removeAll()
    }

    private func writeKey(_ place: Place, slot: UInt8, into key: inout ByteWriter) {
        key.removeAll()
        key.append(contentsOf: names[Int(place.series)].clientBytes)
        key.append((UInt32(bitPattern: place.day) ^ 0x8000_0000).byteSwapped)
        key.append(slot)
        key.append(contentsOf: names[Int(place.series)].modelBytes)
        key.append(place.kind / 2)
        key.append(place.kind % 2)
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

    /// Visits every cell's place, its number, and its latencies, which are kept apart from it.
    private func visitInOrder(
        _ body: (Place, _ cell: Int, LatencyHistogram) throws -> Void
    ) rethrows {
        let clients = rankClients()
        let models = rankModels()
        var order: [Rank] = []
        order.reserveCapacity(cells.count)
        for (index, place) in places.enumerated() {
            let day = UInt64(UInt32(bitPattern: place.day) ^ 0x8000_0000)
            order.append(
                Rank(
                    high: UInt64(clients[Int(place.series)]) << 40 | day << 8 | UInt64(place.slot),
                    low: UInt64(models[Int(place.series)]) << 40 | UInt64(place.kind) << 32
                        | UInt64(index)))
        }
        order.sort()
        let (starts, buckets) = groupSamples()
        var latencies = LatencyHistogram()
        for rank in order {
            let index = Int(UInt32(truncatingIfNeeded: rank.low))
            // One histogram's room serves all cells.
            latencies.removeAll()
            latencies.merge(cells[index].latencies)
            for sample in starts[index]..<starts[index + 1] {
                latencies.add(index: buckets[Int(sample)], count: 1)
            }
            try body(places[index], index, latencies)
        }
    }

    /// The samples by cell: a cell's buckets lie between its start and the next one's.
    private func groupSamples() -> (starts: [Int32], buckets: [UInt16]) {
        var starts = [Int32](repeating: 0, count: cells.count + 1)
        for sample in samples { starts[Int(sample.cell) + 1] += 1 }
        for index in 1..<max(1, starts.count) { starts[index] += starts[index - 1] }
        var next = starts
        var buckets = [UInt16](repeating: 0, count: samples.count)
        for sample in samples {
            buckets[Int(next[Int(sample.cell)])] = sample.bucket
            next[Int(sample.cell)] += 1
        }
        return (starts, buckets)
    }

    /// For each series its client's place among all clients, in the order of their bytes.
    private func rankClients() -> [UInt32] { rank { $0.clientBytes } }

    /// For each series the place of its provider, model and tier.
    private func rankModels() -> [UInt32] { rank { $0.modelBytes } }

    private func rank(_ bytes: (Names) -> [UInt8]) -> [UInt32] {
        let order = names.indices.sorted {
            bytes(names[$0]).lexicographicallyPrecedes(bytes(names[$1]))
        }
        var ranks = [UInt32](repeating: 0, count: names.count)
        var rank: UInt32 = 0
        for (place, series) in order.enumerated() {
            if place > 0, bytes(names[order[place - 1]]) != bytes(names[series]) { rank += 1 }
            ranks[series] = rank
        }
        return ranks
    }
}
