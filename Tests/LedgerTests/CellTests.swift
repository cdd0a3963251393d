import Ledger
import TestSupport
import Testing

struct `Usage cells` {
    static func randomCell(_ random: inout SeededRandom) -> UsageCell {
        var cell = UsageCell()
        for _ in 0..<random.int(0...5) {
            cell.merge(
                MemoryCells.cell(of: .random(using: &random), sequence: random.int(1...1_000)))
        }
        return cell
    }

    static func randomKey(_ random: inout SeededRandom) -> CellKey {
        // Spellings that are one text to Swift and two keys to LMDB are among the names.
        let names = [
            "a", "b", "B", "ab", "caf\u{E9}", "cafe\u{301}", "\u{1F701}", "\u{FB01}", "fi",
            "\u{212B}",
        ]
        return CellKey(
            client: random.pick(names), day: CivilDate(dayNumber: random.int(-2...2)),
            slot: random.pick([0, 1, 23, CellKey.wholeDay]), provider: random.pick(names),
            model: random.once(in: 4) ? random.name(upTo: 200) : random.pick(names),
            serviceTier: random.once(in: 2) ? "" : random.pick(names),
            size: InputSizeClass(inputTokens: random.pick([0, 50_000, 600_000])),
            wasCached: random.once(in: 2))
    }

    private func decode(_ bytes: [UInt8]) throws -> UsageCell {
        try lending(bytes) { try CellCodec.decode($0) }
    }

    @Test func `add up to the same whatever is added first`() throws {
        try withSeed { random in
            for _ in 0..<300 {
                let (a, b, c) = (
                    Self.randomCell(&random), Self.randomCell(&random), Self.randomCell(&random)
                )
                var ab = a
                ab.merge(b)
                var ba = b
                ba.merge(a)
                var left = ab
                left.merge(c)
                var right = b
                right.merge(c)
                var all = a
                all.merge(right)
                try #require(ab == ba && left == all)
                try #require(CellCodec.encode(left) == CellCodec.encode(all))
                var same = a
                same.merge(UsageCell())
                try #require(same == a)
            }
        }
    }

    @Test func `come back from their bytes, which end with what depends on arrival`() throws {
        try withSeed { random in
            for _ in 0..<500 {
                let cell = Self.randomCell(&random)
                let bytes = CellCodec.encode(cell)
                try #require(try decode(bytes) == cell)
                var moved = cell
                moved.firstSequence = SequenceNumber(7)
                moved.lastSequence = SequenceNumber(9_999)
                let size = CellCodec.orderDependentSize
                try #require(CellCodec.encode(moved).dropLast(size) == bytes.dropLast(size))
                let plain = try lending(bytes) { try CellCodec.decode($0, withLatencies: false) }
                try #require(plain.tokens[0] == cell.tokens[0] && plain.calls == cell.calls)
                try #require(plain.lastSequence == cell.lastSequence && plain.latencies.count == 0)
            }
        }
    }

    @Test func `cut anywhere are refused, and damaged ones never crash`() throws {
        try withSeed { random in
            for _ in 0..<200 {
                let bytes = CellCodec.encode(Self.randomCell(&random))
                for count in 0..<bytes.count {
                    #expect(throws: CodecError.self) { try decode(Array(bytes.prefix(count))) }
                }
                for _ in 0..<50 {
                    var damaged = bytes
                    for _ in 0..<random.int(1...3) {
                        damaged[random.int(0...damaged.count - 1)] = random.pick([0, 127, 128, 255])
                    }
                    let cell = try? decode(damaged)
                    _ = cell?.latencies.percentile(perMille: 990)
                }
            }
            for _ in 0..<20_000 {
                let cell = try? decode(random.bytes(random.int(0...120)))
                _ = cell?.latencies.percentile(perMille: 500)
            }
        }
    }

