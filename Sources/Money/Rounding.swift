/// How an exact amount becomes centavos, once, on a statement line.
///
/// `halfEven` follows ABNT NBR 5891; the other two exist because fiscal documents and some
/// contracts ask for them. The choice is named on the statement.
public enum Rounding: String, Sendable, Hashable, CaseIterable, Codable {
    /// To the nearest; an exact half goes to the even neighbour. 0.125 becomes 0.12.
    case halfEven = "half-even"
    /// To the nearest; an exact half goes away from zero. 0.125 becomes 0.13.
    case halfUp = "half-up"
    /// Towards zero: what is below a centavo is dropped. 0.129 becomes 0.12.
    case truncate

    /// `value / 10^power`, rounded by this rule. Negative values mirror positive ones.
    public func divide(_ value: Int128, byPowerOfTen power: Int) -> Int128 {
        var divisor: Int128 = 1
        for _ in 0..<power { divisor *= 10 }
        return divide(value, by: divisor)
    }

    /// `value / divisor` for a positive divisor, rounded by this rule.
    public func divide(_ value: Int128, by divisor: Int128) -> Int128 {
        precondition(divisor > 0, "a rounding divisor is positive")
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        let magnitude = remainder.magnitude
        // Compare with what is missing to the next step rather than doubling, which could overflow.
        let rest = divisor.magnitude - magnitude
        let away: Bool =
            switch self {
            case .truncate: false
            case .halfUp: magnitude != 0 && magnitude >= rest
            case .halfEven: magnitude > rest || (magnitude == rest && quotient % 2 != 0)
            }
        guard away else { return quotient }
        return value < 0 ? quotient - 1 : quotient + 1
    }
}
