import Foundation
import TestSupport
import Testing

// The statement as a program reads it, and as the others show it.
@Suite struct `The statement` {
    private func sample() throws -> Workplace {
        let place = try Workplace()
        for (id, name) in [
            ("padaria-sol", "Padaria \"São João\" <Sol> & Cia; Ltda"), ("loja-rio", "Loja Rio"),
        ] { try place.razao("client", "add", id, "--name", name, "--cnpj", "11222333000181") }
        try place.razao("client", "add", "clinica-vida", "--cnpj", "12.ABC.345/01DE-35")
        try place.razao("rates", "import", Workplace.fixture("sample/rates-2026-10.csv"))
        try place.razao("import", Workplace.fixture("sample/usage-2026-10.jsonl"))
        return place
    }

    private func report(_ place: Workplace, _ words: String...) throws -> String {
        let start = ["report", "--month", "2026-10", "--client", "padaria-sol"]
        let end = try place.start(start + words).wait()
        try #require(end.status == 0, "\(end.errors)")
        return end.output
    }

    @Test func `as JSON has every field of the contract, and sums that add up`() throws {
        let place = try sample()
        let statement = try Figures(parsing: report(place, "--format", "json"))
        let names: Set<String> = [
            "client", "month", "time_zone", "status", "lines", "total_usd", "total_brl",
            "total_brl_exact", "calls", "unpriced_calls", "unknown_usage_calls", "rate_rule",
            "rounding", "first_sequence", "last_sequence", "log_head", "digest",
        ]
        #expect(names.subtracting(statement.names).isEmpty)
        let line: Set<String> = [
            "provider", "model", "kind", "quantity", "unit_price_usd_per_million", "usd",
            "rate_brl_per_usd", "brl",
        ]
        var sum = Decimal(0)
        var exact = Decimal(0)
        var usd = Decimal(0)
        for entry in statement["lines"].list {
            #expect(line.subtracting(entry.names).isEmpty)
            guard entry["brl"].value is String else { continue }
            sum += try #require(Decimal(string: entry["brl"].text))
            exact += try #require(Decimal(string: entry["brl_exact"].text))
            usd += try #require(Decimal(string: entry["usd"].text))
            #expect(entry["brl"].text.split(separator: ".").last?.count == 2)
        }
        #expect(Decimal(string: statement["total_brl"].text) == sum)
        #expect(Decimal(string: statement["total_brl_exact"].text) == exact)
        #expect(Decimal(string: statement["total_usd"].text) == usd)
        #expect(statement["month"].text == "2026-10")
        #expect(statement["time_zone"].text == "America/Sao_Paulo")
        #expect(statement["calls"].count == 503)
        #expect(statement["rounding"].text == "half-even")
        #expect(statement["rate_rule"].text == "previous-business-day")
        let head = try place.razao("verify").split(separator: "\n").first {
            $0.hasPrefix("log head")
        }
        #expect(head?.hasSuffix(statement["log_head"].text) == true)
        #expect(statement["log_head"].text.count == 64)
    }

    @Test func `has a digest that anyone can make again`() throws {
        let place = try sample()
        let first = try report(place, "--format", "json")
        #expect(try report(place, "--format", "json") == first)
        let file = try place.write("statement.json", first)
        let digest = try place.python(["-c", Self.digest, file]).dropLast()
        #expect(try Figures(parsing: first)["digest"].text == digest)
        // It is on the paper, too.
        #expect(try report(place).contains(digest))
        #expect(try report(place, "--format", "html").contains(digest))
        // And does not depend on how the views came to be.
        try place.razao("replay", "--rebuild")
        #expect(try report(place, "--format", "json") == first)
        // A new fact about the month gives another.
        try place.razao(
            "prices", "import", Workplace.fixture("sample/price-change.json"), "--format", "razao")
        #expect(try Figures(parsing: report(place, "--format", "json"))["digest"].text != digest)
    }

    private static let digest = """
        import hashlib, json, sys
        statement = json.load(open(sys.argv[1], encoding="utf-8"), parse_float=str)
        del statement["digest"]
        text = json.dumps(
            statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        print(hashlib.sha256(text.encode()).hexdigest())
        """

