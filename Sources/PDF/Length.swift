/// A distance on paper as an integer: 1,024 to a point, as Pango counts; 72 points are an inch.
///
/// ```swift
/// let margin = Length(points: 48)
/// let column = (width - margin * 2) / 2
/// ```
/// Whoever arranges a page adds and compares without a floating type.
public struct Length: Hashable, Comparable, Sendable {
    /// 1,024ths of a point.
    public var units: Int

    /// A length of that many 1,024ths of a point.
    public init(units: Int) { self.units = units }

    /// A length of that many points.
    public init(points: Int) { units = points * 1024 }

    /// A length of that many tenths of a point, in which sizes of letters are given.
    public init(tenths: Int) { units = tenths * 1024 / 10 }

    /// Nothing.
    public static let zero = Length(units: 0)

    /// The width of A4, 210 mm.
    public static let a4Width = Length(units: 609_562)
    /// The height of A4, 297 mm.
    public static let a4Height = Length(units: 862_095)

    /// The length in points, as the drawing library takes it.
    var points: Double { Double(units) / 1024 }

    /// Orders by length.
    public static func < (left: Length, right: Length) -> Bool { left.units < right.units }
    /// The sum.
    public static func + (left: Length, right: Length) -> Length {
        Length(units: left.units + right.units)
    }
    /// The difference.
    public static func - (left: Length, right: Length) -> Length {
        Length(units: left.units - right.units)
    }
    /// Adds in place.
    public static func += (left: inout Length, right: Length) { left.units += right.units }
    /// That many times the length.
    public static func * (length: Length, factor: Int) -> Length {
        Length(units: length.units * factor)
    }
    /// A part of the length.
    public static func / (length: Length, divisor: Int) -> Length {
        Length(units: length.units / divisor)
    }
}
