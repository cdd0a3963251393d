public import Ledger
public import Money
public import Providers

/// What is set aside for a call before it is made, and what is tried when that does not fit.
///
/// ```swift
/// var admission = Admission(request, ceiling: ceiling, budgets: budgets, …)
/// var step = admission.begin(rooms)
/// while true {
///     switch step {
///     case .hold(let bound): step = granted ? … : admission.refused(by: refusal)
///     case .count: step = admission.counted(tokens)
///     case .wait: step = came ? admission.retry(rooms) : admission.gaveUp()
///     case .refuse(let reason): …
///     }
/// }
/// ```
/// A pure value: the journal is asked, the input counted and the caller answered elsewhere.
///
/// What is held is never less than what the call can cost. Of a provider that keeps the bound of
/// output it is given, all of that is held and the provider told (``granted(_:)``): an answer may
/// come whole in one moment, before anything could be cut. Of one that does not, a slice is held,
/// and more before each byte that it pays for leaves.
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

        /// A bound of those figures.
        public init(input: UInt64, output: UInt64, usd: Amount<USD>?) {
            self.input = input
            self.output = output
            self.usd = usd
        }
    }

    /// What to do next.
    public enum Step: Sendable, Equatable {
        /// Set this aside; tell ``Admission/refused(by:)`` when a budget has no room.
        case hold(Bound)
        /// Have the input counted, and tell ``Admission/counted(_:)``.
        case count
        /// Wait until other calls of the client give something back: ``Admission/retry(_:)``, or
        /// ``Admission/gaveUp()`` when that takes too long.
        case wait(HoldRefusal)
        /// Turn the caller away.
        case refuse(Reason)
    }

    /// Why a call is not made.
    public enum Reason: Sendable, Equatable {
        /// A budget that stops has no room.
        case budget(HoldRefusal)
        /// A budget that stops has no room for as many tokens as the text has bytes, and nobody
        /// counts them.
        case uncounted(HoldRefusal)
        /// A budget of money stops the client, and nobody knows what the model costs.
        case unpriced
        /// A budget stops the client, and how much the call reads cannot be bounded.
        case unbounded([String])
        /// The figures do not fit.
        case overflow
    }

    /// What the gateway allows and assumes.
    public struct Limits: Sendable, Equatable {
        /// Tokens of output that an answer is begun with, where there is room for them.
        public var firstSlice: UInt64 = 2_048
        /// The fewest that an answer is begun with.
        public var leastSlice: UInt64 = 64
        /// The most tokens of output where neither the caller nor the registry says.
        public var maximumOutput: UInt64 = 32_768
        /// Tokens that an image, a sound or a file counts for at most.
        public var tokensOfMedium: UInt64 = 20_000
        /// True where a call whose input nobody can bound may be made, with all that its client
        /// has left set aside for it, so that no other is begun beside it.
        public var allowsUncounted = false

        /// The usual limits.
        public init() {}
    }

    /// Tokens of output the provider will make at most: by the request or by what the model can,
    /// and by what was granted.
    public private(set) var outputLimit: UInt64
    /// The bound of one answer that has to be set for the provider; nil where the caller set one
    /// and all of it was granted, or where there is no output.
    public private(set) var outputLimitToSet: UInt64?
    /// True where the answer can be stopped anywhere, so that slices bound what it costs.
    public let isCuttable: Bool
    /// True where less output was granted than was asked for.
    public private(set) var isShortened = false
    let ceiling: PriceCeiling?
    private let answers: UInt64
    private let isLimitNamed: Bool
    private let keepsOutputLimit: Bool
    private let hasMoneyLimit: Bool
    private let hasLimit: Bool
    private let limits: Limits
    private let sureInput: UInt64
    private let likelyInput: UInt64
    private let unbounded: [String]
    private let isCountable: Bool
    private var counting: Counting
    private var input: UInt64
    private var stage = Stage.sure
    private var rooms: [Room] = []
    private var hasRooms = false
    /// Bounds of output to try next, the largest first.
    private var slices: [UInt64] = []
    private var hasGivenUp = false
    private var lastRefusal: HoldRefusal?
    private var lastOutput: UInt64 = 0

    /// Who can say how many tokens the input has, before the call is made.
    public enum Counting: Sendable, Equatable {
        /// Nobody.
        case nobody
        /// Whoever counts text alone: a tokenizer here.
        case text
        /// The provider: all that the request makes the model read.
        case all
    }

    private enum Stage: Sendable, Equatable { case sure, counted, uncounted }

    /// The admission of a request. `modelOutput` is the most output that the model makes, where it
    /// is known; `budgets` are the client's; `keepsOutputLimit` is what is known of the provider.
    public init(
        _ request: CallRequest, ceiling: PriceCeiling?, budgets: [Budget], modelOutput: UInt64?,
        counting: Counting, keepsOutputLimit: Bool = true, limits: Limits = Limits()
    ) {
        self.ceiling = ceiling
        self.limits = limits
        self.counting = counting
        self.keepsOutputLimit = keepsOutputLimit
        hasLimit = budgets.contains { $0.stops }
        hasMoneyLimit = budgets.contains { $0.stops && $0.unit != .tokens }
        let media = UInt64(request.input.images + request.input.sounds + request.input.files)
        let text = UInt64(max(0, request.input.textBound))
        sureInput = text + media * limits.tokensOfMedium
        likelyInput = text / 4 + media * limits.tokensOfMedium / 10
        unbounded = request.input.unbounded
        isCountable = request.input.isCountable
        input = sureInput
        answers = UInt64(max(1, request.answers))
        isLimitNamed = request.maximumOutputTokens != nil
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
}

