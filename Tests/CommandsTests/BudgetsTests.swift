import Foundation
import TestSupport
import Testing

// What budgets say was used is what usage says, to the last digit, before and after prices and
// rates that reach back.
@Suite struct `Budgets` {
    static let sample = Workplace.fixture("sample/usage-2026-10.jsonl")

    private func prepared() throws -> Workplace {
        let place = try Workplace()
        for client in ["padaria-sol", "loja-rio", "clinica-vida"] {
            try place.razao("client", "add", client)
        }
        return place
    }

    private func setBudgets(_ place: Workplace) throws {
        for (unit, limit) in [("brl", "500"), ("usd", "12.34"), ("tokens", "2000000")] {
            for period in ["daily", "weekly", "monthly"] {
                try place.razao(
                    "budget", "set", "loja-rio", "--unit", unit, "--limit", limit, "--period",
                    period)
            }
        }
        try place.razao(
            "budget", "set", "padaria-sol", "--unit", "brl", "--limit", "0.50", "--period",
            "monthly", "--stop", "--alerts", "50,90")
    }

    /// Compares every budget at an instant with the usage of its period's days.
    private func compare(_ place: Workplace, at instant: String) throws {
        let shown = try Figures(
            parsing: place.razao("budget", "show", "--at", instant, "--format", "json")
        ).list
        #expect(shown.count == 10)
        for budget in shown {
            let rows = try Figures(
                parsing: place.razao(
                    "usage", "--by", "client", "--client", budget["client"].text, "--from",
                    budget["first_day"].text, "--to", budget["last_day"].text, "--format", "json")
            ).list
            let place = "\(budget["client"].text) \(budget["budget"].text) at \(instant)"
            guard let row = rows.first else {
                #expect(budget["used"].number == "0", "\(place)")
                continue
            }
            switch budget["unit"].text {
            case "tokens":
                let sum = SecondOpinion.classes.reduce(0) { $0 + row["\($1)_tokens"].count }
                #expect(budget["used"].text == String(sum), "\(place)")
            case let unit: #expect(budget["used"].number == row[unit].number, "\(place)")
            }
        }
    }

    private func compareAll(_ place: Workplace) throws {
        for instant in [
            "2026-10-01T00:00:00-03:00", "2026-10-14T23:59:59-03:00", "2026-10-31T12:00:00-03:00",
        ] { try compare(place, at: instant) }
        try place.razao("verify")
    }

    @Test func `agree with usage, through a price and rates that come late`() throws {
        let place = try prepared()
        try setBudgets(place)
        try place.razao("import", Self.sample)
        try compareAll(place)
        let before = try place.razao("budget", "show", "--at", "2026-10-20")
        try place.razao("rates", "import", Workplace.fixture("sample/rates-2026-10.csv"))
        try compareAll(place)
        let converted = try place.razao("budget", "show", "--at", "2026-10-20")
        #expect(converted != before)
        try place.razao(
            "prices", "import", Workplace.fixture("sample/price-change.json"), "--format", "razao")
        try compareAll(place)
        #expect(try place.razao("budget", "show", "--at", "2026-10-20") != converted)
        try place.razao("settings", "set", "statement.rate_rule", "month-close")
        try compareAll(place)
    }

    @Test func `that are set after the usage count it all the same`() throws {
        let place = try prepared()
        try place.razao("rates", "import", Workplace.fixture("sample/rates-2026-10.csv"))
        try place.razao("import", Self.sample)
        try setBudgets(place)
        try compareAll(place)
        // Changed, not added; removed, not kept.
        try place.razao(
            "budget", "set", "loja-rio", "--unit", "brl", "--limit", "600", "--period", "daily")
        try compareAll(place)
        try place.razao("budget", "remove", "loja-rio", "brl-daily")
        try place.razao("verify")
        try place.refused("budget", "remove", "loja-rio", "brl-daily", saying: ["brl-daily"])
    }

    @Test func `are the same for imports by several processes and prices set meanwhile`() throws {
        let place = try prepared()
        try setBudgets(place)
        let files = try (0..<4).map { part in
            let all = try Traces.lines(Self.sample)
            let lines = all.enumerated().filter { $0.offset % 4 == part }.map(\.element)
            return try place.write("part-\(part).jsonl", lines.joined())
        }
        var children = try files.map { try place.start(["import", $0]) }
        children.append(
            try place.start([
                "rates", "import", Workplace.fixture("sample/rates-2026-10.csv"),
            ]))
        children.append(
            try place.start([
                "prices", "import", Workplace.fixture("sample/price-change.json"), "--format",
                "razao",
            ]))
        for child in children { #expect(try child.wait().status == 0) }
        try compareAll(place)
    }

    @Test func `renew with the client's day, Monday and first of the month`() throws {
        let place = try Workplace()
        try place.razao("client", "add", "sp")
        try place.razao("client", "add", "tokyo", "--time-zone", "Asia/Tokyo")
        for client in ["sp", "tokyo"] {
            for period in ["daily", "weekly", "monthly"] {
                try place.razao(
                    "budget", "set", client, "--unit", "tokens", "--limit", "1000", "--period",
                    period)
            }
        }
        // Saturday 31 October in São Paulo is Sunday 1 November in Tokyo.
        let shown = try Figures(
            parsing: place.razao(
                "budget", "show", "--at", "2026-10-31T23:30:00-03:00", "--format", "json")
        ).list.map { "\($0["client"].text) \($0["period"].text) \($0["renews_at"].text)" }
        #expect(
            shown == [
                "sp daily 2026-11-01T03:00:00Z", "sp monthly 2026-11-01T03:00:00Z",
                "sp weekly 2026-11-02T03:00:00Z", "tokyo daily 2026-11-01T15:00:00Z",
                "tokyo monthly 2026-11-30T15:00:00Z", "tokyo weekly 2026-11-01T15:00:00Z",
            ])
        let table = try place.razao("budget", "show", "sp", "--at", "2026-10-31T23:30:00-03:00")
        #expect(table.contains("01/11/2026") && table.contains("02/11/2026"))
    }

    @Test func `say when they warn and when they stop`() throws {
        let place = try Workplace()
        try place.razao("client", "add", "a")
        try place.razao(
            "budget", "set", "a", "--unit", "tokens", "--limit", "100", "--period", "monthly",
            "--stop")
        func use(_ tokens: Int, _ name: String) throws -> Figures {
            let line = """
                {"occurred_at":"2026-10-05T12:00:00Z","client":"a","provider":"openai",\
                "model":"gpt-4o","tokens":{"input":\(tokens)}}

                """
            try place.razao("import", place.write(name, line))
            return try #require(
                Figures(
                    parsing: place.razao(
                        "budget", "show", "a", "--at", "2026-10-06", "--format", "json")
                ).list.first)
        }
        for (tokens, percent, left, state) in [
            (79, 79, "21", "open"), (1, 80, "20", "over 80 %"), (19, 99, "1", "over 90 %"),
            (1, 100, "0", "paused"), (5, 105, "-5", "paused"),
        ] {
            let budget = try use(tokens, "\(percent).jsonl")
            #expect(budget["percent"].count == percent)
            #expect(budget["left"].text == left)
            #expect(budget["state"].text == state)
        }
    }
}
