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
