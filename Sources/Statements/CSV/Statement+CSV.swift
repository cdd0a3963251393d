import Ledger

extension Statement {
    /// How tables for programs are written.
    var machineProfile: CSVTable.Profile { hasFormerLook ? .formerMachines : .machines }

    /// A row for each line of every section under the JSON's names, and nothing that would break a
    /// parser: no total.
    var machineTable: CSVTable {
        var table = CSVTable(header: [
            "client", "month", "number", "section", "effect", "provider", "model", "service_tier",
            "kind", "name", "mode", "from", "to", "origin_month", "origin_number", "reason",
            "quantity", "unit_price_usd_per_million", "unit_price_brl_per_million", "usd",
            "rate_brl_per_usd", "rate_is_average", "rate_date", "percent", "base_brl", "brl",
            "brl_exact", "brl_informative",
        ])
        if !hasFormerLook { table.header.append("digest") }
        for row in ExportRow.rows(of: self) {
            let reason: CSVTable.Cell =
                switch row.reason {
                case .adjustment(let reason)?: .text(reason.rawValue)
                case .words(let text)?: .text(text)
                case nil: .empty
                }
            table.rows.append([
                .text(client), .text(month), .text(number), .text(row.section.rawValue),
                .text((row.isCharged ? ChargeTerm.Effect.charged : .informative).rawValue),
                .text(row.provider), .text(row.model), .text(row.serviceTier), .text(row.kind),
                .text(row.name), .text(row.mode?.rawValue), .text(row.from), .text(row.to),
                .text(row.originMonth), .text(row.originNumber), reason, .number(row.quantity),
                .number(row.unitPriceUsd), .number(row.unitPriceBrl), .number(row.usd),
                .number(row.rate), .text(row.rateIsAverage.map { $0 ? "true" : "false" }),
                .text(row.rateDate), .number(row.percent), .number(row.base), .number(row.brl),
                .number(row.brlExact), .number(row.informative),
            ])
            if !hasFormerLook { table.rows[table.rows.count - 1].append(.text(digest)) }
        }
        return table
    }

    /// The same lines for people with a spreadsheet, and a total at the end.
    ///
    /// Figures have a decimal comma and no grouping in every language: the profile is for Excel as
    /// it is set up in Brazil.
    func spreadsheetTable(_ language: StatementLanguage) -> CSVTable {
        let words = Wording(language)
        var columns: [Label] = [
            .client, .name, .cnpj, .month, .number, .section, .effect, .provider, .model,
            .serviceTier, .kind, .item, .mode, .fromDay, .toDay, .originMonth, .originNumberLong,
            .reason, .quantity, .unitPriceLong, .unitPriceBrlLong, .usdLong, .rateLong,
            .rateIsAverage, .rateDate, .percentLong, .baseLong, .brlLong, .brlExactLong,
            .informativeLong,
        ]
        if !hasFormerLook { columns.append(.digest) }
        var table = CSVTable(header: columns.map { words[$0] })
        let cnpj = clientCnpj.map(FigureFormat.brazilian.cnpj)
        for row in ExportRow.rows(of: self) {
            table.rows.append(
                [
                    .text(client), .text(clientName), .text(cnpj), .text(month), .text(number),
                ] + cells(of: row, words))
        }
        var total = [CSVTable.Cell](repeating: .empty, count: columns.count)
        total[0] = .text(words[.total])
        for (label, digits) in [
            (Label.usdLong, totalUsd), (.brlLong, totalBrl), (.brlExactLong, totalBrlExact),
        ] {
            if let column = columns.firstIndex(of: label) { total[column] = .number(digits) }
        }
        table.rows.append(total)
        guard !hasFormerLook else { return table }
        for index in table.rows.indices.dropLast() { table.rows[index].append(.text(digest)) }
        table.rows[table.rows.count - 1][columns.count - 1] = .text(digest)
        return table
    }

    private func cells(of row: ExportRow, _ words: Wording) -> [CSVTable.Cell] {
        let format = FigureFormat.brazilian
        let isUnpriced = [.usage, .adjustment].contains(row.section) && row.brl == nil
        let kind =
            row.section == .adjustment
            ? row.kind.flatMap(Adjustment.Section.init(rawValue:)).map(words.section)
            : row.kind.map(words.kind)
        let reason: String? =
            switch row.reason {
            case .adjustment(let reason)?: words.reason(reason)
            case .words(let text)?: text
            case nil: nil
            }
        return [
            .text(words.section(row.section)),
            .text(words[row.isCharged ? .effectCharged : .effectInformative]),
            .text(row.provider), .text(row.model), .text(row.serviceTier), .text(kind),
            .text(row.name), .text(row.mode.map(words.mode)),
            .text(row.from.map(format.date(text:))),
            .text(row.to.map(format.date(text:))), .text(row.originMonth), .text(row.originNumber),
            .text(reason), .number(row.quantity),
            isUnpriced ? .text(words[.unpriced]) : .number(row.unitPriceUsd),
            .number(row.unitPriceBrl), .number(row.usd), .number(isUnpriced ? nil : row.rate),
            .text(row.rateIsAverage.map { words[$0 && !isUnpriced ? .yes : .no] }),
            .text(isUnpriced ? nil : row.rateDate.map(format.date(text:))), .number(row.percent),
            .number(row.base), .number(row.brl), .number(row.brlExact), .number(row.informative),
        ]
    }
}

extension CSVTable.Cell {
    /// A figure, or nothing.
    static func number(_ digits: String?) -> CSVTable.Cell {
        digits.map(CSVTable.Cell.number) ?? .empty
    }

    /// A text, or nothing.
    static func text(_ words: String?) -> CSVTable.Cell {
        words.map(CSVTable.Cell.text) ?? .empty
    }
}
