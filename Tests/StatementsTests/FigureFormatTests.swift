import Ledger
import Money
import Statements
import Testing

@Suite struct `Figures for people` {
    private let brazilian = FigureFormat.brazilian
    private let english = FigureFormat.english

    @Test(arguments: [
        ("1234.56", "R$ 1.234,56"),
        ("0", "R$ 0,00"),
        ("-0", "R$ 0,00"),
        ("-0.00", "R$ 0,00"),
        ("0.01", "R$ 0,01"),
        ("-1234.56", "-R$ 1.234,56"),
        ("999", "R$ 999,00"),
        ("1000", "R$ 1.000,00"),
        ("1234567890.1", "R$ 1.234.567.890,10"),
        ("0.125", "R$ 0,12"),
        ("0.135", "R$ 0,14"),
        ("0.0004", "< R$ 0,01"),
        ("0.00000000000000000001", "< R$ 0,01"),
        ("-0.0004", "> -R$ 0,01"),
        ("999.999", "R$ 1.000,00"),
        ("no figure", "no figure"),
        ("", ""),
    ])
    func `reais have two decimals, and only zero shows as zero`(text: String, shown: String) {
        #expect(brazilian.brl(text) == shown.spaced)
    }

    @Test(arguments: [
        ("0.129", Rounding.truncate, "R$ 0,12"), ("0.125", .halfUp, "R$ 0,13"),
        ("0.125", .halfEven, "R$ 0,12"), ("0.009", .truncate, "< R$ 0,01"),
    ])
    func `reais are rounded as the statement says`(
        text: String, rounding: Rounding, shown: String
    ) {
        #expect(brazilian.brl(text, rounding: rounding) == shown.spaced)
    }

    @Test(arguments: [
        ("0.00", "0.0049", "< R$ 0,01"), ("0.00", "-0.001", "> -R$ 0,01"),
        ("0.00", "0", "R$ 0,00"), ("12.35", "12.345", "R$ 12,35"), ("-1.00", "-1.004", "-R$ 1,00"),
    ])
    func `a line that was rounded to zero still says that it cost something`(
        rounded: String, exact: String, shown: String
    ) {
        #expect(brazilian.brl(rounded: rounded, exact: exact) == shown.spaced)
    }

    @Test(arguments: [
        ("137.684845401765", "R$ 137,684845401765"), ("5", "R$ 5,00"),
        ("-0.00000000000000000001", "-R$ 0,00000000000000000001"),
    ])
    func `an exact amount keeps every digit`(text: String, shown: String) {
        #expect(brazilian.brlExact(text) == shown.spaced)
    }

    @Test(arguments: [
        ("1234.5", "US$ 1.234,50"),
        ("242.418221", "US$ 242,418221"),
        ("0.144", "US$ 0,144"),
        ("0.0000075", "US$ 0,0000075"),
        ("0.00000012", "US$ 0,00000012"),
        ("0.000000000001", "< US$ 0,00000001"),
        ("1.2345678", "US$ 1,234568"),
        ("0", "US$ 0,00"),
        ("-3.10", "-US$ 3,10"),
    ])
    func `dollars have more decimals where they are small`(text: String, shown: String) {
        #expect(brazilian.usd(text) == shown.spaced)
    }

    @Test(arguments: [
        (["1", "2.5"], 2), (["0.075", "15"], 3), (["0.631200000001"], 6), ([], 2),
        (["7", "0.0001"], 4),
    ])
    func `a column of dollars has as many decimals as its finest figure, six at most`(
        column: [String], decimals: Int
    ) {
        #expect(brazilian.usdDecimals(column) == decimals)
    }

    @Test(arguments: [
        (0, "0", "0"), (999, "999", "999"), (1_000, "1.000", "1,000"),
        (1_234_567, "1.234.567", "1,234,567"), (-1_234, "-1.234", "-1,234"),
        (Int.max, "9.223.372.036.854.775.807", "9,223,372,036,854,775,807"),
    ])
    func `integers are grouped by thousands`(value: Int, portuguese: String, english: String) {
        #expect(brazilian.integer(value) == portuguese)
        #expect(self.english.integer(value) == english)
    }

    @Test(arguments: [
        (UInt64(876), UInt64(1000), "87,6%"), (0, 0, "0,0%"), (0, 5, "0,0%"), (5, 5, "100,0%"),
        (1, 3, "33,3%"), (1, 1_000_000, "< 0,1%"), (1234, 100, "1.234,0%"),
        (.max, .max, "100,0%"),
    ])
    func `a share has one decimal`(part: UInt64, whole: UInt64, shown: String) {
        #expect(brazilian.percent(part, of: whole) == shown)
    }

    @Test(arguments: [
        ("5.688", "5,6880"), ("5.12345", "5,12345"), ("5.60210000", "5,6021"), ("10", "10,0000"),
    ])
    func `rates have four decimals at least`(text: String, shown: String) {
        #expect(brazilian.rate(text) == shown)
    }

    @Test(arguments: [
        ("2026-03-05", "05/03/2026", "05/03", "março de 2026", "March 2026"),
        ("2023-11-30", "30/11/2023", "30/11", "novembro de 2023", "November 2023"),
        ("2024-02-29", "29/02/2024", "29/02", "fevereiro de 2024", "February 2024"),
    ])
    func `dates and months are written as people there write them`(
        text: String, date: String, short: String, month: String, englishMonth: String
    ) throws {
        let day = try #require(CivilDate(text))
        #expect(brazilian.date(day) == date)
        #expect(brazilian.shortDate(day) == short)
        #expect(brazilian.month(day.month) == month)
        #expect(english.date(day) == text)
        #expect(english.month(day.month) == englishMonth)
    }

    @Test(arguments: [
        ("12345678000195", "12.345.678/0001-95"), ("12ABC34501DE35", "12.ABC.345/01DE-35"),
        ("12345678000100", "12345678000100"),
    ])
    func `a CNPJ has its punctuation, and what is none stays as it is`(text: String, shown: String)
    {
        #expect(brazilian.cnpj(text) == shown)
    }

    @Test func `English has a decimal point and the same rules`() {
        #expect(english.brl("-1234.5") == "-R$ 1,234.50".spaced)
        #expect(english.usd("0.0000075") == "US$ 0.0000075".spaced)
        #expect(english.brl("0.001") == "< R$ 0.01".spaced)
    }
}

extension String {
    /// The text with U+00A0 after a currency sign, where this file shows a plain space.
    var spaced: String { replacing("$ ", with: "$\u{A0}") }
}
