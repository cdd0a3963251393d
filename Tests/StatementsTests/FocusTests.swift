import Ledger
import Money
import Testing

@testable import Statements

/// What FOCUS 1.2 demands of a file, over every sample.
@Suite struct `The statement as FOCUS` {
    private struct File {
        let header: [String]
        let rows: [[String: String]]

        init(_ statement: Statement) throws {
            let all = parsedCSV(try rendered(statement, .focus), separator: ",")
            header = all[0]
            rows = all.dropFirst().map {
                Dictionary(uniqueKeysWithValues: zip(all[0], $0))
            }
        }
    }

    @Test(arguments: Sample.allCases)
    func `bills what is due, on the number of the statement`(sample: Sample) throws {
        let statement = try sample.statement()
        let rows = try File(statement).rows
        let billed = try rows.reduce(Amount<BRL>.zero) {
            try $0.adding(Amount($1["BilledCost"] ?? "none"))
        }
        #expect(try billed == Amount(statement.totalBrl))
        #expect(rows.allSatisfy { $0["InvoiceId"] == statement.number ?? "" })
        for row in rows {
            let decimals = row["BilledCost"]?.split(separator: ".").last?.count
            #expect(decimals == 2, "billed costs are rounded")
        }
        let exact = try rows.reduce(Amount<BRL>.zero) {
            try $0.adding(Amount($1["ListCost"] ?? "none"))
        }
        #expect(try exact == Amount(statement.totalBrlExact))
    }

    @Test(arguments: Sample.allCases)
    func `has unit prices that times the quantity are the cost, to the last digit`(
        sample: Sample
    ) throws {
        for row in try File(sample.statement()).rows {
            for (price, cost) in [
                ("ListUnitPrice", "ListCost"), ("ContractedUnitPrice", "ContractedCost"),
            ] {
                let text = row[price] ?? ""
                guard !text.isEmpty, row["ChargeClass"] != "Correction" else { continue }
                let unit = try DecimalText.parse(text, decimals: 14)
                let quantity = try DecimalText.parse(row["PricingQuantity"] ?? "", decimals: 6)
                #expect(unit >= 0)
                #expect(unit * quantity == (try Amount<BRL>(row[cost] ?? "")).units)
            }
            let text = row["PricingCurrencyListUnitPrice"] ?? ""
            guard row["PricingCurrency"] == "USD", !text.isEmpty else { continue }
            let unit = try DecimalText.parse(text, decimals: 6)
            let quantity = try DecimalText.parse(row["PricingQuantity"] ?? "", decimals: 6)
            let cost = try Amount<USD>(row["PricingCurrencyEffectiveCost"] ?? "")
            #expect(unit * quantity == cost.units)
        }
    }

    /// Columns that are never null.
    private static let mandatory = [
        "BilledCost", "BillingAccountId", "BillingAccountType", "BillingCurrency",
        "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeDescription",
        "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost",
        "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingCurrency",
        "PricingCurrencyEffectiveCost", "ProviderName", "PublisherName", "ServiceCategory",
        "ServiceName", "ServiceSubcategory",
    ]
    /// Columns that usage must have, unless it is a correction, and taxes must not.
    private static let priced = [
        "ContractedUnitPrice", "ListUnitPrice", "PricingCategory", "PricingQuantity",
        "PricingUnit", "SkuId", "SkuPriceId", "SkuMeter",
    ]
    private static let allowed: [String: Set<String>] = [
        "BillingCurrency": ["BRL"], "PricingCurrency": ["BRL", "USD"],
        "ChargeCategory": ["Usage", "Purchase", "Tax", "Credit", "Adjustment"],
        "ChargeClass": ["", "Correction"],
        "ChargeFrequency": ["One-Time", "Recurring", "Usage-Based"],
        "PricingCategory": ["", "Standard", "Dynamic", "Committed", "Other"],
        "ServiceCategory": ["AI and Machine Learning", "Other"],
        "ServiceSubcategory": ["Generative AI", "Other (Other)"],
    ]

