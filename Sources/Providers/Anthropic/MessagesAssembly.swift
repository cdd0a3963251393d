internal import Ledger

/// One message of Anthropic's, put together out of its events.
///
/// Source: docs.anthropic.com/en/api/messages-streaming.
struct MessagesAssembly: AnswerAssembly {
    private var message: JSONValue?
    private var blocks: [Int: Block] = [:]
    private var usage = AnswerFacts()

    fileprivate struct Block {
        var head: JSONValue
        var joined = JoinedObject()
        var input = ""
        var citations: [JSONValue] = []
    }

    mutating func add(_ value: JSONValue) {
        let index = value["index"]?.numberText.flatMap { Int($0) } ?? 0
        switch value["type"]?.text {
        case "message_start": message = value["message"]
        case "content_block_start":
            guard 0..<4_096 ~= index, let head = value["content_block"] else { return }
            var block = Block(head: head)
            block.joined.add(head.removing("input"))
            block.citations = head["citations"]?.elements ?? []
            blocks[index] = block
        case "content_block_delta":
            if let delta = value["delta"] { blocks[index]?.add(delta) }
        case "message_delta": end(value)
        default: break
        }
        MessagesUsage.read(value, event: nil, into: &usage)
    }

    private mutating func end(_ value: JSONValue) {
        for member in value["delta"]?.members ?? [] {
            message = message?.setting(member.name, member.value)
        }
        // What stands beside the delta, such as the management of the context, is the message's.
        for member in value.members ?? []
        where !["type", "delta", "usage"].contains(member.name) {
            message = message?.setting(member.name, member.value)
        }
    }

    func answer() -> JSONValue? {
        guard let message else { return nil }
        let content = blocks.sorted { $0.key < $1.key }.map(\.value.value)
        let whole = message.setting("content", .array(content))
        return usage.usage.map { whole.setting("usage", $0) } ?? whole
    }
}

extension MessagesAssembly.Block {
    fileprivate mutating func add(_ delta: JSONValue) {
        for member in delta.members ?? [] where member.name != "type" {
            switch member.name {
            case "partial_json": input += member.value.text ?? ""
            case "citation": citations.append(member.value)
            default: joined.add(member)
            }
        }
    }

    /// The block whole: a tool's input is JSON that came as text.
    fileprivate var value: JSONValue {
        var value = joined.value
        if !citations.isEmpty { value = value.setting("citations", .array(citations)) }
        guard head["input"] != nil || !input.isEmpty else { return value }
        let start = head["input"] ?? .object([])
        // An input that was cut off is no JSON; the text of it is better than nothing.
        let whole =
            input.isEmpty
            ? start : (try? JSONValue(parsing: Array(input.utf8))) ?? .string(input)
        return value.setting("input", whole)
    }
}
