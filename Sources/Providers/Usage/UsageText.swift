internal import Ledger

/// Token counts in the shapes of each dialect's usage: the reverse of reading them.
enum UsageText {
    /// OpenAI's: the prompt includes the cache, the completion includes reasoning.
    static func openAI(_ tokens: TokenCounts) -> JSONValue {
        let prompt = tokens.totalInput
        let completion = tokens.totalTokens - prompt
        let written = UInt64(tokens[.cacheWrite5m]) + UInt64(tokens[.cacheWrite1h])
        return .made(
            ("prompt_tokens", .count(prompt)), ("completion_tokens", .count(completion)),
            ("total_tokens", .count(tokens.totalTokens)),
            (
                "prompt_tokens_details",
                .made(
                    ("cached_tokens", .count(tokens[.cacheRead])),
                    ("cache_write_tokens", written == 0 ? nil : .count(written)),
                    ("audio_tokens", .count(tokens[.inputAudio])))
            ),
            (
                "completion_tokens_details",
                .made(
                    ("reasoning_tokens", .count(tokens[.reasoning])),
                    ("audio_tokens", .count(tokens[.outputAudio])))
            ))
    }

    /// Anthropic's: input net of the cache.
    static func anthropic(_ tokens: TokenCounts) -> JSONValue {
        let fresh =
            UInt64(tokens[.input]) + UInt64(tokens[.inputAudio]) + UInt64(tokens[.inputImage])
        let written = UInt64(tokens[.cacheWrite5m]) + UInt64(tokens[.cacheWrite1h])
        return .made(
            ("input_tokens", .count(fresh)), ("cache_creation_input_tokens", .count(written)),
            ("cache_read_input_tokens", .count(tokens[.cacheRead])),
            ("output_tokens", .count(tokens.totalTokens - tokens.totalInput)))
    }

    /// Google's: candidates without thoughts.
    static func gemini(_ tokens: TokenCounts) -> JSONValue {
        let shown = tokens.totalTokens - tokens.totalInput - UInt64(tokens[.reasoning])
        return .made(
            ("promptTokenCount", .count(tokens.totalInput)),
            ("candidatesTokenCount", .count(shown)),
            ("totalTokenCount", .count(tokens.totalTokens)),
            ("cachedContentTokenCount", .count(tokens[.cacheRead])),
            ("thoughtsTokenCount", .count(tokens[.reasoning])))
    }
}
