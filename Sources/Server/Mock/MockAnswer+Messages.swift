import Ledger

/// Anthropic's messages. Source: docs.anthropic.com/en/api/messages, …/messages-streaming.
extension MockAnswer {
    private var stopReason: String {
        isLimited ? "max_tokens" : call.tool == nil ? "end_turn" : "tool_use"
    }

    /// Anthropic's usage: what is read from a cache is not part of the input.
    private func messageUsage(output: Int) -> String {
        #"{"input_tokens":\#(tokens.input - tokens.cached),"cache_creation_input_tokens":0,"#
            + #""cache_read_input_tokens":\#(tokens.cached),"cache_creation":{"#
            + #""ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"#
            + #""output_tokens":\#(output),"service_tier":"standard"}"#
    }

    private func message(_ content: String, stop: String?, usage: String) -> String {
        let stop = stop.map { #""\#($0)""# } ?? "null"
        return #"{"id":"msg_mock_\#(stamp.number)","type":"message","role":"assistant","#
            + #""model":\#(model),"content":[\#(content)],"stop_reason":\#(stop),"#
            + #""stop_sequence":null\#(hasUsage ? #","usage":"# + usage : "")}"#
    }

    private func block(_ text: String, _ input: String) -> String {
        guard call.tool != nil else { return #"{"type":"text","text":"\#(text)"}"# }
        return #"{"type":"tool_use","id":"toolu_mock_\#(stamp.number)","name":\#(toolName),"#
            + #""input":\#(input)}"#
    }

    var wholeMessage: String {
        message(
            block(call.tool == nil ? text.whole : "", arguments), stop: stopReason,
            usage: messageUsage(output: tokens.output))
    }

    private func event(_ name: String, _ members: String) -> String {
        "event: \(name)\ndata: {\"type\":\"\(name)\"\(members)}\n\n"
    }

    var messageOpening: String {
        let start = message("", stop: nil, usage: messageUsage(output: min(1, tokens.output)))
        return event("message_start", #","message":\#(start)"#)
            + event("content_block_start", #","index":0,"content_block":\#(block("", "{}"))"#)
            + event("ping", "")
    }

    func messagePiece(_ range: Range<Int>) -> String {
        let delta =
            call.tool == nil
            ? #"{"type":"text_delta","text":"\#(text[range])"}"#
            : #"{"type":"input_json_delta","partial_json":\#(JSONValue.quoted(text[range]))}"#
        return event("content_block_delta", #","index":0,"delta":\#(delta)"#)
    }

    var messageClosing: String {
        let usage = hasUsage ? #","usage":\#(messageUsage(output: tokens.output))"# : ""
        return event("content_block_stop", #","index":0"#)
            + event(
                "message_delta",
                #","delta":{"stop_reason":"\#(stopReason)","stop_sequence":null}\#(usage)"#)
            + event("message_stop", "")
    }
}
