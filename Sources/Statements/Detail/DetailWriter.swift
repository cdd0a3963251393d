public import Ledger
public import Money

/// Writes every call of a month with its arithmetic, piece by piece: a CSV for programs, or the
/// appendix of a statement as text or page.
///
/// ```swift
/// var writer = try DetailWriter(.csv, of: statement)
/// sink.write(writer.begin())
/// try journal.detail(client: id, month: month) { sink.write(try writer.entry($0)) }
/// sink.write(writer.end())
/// ```
/// Keeps sums and nothing else, so memory does not grow with the calls.
public struct DetailWriter {
    private let style: any DetailStyle
    private let document: (before: [UInt8], after: [UInt8])
    private var count: UInt64 = 0
    private var usd = Amount<USD>.zero
    private var brl = Amount<BRL>.zero
    /// True once the calls' sums were written and what changed in earlier months follows.
    private var hasChanges = false

    /// The formats there are: `text`, `csv` and `html`.
    public static let formats: [StatementFormat] = [.text, .csv, .html]

    /// A writer of one month. Throws for a format that is none of ``formats``.
    public init(
        _ format: StatementFormat, of statement: Statement,
        language: StatementLanguage = .portuguese
    ) throws(DetailError) {
        let words = Wording(language)
        switch format {
        case .csv:
            style = DetailCSV(client: statement.client, month: statement.month)
            document = ([], [])
        case .text, .html:
            guard
                let bytes = try? StatementRenderer.render(
                    statement, as: format, language: language)
            else { throw DetailError(format) }
            if format == .text {
                style = DetailText(words)
                document = (bytes + Array("\n".utf8), [])
            } else {
                style = DetailHTML(words)
                document = Self.parted(bytes)
            }
        default: throw DetailError(format)
        }
    }

    /// A page before and from the end of what it shows.
    private static func parted(_ bytes: [UInt8]) -> (before: [UInt8], after: [UInt8]) {
        let end = Array("</main>".utf8)
        let place = bytes.indices.dropLast(end.count).last { index in
            bytes[index..<index + end.count].elementsEqual(end)
        }
        let index = place ?? bytes.endIndex
        return (Array(bytes[..<index]), Array(bytes[index...]))
    }

    /// What stands before the first entry: the statement, or a header.
    public func begin() -> [UInt8] { document.before + Array(style.begin.utf8) }

    /// One entry. Throws when a sum does not fit.
    public mutating func entry(_ call: CallDetail) throws(MoneyError) -> [UInt8] {
        count += 1
        var sum = (usd: Amount<USD>.zero, brl: Amount<BRL>.zero)
        if call.status == .billed {
            for part in call.parts {
                if let cost = part.usd { try sum.usd.add(cost) }
                if let cost = part.brl { try sum.brl.add(cost) }
            }
        }
        try usd.add(sum.usd)
        try brl.add(sum.brl)
        return Array(style.entry(call, usd: sum.usd.text, brl: sum.brl.text).utf8)
    }

    /// A record behind an adjustment, after all entries. Throws when a sum does not fit.
    public mutating func change(_ change: ChangeDetail) throws(MoneyError) -> [UInt8] {
        var text = ""
        if !hasChanges {
            hasChanges = true
            text = style.end(count: count, usd: usd.text, brl: brl.text) + style.changesBegin
        }
        var sum = (usd: Amount<USD>.zero, brl: Amount<BRL>.zero)
        for part in change.call?.parts ?? [] {
            if let cost = part.usd { try sum.usd.add(cost) }
            if let cost = part.brl { try sum.brl.add(cost) }
        }
        if change.isTakenBack {
            sum = (try Amount.zero.subtracting(sum.usd), try Amount.zero.subtracting(sum.brl))
        }
        text += style.change(change, usd: sum.usd.text, brl: sum.brl.text)
        return Array(text.utf8)
    }

    /// What stands after the last entry or change.
    public func end() -> [UInt8] {
        let text =
            hasChanges
            ? style.changesEnd : style.end(count: count, usd: usd.text, brl: brl.text)
        return Array(text.utf8) + document.after
    }
}

/// A format that cannot list calls.
public struct DetailError: Error, Sendable, CustomStringConvertible {
    private let format: StatementFormat

    init(_ format: StatementFormat) { self.format = format }

