import Ledger

/// OpenAI's chat. Source: platform.openai.com/docs/api-reference/chat.
extension MockAnswer {
    /// The members that every answer and every chunk begin with.
    func head(_ id: String, _ object: String) -> String {
        #"{"id":"\#(id)-mock-\#(stamp.number)","object":"\#(object)","#
            + #""created":\#(stamp.second),"model":\#(model),"#
    }

    /// OpenAI's usage: cached tokens are part of the prompt's.
    var usage: String {
        #"{"prompt_tokens":\#(tokens.input),"completion_tokens":\#(tokens.output),"#
            + #""total_tokens":\#(tokens.input + tokens.output),"#
            + #""prompt_tokens_details":{"cached_tokens":\#(tokens.cached),"audio_tokens":0},"#
            + #""completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"#
            + #""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"#
    }

    private var reason: String {
        isLimited ? "length" : call.tool == nil ? "stop" : "tool_calls"
    }

    private func toolID(_ choice: Int) -> String { "call_mock_\(stamp.number)_\(choice)" }

    var wholeChat: String {
        let choices = (0..<call.answers).map { index in
            let message =
                call.tool == nil
                ? #""content":"\#(text.whole)","refusal":null,"annotations":[]"#
                : #""content":null,"refusal":null,"tool_calls":[{"id":"\#(toolID(index))","#
                    + #""type":"function","function":{"name":\#(toolName),"#
                    + #""arguments":\#(JSONValue.quoted(text.whole))}}]"#
            return #"{"index":\#(index),"message":{"role":"assistant",\#(message)},"#
                + #""logprobs":null,"finish_reason":"\#(reason)"}"#
        }
        let usage = hasUsage ? #","usage":\#(usage)"# : ""
        return head("chatcmpl", "chat.completion")
            + #""choices":[\#(choices.joined(separator: ","))]\#(usage),"#
            + #""service_tier":"default","system_fingerprint":"fp_mock"}"#
    }

    /// One chunk of a stream, as an event.
    private func chunk(_ choices: String, usage: String? = nil) -> String {
        let usage = hasUsage ? #","usage":\#(usage ?? "null")"# : ""
        return "data: " + head("chatcmpl", "chat.completion.chunk")
            + #""service_tier":"default","system_fingerprint":"fp_mock","#
            + #""choices":[\#(choices)]\#(usage)}"# + "\n\n"
    }

    private func delta(_ index: Int, _ delta: String, reason: String? = nil) -> String {
        let reason = reason.map { #""\#($0)""# } ?? "null"
        return #"{"index":\#(index),"delta":{\#(delta)},"logprobs":null,"#
            + #""finish_reason":\#(reason)}"#
    }

    func chatOpening(_ choice: Int) -> String {
        guard call.tool != nil else {
            return chunk(delta(choice, #""role":"assistant","content":"","refusal":null"#))
        }
        return chunk(
            delta(
                choice,
                #""role":"assistant","content":null,"tool_calls":[{"index":0,"#
                    + #""id":"\#(toolID(choice))","type":"function","#
                    + #""function":{"name":\#(toolName),"arguments":""}}]"#))
    }

    func chatPiece(_ choice: Int, _ range: Range<Int>) -> String {
        guard call.tool != nil else {
            return chunk(delta(choice, #""content":"\#(text[range])""#))
        }
        let part = JSONValue.quoted(text[range])
        return chunk(
            delta(choice, #""tool_calls":[{"index":0,"function":{"arguments":\#(part)}}]"#))
    }

    var chatClosing: String {
        let ends = (0..<call.answers).map { chunk(delta($0, "", reason: reason)) }.joined()
        return ends + (hasUsage ? chunk("", usage: usage) : "") + "data: [DONE]\n\n"
    }

    // The older interface for plain prompts has the text where chat has a message.

    var wholeCompletion: String {
        let choices = (0..<call.answers).map { plain($0, text.whole, reason: reason) }
        let usage = hasUsage ? #","usage":\#(usage)"# : ""
        return head("cmpl", "text_completion")
            + #""choices":[\#(choices.joined(separator: ","))]\#(usage)}"#
    }

    private func plain(_ index: Int, _ text: String, reason: String?) -> String {
        let reason = reason.map { #""\#($0)""# } ?? "null"
        return #"{"text":"\#(text)","index":\#(index),"logprobs":null,"#
            + #""finish_reason":\#(reason)}"#
    }

    private func plainChunk(_ choices: String, usage: String? = nil) -> String {
        let usage = hasUsage ? #","usage":\#(usage ?? "null")"# : ""
        return "data: " + head("cmpl", "text_completion")
            + #""choices":[\#(choices)]\#(usage)}"# + "\n\n"
    }

    func completionPiece(_ choice: Int, _ range: Range<Int>) -> String {
        plainChunk(plain(choice, text[range], reason: nil))
    }

    var completionClosing: String {
        let ends = (0..<call.answers).map { plainChunk(plain($0, "", reason: reason)) }.joined()
        return ends + (hasUsage ? plainChunk("", usage: usage) : "") + "data: [DONE]\n\n"
    }
}
