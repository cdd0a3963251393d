public import Money

/// Writes figures and dates the way people read them, from decimal text and integers alone.
///
/// ```swift
/// FigureFormat.brazilian.brl("1234.56")            // "R$ 1.234,56", U+00A0 after R$
/// FigureFormat.brazilian.brl("0.0004")             // "< R$ 0,01"
/// FigureFormat.brazilian.date(day)                 // "05/03/2026"
/// ```
/// What is not zero never shows as zero, and zero never has a sign. Text that is no decimal number
/// is given back as it is. Source of the forms: CLDR's pt-BR.
public struct FigureFormat: Sendable, Hashable {
    /// Whose habits to follow.
    public let language: StatementLanguage

    /// The format of a language.
    public init(_ language: StatementLanguage) { self.language = language }

    /// `R$ 1.234,56`, `05/03/2026`.
    public static let brazilian = FigureFormat(.portuguese)
    /// `R$ 1,234.56`, `2026-03-05`.
    public static let english = FigureFormat(.english)

    /// Decimals that any amount of either currency fits in.
    private static let scale = 20

    private var point: String { language == .portuguese ? "," : "." }
    private var group: String { language == .portuguese ? "." : "," }

    // MARK: Money

    /// Reais with centavos: `-R$ 1.234,56`. Finer amounts are rounded for reading, half-even unless
    /// said otherwise; one that would round to zero shows as `< R$ 0,01`.
    public func brl(_ text: String, rounding: Rounding = .halfEven) -> String {
        write(text, decimals: 2...2, symbol: "R$", rounding)
    }

    /// Reais that were rounded elsewhere: shows `rounded`, or `< R$ 0,01` where only `exact` tells
    /// that it is not zero.
    public func brl(rounded: String, exact: String) -> String {
        brl(Self.isZero(rounded) && !Self.isZero(exact) ? exact : rounded, rounding: .truncate)
    }

    /// Reais with every digit there is, at least centavos.
    public func brlExact(_ text: String) -> String {
        write(text, decimals: 2...Self.scale, symbol: "R$", .halfEven)
    }

    /// Reais for a million, two to six decimals: `R$ 15,00`.
    func brlPrice(_ text: String) -> String {
        write(text, decimals: 2...6, symbol: "R$", .halfEven)
    }

    /// Dollars with two to six decimals, up to eight below a cent: `US$ 1.234,50`, `US$ 0,0000075`.
    public func usd(_ text: String) -> String {
        write(text, decimals: 2...(Self.isBelowCent(text) ? 8 : 6), symbol: "US$", .halfEven)
    }

    /// Dollars with that many decimals.
    public func usd(_ text: String, decimals: Int) -> String {
        write(text, decimals: decimals...decimals, symbol: "US$", .halfEven)
    }

    /// Reais for a dollar, at least four decimals as the Banco Central writes them: `5,6880`.
    public func rate(_ text: String) -> String { decimal(text, decimals: 4...8) }

    // MARK: Numbers

    /// A number with decimals and no symbol; digits beyond the upper bound are rounded for reading.
    public func decimal(
        _ text: String, decimals: ClosedRange<Int>, rounding: Rounding = .halfEven
    ) -> String {
        write(text, decimals: decimals, symbol: nil, rounding)
    }

    /// `1.234.567`.
    public func integer(_ value: some BinaryInteger) -> String {
        let digits = String(value.magnitude)
        return (value < 0 ? "-" : "") + grouped(digits)
    }

    /// A share with one decimal: `87,6%`, `< 0,1%`. Nothing of nothing is `0,0%`.
    public func percent(_ part: UInt64, of whole: UInt64) -> String {
        guard whole > 0 else { return percent(0, of: 1) }
        let tenths = Rounding.halfEven.divide(Int128(part) * 1000, by: Int128(whole))
        let isHidden = tenths == 0 && part > 0
        let text = isHidden ? "0.01" : DecimalText.format(tenths, decimals: 1)
        return decimal(text, decimals: 1...1) + "%"
    }

    /// A percentage that is decimal text already: `12,5%`.
    public func percent(text: String) -> String { decimal(text, decimals: 0...4) + "%" }

    /// How many decimals a column of dollars needs so that its decimal signs stand one below the
    /// other: two to six. What is finer than that shows as `< 0,000001`.
    public func usdDecimals(_ column: [String]) -> Int {
        let needed = column.map { $0.split(separator: ".").dropFirst().first?.utf8.count ?? 0 }
        return min(max(needed.max() ?? 2, 2), 6)
    }

    /// True for text that is a decimal number and zero.
    static func isZero(_ text: String) -> Bool { units(text) == 0 }

    private static func isBelowCent(_ text: String) -> Bool {
        guard let units = units(text) else { return false }
        return Rounding.truncate.divide(units, byPowerOfTen: scale - 2) == 0
    }

    private static func units(_ text: String) -> Int128? {
        try? DecimalText.parse(text, decimals: scale)
    }

    private func write(
        _ text: String, decimals: ClosedRange<Int>, symbol: String?, _ rounding: Rounding
    ) -> String {
        guard let units = Self.units(text) else { return text }
        let most = min(decimals.upperBound, Self.scale)
        var shown = rounding.divide(units, byPowerOfTen: Self.scale - most)
        var relation = ""
        if shown == 0, units != 0 {
            shown = units < 0 ? -1 : 1
            relation = units < 0 ? "> " : "< "
        }
        let digits = DecimalText.format(
            Int128(shown.magnitude), decimals: most, minimumDecimals: decimals.lowerBound)
        let parts = digits.split(separator: ".")
        var body = grouped(String(parts.first ?? "0"))
        if parts.count > 1 { body += point + parts[1] }
        let mark = symbol.map { $0 + "\u{A0}" } ?? ""
        return relation + (shown < 0 ? "-" : "") + mark + body
    }

    private func grouped(_ digits: String) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.utf8.count - index) % 3 == 0 { text += group }
            text.append(digit)
        }
        return text
    }
}
