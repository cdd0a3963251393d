/// Figures of others, which may have more digits than a unit holds.
extension DecimalText {
    /// The integer nearest to `text × 10^decimals`, by a rule of rounding.
    ///
    /// For figures that another program made in binary fractions, such as a cost of
    /// `1.2000000000000002e-05`, and that are compared with ours. Throws as
    /// ``parse(_:decimals:)`` does, except for digits that are too fine.
    public static func parse(
        _ text: some StringProtocol, decimals: Int, rounding: Rounding
    ) throws(MoneyError) -> Int128 {
        do throws(MoneyError) {
            return try parse(text, decimals: decimals)
        } catch {
            guard case .tooPrecise = error else { throw error }
        }
        let cut = cut(text, after: decimals)
        return rounding.divide(try parse(cut, decimals: decimals + 2), by: 100)
    }

    /// The same number with one digit more than asked for, and behind it a 1 where anything but
    /// zeros followed: enough to round it by every rule. The text is known to be a number.
    private static func cut(_ text: some StringProtocol, after decimals: Int) -> String {
        let parts = text.utf8.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E")
        }
        let mantissa = parts[0]
        let written = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "0"
        // What does not fit an integer is far below any unit: it was too precise.
        let exponent = max(-999, Int(written) ?? -999)
        let point = mantissa.firstIndex(of: UInt8(ascii: "."))
        let fraction = point.map { mantissa.distance(from: $0, to: mantissa.endIndex) - 1 } ?? 0
        let digits = mantissa.filter { (0x30...0x39).contains($0) }
        let dropped = min(digits.count, max(0, fraction - exponent - decimals - 1))
        let kept = String(decoding: digits.dropLast(dropped), as: UTF8.self)
        let hasRest = digits.suffix(dropped).contains { $0 != UInt8(ascii: "0") }
        let sign = mantissa.first == UInt8(ascii: "-") ? "-" : ""
        return "\(sign)\(kept.isEmpty ? "0" : kept)\(hasRest ? "1" : "0")e-\(decimals + 2)"
    }
}