// MARK: The steps

extension Admission {
    /// True where the first thing to do depends on what is left: not for short answers, which are
    /// held as they are where they fit.
    public var needsRooms: Bool {
        hasLimit && (outputLimit > limits.firstSlice || !unbounded.isEmpty)
    }

    /// The first thing to do. `rooms` are what the budgets that stop the client have left, where
    /// ``needsRooms``.
    public mutating func begin(_ rooms: [Room] = []) -> Step {
        self.rooms = rooms
        hasRooms = needsRooms
        if hasMoneyLimit, ceiling == nil { return .refuse(.unpriced) }
        guard unbounded.isEmpty || !hasLimit else {
            if counting == .all, isCountable { return .count }
            guard limits.allowsUncounted else { return .refuse(.unbounded(unbounded)) }
            return start(.uncounted)
        }
        return start(.sure)
    }

    /// What to do when a hold of so much output does not fit. `look` is asked for what is left,
    /// unless it was known.
    public mutating func refused(
        by refusal: HoldRefusal, look: () -> [Room] = { [] }
    ) -> Step {
        lastRefusal = refusal
        if !hasRooms {
            rooms = look()
            hasRooms = true
            slices = outputs(beside: input).filter { $0 < lastOutput }
        }
        let mayPass = mayPass(refusal)
        if let next = slices.first {
            // To wait for what comes back is better than an answer of a few words.
            if next == least, mayPass, !hasGivenUp { return .wait(refusal) }
            return hold(slices.removeFirst())
        }
        let mayFit = isText && fits(likelyInput, withHeld: false)
        if mayFit, counting != .nobody, isLong || !mayPass || hasGivenUp { return .count }
        if mayPass, !hasGivenUp { return .wait(refusal) }
        if mayFit, limits.allowsUncounted { return start(.uncounted) }
        return .refuse(mayFit ? .uncounted(refusal) : .budget(refusal))
    }

    /// Whether a call would fit if others gave all back that they hold.
    private func mayPass(_ refusal: HoldRefusal) -> Bool {
        if stage == .uncounted { return refusal.held > 0 }
        if refusal.mayPassByItself { return true }
        let isSmaller = counting != .nobody || limits.allowsUncounted
        return isText && isSmaller && refusal.held > 0 && fits(likelyInput, withHeld: true)
    }

    /// True where the tokens of the input may be far fewer than its bytes.
    private var isText: Bool { stage == .sure && likelyInput < sureInput }

    /// True where a count saves more than it takes to ask for it, and others need not be waited
    /// for.
    private var isLong: Bool { sureInput - likelyInput >= limits.firstSlice }

