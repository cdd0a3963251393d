internal import Ledger

/// How much a request can make a model read, before anybody counted its tokens.
///
/// A token of text has at least one byte, so ``textBound`` is a sure bound of the text's tokens.
/// What images, sound and files come to depends on the model; they are counted by the piece.
public struct InputSize: Sendable, Equatable {
    /// No more tokens of text than this: the bytes of all that may reach the prompt, and what
    /// providers put around messages and tools.
    public internal(set) var textBound = 0
    /// Images in the input.
    public internal(set) var images = 0
    /// Pieces of sound in the input.
    public internal(set) var sounds = 0
    /// Documents and videos in the input.
    public internal(set) var files = 0
    /// Bytes of images, sound and files that stand in the request itself, as they are encoded.
    public internal(set) var mediaBytes = 0
    /// Members that let a provider read more than the request holds, or bill for more: its own
    /// tools, stored prompts, files by address. Where there are any, no bound is sure.
    public internal(set) var unbounded: [String] = []
    /// False where what is read is found only while the call runs, such as the pages of a search,
    /// so that no count made before it is one.
    public internal(set) var isCountable = true

    /// Adds a member, or a reason, once.
    mutating func note(_ name: String, countable: Bool = true) {
        if !countable { isCountable = false }
        if !unbounded.contains(name), unbounded.count < 16 { unbounded.append(name) }
    }

    /// Counts a value of which nothing is known but that it may be read.
    mutating func count(_ value: JSONValue?) { textBound += Self.bytes(value) }

    /// Counts one kind of medium. Data that stands in the request is no text.
    mutating func count(_ medium: Medium, address: String?, of part: JSONValue) {
        switch medium {
        case .image: images += 1
        case .sound: sounds += 1
        case .file: files += 1
        }
        let data = address?.utf8.count ?? 0
        mediaBytes += data
        textBound += Self.bytes(part) - data
        if let address, address.hasPrefix("http") || address.hasPrefix("gs:") {
            note(medium == .image ? "an image by address" : "a file by address")
        }
    }

    enum Medium {
        case image, sound, file

        /// The kind of a media type.
        init(_ type: String) {
            if type.hasPrefix("image/") {
                self = .image
            } else if type.hasPrefix("audio/") {
                self = .sound
            } else {
                self = .file
            }
        }
    }

    /// What surrounds a list of messages or tools: special tokens, and what tools are explained
    /// with. Anthropic's published overheads of tool use stay below it.
    static let around = 64
    static let aroundTools = 1_024

    /// The bytes of a value as text, names and brackets included.
    static func bytes(_ value: JSONValue?) -> Int {
        switch value {
        case nil: 0
        case .null, .bool: 5
        case .number(let text): text.utf8.count + 1
        case .string(let text): text.utf8.count + 3
        case .array(let elements): elements.reduce(2) { $0 + bytes($1) }
        case .object(let members):
            members.reduce(2) { $0 + $1.name.utf8.count + 4 + bytes($1.value) }
        }
    }
}
