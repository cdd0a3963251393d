/// A colour of 256 steps in red, green and blue.
public struct Color: Hashable, Sendable {
    let red: UInt8
    let green: UInt8
    let blue: UInt8

    /// The colour that `0xRRGGBB` names.
    public init(_ value: UInt32) {
        red = UInt8(value >> 16 & 0xFF)
        green = UInt8(value >> 8 & 0xFF)
        blue = UInt8(value & 0xFF)
    }
}

/// How letters look.
public struct TextStyle: Hashable, Sendable {
    /// The size of the letters.
    public var size: Length
    /// True for bold letters.
    public var isBold: Bool
    /// True for letters of one width.
    public var isCode: Bool
    /// Their colour.
    public var color: Color

    /// A style; the size in tenths of a point.
    public init(tenths: Int, isBold: Bool = false, isCode: Bool = false, color: Color) {
        size = Length(tenths: tenths)
        self.isBold = isBold
        self.isCode = isCode
        self.color = color
    }
}

/// A stretch of text in one style.
public struct TextRun: Sendable {
    /// The words.
    public var text: String
    /// How they look.
    public var style: TextStyle

    /// A run of those words.
    public init(_ text: String, _ style: TextStyle) {
        self.text = text
        self.style = style
    }
}
