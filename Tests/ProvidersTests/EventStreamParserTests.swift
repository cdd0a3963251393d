import Ledger
import TestSupport
import Testing

@testable import Providers

struct `Event streams` {
    /// The events of a stream in those pieces.
    static func events(_ pieces: [[UInt8]], maximumEventBytes: Int = 1 << 20) -> [ServerSentEvent] {
        var parser = EventStreamParser(maximumEventBytes: maximumEventBytes)
        return pieces.flatMap { parser.consume($0) } + parser.finish()
    }

    static func shown(_ events: [ServerSentEvent]) -> [String] {
        events.filter { !$0.data.isEmpty || $0.name != nil }.map { event in
            (event.name ?? "") + "|" + String(decoding: event.data, as: UTF8.self)
        }
    }

    static let table: [(stream: String, events: [String])] = [
        ("data: a\n\ndata: b\n\n", ["|a", "|b"]),
        ("data: a\r\n\r\ndata: b\r\n\r\n", ["|a", "|b"]),
        ("data: a\r\rdata: b\r\r", ["|a", "|b"]),
        ("data: a\r\n\ndata: b\n\r\n", ["|a", "|b"]),
        ("\u{FEFF}data: a\n\n", ["|a"]),
        ("\u{FEFF}\u{FEFF}data: a\n\n", []),
        (": a comment\n\ndata: a\n\n", ["|a"]),
        ("data: a\n: a comment\ndata: b\n\n", ["|a\nb"]),
        ("data\n\n", []),
        ("data:\ndata\ndata: x\n\n", ["|\n\nx"]),
        ("data:  two spaces \n\n", ["| two spaces "]),
        ("event: ping\ndata:{\"a\":1}\nid: 7\nretry: 3\n\n", ["ping|{\"a\":1}"]),
        ("event:\ndata:x\n\n", ["|x"]),
        ("event: a\nevent: b\ndata:x\n\n", ["b|x"]),
        ("unknown: a\nEvent: b\ndata:x\n\n", ["|x"]),
        ("data: [DONE]\n\n", ["|[DONE]"]),
        ("data: cut off", ["|cut off"]),
        ("\n\n\n\ndata: a\n\n\n\n", ["|a"]),
        ("", []), ("\r", []), ("\n", []), (":", []),
    ]

    @Test(arguments: table) func `events are what the format says, wherever the stream is cut`(
        stream: String, events: [String]
    ) {
        let bytes = Array(stream.utf8)
        let whole = Self.events([bytes])
        #expect(Self.shown(whole) == events)
        #expect(whole.flatMap(\.raw) == bytes)
        for cut in bytes.indices {
            let parts = [Array(bytes[..<cut]), Array(bytes[cut...])]
            #expect(Self.events(parts) == whole, "cut at \(cut)")
        }
        #expect(Self.events(bytes.map { [$0] }) == whole)
    }

    @Test func `any bytes are events, the same ones in any pieces`() throws {
        try withSeed { random in
            let pieces = Array("data: event: :\u{FEFF}{}\"a".utf8) + [0x0A, 0x0A, 0x0D, 0x0D, 0xFF]
            for _ in 0..<400 {
                let bytes = (0..<random.int(0...120)).map { _ in random.pick(pieces) }
                let limit = random.int(1...200)
                let whole = Self.events([bytes], maximumEventBytes: limit)
                try #require(whole.flatMap(\.raw) == bytes)
                var parts: [[UInt8]] = [[]]
                for byte in bytes {
                    if random.once(in: 5) { parts.append([]) }
                    parts[parts.count - 1].append(byte)
                }
                let cut = Self.events(parts, maximumEventBytes: limit)
                try #require(cut.flatMap(\.raw) == bytes)
                try #require(
                    cut.filter { !$0.isOversized } == whole.filter { !$0.isOversized })
            }
        }
    }

    @Test func `an event above the bound is passed on in pieces and means nothing`() {
        let large = Array("data: \(String(repeating: "x", count: 5_000))\n\ndata: a\n\n".utf8)
        let events = Self.events([large], maximumEventBytes: 1_000)
        #expect(events.filter(\.isOversized).allSatisfy { $0.raw.count <= 1_001 && $0.data == [] })
        #expect(Self.shown(events) == ["|a"] && events.flatMap(\.raw) == large)
    }

    @Test func `a million lines without an end stay within the bound`() {
        var metered = Metered(.chatCompletions, maximumEventBytes: 64 << 10)
        let lines = Array(String(repeating: ": keep alive\ndata: x\n", count: 1_000).utf8)
        var largest = 0
        for _ in 0..<500 {
            for event in metered.parser.consume(lines) {
                largest = max(largest, event.raw.count)
                metered.meter.observe(event)
            }
        }
        metered.finish()
        #expect(largest <= 64 << 10 + 1 && metered.meter.unreadableEvents > 100)
        #expect(metered.meter.report.usages.first?.source == .missing)
    }
}
