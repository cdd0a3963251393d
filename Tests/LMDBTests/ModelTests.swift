import LMDB
import Testing

/// Random commands against an environment and a dictionary, which must agree throughout.
@Suite struct `Against a model` {
    /// SplitMix64, so that a seed names one run on every machine.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
    }

    struct Stop: Error {}
    typealias Entry = (key: UInt64, value: [UInt8])

    let folder = Folder()

    @Test(arguments: [UInt64.random(in: 0 ... .max), 1, 2, 3])
    func `puts, deletes and ranges agree with a sorted dictionary`(seed: UInt64) throws {
        print("LMDB model seed: \(seed)")
        var random = Generator(state: seed)
        let options = Environment.Options(mapSize: 1 << 17, mapLimit: 1 << 28, durable: false)
        var environment = try Environment(path: folder.path, options: options)
        var databases = try ["one", "two"].map { try environment.openDatabase($0, create: true) }
        var models: [[UInt64: [UInt8]]] = [[:], [:]]

        for round in 0..<60 {
            let gives = Int.random(in: 0..<5, using: &random) > 0
            let commands = Int.random(in: 1...120, using: &random)
            let start = random
            var result = models
            do {
                try environment.write { (transaction) throws in
                    // The map may fill and the body run again: it must start from the same place.
                    random = start
                    result = models
                    for _ in 0..<commands {
                        let which = Int.random(in: 0...1, using: &random)
                        try command(
                            &transaction, databases[which], &result[which], using: &random)
                    }
                    if !gives { throw Stop() }
                }
                models = result
            } catch is Stop {}
            for which in 0...1 {
                try compare(environment, databases[which], models[which], using: &random)
            }
            try environment.checkPages()
            if round % 20 == 19 {
                environment.close()
                environment = try Environment(path: folder.path, options: options)
                databases = try ["one", "two"].map { name in
                    try environment.openDatabase(name, create: false)
                }
            }
        }
    }

    private func command(
        _ transaction: inout WriteTransaction, _ database: Database,
        _ model: inout [UInt64: [UInt8]],
        using random: inout Generator
    ) throws {
        let key = UInt64.random(in: 0..<400, using: &random)
        // Up to three pages, so that some values need pages of their own.
        let size = Bool.random(using: &random) ? 20 : Int.random(in: 0..<12_000, using: &random)
        let value = [UInt8](repeating: UInt8.random(in: 0 ... .max, using: &random), count: size)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35:
            try transaction.put(database, key: key, value: value)
            model[key] = value
        case 35..<45:
            do {
                try transaction.put(database, key: key, value: value, mode: .noOverwrite)
                #expect(model.updateValue(value, forKey: key) == nil)
            } catch {
                guard error.kind == .keyExists else { throw error }
                #expect(model[key] != nil)
            }
        case 45..<60:
            let last = model.keys.max() ?? 0
            let next = last + UInt64.random(in: 0...2, using: &random)
            do {
                try transaction.put(database, key: next, value: value, mode: .append)
                #expect(next > last || model.isEmpty)
                model[next] = value
            } catch {
                guard error.kind == .keyExists else { throw error }
                #expect(next == last && !model.isEmpty)
            }
        case 60..<70:
            try transaction.reserve(database, key: key, count: size) { output in
                output.append(copying: unsafe value.span.bytes)
            }
            model[key] = value
        case 70..<98:
            // The greatest keys too: the append cursor must notice that its page has gone.
            let victim = Bool.random(using: &random) ? key : model.keys.max() ?? key
            #expect(
                try transaction.delete(database, key: victim)
                    == (model.removeValue(forKey: victim) != nil))
        default:
            try transaction.clear(database)
            model = [:]
        }
        #expect(try transaction.value(database, key) == model[key])
    }

    private func compare(
        _ environment: Environment, _ database: Database, _ model: [UInt64: [UInt8]],
        using random: inout Generator
    ) throws {
        let sorted = model.sorted { $0.key < $1.key }
        let from = UInt64.random(in: 0..<500, using: &random)
        let limit = Int.random(in: 1...50, using: &random)
        try environment.read { (transaction) throws in
            #expect(try transaction.count(database) == sorted.count)
            func scan(_ walk: ((RawSpan, RawSpan) throws -> Bool) throws -> Void) throws -> [Entry]
            {
                var found: [Entry] = []
                try walk { key, value in
                    found.append((key: key.bigEndian() ?? 0, value: [UInt8](value)))
                    return true
                }
                return found
            }
            func same(_ left: [Entry], _ right: some Collection<(key: UInt64, value: [UInt8])>) {
                #expect(left.elementsEqual(right) { $0.key == $1.key && $0.value == $1.value })
            }
            same(try scan { try transaction.forEach(database, $0) }, sorted)
            same(
                try scan { try transaction.forEach(database, reverse: true, $0) }, sorted.reversed()
            )
            same(
                try scan { try transaction.forEach(database, from: from, $0) },
                sorted.filter { $0.key >= from })
            same(
                try scan { try transaction.forEach(database, from: from, reverse: true, $0) },
                sorted.filter { $0.key <= from }.reversed())
            same(try scan { try transaction.forEach(database, from: [], $0) }, sorted)
            same(try scan { try transaction.forEach(database, from: [], reverse: true, $0) }, [])

            var stopped: [UInt64] = []
            try transaction.forEach(database) { key, _ in
                stopped.append(key.bigEndian() ?? 0)
                return stopped.count < limit
            }
            #expect(stopped == sorted.prefix(limit).map(\.key))
            #expect(
                try transaction.first(database) { key, _ in key.bigEndian() } == sorted.first?.key)
            #expect(
                try transaction.last(database) { key, _ in key.bigEndian() } == sorted.last?.key)
        }
    }
}
