/// A currency and the finest step that an exact amount of it is kept in.
public protocol Currency: Sendable {
    /// The ISO 4217 code.
    static var code: String { get }
    /// Decimals of the exact integer: one unit of an ``Amount`` is 10⁻ᵈᵉᶜⁱᵐᵃˡˢ of the currency.
    static var decimals: Int { get }
}

/// United States dollars, kept in 10⁻¹² USD (one token at USD 0.000001 a million is one step).
public enum USD: Currency {
    /// `USD`.
    public static var code: String { "USD" }
    /// 12.
    public static var decimals: Int { 12 }
}

/// Brazilian reais, kept in 10⁻²⁰ BRL: 10⁻¹² USD times a rate of 10⁻⁸, with nothing rounded.
public enum BRL: Currency {
    /// `BRL`.
    public static var code: String { "BRL" }
    /// 20.
    public static var decimals: Int { 20 }
}

/// An exact amount of one currency, as an integer.
///
/// ```swift
/// let cost = try UnitPrice("2.50").cost(ofTokens: 1_000)       // Amount<USD>, 0.0025
/// let brl = try cost.converted(at: ExchangeRate("5.4321"))     // Amount<BRL>, exact
/// brl.text                                                    // "0.01358025"
/// ```
/// Arithmetic that does not fit throws ``MoneyError/overflow(_:)``: it is an error for the one who
/// asked, never a crash and never a wrong figure. USD reaches 1.7 × 10²⁶, BRL 1.7 × 10¹⁸.
@frozen public struct Amount<C: Currency>: Hashable, Comparable, Sendable {
    /// The amount in 10⁻ᵈᵉᶜⁱᵐᵃˡˢ of the currency.
    public var units: Int128

    /// An amount of that many smallest steps.
    @inlinable public init(units: Int128) { self.units = units }

    /// The amount that a decimal text names, such as `12.34`.
    public init(_ text: some StringProtocol) throws(MoneyError) {
        self.units = try DecimalText.parse(text, decimals: C.decimals)
    }

    /// Nothing.
    @inlinable public static var zero: Amount { Amount(units: 0) }

    /// All digits, without exponent and trailing zeros.
    public var text: String { DecimalText.format(units, decimals: C.decimals) }

    /// The sum, or an error when it does not fit.
    @inlinable public func adding(_ other: Amount) throws(MoneyError) -> Amount {
        let (sum, overflow) = units.addingReportingOverflow(other.units)
        if overflow { throw .overflow("the sum of \(C.code) amounts") }
        return Amount(units: sum)
    }

    /// The difference, or an error when it does not fit.
    @inlinable public func subtracting(_ other: Amount) throws(MoneyError) -> Amount {
        let (difference, overflow) = units.subtractingReportingOverflow(other.units)
        if overflow { throw .overflow("the difference of \(C.code) amounts") }
        return Amount(units: difference)
    }

    /// Adds in place, or throws and leaves the amount as it was.
    @inlinable public mutating func add(_ other: Amount) throws(MoneyError) {
        self = try adding(other)
    }

    /// Orders by value.
    @inlinable public static func < (left: Amount, right: Amount) -> Bool {
        left.units < right.units
    }

    /// The amount rounded once to cents (centavos), as an integer count of them.
    public func cents(_ rounding: Rounding) -> Int128 {
        rounding.divide(units, byPowerOfTen: C.decimals - 2)
    }
}

extension Amount where C == USD {
    /// The same value in reais, exact: 10⁻¹² × 10⁻⁸ = 10⁻²⁰.
    @inlinable public func converted(at rate: ExchangeRate) throws(MoneyError) -> Amount<BRL> {
        guard let product = units.multiplied(byWord: rate.units) else {
            throw .overflow("the amount in BRL")
        }
        return Amount<BRL>(units: product)
    }
}

extension Int128 {
    /// The product, or nil when it does not fit.
    ///
    /// Nearly every amount fits in 64 bits, and then one instruction does it; the general case is a
    /// call into the runtime that divides to find an overflow.
    @inlinable func multiplied(byWord factor: Int64) -> Int128? {
        if let word = Int64(exactly: self) {
            let (high, low) = word.multipliedFullWidth(by: factor)
            return Int128(high) << 64 | Int128(low)
        }
        let (product, overflow) = multipliedReportingOverflow(by: Int128(factor))
        return overflow ? nil : product
    }
}
