/// Where a call goes, and under which headers.
extension ProviderSettings {
    /// The URL of an interface; throws where the provider has no such one.
    ///
    /// The model becomes part of some paths, so it is encoded: whatever a caller writes there, it
    /// stays one segment.
    public func target(
        _ interface: Interface, model: String, stream: Bool
    ) throws(ProviderSettingsError) -> String {
        guard let path = paths[interface] ?? path(interface, stream: stream) else {
            throw ProviderSettingsError(
                "provider \(name) speaks \(dialect.rawValue) and has no \(interface.rawValue)")
        }
        guard path.utf8.contains(UInt8(ascii: "{")) else { return baseURL + path }
        return baseURL + path.replacing("{model}", with: Self.segment(model))
    }

    /// The interface that answers a caller's: its own where the provider speaks it, or the one it
    /// can be translated to. Nil where there is neither.
    public func upstream(for caller: Interface) -> Interface? {
        // A caller's counting call is Anthropic's; what others have is asked by the gateway alone.
        if caller == .countTokens, dialect != .anthropic { return nil }
        if paths[caller] != nil || path(caller, stream: false) != nil { return caller }
        guard caller == .chatCompletions else { return nil }
        switch dialect {
        case .anthropic: return .messages
        case .gemini, .vertex: return .generateContent
        default: return nil
        }
    }

    private func path(_ interface: Interface, stream: Bool) -> String? {
        switch (dialect, interface) {
        case (.openAI, .chatCompletions): "/chat/completions"
        case (.openAI, .completions): "/completions"
        case (.openAI, .embeddings): "/embeddings"
        case (.openAI, .responses): "/responses"
        case (.openAI, .countTokens): "/responses/input_tokens"
        case (.anthropic, .messages): "/v1/messages"
        case (.anthropic, .countTokens): "/v1/messages/count_tokens"
        case (.gemini, .generateContent):
            "/models/{model}:" + (stream ? "streamGenerateContent?alt=sse" : "generateContent")
        case (.vertex, .generateContent):
            "/publishers/google/models/{model}:"
                + (stream ? "streamGenerateContent?alt=sse" : "generateContent")
        case (.gemini, .countTokens): "/models/{model}:countTokens"
        case (.vertex, .countTokens): "/publishers/google/models/{model}:countTokens"
        case (.bedrock, .converse): stream ? nil : "/model/{model}/converse"
        case (.cohere, .cohereChat): "/v2/chat"
        default: nil
        }
    }

    /// The headers of a call: content, authorisation and those of the settings, which come first
    /// and cannot be set twice.
    public func headers(
        key: ProviderKey?, stream: Bool, requestID: String? = nil
    ) -> [ProviderHeader] {
        var all = headers
        func add(_ name: String, _ value: String, isSecret: Bool = false) {
            guard let header = ProviderHeader(name, value, isSecret: isSecret),
                !all.contains(where: { $0.name == header.name })
            else { return }
            all.append(header)
        }
        add("content-type", "application/json")
        add("accept", stream ? "text/event-stream" : "application/json")
        if let key, let keyHeader {
            add(keyHeader, key.text, isSecret: true)
        } else if let key {
            switch dialect {
            case .anthropic: add("x-api-key", key.text, isSecret: true)
            // In the URL, where Google takes it too, it would stand in every log.
            case .gemini: add("x-goog-api-key", key.text, isSecret: true)
            default: add("authorization", "Bearer \(key.text)", isSecret: true)
            }
        }
        if dialect == .anthropic { add("anthropic-version", "2023-06-01") }
        if let requestID { add("x-client-request-id", requestID) }
        return all
    }

    /// A text as one segment of a path: what RFC 3986 does not leave unreserved is encoded, a
    /// slash as well; dots alone would be another folder.
    private static func segment(_ text: String) -> String {
        let isDots = text.allSatisfy { $0 == "." }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: ".") where !isDots: bytes.append(byte)
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                bytes.append(contentsOf: "%\(byte < 16 ? "0" : "")\(digits)".utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
