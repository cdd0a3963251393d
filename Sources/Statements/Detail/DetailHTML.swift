import Ledger

/// Calls at the end of the page, as one more table.
struct DetailHTML: DetailStyle {
    private let words: Wording
    private let format: FigureFormat

    init(_ words: Wording) {
        self.words = words
        format = FigureFormat(words.language)
    }

    var begin: String {
        let titles = [words[.calls], words[.usd], words[.brl]]
            .map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
        return """
            <section class="detail">
            <h2>\(escaped(words[.detail]))</h2>
            <p class="hint">\(escaped(words[.detailNote]))</p>
            <table class="calls">
            <thead>
            <tr>\(titles)</tr>
            </thead>
            <tbody>

            """
    }

    func entry(_ call: CallDetail, usd: String, brl: String) -> String {
        let name = words.time(call) + " · " + format.integer(call.sequence.rawValue)
        let doubtful =
            call.status == .billed && call.parts.contains { $0.brl == nil }
            ? " class=\"doubtful\"" : ""
        let event = words.fill(.eventID, call.id.description)
        return """
            <tr\(doubtful)><th scope="row">\(escaped(name)) · \(escaped(words.model(call)))<br>\
            <em>\(escaped(words.arithmetic(call, usd: usd)))<br>\(escaped(event))</em></th>\
            <td>\(format.decimal(usd, decimals: 2...12))</td>\
            <td>\(format.decimal(brl, decimals: 2...20))</td></tr>

            """
    }

    var changesBegin: String {
        let titles = [words[.changes], words[.usd], words[.brl]]
            .map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
        return """
            <section class="detail">
            <h2>\(escaped(words[.changes]))</h2>
            <p class="hint">\(escaped(words[.changesNote]))</p>
            <table class="calls">
            <thead>
            <tr>\(titles)</tr>
            </thead>
            <tbody>

            """
    }

    func change(_ change: ChangeDetail, usd: String, brl: String) -> String {
        var lines = [words.subject(change)]
        if let call = change.call {
            // The arithmetic is the call's own: what is taken back has its sign before it.
            let own = change.isTakenBack ? String(usd.drop { $0 == "-" }) : usd
            lines.append((change.isTakenBack ? "− " : "") + words.arithmetic(call, usd: own))
        }
        lines += [words.said(change), words.fill(.eventID, change.id.description)]
        let below = lines.filter { !$0.isEmpty }.map(escaped).joined(separator: "<br>")
        let hasFigures = change.call != nil
        return """
            <tr><th scope="row">\(escaped(words.heading(change)))<br><em>\(below)</em></th>\
            <td>\(hasFigures ? format.decimal(usd, decimals: 2...12) : "")</td>\
            <td>\(hasFigures ? format.decimal(brl, decimals: 2...20) : "")</td></tr>

            """
    }

    var changesEnd: String {
        """
        </tbody>
        </table>
        </section>

        """
    }

    func end(count: UInt64, usd: String, brl: String) -> String {
        """
        <tr class="sum"><th scope="row">\
        \(escaped(words.fill(.detailSum, format.integer(count))))</th>\
        <td>\(format.decimal(usd, decimals: 2...12))</td>\
        <td>\(format.decimal(brl, decimals: 2...20))</td></tr>
        </tbody>
        </table>
        </section>

        """
    }

    private func escaped(_ text: String) -> String { ScalarEscaping().escapeText(text) }
}
