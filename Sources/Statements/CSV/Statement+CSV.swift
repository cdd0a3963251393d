import Ledger

extension Statement {
    /// One row a line under the JSON's names, and nothing that would break a parser: no total.
    var machineTable: CSVTable {
        var table = CSVTable(header: [
            "client", "month", "provider", "model", "service_tier", "kind", "quantity",
            "unit_price_usd_per_million", "usd", "rate_brl_per_usd", "rate_is_average",
            "rate_date", "brl", "brl_exact",
        ])
        for line in lines {
            table.rows.append([
                .text(client), .text(month), .text(line.provider), .text(line.model),
                .text(line.serviceTier), .text(line.kind), .number(String(line.quantity)),
                .number(line.unitPriceUsdPerMillion), .number(line.usd),
                .number(line.rateBrlPerUsd), .text(line.rateIsAverage ? "true" : "false"),
                line.rateDate.map(CSVTable.Cell.text) ?? .empty, .number(line.brl),
                .number(line.brlExact),
            ])
        }
        return table
    }

    /// The lines for people with a spreadsheet, and a total at the end.
    ///
    /// Figures have a decimal comma and no grouping in every language: the profile is for Excel as
    /// it is set up in Brazil.
    func spreadsheetTable(_ language: StatementLanguage) -> CSVTable {
        let words = Wording(language)
        let format = FigureFormat.brazilian
        var table = CSVTable(
            header: [
                .client, .name, .cnpj, .month, .provider, .model, .serviceTier, .kind, .quantity,
                .unitPriceLong, .usdLong, .rateLong, .rateIsAverage, .rateDate, .brlLong,
                .brlExactLong,
            ].map { (label: Label) in words[label] })
        let cnpj = clientCnpj.map(format.cnpj) ?? ""
        for line in lines {
            let price: CSVTable.Cell =
                line.unitPriceUsdPerMillion.map(CSVTable.Cell.number) ?? .text(words[.unpriced])
            let isPriced = line.unitPriceUsdPerMillion != nil
            table.rows.append([
                .text(client), .text(clientName ?? ""), .text(cnpj), .text(month),
                .text(line.provider), .text(line.model), .text(line.serviceTier),
                .text(words.kind(line.kind)), .number(String(line.quantity)), price,
                .number(line.usd), .number(isPriced ? line.rateBrlPerUsd : nil),
                .text(words[isPriced && line.rateIsAverage ? .yes : .no]),
                .text(isPriced ? line.rateDate.map(format.date(text:)) ?? "" : ""),
                .number(line.brl), .number(line.brlExact),
            ])
        }
        var total = [CSVTable.Cell](repeating: .empty, count: table.header.count)
        total[0] = .text(words[.total])
        total[10] = .number(totalUsd)
        total[14] = .number(totalBrl)
        total[15] = .number(totalBrlExact)
        table.rows.append(total)
        return table
    }
}

extension CSVTable.Cell {
    fileprivate static func number(_ digits: String?) -> CSVTable.Cell {
        digits.map(CSVTable.Cell.number) ?? .empty
    }
}
