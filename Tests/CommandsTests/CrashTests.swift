import Foundation
import Glibc
import TestSupport
import Testing

// kill -9 at any instant: what was reported is there, once, and the rest can be imported again.
@Suite(.serialized) struct `kill -9` {
    static let lines = 6_000

    /// Kills an import either once it has acknowledged a number of batches, or after some
    /// milliseconds, whatever it does then.
    private func kill(_ child: Child, _ random: inout SeededRandom) {
        let limit = Date().addingTimeInterval(60)
        if random.once(in: 2) {
            let batches = random.int(1...5)
            while child.isRunning, Date() < limit,
                MadeUsage.acknowledged(child.output).count < batches
            { usleep(500) }
            usleep(random.int(0...20_000))
        } else {
            usleep(random.int(5_000...900_000))
        }
        if child.isRunning { child.stop(SIGKILL) }
    }

    @Test func `twenty imports, each at a random instant, over one ledger`() throws {
        try withSeed { random in
            let place = try Workplace()
            // A budget, so that balances have to change with the log.
            var lost = 0
            var killed = 0
            for round in 1...20 {
                let client = "k\(round)"
                try place.razao("client", "add", client)
                if round % 2 == 0 {
                    try place.razao(
                        "budget", "set", client, "--unit", "tokens", "--limit", "1000000000",
                        "--period", "monthly")
                }
                let file = try place.write(
                    "\(client).jsonl", MadeUsage.lines(Self.lines, client: client))
                let child = try place.start(["import", file, "--acknowledge"])
                kill(child, &random)
                let reported = MadeUsage.acknowledged(child.output)
                killed += try child.wait().signal == SIGKILL ? 1 : 0
                let there = try MadeUsage.numbers(place, client: client)
                try #require(Set(there).count == there.count, "a call is there twice")
                // Batches are taken in order, each whole.
                try #require(there.sorted() == Array(1..<there.count + 1))
                lost += reported.filter { $0.upperBound > there.count }.count
                if round % 5 == 0 { try place.razao("verify") }

                let again = try place.razao("import", file)
                try #require(
                    again == "6000 calls read: \(6_000 - there.count) new, \(there.count) already "
                        + "there, 0 refused\n")
            }
            try #require(lost == 0)
            // Or the test has tested nothing.
            try #require(killed >= 5, "only \(killed) of 20 imports were still running")
            try place.razao("verify")
            try place.razao("replay", "--verify")
            let usage = try Figures(
                parsing: place.razao("usage", "--by", "client", "--format", "json"))
            try #require(usage.list.map { $0["calls"].count } == Array(repeating: 6_000, count: 20))
        }
    }

    @Test func `rebuilds, prices and rates leave a whole ledger`() throws {
        try withSeed { random in
            let place = try Workplace()
            let file = try place.write("a.jsonl", MadeUsage.lines(9_000, client: "a"))
            try place.razao("import", file, "--create-clients")
            let figures = try place.razao("usage", "--by", "day,hour", "--format", "json")
            for round in 1...10 {
                let rates = try place.write("rates-\(round).csv", Self.rates(year: 2026 + round))
                let command = random.pick([
                    ["replay", "--rebuild"], ["replay", "--verify"], ["rates", "import", rates],
                    ["usage", "--by", "day"],
                ])
                let child = try place.start(command)
                usleep(random.int(5_000...400_000))
                child.stop(SIGKILL)
                let now = try place.razao("usage", "--by", "day,hour", "--format", "json")
                let isEqual = now == figures
                try #require(isEqual, "after \(command)")
            }
            try place.razao("verify")
            try place.razao("replay", "--verify")
            try place.razao("replay", "--rebuild")
            try place.razao("replay", "--verify")
            let folders = try FileManager.default.contentsOfDirectory(atPath: place.data)
                .filter { $0.hasPrefix("views") }
            try #require(folders.count == 1, "left behind: \(folders)")
        }
    }

    @Test func `an init that was killed can be done again and then has its six models`() throws {
        try withSeed { random in
            for round in 1...12 {
                let place = try Workplace(initialized: false)
                let child = try place.start(["init"])
                usleep(random.int(1_000...60_000))
                child.stop(SIGKILL)
                // Before or after: a ledger is there whole, or none is.
                let status = try place.run("status")
                try #require(
                    status.status == 0 || status.errors.contains("razao init"),
                    "round \(round): \(status.errors)")
                try place.razao("init")
                try #require(
                    try place.razao("prices", "list").split(separator: "\n").count == 8)
                try #require(
                    try FileManager.default.contentsOfDirectory(atPath: place.data)
                        .filter { $0.hasPrefix(".") }.isEmpty)
                try place.razao("verify")
            }
        }
    }

    /// Rates of days after all usage, which change no figure.
    static func rates(year: Int) -> String {
        var text = "date,compra,venda\n"
        for day in 1...28 { text += "\(year)-01-\(day < 10 ? "0" : "")\(day),5.1000,5.1006\n" }
        return text
    }
}

