public import Curl
public import Ledger
public import Providers

/// Who answers which model, and what the gateway allows; checked when it starts, and anew when it
/// takes others while it runs.
public struct GatewaySettings: Sendable {
    /// A provider and its key.
    public struct Provider: Sendable {
        /// Where it is.
        public var settings: ProviderSettings
        /// Its key; nil where it needs none.
        public var key: ProviderKey?
        /// True for a provider that never makes more tokens than it was told to: what it is told is
        /// held. Where it is not trusted to, every byte is paid for before it leaves.
        public var keepsOutputLimit: Bool

        /// True for a provider that may be asked to count the input of a call, where its bound by
        /// bytes does not fit a budget.
        public var counts: Bool

        /// A provider with its key.
        public init(
            settings: ProviderSettings, key: ProviderKey?, keepsOutputLimit: Bool = true,
            counts: Bool = true
        ) {
            self.settings = settings
            self.key = key
            self.keepsOutputLimit = keepsOutputLimit
            self.counts = counts
        }
    }

    /// The providers, by name.
    public var providers: [String: Provider] = [:]
    /// Those that count the input of models, by `provider/model`.
    public var tokenizers: [String: Tokenizer] = [:]
    /// What admission allows and assumes.
    public var admission = Admission.Limits()
    /// The most bytes of a request's body.
    public var maximumBodyBytes = 32 << 20
    /// The most calls in flight; more are told to come back.
    public var maximumCalls = 2_000
    /// How long a call waits for what others of its client have set aside; then it is refused, or
    /// cut where it has begun.
    public var patience = Duration.seconds(2)
    /// True where an answer goes on being read when its caller has gone, so that its usage is
    /// known and charged exactly; false where it is stopped, and charged at its bound.
    public var drainsAbandoned = true
    /// How long a provider may take for each step.
    public var timeouts = HTTPTimeouts()
    /// True where each call is a line in the log.
    public var logsCalls = true
    /// How long a call waits for the end of the one that has its `Idempotency-Key`; then it is told
    /// to come back.
    public var keyPatience = Duration.seconds(60)
    /// The most bytes of an answer that is kept for its `Idempotency-Key`.
    public var maximumKeptAnswer = 8 << 20

    /// Settings without providers.
    public init() {}
}

/// Where a model's calls go.
public struct Route: Sendable {
    /// The provider.
    public let provider: GatewaySettings.Provider
    /// The model's name at the provider and in the price book.
    public let model: String
    /// What the registry says of the model.
    public let description: ModelDescription?
}

/// Finds who answers a model.
///
/// `provider/model` names both. A model alone is looked up in the registry: active models of
/// providers that are set up; it must be one provider's only. Nothing matches by nearness.
public enum Router {
    /// Why there is no route, in words for the caller.
    public struct NoRoute: Error, Sendable, Equatable, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// The route of a model that a caller named.
    public static func route(
        _ name: String, _ settings: GatewaySettings, _ state: LedgerState
    ) throws(NoRoute) -> Route {
        if let slash = name.firstIndex(of: "/"),
            let provider = settings.providers[String(name[..<slash])]
        {
            let model = String(name[name.index(after: slash)...])
            guard !model.isEmpty else {
                throw NoRoute(description: "\"\(name)\" names no model; see GET /v1/models")
            }
            let described = state.models["\(provider.settings.name)/\(model)"]
            if let described, !described.isActive {
                throw NoRoute(description: "the model \(name) is no longer offered")
            }
            return Route(provider: provider, model: model, description: described)
        }
        let candidates = state.models.values.filter {
            $0.model == name && $0.isActive && settings.providers[$0.provider] != nil
        }.sorted { $0.provider < $1.provider }
        guard let first = candidates.first, let provider = settings.providers[first.provider] else {
            throw NoRoute(
                description: "there is no model \(name); see GET /v1/models for those there are")
        }
        guard candidates.count == 1 else {
            let names = candidates.map { "\($0.provider)/\($0.model)" }.joined(separator: ", ")
            throw NoRoute(
                description: "several providers have the model \(name); name one of \(names)")
        }
        return Route(provider: provider, model: first.model, description: first)
    }
}
