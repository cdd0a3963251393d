import Foundation
import LMDB
import Ledger
import TestSupport
import Testing

@testable import Journal

// What is kept for keys of calls: bounded, sealed, and the same after a start.
@Suite struct `Kept answers` {
    static let now = Instant(seconds: 1_790_000_000)

    /// A data folder with its keys, and what is kept in it.
    final class Place {
        let scratch: Scratch
        var people: PeopleKeys
        var kept: KeptAnswers
        let bounds: KeptAnswers.Bounds

        init(_ bounds: KeptAnswers.Bounds = KeptAnswers.Bounds()) throws {
            scratch = try Scratch()
            self.bounds = bounds
            people = try PeopleKeys(folder: scratch.path)
            kept = try KeptAnswers(
                folder: scratch.path, secrets: people, bounds: bounds, clock: { now })
        }

        deinit { close() }

        func close() {
            kept.close()
            people.close()
        }

        func restart() throws {
            close()
            people = try PeopleKeys(folder: scratch.path)
            kept = try KeptAnswers(
                folder: scratch.path, secrets: people, bounds: bounds, clock: { now })
        }

        func name(_ number: Int) -> KeyedDigest { kept.name(client: "acme", key: "k\(number)") }

        /// Begins a call of that key at a second; what is known of it.
        func begin(
            _ number: Int, request: String = "q", id: UInt64, at second: Int64 = 0
        ) async throws -> KeptCall? {
            try await kept.begin(
                name(number), kept.digest("chat", Array(request.utf8)), id: .test(id),
                at: Instant(seconds: now.seconds + second))
        }

        func finish(_ number: Int, id: UInt64, _ answer: String?) async throws {
            try await kept.finish(
                name(number), id: .test(id), answer: answer.map { Array($0.utf8) })
        }
    }

    @Test func `tell what is known of a key, also after a start`() async throws {
        let place = try Place()
        #expect(try await place.begin(1, id: 1) == nil)
        let open = try #require(try await place.begin(1, id: 2))
        #expect(open.id == .test(1) && !open.hasEnded && open.answer == nil)
        #expect(open.request == place.kept.digest("chat", Array("q".utf8)))
        try await place.finish(1, id: 1, "the answer")
        for _ in 0..<2 {
            let known = try #require(try await place.begin(1, request: "other", id: 3))
            #expect(known.id == .test(1) && known.hasEnded && known.begunAt == Self.now)
            #expect(known.answer == Array("the answer".utf8))
            #expect(known.request == place.kept.digest("chat", Array("q".utf8)))
            try place.restart()
        }
        #expect(try await place.begin(2, id: 4) == nil)
        #expect(try await place.kept.totals() == (keys: 2, bytes: 10 + 28))
    }

    @Test func `forget what cost nothing, and only that`() async throws {
        let place = try Place()
        _ = try await place.begin(1, id: 1)
        try await place.kept.forget(place.name(1), id: .test(9))
        #expect(try await place.begin(1, id: 2)?.id == .test(1))
        try await place.kept.forget(place.name(1), id: .test(1))
        #expect(try await place.begin(1, id: 3) == nil)
        // The end of a call whose key stands for another is not that one's end.
        try await place.finish(1, id: 1, "late")
        #expect(try await place.begin(1, id: 4)?.hasEnded == false)
        try await place.kept.replace(
            place.name(1), place.kept.digest("chat", []), id: .test(5), at: Self.now)
        let replaced = try #require(try await place.begin(1, id: 6))
        #expect(replaced.id == .test(5))
        #expect(try await place.kept.totals().keys == 1)
    }

    @Test func `keep to their bytes: the oldest answers go, their keys stay`() async throws {
        var bounds = KeptAnswers.Bounds()
        bounds.bytes = 10_000
        let place = try Place(bounds)
        for number in 1...20 {
            _ = try await place.begin(number, id: UInt64(number))
            try await place.finish(number, id: UInt64(number), String(repeating: "x", count: 972))
            #expect(try await place.kept.totals().bytes <= 10_000)
        }
        #expect(try await place.kept.totals() == (keys: 20, bytes: 10_000))
        for number in 1...20 {
            let known = try #require(try await place.begin(number, id: 99))
            #expect(known.hasEnded && (known.answer != nil) == (number > 10), "\(number)")
        }
        _ = try await place.begin(21, id: 21)
        try await place.finish(21, id: 21, String(repeating: "x", count: 10_001))
        #expect(try await place.begin(21, id: 99)?.answer == nil)
        #expect(try await place.kept.totals().bytes == 10_000)
    }

