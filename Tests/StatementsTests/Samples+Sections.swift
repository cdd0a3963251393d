import Money

@testable import Ledger

// Statements with every section filled. The figures are written by hand; `SampleSumsTests` holds
// that they fit each other.

extension SampleStatement {
    /// A closed month with one of everything in every section.
    static func full() throws -> Statement {
        var statement = try everything()
        statement.issuer = Issuer(
            name: "Intermédia Serviços de Tecnologia Ltda.", cnpj: "11222333000181",
            address: "Rua da Assembleia, 10, sala 1203, Centro, Rio de Janeiro, RJ, 20011-901",
            contact: "financeiro@intermedia.example, (21) 3333-4444")
        statement.number = "2026-03/000123"
        statement.clientAddress =
            "Av. Brigadeiro Faria Lima, 2.100, 8º andar, Jardim Paulistano, São Paulo, SP, 01451-000"
        statement.status = "closed"
        statement.closedAt = "2026-04-02T12:34:56.789Z"
        statement.acceptedUnpriced = true
        statement.previousDigest = String(repeating: "89abcdef01234567", count: 4)
        statement.rateRules = [
            .init(from: "2026-03-01", rule: "previous-business-day"),
            .init(from: "2026-03-16", rule: "same-day"),
        ]
        statement.rateRule = "same-day"
        statement.lines += uncommonLines
        statement.totalUsd = try Amount<USD>(statement.totalUsd).adding(Amount("0.55")).text
        addCharges(to: &statement)
        addGiveAndTake(to: &statement)
        statement.subtotals.usage = "140.69"
        statement.subtotals.markups = "31.18"
        statement.subtotals.surcharges = "3.44"
        statement.subtotals.taxes = "9.23"
        statement.subtotals.adjustments = "0.99"
        statement.subtotals.credits = "-15.50"
        statement.totalBrl = "170.03"
        statement.totalBrlExact = "170.03527211815828947368"
        statement.roundingDifferenceBrl = "-0.00527211815828947368"
        return statement
    }

    /// A price list in reais, and costs without a call.
    private static let uncommonLines: [Statement.Line] = [
        .init(
            provider: "mistral", model: "codestral-2508", serviceTier: "", kind: "input",
            quantity: 2_000_000, unitPriceUsdPerMillion: "0.3", unitPriceBrlPerMillion: "1.65",
            usd: "0.6", rateBrlPerUsd: nil, rateIsAverage: false, rateDate: nil, brl: "3.30",
            brlExact: "3.3",
            days: [
                .init(date: "2026-03-09", quantity: 2_000_000, usd: "0.6", brlExact: "3.3")
            ]),
        .init(
            provider: "openai", model: "", serviceTier: "", kind: "adjustment", quantity: 0,
            unitPriceUsdPerMillion: nil, unitPriceBrlPerMillion: nil, usd: "-0.05",
            rateBrlPerUsd: "5.6105", rateIsAverage: false, rateDate: "2026-03-17", brl: "-0.28",
            brlExact: "-0.280525",
            days: [
                .init(date: "2026-03-18", quantity: 0, usd: "-0.05", brlExact: "-0.280525")
            ]),
    ]

    private static func addCharges(to statement: inout Statement) {
        statement.markups = [
            charge("", nil, .charged, "20", ("01", "15"), "80", "16.00", "16"),
            charge(
                "", nil, .charged, "25", ("16", "31"), "60.704320401765", "15.18",
                "15.17608010044125"),
        ]
        statement.surcharges = [
            charge(
                "IOF", .addOn, .informative, "3.5", ("01", "31"), "171.88040050220625", "6.02",
                "6.01581401757721875"),
            charge(
                "Taxa administrativa", .addOn, .charged, "2", ("01", "31"), "171.88040050220625",
                "3.44", "3.437608010044125"),
        ]
        statement.taxes = [
            charge(
                "CBS", .addOn, .informative, "0.9", ("01", "31"), "175.318008512250375", "1.58",
                "1.577862076610253375"),
            charge(
                "IBS", .addOn, .informative, "0.1", ("01", "31"), "175.318008512250375", "0.18",
                "0.175318008512250375"),
            charge(
                "ISS", .grossUp, .charged, "5", ("01", "31"), "184.54527211815828947368", "9.23",
                "9.22726360590791447368"),
        ]
    }

    static func charge(
        _ name: String, _ mode: ChargeTerm.Mode?, _ effect: ChargeTerm.Effect, _ percent: String,
        _ days: (String, String), _ base: String, _ brl: String, _ exact: String
    ) -> Statement.Charge {
        .init(
            name: name, mode: mode, effect: effect, percent: percent, from: "2026-03-" + days.0,
            to: "2026-03-" + days.1, baseBrl: base, brl: brl, brlExact: exact)
    }

