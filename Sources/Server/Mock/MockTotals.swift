import Ledger

/// What the mock has answered so far, for tests that compare sums on both sides.
struct MockTotals: Sendable, Equatable {
    /// The sums of some calls. Every call that was begun ends as one of the others.
    struct Sums: Sendable, Equatable {
        /// Calls that were understood; counting calls are not among them.
        var calls = 0
        /// Answered to the end.
        var answered = 0
        /// Left by the caller before the end.
        var aborted = 0
        /// Broken off by the mock, on purpose.
        var broken = 0
        /// Answered with an error or with HTML, on purpose.
        var failed = 0
        /// Tokens of input of calls that were answered, aborted or broken.
        var inputTokens = 0
        /// What of that was reported as read from a cache.
        var cachedTokens = 0
        /// Tokens of output that were made: those that were handed to the connection, and all of
        /// an answer at once.
        var outputTokens = 0
        /// What of the input belongs to calls that were aborted or broken.
        var unfinishedInputTokens = 0
        /// What of the output belongs to them.
        var unfinishedOutputTokens = 0

        fileprivate var members: String {
            #""calls":\#(calls),"answered":\#(answered),"aborted":\#(aborted),"#
                + #""broken":\#(broken),"failed":\#(failed),"input_tokens":\#(inputTokens),"#
                + #""cached_tokens":\#(cachedTokens),"output_tokens":\#(outputTokens),"#
                + #""unfinished_input_tokens":\#(unfinishedInputTokens),"#
                + #""unfinished_output_tokens":\#(unfinishedOutputTokens)"#
        }
    }

    /// How a call ended.
    enum End: Sendable { case answered, aborted, broken, failed }

    /// Models beyond so many are summed up as "others".
    private static let maximumModels = 4_096

    private(set) var all = Sums()
    private(set) var models: [String: Sums] = [:]
    /// Counting calls that were answered.
    var counted = 0
    /// Requests that were refused: not understood, too large, to no known place.
    var refused = 0
    private(set) var inFlight = 0
    private(set) var mostInFlight = 0

    /// A call begins.
    mutating func begin() {
        inFlight += 1
        mostInFlight = max(mostInFlight, inFlight)
    }

    /// A call ended so, with so many tokens of output written.
    mutating func end(_ end: End, model: String, tokens: MockPlan.Tokens) {
        inFlight = max(0, inFlight - 1)
        let isNew = models[model] == nil
        let name = isNew && models.count >= Self.maximumModels ? "others" : model
        Self.add(end, tokens, to: &all)
        Self.add(end, tokens, to: &models[name, default: Sums()])
    }

    private static func add(_ end: End, _ tokens: MockPlan.Tokens, to sums: inout Sums) {
        sums.calls += 1
        switch end {
        case .answered: sums.answered += 1
        case .aborted: sums.aborted += 1
        case .broken: sums.broken += 1
        case .failed:
            sums.failed += 1
            return
        }
        sums.inputTokens += tokens.input
        sums.cachedTokens += tokens.cached
        sums.outputTokens += tokens.output
        guard end != .answered else { return }
        sums.unfinishedInputTokens += tokens.input
        sums.unfinishedOutputTokens += tokens.output
    }

    /// Everything from zero; calls in flight are still counted when they end.
    mutating func reset() {
        let now = inFlight
        self = MockTotals()
        inFlight = now
        mostInFlight = now
    }

    /// The totals as JSON, models by name.
    var json: [UInt8] {
        let rows = models.sorted { $0.key < $1.key }.map { name, sums in
            "\(JSONValue.quoted(name)):{\(sums.members)}"
        }
        let text =
            #"{\#(all.members),"counted":\#(counted),"refused":\#(refused),"#
            + #""in_flight":\#(inFlight),"most_in_flight":\#(mostInFlight),"#
            + #""models":{\#(rows.joined(separator: ","))}}"#
        return Array(text.utf8)
    }
}
