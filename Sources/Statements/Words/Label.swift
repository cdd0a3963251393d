/// Every text of a statement, in both languages side by side.
///
/// `{}` is a blank that a figure or a name fills; `one|many` holds a singular and a plural. The
/// document is never called *fatura* or invoice: it has no fiscal value.
enum Label: CaseIterable {
    case title, noFiscalValue, generated
    case client, name, cnpj, month, period, periodValue, status, statusOpen, statusClosed
    case statusOpenShort, statusClosedShort

    case usageByModel, usageByDay, kind, quantity, unitPrice, usd, rate, brl, day, calls, quote
    case provider, model, serviceTier, tier, lineSpan, lineDay, average, unpriced, none, noUsage
    case yes, no
    case unitPriceLong, usdLong, rateLong, rateIsAverage, rateDate, brlLong, brlExactLong

    case kindInput, kindCacheRead, kindCacheWrite5m, kindCacheWrite1h, kindInputAudio
    case kindInputImage, kindOutput, kindReasoning, kindOutputAudio, kindOutputImage
    case kindWebSearch, kindSeconds, kindImages

    case total, totalInReais, callsAll, callsCached, callsFailed, daysNote
    case warning, warnUnpriced, warnUnpricedLines, warnUnpricedChanges, warnUnknown
    case warnEstimated, warnStale
    case warnProvisional, dateRange

    case savings, savingsResponse, savingsPrompt, savingsValue
    case rates, rule, ratesUsed, onDays, ratesRange, ratesNone, quoteOf
    case quoteStale, quoteProvisional, source
    case rulePreviousBusinessDay, ruleSameDay, ruleMonthClose, ruleMonthAverage
    case ruleFixed
    case sourcePtax, sourceContract, sourceLastResort, stale, provisional, contract
    case rounding, roundingRule, roundingHalfEven, roundingHalfUp, roundingTruncate, totalExact
    case roundingDifference
    case unitPriceAny, linePrice, usdNote, averageTo, averageOf, ratesUnused

    case proof, events, eventsValue, logRead, logHead, digest, periodUTC, periodUTCValue

    // In `Label+Sections.swift`.
    case issuer, address, contact, number, closedAt, previousDigest, warnAccepted, ruleFrom, noModel
    case usage, markups, markup, surcharges, taxes, adjustments, credits, summary, subtotal, budgets
    case item, base, percent, informative, onlyInformative, addOn, grossUp, span, whatAndWhy
    case nameAndReason, originNumber, originUnnumbered, reasonLate, reasonReversal, reasonPrice
    case reasonRecorded, budgetsNote, changes, changesNote, changeFrom
    case reasonRate, reasonTerms, sectionUsage, sectionMarkup, sectionSurcharge, sectionTax
    case sectionCredit, sectionAdjustment, budgetWarns, budgetStops, used, defined, share
    case baseNote, tokensValue, kindAdjustment, chart, pageOf, continued, costInDollars
    case detail, detailNote, detailSum, eventID, statusCached, statusReversed, noTokens
    case section, effect, effectCharged, effectInformative, mode, fromDay, toDay, originMonth
    case originNumberLong, reason, unitPriceBrlLong, percentLong, baseLong, informativeLong

