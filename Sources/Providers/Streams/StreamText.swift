internal import Ledger

/// Writes events of a stream.
enum StreamText {
    /// `data: …`, behind `event: …` where it has a name.
    static func event(_ value: JSONValue, name: String? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        if let name {
            // A name is one of ours or an interface's own: it has no line break.
            bytes.append(contentsOf: "event: \(name)\n".utf8)
        }
        bytes.append(contentsOf: "data: ".utf8)
        value.append(to: &bytes)
        bytes.append(contentsOf: "\n\n".utf8)
        return bytes
    }

    /// An event as that interface writes it: Anthropic's are called by their type.
    static func event(_ value: JSONValue, of interface: Interface) -> [UInt8] {
        let isNamed = interface == .messages || interface == .responses
        return event(value, name: isNamed ? value["type"]?.text : nil)
    }

    /// The end of a stream of OpenAI's.
    static let done = Array("data: [DONE]\n\n".utf8)
}
