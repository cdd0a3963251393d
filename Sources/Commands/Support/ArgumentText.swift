/// What no word of the command line may hold: it would stand in the log for ever, in a name that
/// people do not read as it is.
enum ArgumentText {
    /// Throws in one sentence what is wrong with a word.
    static func check(_ text: String) throws {
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0xFFFD: throw refusal(text, "is no valid UTF-8")
            case 0x2028, 0x2029: throw refusal(text, "holds an invisible end of a line")
            case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
                throw refusal(text, "holds a mark that turns the direction of reading")
            default: break
            }
        }
    }

    private static func refusal(_ text: String, _ reason: String) -> CommandError {
        let shown = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar.value < 0x20 || (try? check(String(scalar))) == nil ? "?" : scalar
                }.prefix(60)))
        return CommandError("the argument \"\(shown)\" \(reason); write it without")
    }
}
