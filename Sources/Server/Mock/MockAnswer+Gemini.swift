import Ledger

/// Google's generateContent. Source: ai.google.dev/api/generate-content.
extension MockAnswer {
    /// One answer, or one piece of a stream, with those tokens. Usage is that of all so far.
    func gemini(_ range: Range<Int>, isLast: Bool) -> String {
        let finish = isLast ? #","finishReason":"\#(isLimited ? "MAX_TOKENS" : "STOP")""# : ""
        let part =
            call.tool == nil
            ? #"{"text":"\#(text[range])"}"#
            : #"{"functionCall":{"name":\#(toolName),"args":\#(arguments)}}"#
        let candidates = (0..<call.answers).map { index in
            #"{"content":{"parts":[\#(part)],"role":"model"}\#(finish),"index":\#(index)}"#
        }
        let usage = hasUsage ? #""usageMetadata":\#(metadata(range.upperBound)),"# : ""
        return #"{"candidates":[\#(candidates.joined(separator: ","))],\#(usage)"#
            + #""modelVersion":\#(model),"responseId":"mock-\#(stamp.number)"}"#
    }

    /// Google's usage: what is read from a cache is part of the prompt.
    private func metadata(_ done: Int) -> String {
        let output = done * call.answers
        let cached = tokens.cached > 0 ? #""cachedContentTokenCount":\#(tokens.cached),"# : ""
        return #"{"promptTokenCount":\#(tokens.input),"candidatesTokenCount":\#(output),"#
            + #""totalTokenCount":\#(tokens.input + output),\#(cached)"#
            + #""promptTokensDetails":[{"modality":"TEXT","tokenCount":\#(tokens.input)}]}"#
    }

    private func framed(_ answer: String, isFirst: Bool) -> String {
        call.isArray ? (isFirst ? "" : ",\r\n") + answer : "data: \(answer)\r\n\r\n"
    }

    /// A call of a tool comes whole, as Google sends it, with the last piece.
    func geminiPiece(_ range: Range<Int>) -> String {
        guard call.tool == nil else { return "" }
        return framed(gemini(range, isLast: false), isFirst: range.lowerBound == 0)
    }

    var geminiClosing: String {
        let count = text.tokens
        let last = gemini(count..<count, isLast: true)
        let isFirst = call.tool != nil || count == 0
        return framed(last, isFirst: isFirst) + (call.isArray ? "]" : "")
    }
}
