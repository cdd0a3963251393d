/// Decimal text to scaled integers and back, digit by digit.
///
/// ```swift
/// try DecimalText.parse("2.50", decimals: 6)      // 2_500_000
/// DecimalText.format(2_500_000, decimals: 6)      // "2.5"
/// ```
/// No floating point is involved, so what is written is what is kept. Cost: linear in the text.
public enum DecimalText {
    /// The longest text that is looked at; anything longer is no figure a person wrote.
    public static let maximumLength = 80

    /// The integer `text × 10^decimals`, exactly.
    ///
    /// Accepts an optional sign, digits with at most one point, and an exponent (`1.5e-07`), as
    /// JSON writes numbers. Throws ``MoneyError`` when the text is no number, has non-zero digits
    /// beyond `decimals`, or does not fit.
    public static func parse(_ text: some StringProtocol, decimals: Int) throws(MoneyError)
        -> Int128
    {
        var scanner = Scanner(Array(text.utf8.prefix(maximumLength + 1)))
        guard scanner.bytes.count <= maximumLength, let number = scanner.number() else {
            throw .notADecimal(String(text.prefix(maximumLength)))
        }
        // value = digits × 10^(zeros + exponent - fraction); bring it to 10^-decimals.
        var value = number.digits
        var shift = decimals + number.zeros + number.exponent - number.fraction
        if number.isTooLong {
            throw shift < 0
                ? .tooPrecise(String(text), decimals: decimals) : .overflow(String(text))
        }
        guard value != 0 else { return 0 }
        while shift < 0 {
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            guard remainder == 0 else { throw .tooPrecise(String(text), decimals: decimals) }
            value = quotient
            shift += 1
        }
        while shift > 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { throw .overflow(String(text)) }
            value = product
            shift -= 1
        }
        return number.isNegative ? -value : value
    }

    /// The shortest plain text of `value / 10^decimals`, with at least `minimumDecimals` decimals.
    ///
    /// Never writes an exponent and never drops a digit that is not a trailing zero.
    public static func format(_ value: Int128, decimals: Int, minimumDecimals: Int = 0) -> String {
        var digits = Array(String(value.magnitude).utf8)
        if digits.count <= decimals {
            digits.insert(
                contentsOf: repeatElement(UInt8(ascii: "0"), count: decimals + 1 - digits.count),
                at: 0)
        }
        var fraction = digits.suffix(decimals)
        while fraction.count > minimumDecimals, fraction.last == UInt8(ascii: "0") {
            fraction.removeLast()
        }
        var text = value < 0 ? "-" : ""
        text += String(decoding: digits.prefix(digits.count - decimals), as: UTF8.self)
        if !fraction.isEmpty { text += "." + String(decoding: fraction, as: UTF8.self) }
        return text
    }

    /// A number as written: digits up to the last that is not zero, the zeros after it, and how
    /// many of all of them stand behind the point.
    private struct Number {
        var isNegative = false
        var digits: Int128 = 0
        var zeros = 0
        var isTooLong = false
        var fraction = 0
        var exponent = 0

        /// Zeros wait until another digit follows, so that those at the end cost no room.
        mutating func append(_ digit: UInt8) {
            guard digit > 0 else {
                zeros += 1
                return
            }
            for _ in 0...zeros { multiply() }
            zeros = 0
            let (sum, overflow) = digits.addingReportingOverflow(Int128(digit))
            digits = sum
            isTooLong = isTooLong || overflow
        }

        private mutating func multiply() {
            let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
            digits = product
            isTooLong = isTooLong || overflow
        }
    }

    private struct Scanner {
        let bytes: [UInt8]
        var index = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        /// The whole text as a number, or nil when any byte is left over or a part is missing.
        mutating func number() -> Number? {
            var number = Number()
            number.isNegative = takeSign()
            var count = 0
            while let digit = takeDigit() {
                number.append(digit)
                count += 1
            }
            if peek == UInt8(ascii: ".") {
                index += 1
                while let digit = takeDigit() {
                    number.append(digit)
                    number.fraction += 1
                }
                guard number.fraction > 0 else { return nil }
            }
            guard count + number.fraction > 0 else { return nil }
            if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
                index += 1
                let isNegative = takeSign()
                var exponent = 0
                let start = index
                // Beyond a few hundred nothing changes any more: all but zero is out of reach.
                while let digit = takeDigit() { exponent = min(exponent * 10 + Int(digit), 999) }
                guard index > start else { return nil }
                number.exponent = isNegative ? -exponent : exponent
            }
            return index == bytes.count ? number : nil
        }

        private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

        /// Steps over a sign; true for a minus.
        private mutating func takeSign() -> Bool {
            guard peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") else { return false }
            defer { index += 1 }
            return peek == UInt8(ascii: "-")
        }

        /// The digit at this place, stepped over, or nil.
        private mutating func takeDigit() -> UInt8? {
            guard let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
                return nil
            }
            index += 1
            return byte - UInt8(ascii: "0")
        }
    }
}
