import Foundation
import Money
import TestSupport
import Testing

@testable import Ledger

struct `Exchange rates from files` {
    static func parse(_ text: String, on date: String? = nil) -> RateFile.Outcome {
        RateFile.parse(Data(text.utf8), on: date.flatMap { CivilDate($0) })
    }

    static func shown(_ outcome: RateFile.Outcome) -> [String] {
        switch outcome {
        case .rates(let rates): rates.map { "\($0.date) \($0.buy.text) \($0.sell.text)" }
        case .noQuote: ["no quote"]
        case .unreadable(let reason): [reason]
        }
    }

    @Test(arguments: [
        ("date,compra,venda\n2025-04-23,5.6874,5.688\n", ["2025-04-23 5.6874 5.6880"]),
        ("date;compra;venda\n2025-04-23;5,6874;5,688\n", ["2025-04-23 5.6874 5.6880"]),
        ("\u{FEFF}venda,date,compra\r\n5.688,2025-04-23,5.6874", ["2025-04-23 5.6874 5.6880"]),
        (
            "date,compra,venda\n2025-04-24,1,1\n2025-04-23,5.6874,5.688\n2025-04-24,1.0,1\n",
            ["2025-04-23 5.6874 5.6880", "2025-04-24 1.0000 1.0000"]
        ),
        (
            "date,compra,venda\n2025-04-23,5,5\n2025-04-23,5,6\n",
            ["2025-04-23 has two rates, 5.0000 and 6.0000; leave one"]
        ),
        (
            "date,compra,venda\n2025-04-23,5.688,5.6874\n",
            ["line 2: compra 5.688 is above venda 5.6874; are they exchanged?"]
        ),
        ("date,compra,venda\n2025-04-23,0,5\n", ["line 2: 0 is zero; give more than zero"]),
        ("date,compra,venda\n2025-04-23,-1,5\n", ["line 2: -1 is negative; give zero or more"]),
        (
            "date,compra,venda\n2025-04-23,,5\n",
            ["line 2: \"\" is not a decimal number; write it like 12.34 or 1.5e-07"]
        ),
        (
            "date,compra,venda\n2025-04-23,\"5,1\",5.2\n",
            ["line 2: \"5,1\" is not a decimal number; write it like 12.34 or 1.5e-07"]
        ),
        (
            "date;compra;venda\n2025-04-23;1.005,1;5,2\n",
            ["line 2: \"1.005,1\" is not a decimal number; write it like 12.34 or 1.5e-07"]
        ),
        (
            "date,compra,venda\n2025-02-30,5,5\n",
            ["line 2: \"2025-02-30\" is not a date; write it like 2026-11-20"]
        ),
        (
            "date,compra,venda\n2025-02-20,5\n",
            ["line 2: the row has 2 cells where the header has 3"]
        ),
        ("date,rate\n2025-02-20,5\n", ["line 1: the columns are not date, compra, venda"]),
        ("date,compra,venda\n", ["it has a header and no row"]),
        ("  \n", ["it is empty"]),
    ])
    func `a table of days`(text: String, expected: [String]) {
        #expect(Self.shown(Self.parse(text)) == expected)
    }

