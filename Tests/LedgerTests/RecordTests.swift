import Foundation
import Ledger
import TestSupport
import Testing

struct `Checksums` {
    /// The definition, bit by bit.
    private func naive(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }

    private func checksum(_ bytes: [UInt8]) -> UInt32 {
        lending(bytes) { CRC32C.checksum($0, count: bytes.count) }
    }

    @Test func `are those of RFC 3720`() {
        #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(checksum([]) == 0)
        #expect(checksum(Array(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum(Array(repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(checksum(Array(0..<32)) == 0x46DD_794E)
        #expect(checksum(Array((0..<32).reversed())) == 0x113F_DB5C)
    }

    @Test func `equal the bitwise ones at every length`() throws {
        try withSeed { random in
            for length in 0...300 {
                let bytes = random.bytes(length)
                try #require(checksum(bytes) == naive(bytes))
                let part = random.int(0...length)
                try #require(
                    lending(bytes) { CRC32C.checksum($0, count: part) }
                        == naive(Array(bytes.prefix(part))))
            }
        }
    }
}

struct `Stored records` {
    /// A record as a log writes it, with a chain of zeros.
    private func record(_ event: NewEvent, sequence: UInt64, recordedAt: Instant) -> [UInt8] {
        var bytes = RecordHead.encodeHead(
            event, sequence: SequenceNumber(sequence), recordedAt: recordedAt)
        bytes += [UInt8](repeating: 0, count: RecordHead.chainSize)
        let crc = lending(bytes) { CRC32C.checksum($0, count: bytes.count) }
        for shift: UInt32 in [0, 8, 16, 24] {
            bytes.append(UInt8(truncatingIfNeeded: crc >> shift))
        }
        return bytes
    }

    @Test func `have a head that reads back, and a checksum that finds every flipped bit`() throws {
        try withSeed { random in
            for _ in 0..<50 {
                let usage = UsageEvent.random(using: &random)
                let event = try NewEvent(
                    usage, id: EventID(high: random.next(), low: random.next()))
                let at = Instant(nanoseconds: random.int(.min ... .max))
                let sequence = random.next()
                var bytes = record(event, sequence: sequence, recordedAt: at)
                let head = try lending(bytes) { try RecordHead($0) }
                try #require(head.kind == .usageRecorded && head.version == 1)
                try #require(head.sequence.rawValue == sequence && head.id == event.id)
                try #require(head.recordedAt == at && head.occurredAt == usage.occurredAt)
                try #require(Array(bytes[head.payloadRange]) == event.payload)
                try #require(head.chainRange.upperBound + 4 == bytes.count)
                try lending(bytes) { try RecordHead.verifyChecksum($0) }
                let place = random.int(0...bytes.count - 1)
                bytes[place] ^= 1 << random.int(0...7)
                #expect(throws: CodecError.checksum) {
                    try lending(bytes) { try RecordHead.verifyChecksum($0) }
                }
            }
        }
    }

    @Test func `of wrong length or unknown kind are refused`() throws {
        let event = try NewEvent(.sample(), id: EventID(high: 1, low: 2))
        let bytes = record(event, sequence: 1, recordedAt: Instant(nanoseconds: 0))
        for count in 0..<bytes.count {
            #expect(throws: CodecError.truncated) {
                try lending(Array(bytes.prefix(count))) { try RecordHead($0) }
            }
        }
        #expect(throws: CodecError.truncated) { try lending(bytes + [0]) { try RecordHead($0) } }
        #expect(throws: CodecError.unknownVersion(kind: 200, version: 1)) {
            try lending([200] + bytes.dropFirst()) { try RecordHead($0) }
        }
        #expect(throws: CodecError.truncated) {
            try lending([UInt8](repeating: 0, count: 83)) { try RecordHead.verifyChecksum($0) }
        }
    }

    @Test func `never crash on random bytes`() throws {
        try withSeed { random in
            for _ in 0..<20_000 {
                var bytes = random.bytes(random.int(0...200))
                if !bytes.isEmpty { bytes[0] = random.int(0...20) }
                _ = try? lending(bytes) { try RecordHead($0) }
                _ = try? lending(bytes) { try RecordHead.verifyChecksum($0) }
            }
        }
    }

    @Test(arguments: [-1, .min, 9, 13, 16, .max, .max - 3, .max - 15])
    func `are not read outside their bytes`(offset: Int) {
        let bytes = [UInt8](repeating: 7, count: 16)
        #expect(throws: CodecError.truncated) {
            try lending(bytes) { try $0.load(offset, as: UInt64.self) }
        }
        #expect(throws: CodecError.truncated) {
            try lending(bytes) { try $0.loadBigEndian(offset, as: UInt64.self) }
        }
        #expect(throws: CodecError.truncated) { try lending(bytes) { try $0.bytes(offset, 8) } }
        #expect(throws: CodecError.truncated) { try lending(bytes) { try $0.text(offset, 8) } }
        #expect(throws: CodecError.truncated) {
            try lending(bytes) { try $0.bytes(8, max(9, offset)) }
        }
        #expect(throws: CodecError.truncated) {
            try lending(bytes) { try $0.text(8, max(9, offset)) }
        }
    }

    @Test func `have dotted names of their kinds`() {
        #expect(EventKind.usageRecorded.name == "usage.recorded")
        #expect(EventKind.settingsChanged.name == "settings.changed")
        #expect(Set(EventKind.allCases.map(\.name)).count == EventKind.allCases.count)
        #expect(EventKind.allCases.map(\.rawValue) == Array(1...21))
    }
}

struct `The golden record of version 1` {
    static func expected() -> UsageEvent {
        var event = UsageEvent(
            client: "padaria-são-joão", provider: "openai", model: "gpt-4o-2024-08-06",
            occurredAt: Instant(nanoseconds: 1_700_158_623_979_960_000))
        event.modelRequested = "gpt-4o"
        event.operation = .completion
        event.serviceTier = "flex"
        for usageClass in UsageClass.allCases {
            event.tokens[usageClass] = 1_000 + UInt32(usageClass.rawValue) * 70_001
        }
        event.tokens[.inputImage] = 0
        event.usageSource = .estimated
        event.outcome = .cutAtLimit
        event.wasFallback = true
        event.fallbackReason = "rate limit"
        event.latencyMilliseconds = 70_123
        event.timeToFirstTokenMilliseconds = 412
        event.attempt = 2
        event.key = "key_1"
        event.conversation = "whatsapp-42"
        event.requestID = "req_0123456789"
        event.endUser = EndUserPseudonym(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
        event.hold = EventID(high: 0x1112_1314_1516_1718, low: 0x191A_1B1C_1D1E_1F20)
        event.tags = ["loja": "Centro", "turno": ""]
        event.providerUsage = #"{"prompt_tokens":1000}"#
        return event
    }

    @Test func `is read as it was meant and written as it was`() throws {
        let expected = Self.expected()
        let bytes = try GoldenBytes("usage-v1.hex").read(orWrite: UsageCodec.encode(expected))
        #expect(try decoded(bytes, at: expected.occurredAt) == expected)
        #expect(try UsageCodec.encode(expected) == bytes)
    }
}
