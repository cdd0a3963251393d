import Ledger
import TestSupport
import Testing

struct `A cell folder` {
    struct Row: Equatable {
        var table: CellTable
        var key: [UInt8]
        var cell: [UInt8]
    }

    static let calendar = ClientCalendar(zone: .utc)

    static func folder() -> CellFolder { CellFolder { _ in calendar } }

    /// Calls of few clients and models within three days, so that cells have several calls.
    static func randomEvents(_ random: inout SeededRandom) throws -> [NewEvent] {
        // Spellings that are one text to Swift and two keys to LMDB are among the names.
        let names = ["a", "b", "ab", "caf\u{E9}", "cafe\u{301}"]
        return try (0..<random.int(0...400)).map { number in
            var event = UsageEvent.random(using: &random)
            event.client = random.pick(["a", "ab", "b"])
            event.provider = random.pick(names)
            event.model = random.pick(names)
            event.serviceTier = random.once(in: 3) ? "batch" : ""
            event.occurredAt = Instant(
                nanoseconds: 1_700_000_000_000_000_000 + random.int(0...200_000_000_000_000))
            return try NewEvent(event, id: EventID(high: 1, low: UInt64(number)))
        }
    }

    static func fold(_ events: ArraySlice<NewEvent>, into folder: inout CellFolder) throws {
        for (index, event) in zip(events.indices, events) {
            let record =
                RecordHead.encodeHead(
                    event, sequence: SequenceNumber(UInt64(index) + 1),
                    recordedAt: Instant(nanoseconds: 0))
                + Array(repeating: 0, count: RecordHead.tailSize)
            try lending(record) { span in
                let head = try RecordHead(span)
                try folder.fold(head, span.extracting(head.payloadRange))
            }
        }
    }

    static func rows(_ folder: inout CellFolder) -> [Row] {
        var rows: [Row] = []
        folder.drainRows { table, key, cell in
            rows.append(Row(table: table, key: key.copied, cell: cell.copied))
        }
        return rows
    }

    /// Each call folded alone, and the cells added up by key.
    static func naive(_ events: [NewEvent]) throws -> [Row] {
        var hours: [[UInt8]: UsageCell] = [:]
        var days: [[UInt8]: UsageCell] = [:]
        for index in events.indices {
            var one = folder()
            try fold(events[index...index], into: &one)
            for (key, cell) in one.drain() {
                hours[CellCodec.encode(key), default: UsageCell()].merge(cell)
                var day = key
                day.slot = CellKey.wholeDay
                days[CellCodec.encode(day), default: UsageCell()].merge(cell)
            }
        }
        func sorted(_ table: CellTable, _ cells: [[UInt8]: UsageCell]) -> [Row] {
            cells.sorted { $0.key.lexicographicallyPrecedes($1.key) }
                .map { Row(table: table, key: $0.key, cell: CellCodec.encode($0.value)) }
        }
        return sorted(.hours, hours) + sorted(.days, days)
    }

    @Test func `makes the rows that single calls add up to, each table in the order of its keys`()
        throws
    {
        try withSeed { random in
            // One folder for all rounds: what it keeps from one must not show in the next.
            var folder = Self.folder()
            for _ in 0..<12 {
                let events = try Self.randomEvents(&random)
                try Self.fold(events[...], into: &folder)
                let rows = Self.rows(&folder)
                let expected = try Self.naive(events)
                try #require(
                    rows.filter { $0.table == .hours } + rows.filter { $0.table == .days }
                        == expected)
                try #require(folder.cellCount == 0)
            }
        }
    }

    @Test func `gives its cells in the order of their keys`() throws {
        try withSeed { random in
            for _ in 0..<6 {
                let events = try Self.randomEvents(&random)
                var folder = Self.folder()
                try Self.fold(events[...], into: &folder)
                let cells = folder.drain()
                let expected = try Self.naive(events).filter { $0.table == .hours }
                try #require(cells.map { CellCodec.encode($0.key) } == expected.map(\.key))
                try #require(cells.map { CellCodec.encode($0.cell) } == expected.map(\.cell))
            }
        }
    }
}

struct `A reader of cell keys` {
    @Test func `reads what was written, and numbers names as it meets them`() throws {
        try withSeed { random in
            var reader = CellKeyReader()
            var clients: [[UInt8]: Int] = [:]
            for _ in 0..<2_000 {
                let key = `Usage cells`.randomKey(&random)
                let bytes = CellCodec.encode(key)
                try lending(bytes) { try reader.read($0) }
                try #require(CellCodec.encode(reader.key) == bytes)
                let number = clients[Array(key.client.utf8), default: reader.clientNumber]
                clients[Array(key.client.utf8)] = number
                try #require(reader.clientNumber == number)
                try #require(reader.models[reader.modelNumber] == key.price)
            }
            try #require(reader.clients.count == clients.count)
        }
    }

    @Test func `throws for bytes that are no key`() throws {
        try withSeed { random in
            for _ in 0..<2_000 {
                var bytes = CellCodec.encode(`Usage cells`.randomKey(&random))
                if random.once(in: 2) {
                    bytes.removeLast(random.int(1...bytes.count))
                } else {
                    bytes = random.bytes(random.int(0...40))
                }
                // Reading is an error or gives a key; what it must not do is trap.
                var reader = CellKeyReader()
                if (try? lending(bytes, { try reader.read($0) })) != nil { _ = reader.key }
            }
        }
    }
}
