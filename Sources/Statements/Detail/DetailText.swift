import Ledger

/// Calls below the statement on a terminal: one with its arithmetic on the lines below it.
struct DetailText: DetailStyle {
    private let words: Wording
    private let format: FigureFormat
    private static let width = TextLayout.width

    init(_ words: Wording) {
        self.words = words
        format = FigureFormat(words.language)
    }

    var begin: String {
        ([words[.detail], String(repeating: "─", count: Self.width)]
            + words[.detailNote].wrapped(to: Self.width) + [""]).lines
    }

    func entry(_ call: CallDetail, usd: String, brl: String) -> String {
        let name =
            words.time(call) + " · " + format.integer(call.sequence.rawValue) + " · "
            + words.model(call)
        let total = "R$\u{A0}" + format.decimal(brl, decimals: 2...20)
        let room = Self.width - total.columns - 2
        var lines = name.wrapped(to: room)
        lines[0] = lines[0].padded(to: room + 2) + total
        lines += indented(words.arithmetic(call, usd: usd))
        lines += indented(words.fill(.eventID, call.id.description))
        return lines.lines
    }

    var changesBegin: String {
        (["", words[.changes], String(repeating: "─", count: Self.width)]
            + words[.changesNote].wrapped(to: Self.width) + [""]).lines
    }

    func change(_ change: ChangeDetail, usd: String, brl: String) -> String {
        let total = change.call == nil ? "" : "R$\u{A0}" + format.decimal(brl, decimals: 2...20)
        let room = Self.width - total.columns - 2
        var lines = words.heading(change).wrapped(to: room)
        lines[0] = lines[0].padded(to: room + 2) + total
        lines += indented(words.subject(change))
        if let call = change.call {
            let sign = change.isTakenBack ? "− " : ""
            // The arithmetic is the call's own: what is taken back has its sign before it.
            let own = change.isTakenBack ? String(usd.drop { $0 == "-" }) : usd
            lines += indented(sign + words.arithmetic(call, usd: own))
        }
        let said = words.said(change)
        if !said.isEmpty { lines += indented(said) }
        lines += indented(words.fill(.eventID, change.id.description))
        return lines.lines
    }

    var changesEnd: String { "" }

    private func indented(_ text: String) -> [String] {
        text.wrapped(to: Self.width - 4).map { "    " + $0 }
    }

    func end(count: UInt64, usd: String, brl: String) -> String {
        let name = words.fill(.detailSum, format.integer(count))
        let total =
            "US$\u{A0}" + format.decimal(usd, decimals: 2...12) + "  R$\u{A0}"
            + format.decimal(brl, decimals: 2...20)
        let room = max(Self.width - total.columns, name.columns + 2)
        return [
            String(repeating: "─", count: Self.width), name.padded(to: room) + total,
        ].lines
    }
}

extension [String] {
    /// Each with a line feed.
    fileprivate var lines: String { map { $0 + "\n" }.joined() }
}
