/// A provider's key, which nothing shows: not a description, not a dump, not an interpolation.
public struct ProviderKey: Sendable, Equatable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    /// The key, for the header that carries it.
    let text: String

    /// A key; white space around it, such as a file's last line break, is taken off. Nil where
    /// nothing is left or where it holds what no header may.
    public init?(_ text: String) {
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, first.value <= 0x20 { scalars.removeFirst() }
        while let last = scalars.last, last.value <= 0x20 { scalars.removeLast() }
        guard !scalars.isEmpty, scalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }) else {
            return nil
        }
        self.text = String(scalars)
    }

    /// Shorter ones stand in texts that do not mean them.
    private static let shortestHidden = 8

    /// A text without the key, which some providers repeat.
    func hidden(in text: String) -> String {
        self.text.utf8.count < Self.shortestHidden
            ? text : text.replacing(self.text, with: description)
    }

    /// Never the key.
    public var description: String { "(secret)" }
    /// Never the key.
    public var debugDescription: String { description }
    /// Never the key.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
