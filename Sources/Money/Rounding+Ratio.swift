// Shares of amounts: mark-ups, taxes, and what is part of its own base.

extension Rounding {
    /// `value × numerator ÷ denominator`, exact up to this one rounding; nil when the result does
    /// not fit.
    ///
    /// ```swift
    /// // 5 % por dentro of R$ 100: 100 × 5 ÷ 95, in centavos
    /// Rounding.halfEven.multiply(10_000, by: 5, over: 95)        // 526
    /// ```
    /// The product is taken in 256 bits, so nothing is lost before the division. The denominator is
    /// positive. Cost: some tens of nanoseconds.
    public func multiply(
        _ value: Int128, by numerator: Int128, over denominator: Int128
    ) -> Int128? {
        precondition(denominator > 0, "a rounding divisor is positive")
        let divisor = denominator.magnitude
        let product = value.magnitude.multipliedFullWidth(by: numerator.magnitude)
        guard product.high < divisor else { return nil }
        let (quotient, remainder) = divisor.dividingFullWidth(product)
        let rest = divisor - remainder
        let away: Bool =
            switch self {
            case .truncate: false
            case .halfUp: remainder != 0 && remainder >= rest
            case .halfEven: remainder > rest || (remainder == rest && quotient % 2 != 0)
            }
        let (rounded, overflow) = quotient.addingReportingOverflow(away ? 1 : 0)
        guard !overflow, let magnitude = Int128(exactly: rounded) else { return nil }
        return (value < 0) != (numerator < 0) ? -magnitude : magnitude
    }
}
