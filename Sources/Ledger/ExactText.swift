/// Names compared as they are stored.
///
/// Swift's `==` and `<` take two ways to write é for one text, and order by the normalised form. A
/// key in a view is bytes, so what is a different key there must be a different key in memory too.
extension String {
    /// True when both hold the same bytes.
    func isSame(as other: String) -> Bool {
        utf8.count == other.utf8.count && self == other && utf8.elementsEqual(other.utf8)
    }

    /// True when this one's bytes sort before the other's.
    func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