    private func fits(_ input: UInt64, withHeld: Bool) -> Bool {
        (rooms.output(beside: input, withHeld: withHeld) ?? .max) >= least
    }

    /// What to do when others have given something back: the same as at first, with the input as it
    /// was counted, if it was.
    public mutating func retry(_ rooms: [Room] = []) -> Step {
        self.rooms = rooms
        hasRooms = true
        return start(stage)
    }

    /// What to do when nothing was given back in time: the least that an answer is begun with, and
    /// then no more.
    public mutating func gaveUp() -> Step {
        hasGivenUp = true
        if stage == .uncounted { return start(stage) }
        slices = []
        return hold(least)
    }

    /// What to do once the input was counted; nil tokens when it could not be.
    public mutating func counted(_ tokens: UInt64?) -> Step {
        if let tokens {
            input = tokens
            return start(.counted)
        }
        counting = .nobody
        if limits.allowsUncounted { return start(.uncounted) }
        return lastRefusal.map { refused(by: $0) } ?? .refuse(.unbounded(unbounded))
    }

    /// Notes what was granted: the provider has to be told, since no more is set aside for it.
    public mutating func granted(_ bound: Bound) {
        let asked = outputLimit
        if keepsOutputLimit {
            outputLimit = min(outputLimit, bound.output)
        } else if let most = rooms.output(beside: bound.input, withHeld: true) {
            // Slices are never granted more than this.
            outputLimit = min(outputLimit, max(most, bound.output))
        }
        guard outputLimit < asked else { return }
        isShortened = true
        outputLimitToSet = max(1, outputLimit / answers)
    }

    private var least: UInt64 { whole(min(limits.leastSlice, outputLimit)) }

    /// As many tokens as all answers together may have, where each may have the same.
    private func whole(_ tokens: UInt64) -> UInt64 {
        tokens >= outputLimit ? outputLimit : max(1, tokens / answers) * answers
    }

    /// Begins with the bounds of output that fit, the largest first.
    private mutating func start(_ stage: Stage) -> Step {
        self.stage = stage
        if stage == .uncounted { return holdAll() }
        slices = outputs(beside: input)
        return hold(slices.removeFirst())
    }

    private func outputs(beside input: UInt64) -> [UInt64] {
        guard isCuttable else { return [outputLimit] }
        var first = min(limits.firstSlice, outputLimit)
        if keepsOutputLimit {
            let room = rooms.output(beside: input) ?? .max
            if room < first {
                first = max(room, limits.leastSlice)
            } else if isLimitNamed, outputLimit <= room {
                first = outputLimit
            } else {
                // No call takes more than half of what is left, so that there is room for others.
                first = min(outputLimit, max(first, room / 2))
            }
        }
        var sizes: [UInt64] = []
        for size in [first, limits.firstSlice, limits.leastSlice] {
            let size = whole(min(size, outputLimit))
            if sizes.last.map({ size < $0 }) ?? true { sizes.append(size) }
        }
        return sizes
    }

    /// Sets all aside that is left: no other call is begun beside one that nobody can bound.
    private mutating func holdAll() -> Step {
        slices = []
        let needed = unbounded.isEmpty ? likelyInput : sureInput
        var output = outputs(beside: needed).first ?? outputLimit
        if isCuttable, let room = rooms.output(beside: needed) {
            output = min(output, whole(max(limits.leastSlice, room / 2)))
        }
        let all = max(needed, rooms.input(beside: output) ?? needed)
        input = unbounded.isEmpty ? min(all, sureInput) : all
        return hold(output)
    }

    private mutating func hold(_ output: UInt64) -> Step {
        lastOutput = output
        do {
            return .hold(
                Bound(
                    input: input, output: output,
                    usd: try ceiling?.cost(input: input, output: output)))
        } catch {
            return .refuse(.overflow)
        }
    }

    /// What more tokens of output cost at most; nothing where the model has no price.
    func cost(output tokens: UInt64) throws(MoneyError) -> Amount<USD> {
        try ceiling?.cost(input: 0, output: tokens) ?? .zero
    }
}