    @Test func `keep to their number of keys: the oldest go`() async throws {
        var bounds = KeptAnswers.Bounds()
        bounds.keys = 5
        let place = try Place(bounds)
        for number in 1...12 {
            #expect(try await place.begin(number, id: UInt64(number)) == nil)
            try await place.finish(number, id: UInt64(number), "answer")
            #expect(try await place.kept.totals().keys == min(number, 5))
        }
        #expect(try await place.begin(12, id: 99)?.answer != nil)
        #expect(try await place.begin(7, id: 99) == nil)
    }

    @Test func `go with age`() async throws {
        var bounds = KeptAnswers.Bounds()
        bounds.seconds = 100
        let place = try Place(bounds)
        for number in 1...40 {
            _ = try await place.begin(number, id: UInt64(number), at: Int64(number))
            try await place.finish(number, id: UInt64(number), "answer")
        }
        #expect(try await place.begin(40, id: 99, at: 139)?.answer != nil)
        // What is too old is as good as none, swept or not.
        #expect(try await place.begin(40, id: 100, at: 140) == nil)
        #expect(try await place.begin(41, id: 101, at: 150) == nil)
        #expect(try await place.kept.totals().keys <= 10)
        #expect(try await place.begin(42, id: 102, at: 150) == nil)
        #expect(try await place.kept.totals() == (keys: 3, bytes: 0))
    }

    @Test func `go with age while nobody asks, and at a start`() async throws {
        let scratch = try Scratch()
        var bounds = KeptAnswers.Bounds()
        bounds.seconds = 100
        let clock = TestClock(at: Self.now)
        let people = try PeopleKeys(folder: scratch.path)
        for _ in 0..<2 {
            let kept = try KeptAnswers(
                folder: scratch.path, secrets: people, bounds: bounds, mapSize: 64 << 20,
                sweepSeconds: 0.01,
                clock: { clock.tick() })
            for number in UInt64(1)...50 {
                let name = kept.name(client: "acme", key: "\(number)")
                _ = try await kept.begin(name, name, id: .test(number), at: Self.now)
                try await kept.finish(name, id: .test(number), answer: [1, 2, 3])
            }
            #expect(try await kept.totals().keys == 50)
            clock.set(Instant(seconds: Self.now.seconds + 100))
            while try await kept.totals() != (keys: 0, bytes: 0) {
                try await Task.sleep(for: .milliseconds(5))
            }
            clock.set(Self.now)
            kept.close()
        }
        people.close()
    }

    @Test func `go on where the file is full before its bound, without the older half`()
        async throws
    {
        let scratch = try Scratch()
        let people = try PeopleKeys(folder: scratch.path)
        let kept = try KeptAnswers(
            folder: scratch.path, secrets: people, bounds: KeptAnswers.Bounds(), mapSize: 4 << 20,
            sweepSeconds: 60, clock: { Self.now })
        let answer = [UInt8](repeating: 7, count: 100_000)
        var failures: Set<UInt64> = []
        for number in UInt64(1)...150 {
            let name = kept.name(client: "acme", key: "\(number)")
            #expect(try await kept.begin(name, name, id: .test(number), at: Self.now) == nil)
            do {
                try await kept.finish(name, id: .test(number), answer: answer)
            } catch {
                #expect((error as? LMDBError)?.kind == .mapFull)
                failures.insert(number)
            }
            let known = try await kept.begin(name, name, id: .test(999), at: Self.now)
            #expect(known?.hasEnded == true)
            #expect((known?.answer == answer) != failures.contains(number))
        }
        #expect((1...30).contains(failures.count), "\(failures.count)")
        #expect(try await kept.totals().keys == 150)
        kept.close()
        people.close()
    }