    @Test(arguments: [
        (#"{"value":[]}"#, ["no quote"]),
        (
            #"""
            {"@odata.context":"x","value":[{"cotacaoCompra":5.68740,"cotacaoVenda":5.688,\#
            "dataHoraCotacao":"2025-04-23 13:06:30.4"}]}
            """#,
            ["2025-04-23 5.6874 5.6880"]
        ),
        (
            #"""
            {"value":[{"cotacaoCompra":5,"cotacaoVenda":6,\#
            "dataHoraCotacao":"2025-04-23 13:06:30.416"},{"cotacaoCompra":5.0,\#
            "cotacaoVenda":6,"dataHoraCotacao":"2025-04-23 13:06:30.443000"}]}
            """#,
            ["2025-04-23 5.0000 6.0000"]
        ),
        (
            #"""
            {"value":[{"cotacaoCompra":5,"cotacaoVenda":6,\#
            "dataHoraCotacao":"2025-04-23 13:06:30.4"},{"cotacaoCompra":5,"cotacaoVenda":7,\#
            "dataHoraCotacao":"2025-04-23 13:06:30.4"}]}
            """#,
            ["2025-04-23 has two rates, 6.0000 and 7.0000; leave one"]
        ),
        (
            #"""
            {"value":[{"cotacaoCompra":0,"cotacaoVenda":6,\#
            "dataHoraCotacao":"2025-04-23 13:06:30"}]}
            """#,
            ["value[0]: 0 is zero; give more than zero"]
        ),
        (
            #"""
            {"value":[{"cotacaoCompra":"5","cotacaoVenda":6,\#
            "dataHoraCotacao":"2025-04-23 13:06:30"}]}
            """#,
            ["value[0]: cotacaoCompra, cotacaoVenda and dataHoraCotacao are due"]
        ),
        (
            #"{"value":[{"cotacaoCompra":5,"cotacaoVenda":6,"dataHoraCotacao":"soon"}]}"#,
            ["value[0]: \"soon\" is no instant"]
        ),
        (#"{"valor":[]}"#, ["it has no list named value; is it an answer of the PTAX service?"]),
        ("[]", ["it has no list named value; is it an answer of the PTAX service?"]),
        (
            #"{"value":[{"cotacaoCompra":5,"#,
            ["it is not valid JSON: line 1, column 30: a name in double quotes is due here"]
        ),
        (
            #"/*{ "codigo":400, "mensagem":"The URI is malformed / wrong." }*/"#,
            ["the service answered with an error: The URI is malformed / wrong."]
        ),
        ("/* oops */", ["the service answered with an error: it does not say which"]),
        ("<html><body>503</body></html>", ["it is a web page, not rates; try again later"]),
        ("", ["it is empty"]),
    ])
    func `an answer of the service`(text: String, expected: [String]) {
        #expect(Self.shown(Self.parse(text)) == expected)
    }

    @Test func `the day that was asked for goes before the day of publication`() {
        let body =
            #"{"value":[{"cotacaoCompra":2814.00000,"cotacaoVenda":2828.00000,"#
            + #""dataHoraCotacao":"1984-12-03 11:29:00.0"}]}"#
        #expect(Self.shown(Self.parse(body)) == ["1984-12-03 2814.0000 2828.0000"])
        #expect(
            Self.shown(Self.parse(body, on: "1984-11-28")) == ["1984-11-28 2814.0000 2828.0000"])
    }

    @Test(arguments: [
        ("2025-04-23 13:06:30.416", "2025-04-23T16:06:30.416Z"),
        ("2018-12-20 13:06:30.4", "2018-12-20T15:06:30.4Z"),
    ])
    func `publication is told in Brasília's time, summer time included`(
        text: String, expected: String
    ) {
        let body = #"{"value":[{"cotacaoCompra":5,"cotacaoVenda":6,"dataHoraCotacao":"\#(text)"}]}"#
        guard case .rates(let rates) = Self.parse(body) else {
            Issue.record("no rates")
            return
        }
        #expect(rates.first?.publishedAt?.description == expected)
        #expect(rates.first?.source == "ptax")
    }

    @Test func `the address names both days as the service wants them`() throws {
        let first = try #require(CivilDate("2026-11-09"))
        let last = try #require(CivilDate("2026-11-20"))
        let address = RateFile.address(from: first, to: last)
        #expect(
            address
                == "https://olinda.bcb.gov.br/olinda/servico/PTAX/versao/v1/odata/"
                + "CotacaoDolarPeriodo(dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)"
                + "?@dataInicial='11-09-2026'&@dataFinalCotacao='11-20-2026'"
                + "&$format=json&$top=10000"
        )
    }
}

@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct `Exchange rates of the Banco Central` {
    @Test func `the whole history is read, with the sums its source names`() throws {
        let data = try #require(SharedData.data("fx-usd-brl/ptax_2021-05-19_2025-12-31.csv"))
        guard case .rates(let rates) = RateFile.parse(data) else {
            Issue.record("unreadable")
            return
        }
        #expect(rates.count == 1_163)
        #expect(rates.reduce(0) { $0 + $1.sell.units } == 615_712_170_000)
        #expect(rates.reduce(0) { $0 + $1.buy.units } == 615_641_690_000)
        #expect(rates.first?.date.description == "2021-05-19")
    }

    @Test(arguments: [
        ("CotacaoDolarPeriodo_1984-11-28", ["1984-12-03 2814.0000 2828.0000"]),
        ("CotacaoDolarPeriodo_2025-04-23", ["2025-04-23 5.6874 5.6880"]),
        ("CotacaoDolarPeriodo_2026-06-19", ["2026-06-19 5.1436 5.1442"]),
        ("CotacaoDolarPeriodo_weekend_or_holiday", ["no quote"]),
    ])
    func `recorded answers are read`(name: String, expected: [String]) throws {
        let data = try #require(SharedData.data("fx-usd-brl/ptax-api-bodies/\(name).json"))
        #expect(`Exchange rates from files`.shown(RateFile.parse(data)) == expected)
    }
}