    private static func addGiveAndTake(to statement: inout Statement) {
        statement.adjustments = [
            .init(
                originMonth: "2026-01", originNumber: nil, section: .usage, provider: "groq",
                model: "llama-3.3-70b-versatile", name: nil, reason: .late, quantity: 3_200,
                usd: "0.001888", brl: "0.01"),
            .init(
                originMonth: "2026-02", originNumber: "2026-02/000117", section: .usage,
                provider: "anthropic", model: "claude-sonnet-4-5", name: nil, reason: .price,
                quantity: 0, usd: "-0.31", brl: "-1.76"),
            .init(
                originMonth: "2026-02", originNumber: "2026-02/000117", section: .usage,
                provider: "openai", model: "gpt-4o", name: nil, reason: .late, quantity: 120_000,
                usd: "0.42", brl: "2.38"),
            .init(
                originMonth: "2026-02", originNumber: "2026-02/000117", section: .markup,
                provider: nil, model: nil, name: nil, reason: .terms, quantity: nil, usd: nil,
                brl: "0.48"),
            .init(
                originMonth: "2026-02", originNumber: "2026-02/000117", section: .tax,
                provider: nil, model: nil, name: "ISS", reason: .reversal, quantity: nil, usd: nil,
                brl: "-0.12"),
        ]
        statement.credits = [
            .init(name: "fidelidade", reason: "Desconto do 1º trimestre", brl: "-10.00"),
            .init(
                name: "incidente-0312", reason: "Indisponibilidade de 12 de março", brl: "-5.50"),
        ]
        statement.budgets = [
            .init(
                id: "brl-monthly", unit: "brl", limit: "200", used: "140.704320401765",
                percent: "70.3", stops: true),
            .init(
                id: "tokens-monthly", unit: "tokens", limit: "12000000", used: "11540218",
                percent: "96.1", stops: false),
            .init(
                id: "usd-monthly", unit: "usd", limit: "50", used: "0.0000004", percent: "0.0",
                stops: false),
        ]
    }

    /// Earlier months that changed by usage without a price, too.
    static func unpricedChanges() throws -> Statement {
        var statement = try full()
        for (month, quantity) in [("2026-01", 5_100), ("2026-02", -12)] {
            statement.adjustments.append(
                .init(
                    originMonth: month, originNumber: nil, section: .usage, provider: "acme",
                    model: "new-model", name: nil, reason: .late, quantity: Int64(quantity),
                    usd: nil, brl: nil))
        }
        return statement
    }

    /// Charges too small for a centavo, and a credit larger than all that is due.
    static func overcredited() throws -> Statement {
        var statement = try single([.input: 7], price: [.input: "0.15"])
        let usage = try Amount<BRL>(statement.totalBrlExact)
        let markup = Amount<BRL>(units: usage.units / 10)
        statement.markups = [
            charge(
                "", nil, .charged, "10", ("01", "31"), statement.totalBrlExact, "0.00", markup.text)
        ]
        statement.taxes = [
            charge(
                "ISS", .addOn, .charged, "-0.1", ("01", "31"), "0.0000058", "0.00", "-0.0000000058")
        ]
        statement.credits = [.init(name: "boas-vindas", reason: "Crédito inicial", brl: "-50.00")]
        statement.subtotals.credits = "-50.00"
        statement.totalBrl = "-50.00"
        let exact = try usage.adding(markup).adding(Amount("-0.0000000058")).adding(Amount("-50"))
        statement.totalBrlExact = exact.text
        statement.roundingDifferenceBrl = try Amount<BRL>("-50").subtracting(exact).text
        return statement
    }

    /// Enough models for a dozen pages.
    static func long() throws -> Statement {
        var sample = SampleStatement()
        for (day, text) in [(2, "5.6880"), (9, "5.6634"), (16, "5.5987"), (23, "5.6105")] {
            try sample.rate(day, text)
        }
        let prices: [UsageClass: String] = [
            .input: "2.5", .cacheRead: "1.25", .cacheWrite5m: "3.125", .output: "10",
            .reasoning: "10", .inputAudio: "40", .outputAudio: "80",
        ]
        for number in 1...56 {
            let model = "provedor-\(number % 7)/modelo-\(number * 37 % 100)-2026-0\(number % 9 + 1)"
            try sample.price(model, prices)
            for day in stride(from: 3 + number % 5, through: 31, by: 4) {
                let size = UInt64(number * 7919 % 1009 * day * 131)
                sample.usage(
                    day, model,
                    [
                        .input: size * 9, .cacheRead: size * 4, .cacheWrite5m: size,
                        .output: size * 2, .reasoning: size / 3, .inputAudio: size / 50,
                        .outputAudio: size / 90,
                    ], calls: UInt64(number * day))
            }
        }
        var statement = try sample.make()
        let full = try full()
        statement.issuer = full.issuer
        statement.clientAddress = full.clientAddress
        return statement
    }
}
