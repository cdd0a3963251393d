internal import Ledger

/// Recognises a chunk of chat completions that differs from the one before in its text alone.
///
/// Nearly all chunks of a long answer do, and reading one whole costs several times what finding
/// that out does. A chunk counts as repeated only where every byte around its text is the same as
/// in one that was read whole just before, so whatever else it says has been taken in already.
struct RepeatedChunk: Sendable {
    private var before: [UInt8] = []
    private var after: [UInt8] = []
    /// The choice whose text the chunks carry.
    private(set) var choice = 0

    private static let opening = Array(#""delta":{"content":""#.utf8)

    /// Takes note of an event that was read whole: the next one is compared with it.
    mutating func learn(_ event: ServerSentEvent, _ json: JSONValue?) {
        before.removeAll(keepingCapacity: true)
        guard let json, event.name == nil, let choice = Self.choiceOfText(json) else { return }
        // Inside a text its quotes would be escaped, so what is found here is no one's words.
        guard let start = Self.opening.onlyPlace(in: event.data) else { return }
        let text = start + Self.opening.count
        guard let end = Self.end(of: event.data, from: text) else { return }
        before.append(contentsOf: event.data[..<text])
        after.removeAll(keepingCapacity: true)
        after.append(contentsOf: event.data[end...])
        self.choice = choice
    }

    /// The text of an event in which nothing else is new; nil where it has to be read whole.
    func text(of event: ServerSentEvent) -> String? {
        let data = event.data
        guard !before.isEmpty, event.name == nil, data.count >= before.count + after.count,
            data.starts(with: before), data.suffix(after.count).elementsEqual(after)
        else { return nil }
        let text = before.count..<data.count - after.count
        guard Self.end(of: data, from: text.lowerBound) == text.upperBound else { return nil }
        return String(validating: data[text], as: UTF8.self)
    }

    /// Where a text without escapes ends: at its closing quote.
    private static func end(of data: [UInt8], from start: Int) -> Int? {
        var index = start
        while index < data.count, data[index] >= 0x20, data[index] != UInt8(ascii: "\\") {
            if data[index] == UInt8(ascii: "\"") { return index }
            index += 1
        }
        return nil
    }

    /// The choice of a chunk that carries a text for it and no news beside; nil for all others.
    private static func choiceOfText(_ json: JSONValue) -> Int? {
        guard json["usage"].isNull, json["error"].isNull, json["x_groq"].isNull,
            let choices = json["choices"]?.elements, choices.count == 1,
            choices[0]["finish_reason"].isNull, choices[0]["logprobs"].isNull,
            let delta = choices[0]["delta"]?.members, delta.count == 1,
            delta[0].name == "content", delta[0].value.text != nil
        else { return nil }
        return choices[0]["index"].map { $0.numberText.flatMap { Int($0) } } ?? 0
    }
}

extension JSONValue? {
    /// True where there is nothing, or null.
    fileprivate var isNull: Bool { self == nil || self == .null }
}

extension [UInt8] {
    /// Where this stands in other bytes, if it does so once.
    fileprivate func onlyPlace(in bytes: [UInt8]) -> Int? {
        guard let first, bytes.count >= count else { return nil }
        var place: Int?
        for start in 0...(bytes.count - count)
        where bytes[start] == first && bytes[start..<start + count].elementsEqual(self) {
            guard place == nil else { return nil }
            place = start
        }
        return place
    }
}
