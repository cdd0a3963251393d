/// A Brazilian company's registration number, digits or letters, with its check digits verified.
///
/// ```swift
/// CNPJ("12.ABC.345/01DE-35")?.formatted      // the same text
/// ```
/// Source: Instrução Normativa RFB 2.229/2024. Each character counts as its ASCII code minus 48;
/// the two check digits are sums with weights 2 to 9 from the right, modulo 11.
public struct CNPJ: Sendable, Hashable {
    /// Fourteen characters, upper case, without punctuation.
    public let characters: String

    /// The number, with or without punctuation, or nil when it cannot be one.
    public init?(_ text: some StringProtocol) {
        let bytes = text.uppercased().utf8.filter { !".-/ ".utf8.contains($0) }
        guard bytes.count == 14, Set(bytes).count > 1,
            bytes.prefix(12).allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
            }),
            bytes.suffix(2).allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let values = bytes.map { Int($0) - 48 }
        guard Self.checkDigit(values.prefix(12)) == values[12],
            Self.checkDigit(values.prefix(13)) == values[13]
        else { return nil }
        characters = String(decoding: bytes, as: UTF8.self)
    }

    private static func checkDigit(_ values: ArraySlice<Int>) -> Int {
        var weight = 2
        var sum = 0
        for value in values.reversed() {
            sum += value * weight
            weight = weight == 9 ? 2 : weight + 1
        }
        let rest = sum % 11
        return rest < 2 ? 0 : 11 - rest
    }

    /// `12.345.678/0001-95`.
    public var formatted: String {
        let all = Array(characters)
        return String(all[0..<2]) + "." + String(all[2..<5]) + "." + String(all[5..<8]) + "/"
            + String(all[8..<12]) + "-" + String(all[12..<14])
    }
}
