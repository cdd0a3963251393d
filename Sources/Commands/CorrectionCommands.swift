import ArgumentParser
import Journal
import Ledger
import Money
import Statements

struct ReverseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reverse", abstract: "Take a call back: no figure counts it any more.",
        discussion: """
            The call stays in the log, and so does who took it back and why. A statement of a
            closed month does not change: the difference is a line of the next one. A call is
            reversed once, and a reversal cannot be reversed; to count the call again after
            all, import it under another id: under its own it is there already.

            A cost that reconcile --record booked is taken back in the same way, by the number
            that it told and that razao report --detail shows.

            Examples:
              razao reverse 0198c2d4-7c1e-7a11-8f00-3d8a4f1f9b21 --reason "sent twice by the bot"
              razao reverse 4711 --reason "test call"
            """)

    @Argument(help: "The call: its event id, or its record's number as razao events shows it.")
    var event: String
    @Option(help: "Why, in one line; it is kept in the log.") var reason: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.withJournal { journal, _ in
            if let cost = try journal.recordedCost(event) {
                let place = try Self.plain {
                    try journal.takeBack(cost, reason: reason, by: Actor.name)
                }
                return Console.line(
                    "Record \(place) takes back record \(cost.sequence): "
                        + "\(Self.summary(cost.record))."
                )
            }
            let done = try Self.plain {
                try journal.reverse(event, reason: reason, by: Actor.name)
            }
            Console.line(
                "Record \(done.reversal) takes back record \(done.original.sequence): "
                    + "\(CorrectCommand.summary(done.original.call)).")
        }
    }

    /// A cost without a call, in one line.
    private static func summary(_ cost: AdjustmentRecord) -> String {
        let model = cost.model.isEmpty ? cost.provider : "\(cost.provider)/\(cost.model)"
        return "\(cost.client ?? "the house itself"), \(model), \(cost.date), "
            + "\(FigureFormat.brazilian.usd(cost.usd.text)), \(cost.reason)"
    }

    /// Runs `body`; what is wrong with a text is said with its option.
    static func plain<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as EventError {
            throw CommandError("--\(error.field): \(error.reason)")
        }
    }
}

struct CorrectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "correct",
        abstract: "Correct what a call consumed: a reversal and a new call.",
        discussion: """
            Both are written together or not at all. Classes that --tokens does not name keep
            their counts; none of them holds another: input is what no cache read. The new
            call has the same client and instant; where those are wrong, reverse the call and
            import the right one.

            Examples:
              razao correct 4711 --tokens input=1200,output=340 --reason "provider's bill"
              razao correct 4711 --model gpt-4o-mini --reason "wrong model in the import"
            """)

    @Argument(help: "The call: its event id, or its record's number as razao events shows it.")
    var event: String
    @Option(help: "The right counts: classes and numbers, such as input=1200,output=340.")
    var tokens: String?
    @Option(help: "The right provider.") var provider: String?
    @Option(help: "The right model.") var model: String?
    @Option(help: "The right service tier; standard for none.") var tier: String?
    @Option(help: "Why, in one line; it is kept in the log.") var reason: String
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard tokens != nil || provider != nil || model != nil || tier != nil else {
            throw ValidationError(
                "Say what is right: --tokens, --provider, --model or --tier. To take the call "
                    + "back without another: razao reverse")
        }
    }

    func run() throws {
        let counts = try tokens.map(Self.counts) ?? []
        try common.withJournal { journal, _ in
            try Self.checkInput(counts, against: journal.call(event).call)
            let done = try ReverseCommand.plain {
                try journal.correct(event, reason: reason, by: Actor.name) { call in
                    for (usageClass, count) in counts { call.tokens[usageClass] = count }
                    // Somebody knows now what the provider did not say.
                    if !counts.isEmpty, call.usageSource == .missing {
                        call.usageSource = .estimated
                    }
                    if let provider { call.provider = provider }
                    if let model { call.model = model }
                    if let tier { call.serviceTier = ServiceTier.normalized(tier) }
                }
            }
            let now = try journal.call(done.replacement?.description ?? event)
            Console.line(
                "Record \(done.reversal) takes back record \(done.original.sequence): "
                    + "\(Self.summary(done.original.call)).")
            Console.line("Record \(now.sequence) counts instead: \(Self.summary(now.call)).")
            Self.tellChanges(from: done.original.call.tokens, to: now.call.tokens)
        }
    }

    /// Refuses all of a call's input as its uncached part: whoever read it from another list would
    /// count what a cache read twice.
    private static func checkInput(
        _ counts: [(UsageClass, UInt32)], against call: UsageEvent
    ) throws {
        let cached = call.tokens[.cacheRead]
        guard cached > 0, let input = counts.first(where: { $0.0 == .input })?.1,
            UInt64(input) == call.tokens.totalInput,
            !counts.contains(where: { $0.0 == .cacheRead })
        else { return }
        throw CommandError(
            "--tokens input=\(input): that is all of the call's input, and \(cached) of it are "
                + "its cache_read, which input does not hold; leave input at "
                + "\(call.tokens[.input]), or give cache_read too")
    }

    /// Each class that changed, before and after, and all tokens together.
    private static func tellChanges(from old: TokenCounts, to new: TokenCounts) {
        let format = FigureFormat.brazilian
        var table = TextTable([("Tokens", .left), ("Before", .right), ("Now", .right)])
        for usageClass in UsageClass.allCases where old[usageClass] != new[usageClass] {
            table.add([
                usageClass.name, format.integer(UInt64(old[usageClass])),
                format.integer(UInt64(new[usageClass])),
            ])
        }
        for (name, sum) in [
            ("all input", \TokenCounts.totalInput), ("all tokens", \TokenCounts.totalTokens),
        ] {
            table.add([
                name, format.integer(UInt64(old[keyPath: sum])),
                format.integer(UInt64(new[keyPath: sum])),
            ])
        }
        if old != new { for line in table.lines { Console.line(line) } }
    }

    /// What a call consumed, in one line.
    static func summary(_ call: UsageEvent) -> String {
        let format = FigureFormat.brazilian
        let counts = UsageClass.allCases.filter { call.tokens[$0] > 0 }.map {
            "\($0.name) \(format.integer(UInt64(call.tokens[$0])))"
        }
        return "\(call.client), \(call.provider)/\(call.model), \(call.occurredAt), "
            + (counts.isEmpty ? "no usage" : counts.joined(separator: ", "))
    }

    /// The classes and counts that `input=1200,output=340` names, each once.
    static func counts(_ text: String) throws -> [(UsageClass, UInt32)] {
        var counts: [(UsageClass, UInt32)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, let usageClass = UsageClass(name: sides[0]) else {
                throw CommandError(
                    "--tokens \(text): \"\(part)\" is not a class and a count; give pairs such as "
                        + "input=1200,output=340 of "
                        + UsageClass.allCases.map(\.name).joined(separator: ", "))
            }
            guard let count = UInt32(sides[1]) else {
                throw CommandError(
                    "--tokens \(text): \"\(sides[1])\" is no count; give a whole number up to "
                        + "\(UInt32.max)")
            }
            guard !counts.contains(where: { $0.0 == usageClass }) else {
                throw CommandError("--tokens \(text): \(usageClass.name) stands there twice")
            }
            counts.append((usageClass, count))
        }
        return counts
    }
}