    @Test func `with impossible latencies are refused, not trapped on`() {
        /// A cell of zeros with these numbers after the count of buckets.
        func cell(_ numbers: [UInt64]) -> [UInt8] {
            var writer = ByteWriter()
            for _ in 0..<27 { writer.appendVariable(0) }
            for number in numbers { writer.appendVariable(number) }
            for _ in 0..<16 { writer.append(UInt8(0)) }
            return writer.bytes
        }
        let impossible: [[UInt64]] = [
            [1, 65_535, 1], [1, 464, 1], [1, .max, 1], [2, 5, 1, .max, 1], [2, 5, .max, 0, 1],
            [2, 5, .max, 1, 1], [1_025], [1, 0],
        ]
        for numbers in impossible {
            #expect(throws: CodecError.self, "\(numbers)") { try decode(cell(numbers)) }
        }
        #expect(throws: Never.self) { try decode(cell([2, 0, 1, 463, 1])) }
    }

    @Test func `have keys that come back from their bytes`() throws {
        try withSeed { random in
            for _ in 0..<2_000 {
                let key = Self.randomKey(&random)
                let bytes = CellCodec.encode(key)
                let back = try lending(bytes) { try CellCodec.decodeKey($0) }
                try #require(back == key && CellCodec.encode(back) == bytes)
                try #require(bytes.starts(with: CellCodec.prefix(client: key.client, day: key.day)))
                for count in 0..<bytes.count {
                    #expect(throws: CodecError.self) {
                        try lending(Array(bytes.prefix(count))) { try CellCodec.decodeKey($0) }
                    }
                }
            }
        }
    }

    @Test func `have keys in the order of their bytes, and equal only where those are`() throws {
        try withSeed { random in
            for _ in 0..<20_000 {
                let one = Self.randomKey(&random)
                var two = Self.randomKey(&random)
                if random.once(in: 2) {
                    (two.client, two.day, two.slot) = (one.client, one.day, one.slot)
                }
                if random.once(in: 2) { two.provider = one.provider }
                if random.once(in: 3) { two = one }
                let (left, right) = (CellCodec.encode(one), CellCodec.encode(two))
                try #require((one == two) == (left == right))
                try #require((one < two) == left.lexicographicallyPrecedes(right))
                try #require(one != two || one.hashValue == two.hashValue)
            }
        }
    }
}

struct `A latency histogram` {
    @Test func `reads percentiles within 3.2 % of the sorted values`() throws {
        try withSeed { random in
            for _ in 0..<200 {
                let values = (0..<random.int(1...400)).map { _ in
                    UInt32(truncatingIfNeeded: random.next()) >> random.int(0...31) as UInt32
                }
                let sorted = values.sorted()
                var whole = LatencyHistogram()
                var parts = (LatencyHistogram(), LatencyHistogram())
                for (index, value) in values.enumerated() {
                    whole.record(value)
                    if index % 2 == 0 { parts.0.record(value) } else { parts.1.record(value) }
                }
                parts.1.merge(parts.0)
                try #require(parts.1 == whole && whole.count == UInt64(values.count))
                for perMille: UInt64 in [0, 1, 250, 500, 950, 990, 999, 1_000] {
                    let rank = max(1, (values.count * Int(perMille) + 999) / 1_000)
                    let exact = UInt64(sorted[rank - 1])
                    let read = UInt64(try #require(whole.percentile(perMille: perMille)))
                    let error = read > exact ? read - exact : exact - read
                    try #require(error * 32 <= exact, "\(read) \(exact)")
                }
            }
        }
    }

    @Test(arguments: [0, 1, 31, 32, 33, 63, 64, 1_000, 1 << 31, .max] as [UInt32])
    func `holds the extremes`(value: UInt32) throws {
        var histogram = LatencyHistogram()
        histogram.record(value, count: 3)
        let read = try #require(histogram.percentile(perMille: 500))
        let error = UInt64(read > value ? read - value : value - read)
        #expect(error * 32 <= UInt64(value))
        if value < 32 { #expect(read == value) }
        #expect(histogram.count == 3)
    }

    @Test func `of nothing has no percentile`() {
        #expect(LatencyHistogram().percentile(perMille: 500) == nil)
    }
}
