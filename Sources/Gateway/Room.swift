/// What is left of a budget that stops, and what a token of a call takes of it at most.
///
/// All in the unit's smallest step, in which prices and rates are whole numbers: so what is left,
/// divided by what a token takes, is a sure number of tokens.
public struct Room: Sendable, Equatable {
    /// What is left beside what was used and what is held.
    public var left: Int128
    /// What calls in flight have set aside, and may give back.
    public var held: Int128
    /// The most that a token of input takes.
    public var input: Int128
    /// The most that a token of output takes.
    public var output: Int128

    /// A room of those figures.
    public init(left: Int128, held: Int128 = 0, input: Int128, output: Int128) {
        self.left = left
        self.held = held
        self.input = input
        self.output = output
    }

    /// The tokens of output that fit beside some input; nil where output takes nothing.
    func output(beside tokens: UInt64, withHeld: Bool = false) -> UInt64? {
        Self.tokens(withHeld ? left + held : left, less: tokens, at: input, price: output)
    }

    /// The tokens of input that fit beside some output; nil where input takes nothing.
    func input(beside tokens: UInt64) -> UInt64? {
        Self.tokens(left, less: tokens, at: output, price: input)
    }

    private static func tokens(
        _ room: Int128, less others: UInt64, at theirs: Int128, price: Int128
    ) -> UInt64? {
        guard price > 0 else { return nil }
        let (taken, overflow) = Int128(others).multipliedReportingOverflow(by: theirs)
        guard !overflow, taken < room else { return 0 }
        return UInt64(clamping: (room - taken) / price)
    }
}

extension [Room] {
    /// The tokens of output that fit into all of them; nil where none bounds them.
    func output(beside input: UInt64, withHeld: Bool = false) -> UInt64? {
        compactMap { $0.output(beside: input, withHeld: withHeld) }.min()
    }

    /// The tokens of input that fit into all of them; nil where none bounds them.
    func input(beside output: UInt64) -> UInt64? {
        compactMap { $0.input(beside: output) }.min()
    }
}
