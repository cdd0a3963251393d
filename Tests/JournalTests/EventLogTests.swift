import Foundation
import Journal
import Ledger
import Synchronization
import TestSupport
import Testing

/// An implementation of `EventLog`: how to make an empty one under a clock.
struct LogMaker: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable (TestClock) throws -> Made

    /// A log, and what must live as long as it does.
    struct Made {
        let log: any EventLog
        let scratch: Scratch?
        let close: () -> Void
    }

    static let all: [LogMaker] = [
        LogMaker(testDescription: "on disk") { clock in
            let scratch = try Scratch()
            let journal = try scratch.create(clock: clock)
            return Made(log: journal, scratch: scratch, close: journal.close)
        },
        LogMaker(testDescription: "in memory") { clock in
            Made(log: InMemoryLog(clock: { clock.tick() }), scratch: nil, close: {})
        },
    ]
}

/// What every implementation of `EventLog` promises.
@Suite struct `An event log` {
    private static func with(
        _ maker: LogMaker, clock: TestClock = TestClock(), _ body: (any EventLog) throws -> Void
    ) throws {
        let made = try maker.make(clock)
        defer { made.close() }
        #expect(
            try made.log.append([registration("acme", 1_000_000)], expecting: .zero)
                == [.appended(SequenceNumber(1))])
        try body(made.log)
    }

    private static func registration(_ client: String, _ id: UInt64) throws -> NewEvent {
        let event = ControlEvent.clientRegistered(ClientRecord(id: client))
        return NewEvent(
            kind: event.kind, version: ControlEvent.version, id: .test(id),
            occurredAt: Instant(seconds: 1_700_000_000), payload: try event.encoded(by: "test"))
    }

    private static func records(
        _ log: any EventLog, after position: SequenceNumber = .zero
    ) throws -> [(head: RecordHead, payload: [UInt8])] {
        var found: [(RecordHead, [UInt8])] = []
        try log.read(after: position) { head, payload in
            found.append((head, payload.copied))
            return true
        }
        return found
    }

    @Test(arguments: LogMaker.all)
    func `keeps order, bytes and gapless places`(maker: LogMaker) throws {
        try Self.with(maker) { log in
            var random = SeededRandom(seed: 1)
            var sent: [NewEvent] = []
            for number in 0..<200 {
                var event = UsageEvent.random(using: &random)
                event.client = "acme"
                sent.append(try usage(UInt64(number), event))
            }
            var place: UInt64 = 2
            for part in [sent[0..<1], sent[1..<130], sent[130..<200]] {
                let outcomes = try log.append(Array(part), expecting: nil)
                #expect(outcomes == part.indices.map { .appended(SequenceNumber(UInt64($0) + 2)) })
                place += UInt64(part.count)
            }
            let read = try Self.records(log)
            #expect(read.map(\.head.sequence.rawValue) == Array(1..<place))
            #expect(
                read.dropFirst().map {
                    NewEvent(
                        kind: $0.head.kind, version: $0.head.version, id: $0.head.id,
                        occurredAt: $0.head.occurredAt, payload: $0.payload)
                } == sent)
            #expect(try log.head().sequence.rawValue == place - 1)
        }
    }

    @Test(arguments: LogMaker.all)
    func `takes an id once, and tells a repetition from a conflict`(maker: LogMaker) throws {
        try Self.with(maker) { log in
            let event = try usage(1, .sample())
            #expect(try log.append([event], expecting: nil) == [.appended(SequenceNumber(2))])
            let head = try log.head()
            #expect(try log.append([event], expecting: nil) == [.existing(SequenceNumber(2))])
            var others = Array(repeating: event, count: 3)
            others[0] = NewEvent(
                kind: event.kind, version: event.version, id: event.id,
                occurredAt: event.occurredAt,
                payload: try usage(1, .sample(input: 1_001)).payload)
            others[1] = NewEvent(
                kind: event.kind, version: event.version, id: event.id,
                occurredAt: Instant(nanoseconds: event.occurredAt.nanoseconds + 1),
                payload: event.payload)
            others[2] = try Self.registration("acme", 1)
            for other in others {
                #expect(try log.append([other], expecting: nil) == [.conflict(SequenceNumber(2))])
            }
            #expect(try log.head() == head)
            // Within one call, too.
            let twice = try usage(2, .sample())
            let changed = try usage(2, .sample(output: 7))
            #expect(
                try log.append([twice, event, twice, changed], expecting: nil) == [
                    .appended(SequenceNumber(3)), .existing(SequenceNumber(2)),
                    .existing(SequenceNumber(3)), .conflict(SequenceNumber(3)),
                ])
            #expect(try Self.records(log).count == 3)
        }
    }

    @Test(arguments: LogMaker.all)
    func `writes nothing when it has moved on`(maker: LogMaker) throws {
        try Self.with(maker) { log in
            let head = try log.head()
            let event = try usage(1, .sample())
            for place: UInt64 in [0, 2, .max] {
                #expect(
                    throws: LogError.moved(
                        expected: SequenceNumber(place), actual: SequenceNumber(1))
                ) { try log.append([event], expecting: SequenceNumber(place)) }
            }
            #expect(try log.head() == head)
            #expect(try Self.records(log).count == 1)
            #expect(
                try log.append([event], expecting: SequenceNumber(1))
                    == [.appended(SequenceNumber(2))])
            // A repetition does not excuse a wrong place.
            #expect(throws: LogError.self) { try log.append([event], expecting: SequenceNumber(1)) }
        }
    }

    @Test(arguments: LogMaker.all)
    func `has a head that changes with every record and with nothing else`(maker: LogMaker) throws {
        try Self.with(maker) { log in
            var chains: Set<[UInt8]> = [try log.head().chain]
            for number in UInt64(1)...20 {
                let outcome = try log.append([usage(number, .sample())], expecting: nil)
                #expect(outcome == [.appended(SequenceNumber(number + 1))])
                let head = try log.head()
                #expect(head.sequence.rawValue == number + 1)
                #expect(head.chain.count == RecordHead.chainSize)
                #expect(chains.insert(head.chain).inserted)
                #expect(try head.recordedAt == Self.records(log).last?.head.recordedAt)
            }
            let head = try log.head()
            #expect(try log.append([], expecting: nil).isEmpty)
            #expect(try log.append([], expecting: head.sequence).isEmpty)
            #expect(throws: LogError.self) { try log.append([], expecting: .zero) }
            #expect(try log.head() == head)
        }
    }

    @Test(arguments: LogMaker.all)
    func `is read from any place and until the reader has enough`(maker: LogMaker) throws {
        try Self.with(maker) { log in
            _ = try log.append((1...9).map { try usage($0, .sample()) }, expecting: nil)
            for place: UInt64 in [0, 1, 5, 9] {
                let read = try Self.records(log, after: SequenceNumber(place))
                #expect(read.map(\.head.sequence.rawValue) == Array(place + 1...10))
            }
            for place: UInt64 in [10, 11, 1_000] {
                #expect(try Self.records(log, after: SequenceNumber(place)).isEmpty)
            }
            var seen: [UInt64] = []
            try log.read(after: SequenceNumber(2)) { head, _ in
                seen.append(head.sequence.rawValue)
                return seen.count < 3
            }
            #expect(seen == [3, 4, 5])
            struct Enough: Error {}
            #expect(throws: Enough.self) { try log.read(after: .zero) { _, _ in throw Enough() } }
        }
    }

    @Test(arguments: LogMaker.all)
    func `records later and later, whatever the clock does`(maker: LogMaker) throws {
        let clock = TestClock(at: Instant(seconds: 1_700_000_000))
        try Self.with(maker, clock: clock) { log in
            let seconds: [Int64] = [1_700_000_000, 1_700_000_000, 1_600_000_000, -5, 1_700_000_009]
            for (number, second) in seconds.enumerated() {
                clock.set(Instant(seconds: second))
                let first = UInt64(number * 3)
                let events = try (first..<first + 3).map { try usage($0, .sample()) }
                _ = try log.append(events, expecting: nil)
            }
            let times = try Self.records(log).map(\.head.recordedAt)
            #expect(times.count == 16)
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
            #expect(times[13] == Instant(seconds: 1_700_000_009))
        }
    }

    @Test(arguments: LogMaker.all)
    func `refuses a call of an unknown client and takes its neighbours`(maker: LogMaker) throws {
        try Self.with(maker) { log in
            let events = try [
                usage(1, .sample()), usage(2, .sample(client: "nobody")), usage(3, .sample()),
            ]
            let outcomes = try log.append(events, expecting: nil)
            #expect(outcomes[0] == .appended(SequenceNumber(2)))
            #expect(outcomes[1] == .refused("its client was never registered"))
            #expect(outcomes[2] == .appended(SequenceNumber(3)))
            #expect(try Self.records(log).count == 3)
            // Its id was not used up.
            _ = try log.append([Self.registration("nobody", 2_000_000)], expecting: nil)
            #expect(try log.append([events[1]], expecting: nil) == [.appended(SequenceNumber(5))])
        }
    }

    @Test(arguments: LogMaker.all)
    func `refuses a payload that could not be read back`(maker: LogMaker) throws {
        try Self.with(maker) { log in
            let good = try usage(1, .sample())
            var payloads: [[UInt8]] = [[], [0], Array(good.payload.dropLast()), good.payload + [0]]
            // The flags promise a latency, the source is none, the client is no text, a name has a
            // zero byte, tags that are no pairs.
            for (place, byte): (Int, UInt8) in [
                (2, 4), (1, 0x0F), (0, 99), (24, 0xFF), (25, 0), (5, 0x80), (16, 1),
            ] {
                var payload = good.payload
                payload[place] = byte
                payloads.append(payload)
            }
            for payload in payloads {
                let event = NewEvent(
                    kind: good.kind, version: good.version, id: good.id,
                    occurredAt: good.occurredAt, payload: payload)
                let outcome = try log.append([event], expecting: nil)
                guard case .refused = outcome.first else {
                    Issue.record("\(payload) gave \(outcome)")
                    continue
                }
            }
            let newer = NewEvent(
                kind: good.kind, version: 200, id: good.id, occurredAt: good.occurredAt,
                payload: good.payload)
            guard case .refused = try log.append([newer], expecting: nil).first else {
                Issue.record("a newer version was taken")
                return
            }
            #expect(try log.head().sequence == SequenceNumber(1))
            #expect(try log.append([good], expecting: nil) == [.appended(SequenceNumber(2))])
        }
    }
}
