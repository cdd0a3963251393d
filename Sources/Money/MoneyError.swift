/// Why an amount, a price or a rate was refused.
///
/// Every case prints as one sentence that names the offending text and says what to do.
public enum MoneyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text is not a plain decimal number such as `12.34`.
    case notADecimal(String)
    /// The text has more decimals than the unit holds; nothing is rounded in silence.
    case tooPrecise(String, decimals: Int)
    /// The result or the text does not fit the integer behind the unit.
    case overflow(String)
    /// The value is negative where only zero or more makes sense.
    case negative(String)
    /// The value is zero where only more than zero makes sense.
    case zero(String)

    /// The sentence that is shown to a person.
    public var description: String {
        switch self {
        case .notADecimal(let text):
            "\"\(text)\" is not a decimal number; write it like 12.34 or 1.5e-07"
        case .tooPrecise(let text, let decimals):
            "\(text) has more than \(decimals) decimals and nothing is rounded in silence; "
                + "give at most \(decimals)"
        case .overflow(let what): "\(what) is too large to be kept exactly; check the figure"
        case .negative(let text): "\(text) is negative; give zero or more"
        case .zero(let text): "\(text) is zero; give more than zero"
        }
    }
}
