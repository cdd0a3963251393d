import Ledger
import Statements
import Testing

@Suite struct `The statement on a terminal` {
    @Test(arguments: Sample.allCases, StatementLanguage.allCases)
    func `never is wider than 100 columns nor steers the terminal`(
        sample: Sample, language: StatementLanguage
    ) throws {
        let text = try rendered(sample.statement(), .text, language)
        for line in text.split(separator: "\n") {
            #expect(line.count + line.count { $0.isWide } <= 100, "\(line)")
        }
        #expect(
            text.unicodeScalars.allSatisfy {
                $0 == "\n" || $0.properties.generalCategory != .control
            })
        #expect(!text.unicodeScalars.contains("\u{202E}"))
    }

    @Test func `says what it is, for whom and for when`() throws {
        let text = try rendered(SampleStatement.everything(), .text)
        for part in [
            "DEMONSTRATIVO DE CONSUMO DE IA", "Documento sem valor fiscal",
            "Clínica São João & Filhos Ltda. (clinica-sao-joao)", "12.345.678/0001-95",
            "março de 2026", "01/03/2026 a 31/03/2026, fuso America/Sao_Paulo",
            "em aberto; os valores ainda podem mudar",
            "2.674 no total, 55 respondidas pelo cache (2,1%), 12 com falha",
        ] { #expect(text.contains(part), "\(part)") }
    }

    @Test func `warns of everything that is missing or may change`() throws {
        let text = try rendered(SampleStatement.everything(), .text)
        for part in [
            "ATENÇÃO  4 chamadas sem preço cadastrado não entram no total.",
            "ATENÇÃO  2 chamadas com consumo desconhecido",
            "ATENÇÃO  3 chamadas tiveram o consumo estimado.",
            "ATENÇÃO  Cotação defasada em 1 dia (31/03/2026)",
            "ATENÇÃO  Taxa provisória em 1 dia (01/03/2026)",
        ] { #expect(text.contains(part), "\(part)") }
        let calm = try rendered(
            SampleStatement.single([.input: 9], price: [.input: "1"]), .text)
        #expect(!calm.contains("ATENÇÃO"))
    }

    @Test func `shows a change of what has no price as unknown, and warns of it`() throws {
        let text = try rendered(Sample.unpricedChanges.statement(), .text)
        let change = try #require(
            text.split(separator: "\n").first { $0.contains("acme / new-model") })
        #expect(change.contains("depois do fechamento, sem preço"))
        #expect(change.hasSuffix("–") && !change.contains("0,00"))
        #expect(text.contains("ATENÇÃO  2 ajustes de competências anteriores, de uso sem preço"))
        let html = try rendered(Sample.unpricedChanges.statement(), .html)
        let full = try rendered(Sample.full.statement(), .html)
        let doubtful = "<tr class=\"doubtful\">"
        #expect(html.ranges(of: doubtful).count == full.ranges(of: doubtful).count + 2)
    }

    @Test func `days with the same warning are drawn together`() throws {
        var sample = SampleStatement()
        try sample.price("openai/gpt-4o", [.input: "1"])
        for day in [2, 3, 4, 9] { sample.usage(day, "openai/gpt-4o", [.input: 1_000_000]) }
        let text = try rendered(sample.make(), .text)
        #expect(text.contains("em 4 dias (02/03/2026 a 04/03/2026, 09/03/2026)"))
        #expect(text.contains("5,0000 (provisória) em 4 dias"))
    }

    @Test func `has every section, its subtotal and the total`() throws {
        let text = try rendered(Sample.full.statement(), .text)
        for part in [
            "Emissor      Intermédia Serviços de Tecnologia Ltda.", "Número       2026-03/000123",
            "Endereço     Av. Brigadeiro Faria Lima", "Fechado em   02/04/2026, 12:34 UTC",
            "ATENÇÃO  O mês foi fechado com essas pendências",
            "Margem sobre o consumo, 01/03 a 15/03", "ISS, por dentro, 01/03 a 31/03",
            "fevereiro de 2026, demonstrativo nº 2026-02/000117",
            "janeiro de 2026, sem demonstrativo fechado",
            "openai / gpt-4o, consumo registrado depois do fechamento", "Tributo ISS, estorno",
            "fidelidade, Desconto do 1º trimestre", "Limite (bloqueia), brl-monthly",
            "Orçamento (avisa), tokens-monthly", "11.540.218 tokens", "96,1%",
            "US$ 0,0000004", "R$ 1,65", "Custo lançado sem chamada",
            "desde 01/03/2026: cotação de venda do último", "Resumo do anterior",
        ] { #expect(text.contains(part.spaced), "\(part)") }
        let total = text.split(separator: "\n").filter { $0.hasPrefix("TOTAL") }
        #expect(total.count == 1 && total[0].hasSuffix("R$\u{A0}170,03"))
        let plain = try rendered(SampleStatement.everything(), .text)
        #expect(!plain.contains("SUBTOTAL") && !plain.contains("Tributos"))
    }

    @Test func `marks averages, tiers and the days of each price`() throws {
        let text = try rendered(SampleStatement.everything(), .text)
        for part in [
            "Entrada, 01/03 a 05/03", "Entrada em cache (leitura), 17/03", "média 5,6682",
            "openai / gpt-4o, nível batch", "sem preço", "Raciocínio", "Escrita em cache (1 h)",
        ] { #expect(text.contains(part), "\(part)") }
    }

    @Test func `names the rule, the rates, the rounding and the proof`() throws {
        let text = try rendered(SampleStatement.everything(), .text)
        for part in [
            "cotação de venda do último dia útil anterior ao dia do consumo",
            "de 5,0000 (provisória) a 5,7420 (cotação de 26/03/2026, defasada)",
            "PTAX venda, Banco Central do Brasil", "(ABNT\u{A0}NBR\u{A0}5891)",
            "Total exato  R$ 137,684845401765", "Diferença    -R$ 0,014845401765",
            "do nº 1.200 ao nº 3.873", "20.640", "0123456789abcdef…",
            "48.000 tokens, R$ 0,81 (US$ 0,144)",
        ] { #expect(text.contains(part.spaced), "\(part)") }
        #expect(text.contains(String(repeating: "fedcba9876543210", count: 4)))
        #expect(!text.contains("0123456789abcdef0"))
    }

    @Test(arguments: [
        ("fixed:5.4", "taxa fixa de contrato: 5,4000 reais por dólar"),
        ("same-day", "cotação de venda do próprio dia"), ("month-close", "última cotação de venda"),
        ("of-tomorrow", "Regra         of-tomorrow"),
    ])
    func `each rule of conversion has its sentence`(rule: String, sentence: String) throws {
        var statement = try SampleStatement.everything()
        statement.rateRule = rule
        #expect(try rendered(statement, .text).contains(sentence))
    }

    @Test func `an empty month says so and comes to nothing`() throws {
        let text = try rendered(SampleStatement.nothing(), .text)
        #expect(text.contains("Nenhum consumo nesta competência."))
        #expect(text.contains("R$\u{A0}0,00\n"))
        #expect(text.contains("nenhuma; não houve custo"))
        #expect(text.contains("Eventos do cliente  nenhum"))
    }

    @Test func `negative amounts have their sign in front`() throws {
        let text = try rendered(Sample.negative.statement(), .text)
        #expect(text.contains("-R$\u{A0}15,00"))
        #expect(text.contains(" -3,00 "))
    }

    @Test func `figures end in the same columns`() throws {
        let text = try rendered(SampleStatement.everything(), .text)
        let ends = text.split(separator: "\n").filter { $0.contains("5,6634") }.map(\.count)
        #expect(ends.count == 6 && Set(ends) == [100])
    }
}

extension Character {
    /// Two columns on a terminal, as far as these samples go.
    fileprivate var isWide: Bool { "日本語🩺".contains(self) }
}
