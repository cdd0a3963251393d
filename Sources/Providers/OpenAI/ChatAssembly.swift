internal import Ledger

/// One answer of chat completions or completions, put together out of its chunks.
///
/// Text, arguments of tools, sound and log probabilities are joined choice by choice; of everything
/// else the last value that is not null stays. Source:
/// platform.openai.com/docs/api-reference/chat-streaming.
struct ChatAssembly: AnswerAssembly {
    let isChat: Bool
    private var head: [JSONValue.Member] = []
    private var choices: [Int: Choice] = [:]
    private var usage: JSONValue?

    init(isChat: Bool) { self.isChat = isChat }

    private struct Choice {
        var message = JoinedObject()
        var text = ""
        var tools: [Int: JoinedObject] = [:]
        var logprobs: JoinedObject?
        var finishReason: JSONValue = .null
        var others: [JSONValue.Member] = []
    }

    /// More choices or tools than these nobody makes; a stream that numbers them higher is wrong.
    private static let most = 1_024

    mutating func add(_ value: JSONValue) {
        guard value["choices"] != nil || value["usage"] != nil else { return }
        for member in value.members ?? [] {
            switch member.name {
            case "choices":
                for choice in member.value.elements ?? [] { add(choice: choice) }
            case "usage": if member.value != .null { usage = member.value }
            case "object", "obfuscation", "p", "error": break
            default: head.keepLast(member)
            }
        }
    }

    mutating func add(content: String, choice: Int) {
        guard 0..<Self.most ~= choice else { return }
        choices[choice, default: Choice()].message
            .add(.init(name: "content", value: .string(content)))
    }

    // Everything is changed in its place: a copy of the text at each chunk would be quadratic.

    private mutating func add(choice: JSONValue) {
        let index = choice["index"]?.numberText.flatMap { Int($0) } ?? 0
        guard 0..<Self.most ~= index else { return }
        Self.add(choice, to: &choices[index, default: Choice()])
    }

    private static func add(_ choice: JSONValue, to own: inout Choice) {
        for member in choice.members ?? [] {
            switch member.name {
            case "index": break
            case "delta", "message": add(delta: member.value, to: &own)
            case "text": own.text += member.value.text ?? ""
            case "finish_reason": if member.value != .null { own.finishReason = member.value }
            case "logprobs":
                guard member.value != .null else { break }
                if own.logprobs == nil { own.logprobs = JoinedObject() }
                own.logprobs?.add(member.value)
            default: own.others.keepLast(member)
            }
        }
    }

    private static func add(delta: JSONValue, to choice: inout Choice) {
        for member in delta.members ?? [] {
            guard member.name == "tool_calls" else {
                choice.message.add(member)
                continue
            }
            for (position, call) in (member.value.elements ?? []).enumerated() {
                let index = call["index"]?.numberText.flatMap { Int($0) } ?? position
                guard 0..<most ~= index else { continue }
                choice.tools[index, default: JoinedObject()].add(call.removing("index"))
            }
        }
    }

    func answer() -> JSONValue? {
        guard !head.isEmpty || !choices.isEmpty else { return nil }
        var members = head
        let object = isChat ? "chat.completion" : "text_completion"
        let place = members.first?.name == "id" ? 1 : 0
        members.insert(.init(name: "object", value: .string(object)), at: place)
        let list = choices.sorted { $0.key < $1.key }.map { shown($0.value, index: $0.key) }
        members.append(.init(name: "choices", value: .array(list)))
        if let usage { members.append(.init(name: "usage", value: usage)) }
        return .object(members)
    }

    private func shown(_ choice: Choice, index: Int) -> JSONValue {
        var members: [JSONValue.Member] = [.init(name: "index", value: .count(index))]
        if isChat {
            members.append(.init(name: "message", value: message(choice)))
        } else {
            members.append(.init(name: "text", value: .string(choice.text)))
        }
        members.append(.init(name: "logprobs", value: choice.logprobs?.value ?? .null))
        members += choice.others
        members.append(.init(name: "finish_reason", value: choice.finishReason))
        return .object(members)
    }

    private func message(_ choice: Choice) -> JSONValue {
        var message = choice.message.value
        for (name, value) in [
            ("role", JSONValue.string("assistant")), ("content", .null), ("refusal", .null),
        ] where message[name] == nil {
            message = message.setting(name, value)
        }
        // An empty text beside calls of tools is how a stream says that there is none.
        if !choice.tools.isEmpty, message["content"]?.text?.isEmpty == true {
            message = message.setting("content", .null)
        }
        guard !choice.tools.isEmpty else { return message }
        let calls = choice.tools.sorted { $0.key < $1.key }.map(\.value.value)
        return message.setting("tool_calls", .array(calls))
    }
}

extension [JSONValue.Member] {
    /// Keeps a member, in place of one of that name unless it is null.
    mutating func keepLast(_ member: JSONValue.Member) {
        guard let index = firstIndex(where: { $0.name == member.name }) else {
            if count < 1_024 { append(member) }
            return
        }
        if member.value != .null { self[index] = member }
    }
}