    /// The Portuguese and the English text.
    var texts: (portuguese: String, english: String) {
        switch self {
        case .title: ("Demonstrativo de consumo de IA", "AI usage statement")
        case .noFiscalValue: ("Documento sem valor fiscal", "Document without fiscal value")
        case .generated:
            (
                "Derivado do registro de eventos: o mesmo registro gera sempre este mesmo "
                    + "documento.",
                "Derived from the log of events: the same log always gives this same document."
            )
        case .client: ("Cliente", "Client")
        case .name: ("Nome", "Name")
        case .cnpj: ("CNPJ", "CNPJ")
        case .month: ("Competência", "Month")
        case .period: ("Período", "Period")
        case .periodValue: ("{} a {}, fuso {}", "{} to {}, zone {}")
        case .status: ("Situação", "Status")
        case .statusOpen:
            ("em aberto; os valores ainda podem mudar", "open; the figures may still change")
        case .statusClosed:
            ("fechado; os valores não mudam mais", "closed; the figures no longer change")
        case .statusOpenShort: ("em aberto", "open")
        case .statusClosedShort: ("fechado", "closed")
        case .usageByModel: ("Consumo por modelo", "Usage by model")
        case .usageByDay: ("Consumo por dia", "Usage by day")
        case .kind: ("Tipo de uso", "Kind of usage")
        case .quantity: ("Quantidade", "Quantity")
        case .unitPrice: ("US$/milhão", "US$/million")
        case .usd: ("US$", "US$")
        case .rate: ("Câmbio", "Rate")
        case .brl: ("R$", "R$")
        case .day: ("Dia", "Day")
        case .calls: ("Chamadas", "Calls")
        case .quote: ("Cotação", "Quote")
        case .provider: ("Provedor", "Provider")
        case .model: ("Modelo", "Model")
        case .serviceTier: ("Nível de serviço", "Service tier")
        case .tier: ("nível {}", "tier {}")
        case .lineSpan: ("{}, {} a {}", "{}, {} to {}")
        case .lineDay: ("{}, {}", "{}, {}")
        case .average: ("média", "average")
        case .unpriced: ("sem preço", "no price")
        case .none: ("nenhum", "none")
        case .noUsage: ("Nenhum consumo nesta competência.", "No usage in this month.")
        case .yes: ("sim", "yes")
        case .no: ("não", "no")
        case .unitPriceLong: ("Preço (US$ por milhão)", "Price (US$ per million)")
        case .usdLong: ("Custo (US$)", "Cost (US$)")
        case .rateLong: ("Câmbio (R$ por US$)", "Rate (R$ per US$)")
        case .rateIsAverage: ("Câmbio médio", "Average rate")
        case .rateDate: ("Data da cotação", "Date of quote")
        case .brlLong: ("Custo (R$)", "Cost (R$)")
        case .brlExactLong: ("Custo exato (R$)", "Exact cost (R$)")
        case .kindInput: ("Entrada", "Input")
        case .kindCacheRead: ("Entrada em cache (leitura)", "Cached input (read)")
        case .kindCacheWrite5m: ("Escrita em cache (5 min)", "Cache write (5 min)")
        case .kindCacheWrite1h: ("Escrita em cache (1 h)", "Cache write (1 h)")
        case .kindInputAudio: ("Entrada de áudio", "Audio input")
        case .kindInputImage: ("Entrada de imagem", "Image input")
        case .kindOutput: ("Saída", "Output")
        case .kindReasoning: ("Raciocínio", "Reasoning")
        case .kindOutputAudio: ("Saída de áudio", "Audio output")
        case .kindOutputImage: ("Saída de imagem", "Image output")
        case .kindWebSearch: ("Buscas na web", "Web searches")
        case .kindSeconds: ("Segundos de áudio", "Seconds of audio")
        case .kindImages: ("Imagens", "Images")
        case .total: ("Total", "Total")
        case .totalInReais: ("Total em reais", "Total in reais")
        case .callsAll: ("{} no total", "{} in all")
        case .callsCached:
            (
                "{} respondida pelo cache ({})|{} respondidas pelo cache ({})",
                "{} answered by the cache ({})|{} answered by the cache ({})"
            )
        case .callsFailed: ("{} com falha|{} com falha", "{} failed|{} failed")
        case .daysNote:
            (
                "Valores exatos de cada dia, arredondados aqui só para leitura; o total é a "
                    + "soma das linhas por modelo.",
                "Each day's exact amounts, rounded here for reading only; the total is the sum "
                    + "of the lines by model."
            )
        case .warning: ("Atenção", "Attention")
        case .warnUnpriced:
            (
                "{} chamada sem preço cadastrado não entra no total.|{} chamadas sem preço "
                    + "cadastrado não entram no total.",
                "{} call without a price is not in the total.|{} calls without a price are not "
                    + "in the total."
            )
        case .warnUnpricedLines:
            (
                "{} linha sem preço cadastrado não entra no total.|{} linhas sem preço "
                    + "cadastrado não entram no total.",
                "{} line without a price is not in the total.|{} lines without a price are not "
                    + "in the total."
            )
        case .warnUnpricedChanges:
            (
                "{} ajuste de competência anterior, de uso sem preço cadastrado, não entra no "
                    + "total.|{} ajustes de competências anteriores, de uso sem preço cadastrado, "
                    + "não entram no total.",
                "{} adjustment of an earlier month, of usage without a price, is not in the "
                    + "total.|{} adjustments of earlier months, of usage without a price, are not "
                    + "in the total."
            )
        case .warnUnknown:
            (
                "{} chamada com consumo desconhecido, não informado pelo provedor, não entra no "
                    + "total.|{} chamadas com consumo desconhecido, não informado pelo provedor, "
                    + "não entram no total.",
                "{} call whose usage the provider did not report is not in the total.|{} calls "
                    + "whose usage the provider did not report are not in the total."
            )
        case .warnEstimated:
            (
                "{} chamada teve o consumo estimado.|{} chamadas tiveram o consumo estimado.",
                "The usage of {} call was estimated.|The usage of {} calls was estimated."
            )
        case .warnStale:
            (
                "Cotação defasada em {} dia ({}): pode haver cotação mais nova ainda não "
                    + "registrada.|Cotação defasada em {} dias ({}): pode haver cotação mais nova "
                    + "ainda não registrada.",
                "Stale rate on {} day ({}): a newer quote may not be recorded yet.|Stale rate "
                    + "on {} days ({}): a newer quote may not be recorded yet."
            )
        case .warnProvisional:
            (
                "Taxa provisória em {} dia ({}): sem cotação registrada, será corrigida quando "
                    + "houver uma.|Taxa provisória em {} dias ({}): sem cotação registrada, será "
                    + "corrigida quando houver uma.",
                "Provisional rate on {} day ({}): no quote is recorded; it is corrected when "
                    + "one is.|Provisional rate on {} days ({}): no quote is recorded; it is "
                    + "corrected when one is."
            )
        case .dateRange: ("{} a {}", "{} to {}")
        case .savings:
            (
                "Economia com cache (informativo, não altera o total)",
                "Saved by caches (informative, no part of the total)"
            )
        case .savingsResponse: ("Cache de respostas", "Response cache")
        case .savingsPrompt: ("Cache de prompt dos provedores", "Providers' prompt caches")
        case .savingsValue:
            ("{} token, {} ({})|{} tokens, {} ({})", "{} token, {} ({})|{} tokens, {} ({})")
        case .rates: ("Câmbio", "Exchange rate")
        case .rule: ("Regra", "Rule")
        case .ratesUsed: ("Taxas usadas", "Rates used")
        case .onDays: ("em {} dia|em {} dias", "on {} day|on {} days")
        case .ratesRange: ("de {} a {}", "from {} to {}")
        case .ratesNone: ("nenhuma; não houve custo", "none; there was no cost")
        case .quoteOf: ("{} (cotação de {})", "{} (quote of {})")
        case .quoteStale:
            ("{} (cotação de {}, defasada)", "{} (quote of {}, stale)")
        case .quoteProvisional: ("{} (provisória)", "{} (provisional)")
        case .source: ("Fonte", "Source")
        case .rulePreviousBusinessDay:
            (
                "cotação de venda do último dia útil anterior ao dia do consumo",
                "the selling rate of the last business day before the day of usage"
            )
        case .ruleSameDay:
            (
                "cotação de venda do próprio dia do consumo ou, sem ela, a última anterior",
                "the selling rate of the day of usage or, without one, the last before it"
            )
        case .ruleMonthClose:
            ("última cotação de venda da competência", "the month's last selling rate")
        case .ruleMonthAverage:
            (
                "média das cotações de venda da competência",
                "the mean of the month's selling rates"
            )
        case .ruleFixed:
            (
                "taxa fixa de contrato: {} reais por dólar",
                "a contract's fixed rate: {} reais for a dollar"
            )
        case .sourcePtax:
            ("PTAX venda, Banco Central do Brasil", "PTAX selling rate, Banco Central do Brasil")
        case .sourceContract: ("contrato", "contract")
        case .sourceLastResort: ("taxa provisória de reserva", "provisional last resort")
        case .stale: ("defasada", "stale")
        case .provisional: ("provisória", "provisional")
        case .contract: ("contrato", "contract")
        case .rounding: ("Arredondamento", "Rounding")
        case .roundingRule: ("Regra", "Rule")
        case .roundingHalfEven:
            (
                "uma vez por linha, ao centavo mais próximo; meio centavo vai ao par "
                    + "(ABNT\u{A0}NBR\u{A0}5891)",
                "once a line, to the nearest centavo; halves go to the even one "
                    + "(ABNT\u{A0}NBR\u{A0}5891)"
            )
        case .roundingHalfUp:
            (
                "uma vez por linha, ao centavo mais próximo; meio centavo vai para cima",
                "once a line, to the nearest centavo; halves go up"
            )
        case .roundingTruncate:
            (
                "uma vez por linha; frações de centavo são desprezadas",
                "once a line; fractions of a centavo are dropped"
            )
        case .unitPriceAny: ("Preço/milhão", "Price/million")
        case .linePrice: ("{}, custo a US$\u{A0}{}", "{}, cost at US$\u{A0}{}")
        case .usdNote:
            (
                "Os valores em US$ são exatos e aparecem com {} casas decimais; cada soma é a dos "
                    + "valores exatos.",
                "Amounts in US$ are exact and shown with {} decimals; each sum is that of the "
                    + "exact amounts."
            )
        case .averageTo: ("média até {}", "mean until {}")
        case .averageOf: ("{} (média das cotações até {})", "{} (mean of the quotes until {})")
        case .ratesUnused:
            ("nenhuma; os preços são em reais", "none; the prices are in reais")
        case .totalExact: ("Total exato", "Exact total")
        case .roundingDifference: ("Diferença", "Difference")
        case .proof: ("Comprovação", "Proof")
        case .events: ("Eventos do cliente", "Client's events")
        case .eventsValue: ("do nº {} ao nº {}", "no. {} to no. {}")
        case .logRead: ("Registro lido até", "Log read up to")
        case .logHead: ("Cadeia do registro", "Log's chain")
        case .digest: ("Resumo SHA-256", "SHA-256 digest")
        case .periodUTC: ("Período em UTC", "Period in UTC")
        case .periodUTCValue: ("de {} até antes de {}", "from {} until before {}")
        default: sectionTexts
        }
    }
}