    /// One sentence with what to do.
    public var description: String {
        let formats = DetailWriter.formats.map(\.rawValue).joined(separator: ", ")
        return "calls cannot be listed as \(format.rawValue); use one of \(formats)"
    }
}

/// How a list of calls is written.
protocol DetailStyle {
    /// Before the first entry.
    var begin: String { get }
    /// One entry and what it adds to the statement's lines.
    func entry(_ call: CallDetail, usd: String, brl: String) -> String
    /// After the last.
    func end(count: UInt64, usd: String, brl: String) -> String
    /// Before the first record behind an adjustment.
    var changesBegin: String { get }
    /// One record behind an adjustment and what it adds, before the month's rounding.
    func change(_ change: ChangeDetail, usd: String, brl: String) -> String
    /// After the last of them.
    var changesEnd: String { get }
}

extension Wording {
    /// An entry's arithmetic: `Entrada 1.200 × 2,50 + Saída 340 × 10,00 = US$ 0,0064 × 5,6634`.
    func arithmetic(_ call: CallDetail, usd: String) -> String {
        let format = FigureFormat(language)
        switch call.status {
        case .cached: return self[.statusCached]
        case .reversed: return self[.statusReversed]
        case .billed: break
        }
        guard !call.parts.isEmpty else { return self[.noTokens] }
        let terms = call.parts.map { part in
            guard let usageClass = part.usageClass else {
                return self[.kindAdjustment] + (call.words.map { ": " + $0.cleaned } ?? "")
            }
            let price =
                part.listPrice.map { format.brlPrice($0.text) }
                ?? part.unitPrice.map { format.decimal($0.text, decimals: 2...6) }
                ?? self[.unpriced]
            return kind(usageClass.name) + " " + format.integer(part.quantity) + " × " + price
        }
        let sum = terms.joined(separator: " + ")
        let rate = format.rate(call.rate.text)
        // A price in reais is charged as it is: the rate plays a part for the others alone.
        let converted = call.parts.count { $0.listPrice == nil }
        guard converted == call.parts.count, !FigureFormat.isZero(usd) else {
            return converted == 0 || FigureFormat.isZero(usd)
                ? sum : sum + "; " + words(.rate, rate)
        }
        let exact = format.decimal(usd, decimals: 2...12)
        return sum + " = US$\u{A0}" + exact + " × " + rate
    }

    /// Which month a record changes, and why: `novembro de 2024 · consumo registrado …`.
    func heading(_ change: ChangeDetail) -> String {
        FigureFormat(language).month(text: change.originMonth.description) + " · "
            + reason(change.reason)
    }

    /// Which call, cost, price, rate or term it is.
    func subject(_ change: ChangeDetail) -> String {
        let number = FigureFormat(language).integer(change.sequence.rawValue)
        if let call = change.call { return time(call) + " · " + number + " · " + model(call) }
        guard let fact = change.fact else { return number }
        let model = [fact.provider, fact.model, fact.serviceTier].filter { !$0.isEmpty }
            .joined(separator: " / ")
        let said = [fact.kind, model, fact.value].filter { !$0.isEmpty }.joined(separator: " ")
        return number + " · " + fill(.changeFrom, said.cleaned, fact.from)
    }

    /// Why, and who said so; empty where nobody did.
    func said(_ change: ChangeDetail) -> String {
        // Of a cost the words stand in its arithmetic.
        let words = change.call?.words == change.words ? nil : change.words
        return [words, change.by].compactMap { $0?.cleaned }.filter { !$0.isEmpty }
            .joined(separator: " · ")
    }

    private func words(_ label: Label, _ figure: String) -> String { self[label] + " " + figure }

    /// When an entry happened, as people there write it: `05/03/2026 14:03:07`.
    func time(_ call: CallDetail) -> String {
        let parts = call.localTime.split(separator: "T", maxSplits: 1)
        let day = FigureFormat(language).date(call.day)
        return parts.count > 1 ? day + " " + parts[1].prefix(8) : day
    }

    /// Who answered.
    func model(_ call: CallDetail) -> String {
        let model = call.model.isEmpty ? self[.noModel] : call.model
        let name = call.provider + " / " + model
        return (call.serviceTier.isEmpty ? name : name + ", " + fill(.tier, call.serviceTier))
            .cleaned
    }
}
