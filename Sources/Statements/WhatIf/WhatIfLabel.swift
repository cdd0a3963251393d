/// The texts of a comparison's page, in both languages side by side; `{}` is a blank.
enum WhatIfLabel: CaseIterable {
    case title, notice, difference, now, then, change, hint, scenario
    case client, allClients, period, fromDay, toDay, always, usedModel
    case prices, priceEntries, lasting, lastingFrom, rate, rateNow, ownRules, datedRules, markup,
        swaps, swap, unchanged
    case byMonth, byClient, otherClients, comparison, month, model, calls, total, noUsage, noChange
    case unchangedGroups, budgets, budget, limit, effect, stops, runsOn, stopsEarlier, stopsLater
    case noBudgets, budgetsHint, warning, gapWhole, gapClass, partial, unused, provisional, days
    case listPrices, markupOf, unknownUsage, noPrice, usdNow, usdThen, brlNow, brlThen

    /// The Portuguese and the English text.
    var texts: (portuguese: String, english: String) {
        switch self {
        case .title: ("Simulação de custos de IA", "AI cost comparison")
        case .notice: ("Simulação; nada foi registrado", "What-if; nothing was recorded")
        case .difference: ("Diferença", "Difference")
        case .now: ("Hoje", "Now")
        case .then: ("Simulado", "What-if")
        case .usdNow: ("US$ hoje", "US$ now")
        case .usdThen: ("US$ simulado", "US$ what-if")
        case .brlNow: ("R$ hoje", "R$ now")
        case .brlThen: ("R$ simulado", "R$ what-if")
        case .noPrice: ("sem preço", "no price")
        case .change: ("Variação", "Change")
        case .hint:
            (
                "Custo em dólares sem margem; valores em reais como são cobrados, com a taxa do "
                    + "dia e a margem. As somas são exatas e arredondadas só para a leitura.",
                "Cost in dollars without mark-up; reais as they are charged, at the day's rate and "
                    + "with the mark-up. Sums are exact and rounded for reading only."
            )
        case .scenario: ("O que muda", "What is different")
        case .client: ("Cliente", "Client")
        case .allClients: ("todos", "all")
        case .period: ("Período", "Period")
        case .fromDay: ("desde {}", "from {}")
        case .toDay: ("até {}", "until {}")
        case .days: ("{} a {}", "{} to {}")
        case .always: ("todo o consumo registrado", "all recorded usage")
        case .usedModel: ("Modelo usado", "Model used")
        case .prices: ("Preços", "Prices")
        case .priceEntries: ("{} de um arquivo", "{} from a file")
        case .lasting: ("{}: {} (US$ por milhão)", "{}: {} (US$ per million)")
        case .lastingFrom:
            ("{}, desde {}: {} (US$ por milhão)", "{}, from {}: {} (US$ per million)")
        case .rate: ("Taxa de conversão", "Exchange rate")
        case .rateNow: ("{}; hoje: {}", "{}; now: {}")
        case .ownRules:
            (
                "a regra combinada com cada cliente, e sem uma própria: {}",
                "the rule agreed with each client, and without one: {}"
            )
        case .datedRules:
            (
                "a regra combinada para cada dia, por último: {}",
                "the rule agreed for each day, at last: {}"
            )
        case .markup: ("Margem", "Mark-up")
        case .markupOf: ("{}%, em lugar do combinado", "{}%, in place of what is agreed")
        case .swaps: ("Troca de modelo", "Model swap")
        case .swap: ("{} aos preços de {}", "{} at the prices of {}")
        case .unchanged: ("sem mudança", "unchanged")
        case .byMonth: ("Antes e depois por mês", "Before and after by month")
        case .byClient: ("Antes e depois por cliente", "Before and after by client")
        case .otherClients: ("outros {}", "{} others")
        case .comparison: ("Comparação", "Comparison")
        case .month: ("Mês", "Month")
        case .model: ("Modelo", "Model")
        case .calls: ("Chamadas", "Calls")
        case .total: ("Total", "Total")
        case .noUsage: ("Nenhum consumo neste período.", "No usage in this period.")
        case .noChange: ("Esta simulação não muda nada.", "This scenario changes nothing.")
        case .unchangedGroups: ("Sem mudança ({})", "Unchanged ({})")
        case .budgets: ("Limites", "Limits")
        case .budget: ("Limite", "Limit")
        case .limit: ("Valor", "Amount")
        case .effect: ("Efeito", "Effect")
        case .stops: ("pararia em {}", "would stop on {}")
        case .runsOn: ("não pararia mais (hoje: {})", "would no longer stop (now: {})")
        case .stopsEarlier:
            ("pararia antes, em {} (hoje: {})", "would stop earlier, on {} (now: {})")
        case .stopsLater: ("pararia depois, em {} (hoje: {})", "would stop later, on {} (now: {})")
        case .noBudgets:
            (
                "Nenhum limite em reais ou dólares pararia em outro dia.",
                "No limit in reais or dollars would stop on another day."
            )
        case .budgetsHint:
            (
                "Limites de hoje sobre o custo sem margem, em períodos inteiros.",
                "The limits of today over the cost without mark-up, in whole periods."
            )
        case .warning: ("Atenção", "Attention")
        case .gapWhole:
            (
                "{} não tem preço: {} tokens ou unidades fora da soma simulada.",
                "{} has no price: {} tokens or units are not in the what-if sums."
            )
        case .gapClass:
            (
                "{} não tem preço para {}: {} fora da soma simulada.",
                "{} has no price for {}: {} are not in the what-if sums."
            )
        case .partial:
            (
                "Parte do consumo tem preço só de um lado: essas diferenças são desconhecidas.",
                "Some usage has a price on one side only: those differences are unknown."
            )
        case .unused: ("Nenhuma chamada de {} neste período.", "No call of {} in this period.")
        case .unknownUsage:
            (
                "Chamadas com consumo desconhecido, fora das somas: {}.",
                "Calls with unknown usage, in no sum: {}."
            )
        case .listPrices:
            (
                "{} tem preços combinados em reais; aqui vale o custo em dólares.",
                "{} has agreed prices in reais; here the cost in dollars counts."
            )
        case .provisional:
            (
                "Sem cotação em {} dias: vale a taxa provisória de 5,00.",
                "No rate on {} days: the provisional rate of 5.00 stands in."
            )
        }
    }
}

/// The words of a comparison in one language.
struct WhatIfWording {
    /// The words that a statement has too.
    let statement: Wording

    init(_ language: StatementLanguage) { statement = Wording(language) }

    /// A label as it stands.
    subscript(_ label: WhatIfLabel) -> String {
        let (portuguese, english) = label.texts
        return statement.language == .portuguese ? portuguese : english
    }

    /// A label with its blanks filled in order.
    func fill(_ label: WhatIfLabel, _ values: String...) -> String {
        Wording.fill(self[label], values)
    }
}