    @Test(arguments: Sample.allCases)
    func `has what must be there, nothing where there must be null, and allowed values`(
        sample: Sample
    ) throws {
        let file = try File(sample.statement())
        #expect(file.header == file.header.sorted() && Set(file.header).count == 48)
        // 47 of the specification, and one of our own as it allows.
        #expect(file.header.filter { $0.hasPrefix("x_") } == ["x_StatementDigest"])
        for row in file.rows {
            for column in Self.mandatory { #expect(row[column]?.isEmpty == false, "\(column)") }
            for (column, values) in Self.allowed {
                #expect(values.contains(row[column] ?? "missing"), "\(column)")
            }
            let isUsage = row["ChargeCategory"] == "Usage"
            let isCorrection = row["ChargeClass"] == "Correction"
            for column in Self.priced {
                if isUsage, !isCorrection { #expect(row[column]?.isEmpty == false, "\(column)") }
                if row["ChargeCategory"] == "Tax" { #expect(row[column] == "", "\(column)") }
            }
            #expect((row["ConsumedQuantity"] == "") == (row["ConsumedUnit"] == ""))
            if !isUsage { #expect(row["ConsumedQuantity"] == "") }
            if isUsage, !isCorrection { #expect(row["ConsumedQuantity"]?.hasPrefix("-") == false) }
            if row["ChargeCategory"] == "Credit" || isCorrection {
                #expect(row["ListCost"] == row["BilledCost"])
                #expect(row["EffectiveCost"] == row["BilledCost"])
            }
        }
    }

    @Test(arguments: Sample.allCases)
    func `has periods in UTC that begin with their first instant and end before their last`(
        sample: Sample
    ) throws {
        let statement = try sample.statement()
        for row in try File(statement).rows {
            for column in [
                "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd",
            ] { #expect(row[column]?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil) }
            #expect(row["BillingPeriodStart"] == statement.periodStart)
            #expect(row["BillingPeriodEnd"] == statement.periodEnd)
            let start = try Instant(row["ChargePeriodStart"] ?? "")
            let end = try Instant(row["ChargePeriodEnd"] ?? "")
            #expect(start < end)
            let isWithin =
                try start >= Instant(statement.periodStart)
                && end <= Instant(statement.periodEnd)
            #expect(isWithin == (row["ChargeClass"] != "Correction"))
        }
    }

    @Test func `has every category where it belongs`() throws {
        let rows = try File(Sample.full.statement()).rows
        func find(_ words: String) throws -> [String: String] {
            try #require(rows.first { $0["ChargeDescription"]?.contains(words) == true })
        }
        #expect(try find("ISS: 5 %")["ChargeCategory"] == "Tax")
        #expect(try find("Mark-up: 20 %")["ChargeCategory"] == "Adjustment")
        #expect(try find("fidelidade")["ChargeCategory"] == "Credit")
        #expect(try find("price correction")["ChargeClass"] == "Correction")
        #expect(!rows.contains { $0["ChargeDescription"]?.contains("CBS") == true })
        let list = try find("mistral/codestral-2508")
        #expect(list["PricingCurrency"] == "BRL" && list["ListUnitPrice"] == "1.65")
        let unpriced = try find("without a price")
        #expect(unpriced["BilledCost"] == "0.00" && unpriced["ChargeCategory"] == "Adjustment")
        #expect(try find("recorded without a call")["BilledCost"] == "-0.28")
        let day = try find("openai/gpt-4o: Input tokens of 2026-03-01")
        #expect(day["ChargePeriodStart"] == "2026-03-01T03:00:00Z")
        #expect(day["ChargePeriodEnd"] == "2026-03-02T03:00:00Z")
        #expect(day["PricingQuantity"] == "0.052" && day["PricingUnit"] == "1000000 Tokens")
    }

    @Test func `has corrections without a price at no cost, in words`() throws {
        let rows = try File(Sample.unpricedChanges.statement()).rows
        let found = rows.filter { $0["ServiceName"] == "new-model" }
        #expect(found.count == 2)
        #expect(found[0]["ChargeDescription"]?.hasSuffix("5100 without a price, in no sum") == true)
        for row in found {
            #expect(row["BilledCost"] == "0.00" && row["ChargeClass"] == "Correction")
            #expect(row["ChargeCategory"] == "Adjustment" && row["ConsumedQuantity"] == "")
        }
    }

    @Test(arguments: [
        (["0.005", "0.005"], "0.01", ["1", "0"]), (["0.014", "0.016"], "0.03", ["1", "2"]),
        (["-0.004", "-0.004"], "-0.01", ["0", "-1"]), (["0.009", "0.009"], "0.01", ["1", "0"]),
        (["-0.019", "0.001"], "-0.02", ["-2", "0"]), (["1.23"], "1.23", ["123"]),
    ])
    func `shares a line out to its days in whole centavos`(
        exact: [String], total: String, cents: [String]
    ) throws {
        var line = try #require(Sample.tiny.statement().lines.first)
        let day = try #require(line.days.first)
        line.brl = total
        line.days = exact.map {
            var other = day
            other.brlExact = $0
            return other
        }
        #expect(try FocusMaker.shares(of: line).map { String($0) } == cents)
    }
}
