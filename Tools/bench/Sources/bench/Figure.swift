import Foundation

/// One line of the table.
struct Figure: Codable {
    enum Wanted: String, Codable { case atLeast, atMost }

    var name: String
    var value: Double
    var unit: String
    var target: Double?
    var wanted = Wanted.atLeast
    var decimals = 0

    static func rate(_ name: String, _ value: Double, target: Double? = nil) -> Figure {
        Figure(name: name, value: value, unit: "events/s", target: target)
    }

    static func ratio(_ name: String, _ value: Double, target: Double) -> Figure {
        Figure(name: name, value: value, unit: "of C", target: target, decimals: 2)
    }

    static func limit(
        _ name: String, _ value: Double, _ unit: String, target: Double? = nil, decimals: Int = 1
    ) -> Figure {
        Figure(
            name: name, value: value, unit: unit, target: target, wanted: .atMost,
            decimals: decimals)
    }

    /// How many times better than the target; above 1 it is met.
    var share: Double? {
        guard let target, value > 0 else { return nil }
        return wanted == .atLeast ? value / target : target / value
    }

    var line: String {
        let shown = Self.text(value, decimals)
        let aim = target.map { (wanted == .atLeast ? "≥ " : "≤ ") + Self.text($0, decimals) } ?? ""
        let verdict = share.map { Self.text($0, 2) + ($0 >= 1 ? "" : "  missed") } ?? ""
        return Self.left(name, 44) + Self.right(shown, 12) + " " + Self.left(unit, 12)
            + Self.right(aim, 13) + "  " + verdict
    }

    static let heading =
        left("figure", 44) + right("value", 12) + " " + left("unit", 12) + right("target", 13)
        + "  times the target"

    private static func text(_ value: Double, _ decimals: Int) -> String {
        let scaled = (value * pow(10, Double(decimals))).rounded()
        let whole = Int(scaled)
        guard decimals > 0 else { return grouped(whole) }
        let divisor = Int(pow(10, Double(decimals)))
        let digits = String(whole % divisor)
        return grouped(whole / divisor) + "."
            + String(repeating: "0", count: decimals - digits.count) + digits
    }

    private static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// What a case found: figures for the table, and a digest of what it did, which does not depend on
/// time or on the order in which callers were served.
struct Findings: Codable {
    var figures: [Figure] = []
    var digest: String?
}
