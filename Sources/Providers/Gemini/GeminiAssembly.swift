internal import Ledger

/// One answer of Google's, put together out of its chunks: parts of text that follow one another
/// become one, all else stays in its order.
struct GeminiAssembly: AnswerAssembly {
    private var head: [JSONValue.Member] = []
    private var candidates: [Int: Candidate] = [:]

    fileprivate struct Candidate {
        var parts: [JSONValue] = []
        /// The last part, while it is a text that may go on.
        var text = ""
        var mark: JSONValue?
        var isOpen = false
        var role: JSONValue?
        var others: [JSONValue.Member] = []
    }

    mutating func add(_ value: JSONValue) {
        for member in value.members ?? [] {
            if member.name == "candidates" {
                for candidate in member.value.elements ?? [] { add(candidate: candidate) }
            } else {
                head.keepLast(member)
            }
        }
    }

    private mutating func add(candidate: JSONValue) {
        let index = candidate["index"]?.numberText.flatMap { Int($0) } ?? 0
        guard 0..<1_024 ~= index else { return }
        Self.add(candidate, to: &candidates[index, default: Candidate()])
    }

    private static func add(_ candidate: JSONValue, to own: inout Candidate) {
        for member in candidate.members ?? [] {
            if member.name == "content" {
                if let role = member.value["role"] { own.role = role }
                for part in member.value["parts"]?.elements ?? [] { own.add(part) }
            } else {
                own.others.keepLast(member)
            }
        }
    }

    func answer() -> JSONValue? {
        guard !head.isEmpty || !candidates.isEmpty else { return nil }
        let list = candidates.sorted { $0.key < $1.key }.map { _, candidate in
            JSONValue.object(
                [
                    .init(
                        name: "content",
                        value: .made(
                            ("parts", .array(candidate.whole)),
                            ("role", candidate.role ?? .string("model"))))
                ] + candidate.others)
        }
        return .object([.init(name: "candidates", value: .array(list))] + head)
    }
}

extension GeminiAssembly.Candidate {
    /// A text with nothing but its mark of a thought goes on the one before of the same mark.
    fileprivate mutating func add(_ part: JSONValue) {
        let names = part.members?.map(\.name) ?? []
        guard let more = part["text"]?.text, names.allSatisfy({ $0 == "text" || $0 == "thought" })
        else {
            close()
            parts.append(part)
            return
        }
        if isOpen, mark != part["thought"] { close() }
        isOpen = true
        mark = part["thought"]
        text += more
    }

    private mutating func close() {
        parts = whole
        isOpen = false
        text = ""
        mark = nil
    }

    fileprivate var whole: [JSONValue] {
        isOpen ? parts + [.made(("text", .string(text)), ("thought", mark))] : parts
    }
}
