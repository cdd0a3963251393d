public import Foundation

/// One way to damage a file: the same for the same seed and number, in every process.
public struct Damage: Sendable, CustomStringConvertible {
    /// What was done, with the seed and the number to do it again.
    public let description: String
    /// The file afterwards.
    public let bytes: Data
    /// The places where a byte is another than in the file as it was, if both have one length.
    public func changed(from whole: Data) -> [Int] {
        guard bytes.count == whole.count else { return [] }
        return stride(from: 0, to: bytes.count, by: 4_096).flatMap { start -> [Int] in
            let range = start..<min(bytes.count, start + 4_096)
            if bytes[range] == whole[range] { return [] }
            return range.filter { bytes[$0] != whole[$0] }
        }
    }

    /// Damages a file whose pages have `pageSize` bytes: a byte, a run of bytes, a page of zeros,
    /// two pages in each other's place, or an end that is missing.
    public init(_ number: Int, seed: UInt64, to whole: Data, pageSize: Int = 4_096) {
        var random = SeededRandom(seed: seed &+ UInt64(number) &* 0x9E37)
        var bytes = whole
        let pages = whole.count / pageSize
        let what: String
        switch random.int(0...19) {
        case 0...9:
            let place = random.int(0...whole.count - 1)
            let bits =
                random.once(in: 2) ? UInt8(1) << random.int(UInt8(0)...7) : random.int(1...255)
            bytes[place] ^= bits
            what = "byte \(place) ^ \(bits)"
        case 10...12:
            // The heads of pages and the lists of offsets behind them steer everything.
            let place = random.int(0...pages - 1) * pageSize + random.int(0...47)
            let bits: UInt8 = random.int(1...255)
            bytes[place] ^= bits
            what = "head byte \(place) ^ \(bits)"
        case 13...15:
            let place = random.int(0...whole.count - 1)
            let end = min(whole.count, place + random.int(2...300))
            let isZero = random.once(in: 3)
            for index in place..<end { bytes[index] = isZero ? 0 : random.int(0...255) }
            what = "bytes \(place)..<\(end)\(isZero ? " zero" : "")"
        case 16:
            let page = random.int(0...pages - 1)
            bytes.replaceSubrange(
                page * pageSize..<(page + 1) * pageSize, with: Data(count: pageSize))
            what = "page \(page) zero"
        case 17, 18:
            let (one, other) = (random.int(0...pages - 1), random.int(0...pages - 1))
            let first = whole[one * pageSize..<(one + 1) * pageSize]
            let second = whole[other * pageSize..<(other + 1) * pageSize]
            bytes.replaceSubrange(one * pageSize..<(one + 1) * pageSize, with: second)
            bytes.replaceSubrange(other * pageSize..<(other + 1) * pageSize, with: first)
            what = "pages \(one) and \(other) swapped"
        default:
            let count = random.int(1...whole.count - 1)
            bytes = Data(whole.prefix(count))
            what = "cut to \(count) bytes"
        }
        self.bytes = bytes
        description = "seed \(seed), trial \(number): \(what)"
    }
}

/// A file in which trials note how they went, so that one which ended its process is seen.
public struct TrialLog: Sendable {
    /// The file; a path, so that a child process can be handed it.
    public let path: String

    /// Names the log; the file must exist.
    public init(path: String) { self.path = path }

    /// Makes an empty log.
    public static func make(at path: String) throws -> TrialLog {
        try Data().write(to: URL(fileURLWithPath: path))
        return TrialLog(path: path)
    }

    /// Notes that a trial begins; `end` notes its outcome.
    public func begin(_ number: Int) throws { try write("\(number) begun") }

    /// Notes how a trial went, in a word.
    public func end(_ number: Int, _ outcome: String) throws { try write("\(number) \(outcome)") }

    private func write(_ line: String) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data((line + "\n").utf8))
    }

    /// The outcomes so far; a trial that was begun and not ended is "crashed".
    public func outcomes() throws -> [Int: String] {
        var outcomes: [Int: String] = [:]
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[0]) else { continue }
            outcomes[number] = parts[1] == "begun" ? "crashed" : String(parts[1])
        }
        return outcomes
    }
}

/// The seed of a random test: RAZAO_TEST_SEED, else another one each time.
public func testSeed() -> UInt64 {
    let given = ProcessInfo.processInfo.environment["RAZAO_TEST_SEED"].flatMap { UInt64($0) }
    return given ?? UInt64.random(in: .min ... .max)
}