    @Test func `of all clients goes into a folder, one file each`() throws {
        let place = try sample()
        for (format, ending) in [
            ("json", "json"), ("text", "txt"), ("html", "html"), ("csv", "csv"),
            ("csv-excel", "excel.csv"), ("focus", "focus.csv"), ("pdf", "pdf"),
        ] {
            let folder = "\(place.folder)/\(format)"
            try place.razao(
                "report", "--month", "2026-10", "--all", "--format", format, "--output", folder)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(
                names
                    == ["clinica-vida", "loja-rio", "padaria-sol"].map { "2026-10-\($0).\(ending)" }
            )
            let alone = "\(place.folder)/alone"
            _ = try report(place, "--format", format, "--output", alone)
            #expect(
                try Data(
                    contentsOf: URL(filePath: "\(folder)/2026-10-padaria-sol.\(ending)"))
                    == Data(contentsOf: URL(filePath: alone)))
        }
    }

    @Test func `of all clients leaves nothing half-done in a folder that cannot take them`() throws
    {
        let place = try sample()
        _ = try report(place)
        try FileManager.default.createDirectory(
            atPath: place.folder + "/there", withIntermediateDirectories: true)
        for (folder, isThere) in [("new", false), ("there", true)] {
            // Files of at most 32 KiB: the PDFs are larger.
            let end = try Child(
                "sh",
                [
                    "-c",
                    "ulimit -f 64 && exec \"$1\" report --month 2026-10 --all --format pdf "
                        + "--output \"$2\"", "sh", Workplace.program, "\(place.folder)/\(folder)",
                ], in: place.folder,
                environment: [
                    "RAZAO_DATA": place.data, "RAZAO_CONFIG": place.folder + "/empty.conf",
                ]
            ).wait()
            #expect(end.signal == 0 && end.status == 1)
            #expect(end.errors.contains("cannot write \(place.folder)/\(folder)/"))
            #expect(end.errors.split(separator: "\n").count == 1)
            let left = try? FileManager.default.contentsOfDirectory(
                atPath: "\(place.folder)/\(folder)")
            #expect(left == (isThere ? [] : nil))
        }
        let file = try place.write("file", "")
        try place.refused(
            "report", "--month", "2026-10", "--all", "--format", "pdf", "--output", file,
            saying: [file])
        try place.refused(
            "report", "--month", "2026-10", "--all", "--format", "pdf", saying: ["--output DIR"])
    }

    @Test func `as a PDF asks for fonts where the machine has none`() throws {
        let place = try sample()
        let fonts = try place.write("fonts.conf", "<?xml version=\"1.0\"?>\n<fontconfig/>\n")
        try place.refused(
            "report", "--month", "2026-10", "--client", "padaria-sol", "--format", "pdf",
            "--output", place.folder + "/none.pdf", saying: ["fonts-noto-core"],
            environment: ["FONTCONFIG_FILE": fonts])
        #expect(!FileManager.default.fileExists(atPath: place.folder + "/none.pdf"))
    }

    @Test func `of all clients has those with a credit alone`() throws {
        let place = try sample()
        try place.razao("client", "add", "nova")
        try place.razao("client", "add", "ninguem")
        try place.razao(
            "terms", "set", "nova", "--credit", "12.34", "--reason", "boas-vindas", "--from",
            "2026-10-01")
        let folder = place.folder + "/all"
        try place.razao(
            "report", "--month", "2026-10", "--all", "--format", "csv", "--output", folder)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count == 4 && !names.contains("2026-10-ninguem.csv"))
        let credit = try String(contentsOfFile: folder + "/2026-10-nova.csv", encoding: .utf8)
        #expect(credit.contains(",credit,charged,") && credit.contains(",-12.34,-12.34,"))
    }

    @Test func `is written as Brazilians write, and for machines as machines do`() throws {
        let place = try sample()
        let text = try report(place)
        #expect(text.contains("R$\u{A0}2,07"))
        #expect(text.contains("outubro de 2026"))
        #expect(text.contains("01/10/2026 a 31/10/2026"))
        #expect(text.contains("11.222.333/0001-81"))
        #expect(text.contains("Demonstrativo de consumo".uppercased()))
        #expect(!text.lowercased().contains("fatura"))

        let html = try report(place, "--format", "html")
        #expect(html.contains("&lt;Sol&gt; &amp; Cia"))
        #expect(!html.contains("<Sol>"))
        #expect(!html.lowercased().contains("fatura"))

        let excel = try report(place, "--format", "csv-excel")
        #expect(Array(excel.utf8.prefix(3)) == [0xEF, 0xBB, 0xBF])
        #expect(excel.split(separator: "\r\n").count > 5)
        #expect(excel.contains(";"))

        let csv = try report(place, "--format", "csv")
        let file = try place.write("statement.csv", csv)
        let total = try place.python(["-c", Self.readCSV, file]).dropLast()
        #expect(total == "2.07")
        #expect(try report(place, "--lang", "en").contains("October 2026"))
    }

    /// The sum of the rounded lines, read with Python's own CSV reader.
    private static let readCSV = """
        import csv, decimal, sys
        rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8", newline="")))
        print(sum(decimal.Decimal(row["brl"]) for row in rows if row["brl"]))
        """

    @Test(arguments: ["half-up", "truncate"])
    func `names another rounding and rule where they are set`(rounding: String) throws {
        let place = try sample()
        try place.razao("settings", "set", "statement.rounding", rounding)
        try place.razao("settings", "set", "statement.rate_rule", "fixed:5.40")
        let statement = try Figures(parsing: report(place, "--format", "json"))
        #expect(statement["rounding"].text == rounding)
        #expect(statement["rate_rule"].text.hasPrefix("fixed:5.4"))
        for line in statement["lines"].list where line["brl"].value is String {
            let exact = try #require(Decimal(string: line["brl_exact"].text))
            var rounded = Decimal(0)
            var value = exact
            unsafe NSDecimalRound(&rounded, &value, 2, rounding == "truncate" ? .down : .plain)
            #expect(Decimal(string: line["brl"].text) == rounded)
        }
    }

    @Test func `of a month on both sides of a client's change of zone counts every call once`()
        throws
    {
        let place = try Workplace()
        try place.razao("client", "add", "a")
        let file = try place.write("a.jsonl", MadeUsage.lines(3_000, client: "a"))
        try place.razao("import", file)
        try place.razao("client", "add", "a", "--time-zone", "America/Manaus")
        let calls = try ["2026-09", "2026-10", "2026-11"].map { month in
            try Figures(
                parsing: place.razao(
                    "report", "--month", month, "--client", "a", "--format", "json"))["calls"].count
        }
        #expect(calls.reduce(0, +) == 3_000)
        try place.razao("replay", "--verify")
        try place.razao("verify")
    }
}