// Views folded anew while others append: nobody waits, nothing is lost, all is equal.
@Suite struct `Rebuilding beside others` {
    private func numbers(_ child: Child.End) -> (read: Int, new: Int) {
        let words = child.output.split(separator: " ")
        return (Int(words.first ?? "") ?? -1, words.count > 3 ? Int(words[3]) ?? -1 : -1)
    }

    @Test func `while another process imports`() throws {
        let place = try Workplace()
        for client in ["a", "b"] { try place.razao("client", "add", client) }
        let first = try place.write("a.jsonl", MadeUsage.lines(6_000, client: "a"))
        let second = try place.write("b.jsonl", MadeUsage.lines(20_000, client: "b"))
        try place.razao("import", first)
        let importer = try place.start(["import", second])
        var rebuilds = 0
        repeat {
            let rebuild = try place.run("replay", rebuilds % 3 == 2 ? "--verify" : "--rebuild")
            #expect(rebuild.status == 0, "\(rebuild.output) \(rebuild.errors)")
            rebuilds += 1
        } while importer.isRunning && rebuilds < 100
        let end = try importer.wait()
        #expect(end.status == 0, "\(end.errors)")
        #expect(numbers(end) == (20_000, 20_000))
        #expect(rebuilds > 1)
        try place.razao("replay", "--verify")
        try place.razao("verify")
        let usage = try Figures(parsing: place.razao("usage", "--by", "client", "--format", "json"))
        #expect(usage.list.map { $0["calls"].count } == [6_000, 20_000])
    }

    @Test func `several rebuilds, checks and reports at once`() throws {
        let place = try Workplace()
        let file = try place.write("a.jsonl", MadeUsage.lines(8_000, client: "a"))
        try place.razao("import", file, "--create-clients")
        let figures = try place.razao("usage", "--by", "day,hour", "--format", "json")
        let commands = [
            ["replay", "--rebuild"], ["replay", "--verify"], ["usage", "--by", "client"],
            ["replay", "--rebuild"], ["replay", "--verify"],
            ["report", "--month", "2026-10", "--client", "a"], ["replay", "--rebuild"], ["status"],
        ]
        for _ in 1...3 {
            var done = 0
            for (command, child) in try commands.map({ ($0, try place.start($0)) }) {
                let end = try child.wait()
                // Rebuilds and checks run one at a time; who comes second is told so.
                let isTold = command[0] == "replay" && end.errors.contains("another rebuild")
                #expect(end.status == (isTold ? 1 : 0), "\(command): \(end.errors)")
                done += end.status == 0 ? 1 : 0
            }
            #expect(done > 3)
            #expect(try place.razao("usage", "--by", "day,hour", "--format", "json") == figures)
        }
        try place.razao("replay", "--verify")
        let folders = try FileManager.default.contentsOfDirectory(atPath: place.data)
            .filter { $0.hasPrefix("views") }
        #expect(folders.count == 1, "left behind: \(folders)")
    }
}