    @Test func `lie sealed, and their keys and requests as digests`() async throws {
        let place = try Place()
        let said = "O cliente perguntou quanto custa o pão de queijo."
        for number in 1...50 {
            _ = try await place.begin(number, request: "segredo do pedido", id: UInt64(number))
            try await place.finish(number, id: UInt64(number), said)
        }
        try await place.kept.forget(place.name(1), id: .test(1))
        place.close()
        for folder in ["cache", "keys"] {
            let file = try Data(
                contentsOf: URL(fileURLWithPath: place.scratch.path + "/\(folder)/data.mdb"))
            for text in ["pão de queijo", "O cliente", "segredo do pedido", "k17", "acme"] {
                #expect(file.range(of: Data(text.utf8)) == nil, "\(text) in \(folder)/")
            }
        }
        let access = try FileManager.default.attributesOfItem(atPath: place.scratch.path + "/cache")
        #expect(access[.posixPermissions] as? Int == 0o700)
        // Without the secrets nothing is found, and nothing stands in the way.
        try FileManager.default.removeItem(atPath: place.scratch.path + "/keys")
        try place.restart()
        #expect(try await place.begin(2, id: 200) == nil)
    }

    @Test func `that are damaged are thrown away`() async throws {
        let place = try Place()
        for number in 1...200 {
            _ = try await place.begin(number, id: UInt64(number))
            try await place.finish(number, id: UInt64(number), String(repeating: "y", count: 3_000))
        }
        place.close()
        let path = place.scratch.path + "/cache/data.mdb"
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.truncate(atOffset: 16_384)
        try file.close()
        try place.restart()
        #expect(place.kept.isNewForDamage)
        #expect(try await place.begin(1, id: 1) == nil)
        try place.restart()
        #expect(!place.kept.isNewForDamage)
        #expect(try await place.begin(1, id: 2)?.id == .test(1))
    }

    @Test func `are begun once by however many at a time`() async throws {
        let place = try Place()
        let (kept, name) = (place.kept, place.name(1))
        let request = kept.digest("chat", [])
        let firsts = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask {
                    try await kept.begin(name, request, id: .test(UInt64(number)), at: Self.now)
                        == nil
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(firsts == 1)
        place.close()
        await #expect(throws: LogError.self) { _ = try await place.begin(2, id: 1) }
    }

    private struct Entry: Equatable {
        var id: UInt64
        var at: Int64
        var hasEnded = false
        var length: Int?
        /// What it takes when it is sealed.
        var bytes: Int { length.map { $0 + 28 } ?? 0 }
    }

    /// Random calls against a dictionary that is walked through each time.
    @Test func `do what a simple model does`() async throws {
        var bounds = KeptAnswers.Bounds()
        (bounds.bytes, bounds.keys, bounds.seconds) = (4_000, 12, 300)
        let place = try Place(bounds)
        try await withSeed { random in
            var model: [Int: Entry] = [:]
            func oldest(_ those: (Entry) -> Bool) -> Int? {
                model.filter { those($0.value) }.min { $0.value.id < $1.value.id }?.key
            }
            var second: Int64 = 0
            for id in UInt64(1)...1_500 {
                second += random.int(0...9)
                let number = random.int(0...19)
                model = model.filter { second - $0.value.at < 300 }
                let draw = random.int(0...9)
                if draw < 5 {
                    let known = try await place.begin(number, id: id, at: second)
                    try #require(known?.id == model[number].map { .test($0.id) })
                    try #require(known?.hasEnded == model[number]?.hasEnded)
                    try #require(known?.answer?.count == model[number]?.length)
                    guard known == nil else { continue }
                    model[number] = Entry(id: id, at: second)
                    while model.count > 12, let old = oldest({ _ in true }) { model[old] = nil }
                } else if let entry = model[number], !entry.hasEnded, draw < 9 {
                    let length = random.once(in: 5) ? nil : random.int(0...1_200)
                    try await place.finish(
                        number, id: entry.id, length.map { String(repeating: "z", count: $0) })
                    model[number]?.hasEnded = true
                    guard let length else { continue }
                    while model.values.reduce(length + 28, { $0 + $1.bytes }) > 4_000,
                        let old = oldest({ $0.length != nil })
                    {
                        model[old]?.length = nil
                    }
                    model[number]?.length = length
                } else if let entry = model[number], !entry.hasEnded {
                    try await place.kept.forget(place.name(number), id: .test(entry.id))
                    model[number] = nil
                }
                if random.once(in: 200) { try place.restart() }
            }
        }
    }
}
