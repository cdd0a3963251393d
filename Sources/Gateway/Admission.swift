public import Ledger
public import Money
public import Providers

/// What is set aside for a call before it is made, and what is tried when that does not fit.
///
/// ```swift
/// var admission = Admission(request, ceiling: ceiling, limits: limits)
/// var step = admission.begin()
/// while true {
///     switch step {
///     case .hold(let bound): step = granted ? … : admission.refused(by: refusal)
///     case .count: step = admission.counted(tokens)
///     case .refuse(let reason): …
///     }
/// }
/// ```
/// A pure value: the journal is asked, the input counted and the caller answered elsewhere. What is
/// held is never less than what the call can cost until the hold is renewed.
public struct Admission: Sendable, Equatable {
    /// An upper bound of what a call consumes until more is asked for.
    public struct Bound: Sendable, Equatable {
        /// Tokens of input.
        public var input: UInt64
        /// Tokens of output.
        public var output: UInt64
        /// What they cost at most; nil where the model has no price.
        public var usd: Amount<USD>?

        /// All tokens.
        public var tokens: UInt64 { input + output }
    }

    /// What to do next.
    public enum Step: Sendable, Equatable {
        /// Set this aside; tell ``Admission/refused(by:)`` when a budget has no room.
        case hold(Bound)
        /// Have the input counted, and tell ``Admission/counted(_:)``.
        case count
        /// Turn the caller away.
        case refuse(Reason)
    }

    /// Why a call is not made.
    public enum Reason: Sendable, Equatable {
        /// A budget that stops has no room.
        case budget(HoldRefusal)
        /// A budget of money stops the client, and nobody knows what the model costs.
        case unpriced
        /// A budget stops the client, and how much the call reads cannot be bounded.
        case unbounded([String])
        /// The figures do not fit.
        case overflow
    }

    /// What the gateway allows and assumes.
    public struct Limits: Sendable, Equatable {
        /// Tokens of output that the first slice holds.
        public var firstSlice: UInt64 = 2_048
        /// The least slice that an answer is begun with.
        public var leastSlice: UInt64 = 64
        /// The most tokens of output where neither the caller nor the registry says.
        public var maximumOutput: UInt64 = 32_768
        /// Tokens that an image, a sound or a file counts for at most.
        public var tokensOfMedium: UInt64 = 20_000

        /// The usual limits.
        public init() {}
    }

    /// Tokens of output the provider will make at most, by the request or by what the model can.
    public private(set) var outputLimit: UInt64
    /// The bound of one answer that has to be set for the provider; nil where the caller set one,
    /// or where there is no output.
    public private(set) var outputLimitToSet: UInt64?
    /// True where the answer can be stopped anywhere, so that slices bound what it costs.
    public let isCuttable: Bool
    let ceiling: PriceCeiling?
    private let answers: UInt64
    private let hasMoneyLimit: Bool
    private let hasLimit: Bool
    private let limits: Limits
    private let sureInput: UInt64
    private let likelyInput: UInt64
    private let unbounded: [String]
    private let canCount: Bool
    private var stage = Stage.sure
    private var input: UInt64

    private enum Stage: Sendable, Equatable { case sure, sureSmall, counted, countedSmall }

    /// The admission of a request. `modelOutput` is the most output that the model makes, where it
    /// is known; `budgets` are the client's; `canCount` says whether somebody counts input.
    public init(
        _ request: CallRequest, ceiling: PriceCeiling?, budgets: [Budget], modelOutput: UInt64?,
        canCount: Bool, limits: Limits = Limits()
    ) {
        self.ceiling = ceiling
        self.limits = limits
        self.canCount = canCount
        hasLimit = budgets.contains { $0.stops }
        hasMoneyLimit = budgets.contains { $0.stops && $0.unit != .tokens }
        let media = UInt64(request.input.images + request.input.sounds + request.input.files)
        let text = UInt64(max(0, request.input.textBound))
        sureInput = text + media * limits.tokensOfMedium
        likelyInput = text / 4 + media * limits.tokensOfMedium / 10
        unbounded = request.input.unbounded
        input = sureInput
        answers = UInt64(max(1, request.answers))
        if request.interface == .embeddings || request.interface == .countTokens {
            outputLimit = 0
            outputLimitToSet = nil
        } else {
            let one =
                request.maximumOutputTokens.map { UInt64($0) } ?? modelOutput
                ?? limits.maximumOutput
            outputLimitToSet = request.maximumOutputTokens == nil ? one : nil
            outputLimit =
                one.multipliedReportingOverflow(by: answers).overflow
                ? UInt64(UInt32.max) : one * answers
        }
        // Reasoning that is not shown is billed unseen: no byte tells when to stop.
        if case .on = request.reasoning {
            isCuttable = false
        } else {
            isCuttable = request.interface.canStream && !request.wantsMedia
        }
    }

    /// The first thing to do.
    public mutating func begin() -> Step {
        if hasMoneyLimit, ceiling == nil { return .refuse(.unpriced) }
        guard unbounded.isEmpty || !hasLimit else {
            return canCount ? .count : .refuse(.unbounded(unbounded))
        }
        return hold(slice: limits.firstSlice)
    }

    /// What to do when a hold does not fit.
    public mutating func refused(by refusal: HoldRefusal) -> Step {
        switch stage {
        case .sure:
            stage = .sureSmall
            // A smaller slice helps only where the input alone fits.
            if isCuttable, outputLimit > limits.leastSlice { return hold(slice: limits.leastSlice) }
            return refused(by: refusal)
        case .sureSmall:
            guard canCount, likelyInput < sureInput else { return .refuse(.budget(refusal)) }
            return .count
        case .counted:
            stage = .countedSmall
            if isCuttable, outputLimit > limits.leastSlice { return hold(slice: limits.leastSlice) }
            return .refuse(.budget(refusal))
        case .countedSmall: return .refuse(.budget(refusal))
        }
    }

    /// What to do when others have given something back: the same as at first, with the input as it
    /// was counted, if it was.
    public mutating func retry() -> Step {
        switch stage {
        case .sure, .sureSmall: stage = .sure
        case .counted, .countedSmall: stage = .counted
        }
        return hold(slice: limits.firstSlice)
    }

    /// What to do once the input was counted; nil tokens when it could not be.
    public mutating func counted(_ tokens: UInt64?) -> Step {
        guard let tokens else {
            return .refuse(.unbounded(unbounded.isEmpty ? ["the input"] : unbounded))
        }
        stage = .counted
        input = tokens
        return hold(slice: limits.firstSlice)
    }

    /// Lowers the bound of output to the most that budgets could ever grant this call.
    ///
    /// An answer that comes at once is billed before a slice can cut it, so that the provider has
    /// to know the bound. What slices would be granted is never cut short by it.
    public mutating func clamp(output tokens: UInt64) {
        guard tokens < outputLimit else { return }
        let one = max(1, tokens / answers)
        outputLimitToSet = one
        outputLimit = one * answers
    }

    private func hold(slice: UInt64) -> Step {
        let output = isCuttable ? min(slice, outputLimit) : outputLimit
        do {
            return .hold(
                Bound(
                    input: input, output: output,
                    usd: try ceiling?.cost(input: input, output: output)))
        } catch {
            return .refuse(.overflow)
        }
    }
}

extension Admission {
    /// What more tokens of output cost at most; nothing where the model has no price.
    func cost(output tokens: UInt64) throws(MoneyError) -> Amount<USD> {
        try ceiling?.cost(input: 0, output: tokens) ?? .zero
    }
}
