/// What no word of the command line may hold: it would stand in the log for ever, in a name that
/// people do not read as it is.
enum ArgumentText {
    /// Throws in one sentence what is wrong with a word.
    static func check(_ text: String) throws {
        for scalar in text.unicodeScalars {
            guard let fault = fault(scalar) else { continue }
            var shown = String.UnicodeScalarView()
            for other in text.unicodeScalars.prefix(60) {
                shown.append(other.value < 0x20 || self.fault(other) != nil ? "?" : other)
            }
            throw CommandError("the argument \"\(String(shown))\" \(fault); write it without")
        }
    }

    private static func fault(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        // What the system gives in place of bytes that are no text.
        case 0xFFFD: "is no valid UTF-8"
        case 0x2028, 0x2029: "holds an invisible end of a line"
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
            "holds a mark that turns the direction of reading"
        default: nil
        }
    }
}
