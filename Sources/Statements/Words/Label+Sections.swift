// The words of the parties, of the sections beside usage and of the columns of exports.

extension Label {
    /// The texts of those labels; a test holds that none is missing.
    var sectionTexts: (portuguese: String, english: String) {
        switch self {
        case .issuer: ("Emissor", "Issuer")
        case .address: ("Endereço", "Address")
        case .contact: ("Contato", "Contact")
        case .number: ("Número", "Number")
        case .closedAt: ("Fechado em", "Closed at")
        case .previousDigest: ("Resumo do anterior", "Digest of the one before")
        case .warnAccepted:
            (
                "O mês foi fechado com essas pendências, por decisão registrada.",
                "The month was closed with these left open, by a decision on record."
            )
        case .ruleFrom: ("desde {}: {}", "from {}: {}")
        case .noModel: ("sem modelo", "no model")
        case .usage: ("Consumo", "Usage")
        case .markups: ("Margem", "Mark-up")
        case .markup: ("Margem sobre o consumo", "Mark-up on usage")
        case .surcharges: ("Acréscimos", "Surcharges")
        case .taxes: ("Tributos", "Taxes")
        case .adjustments: ("Ajustes de competências anteriores", "Adjustments of earlier months")
        case .credits: ("Créditos", "Credits")
        case .summary: ("Resumo", "Summary")
        case .subtotal: ("Subtotal", "Subtotal")
        case .budgets: ("Orçamentos e limites do mês", "Budgets of the month")
        case .item: ("Item", "Item")
        case .base: ("Base (R$)", "Base (R$)")
        case .baseNote:
            (
                "A base é exata: o valor antes do arredondamento das linhas.",
                "The base is exact: the amount before the lines are rounded."
            )
        case .percent: ("Percentual", "Percent")
        case .informative: ("Informativo (R$)", "Informative (R$)")
        case .onlyInformative:
            ("apenas informativo, fora do total", "informative only, not in the total")
        case .addOn: ("por fora", "on top")
        case .grossUp: ("por dentro", "included in its base")
        case .span: ("{} a {}", "{} to {}")
        case .whatAndWhy: ("O que mudou e por quê", "What changed and why")
        case .nameAndReason: ("Crédito e motivo", "Credit and reason")
        case .originNumber: ("demonstrativo nº {}", "statement no. {}")
        case .originUnnumbered: ("sem demonstrativo fechado", "without a closed statement")
        case .reasonLate: ("consumo registrado depois do fechamento", "usage recorded late")
        case .reasonRecorded:
            (
                "custo lançado na conferência com o provedor",
                "cost recorded from the provider's bill"
            )
        case .reasonReversal: ("estorno ou correção de chamadas", "calls reversed or corrected")
        case .reasonPrice: ("correção de preço", "price correction")
        case .reasonRate: ("correção de câmbio", "exchange rate correction")
        case .reasonTerms: ("mudança das condições do contrato", "change of the contract's terms")
        case .sectionUsage: ("Consumo", "Usage")
        case .sectionMarkup: ("Margem", "Mark-up")
        case .sectionSurcharge: ("Acréscimo", "Surcharge")
        case .sectionTax: ("Tributo", "Tax")
        case .sectionCredit: ("Crédito", "Credit")
        case .sectionAdjustment: ("Ajuste", "Adjustment")
        case .budgetWarns: ("Orçamento (avisa)", "Budget (warns)")
        case .budgetStops: ("Limite (bloqueia)", "Limit (stops)")
        case .budgetsNote:
            (
                "Contam o custo do consumo do mês, sem margem, acréscimos e tributos; como "
                    + "definidos no fim do mês.",
                "They count the cost of the month's usage, without mark-up, surcharges and taxes; "
                    + "as set at the end of the month."
            )
        case .used: ("Usado", "Used")
        case .defined: ("Definido", "Set")
        case .share: ("Uso", "Share")
        case .tokensValue: ("{} tokens", "{} tokens")
        case .kindAdjustment: ("Custo lançado sem chamada", "Cost recorded without a call")
        case .chart: ("Custo por dia, em reais", "Cost by day, in reais")
        case .pageOf: ("página {} de {}", "page {} of {}")
        case .detail: ("Chamadas", "Calls")
        case .detailNote:
            (
                "Cada chamada na ordem do registro: quantidade × preço por milhão, em dólares "
                    + "vezes o câmbio do dia; sem arredondamento.",
                "Each call in the order of the log: quantity × price a million, in dollars times "
                    + "the day's rate; nothing is rounded."
            )
        case .changes: ("Ajustes, registro por registro", "Adjustments, record by record")
        case .changesNote:
            (
                "O que está por trás de cada linha de ajuste: chamadas e custos aos preços e "
                    + "câmbios de quando o mês foi fechado, sem arredondamento; de preços, "
                    + "cotações e condições, o que mudou e desde quando.",
                "What stands behind each line of adjustment: calls and costs at the prices and "
                    + "rates of when the month was closed, with nothing rounded; of prices, "
                    + "quotes and terms what changed and since when."
            )
        case .changeFrom: ("{}, desde {}", "{}, from {}")
        case .detailSum: ("Soma de {} lançamentos", "Sum of {} entries")
        case .eventID: ("evento {}", "event {}")
        case .statusCached: ("respondida pelo cache, sem custo", "answered by the cache, no cost")
        case .statusReversed: ("estornada, sem custo", "taken back, no cost")
        case .noTokens: ("sem consumo informado", "no usage reported")
        case .costInDollars: ("custo em dólares: {}", "cost in dollars: {}")
        case .continued: ("{} (continuação)", "{} (continued)")
        default: columnTexts
        }
    }

    /// The names of columns that only exports have.
    private var columnTexts: (portuguese: String, english: String) {
        switch self {
        case .section: ("Seção", "Section")
        case .effect: ("Efeito", "Effect")
        case .effectCharged: ("cobrado", "charged")
        case .effectInformative: ("informativo", "informative")
        case .mode: ("Cálculo", "Calculation")
        case .fromDay: ("De", "From")
        case .toDay: ("Até", "To")
        case .originMonth: ("Competência de origem", "Month of origin")
        case .originNumberLong: ("Demonstrativo de origem", "Statement of origin")
        case .reason: ("Motivo", "Reason")
        case .unitPriceBrlLong: ("Preço (R$ por milhão)", "Price (R$ per million)")
        case .percentLong: ("Percentual (%)", "Percent")
        case .baseLong: ("Base (R$)", "Base (R$)")
        case .informativeLong: ("Valor informativo (R$)", "Informative amount (R$)")
        default: ("", "")
        }
    }
}
