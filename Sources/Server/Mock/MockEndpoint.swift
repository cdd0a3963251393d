import Foundation
import Providers

/// What of a provider's interface the mock is called for.
enum MockEndpoint: Sendable, Equatable, CaseIterable {
    case chat, completions, embeddings, responsesCount
    case messages, messagesCount
    case generate, streamGenerate, generateCount

    /// Whose manner its errors have.
    var dialect: Dialect {
        switch self {
        case .chat, .completions, .embeddings, .responsesCount: .openAI
        case .messages, .messagesCount: .anthropic
        case .generate, .streamGenerate, .generateCount: .gemini
        }
    }

    /// True where only the input's tokens are told: no call that a provider bills.
    var isCount: Bool { [.responsesCount, .messagesCount, .generateCount].contains(self) }
}

/// Where a request goes, by its method and path.
enum MockRoute: Sendable, Equatable {
    /// A call; Google's interface has the model in the path.
    case call(MockEndpoint, model: String?)
    /// The list of models, or one of it.
    case models(Dialect, id: String?)
    case totals
    case reset
    /// The path is known, with another method.
    case wrongMethod(Dialect)
    case unknown(Dialect)

    init(method: String, path: String, isAnthropic: Bool) {
        let native: Dialect = isAnthropic ? .anthropic : .openAI
        switch path {
        case "/v1/chat/completions": self = Self.post(method, .chat)
        case "/v1/completions": self = Self.post(method, .completions)
        case "/v1/embeddings": self = Self.post(method, .embeddings)
        case "/v1/responses/input_tokens": self = Self.post(method, .responsesCount)
        case "/v1/messages": self = Self.post(method, .messages)
        case "/v1/messages/count_tokens": self = Self.post(method, .messagesCount)
        case "/mock/totals": self = method == "GET" ? .totals : .wrongMethod(native)
        case "/mock/reset": self = method == "POST" ? .reset : .wrongMethod(native)
        case "/v1/models": self = Self.get(method, native, nil)
        case "/v1beta/models": self = Self.get(method, .gemini, nil)
        default: self = Self.other(method, path, native)
        }
    }

    private static func post(_ method: String, _ endpoint: MockEndpoint, model: String? = nil)
        -> MockRoute
    {
        method == "POST" ? .call(endpoint, model: model) : .wrongMethod(endpoint.dialect)
    }

    private static func get(_ method: String, _ dialect: Dialect, _ id: String?) -> MockRoute {
        method == "GET" ? .models(dialect, id: id) : .wrongMethod(dialect)
    }

    /// Paths with a model in them: AI Studio's, Vertex AI's, and `/v1/models/{id}`. A model's name
    /// may hold slashes.
    private static func other(_ method: String, _ path: String, _ native: Dialect) -> MockRoute {
        let isGoogle = path.hasPrefix("/v1beta/") || path.hasPrefix("/v1/projects/")
        guard let folder = path.range(of: "/models/") else {
            return .unknown(isGoogle ? .gemini : native)
        }
        let name = path[folder.upperBound...].removingPercentEncoding ?? ""
        let actions: [(String, MockEndpoint)] = [
            (":generateContent", .generate), (":streamGenerateContent", .streamGenerate),
            (":countTokens", .generateCount),
        ]
        for (suffix, endpoint) in actions where name.hasSuffix(suffix) {
            return post(method, endpoint, model: String(name.dropLast(suffix.count)))
        }
        let isList = ["/v1", "/v1beta"].contains(path[..<folder.lowerBound])
        guard isList, !name.isEmpty else { return .unknown(isGoogle ? .gemini : native) }
        return get(method, isGoogle ? .gemini : native, name)
    }
}
