import Ledger
import Money

/// The words of a statement in one language, with their blanks filled in.
struct Wording {
    let language: StatementLanguage

    init(_ language: StatementLanguage) { self.language = language }

    /// A label as it stands.
    subscript(_ label: Label) -> String {
        let (portuguese, english) = label.texts
        return language == .portuguese ? portuguese : english
    }

    /// A label with its blanks `{}` filled in order.
    func fill(_ label: Label, _ values: String...) -> String { Self.fill(self[label], values) }

    /// A label that has a singular and a plural, `one|many`; fills the blanks of the chosen one.
    func count(_ label: Label, _ number: some BinaryInteger, _ values: String...) -> String {
        let forms = self[label].split(separator: "|", maxSplits: 1)
        let chosen = number == 1 ? forms.first : forms.last
        return Self.fill(String(chosen ?? ""), [FigureFormat(language).integer(number)] + values)
    }

    static func fill(_ template: String, _ values: [String]) -> String {
        var text = ""
        var rest = values[...]
        // Piece by piece, so that a name that holds braces is never taken for a blank.
        for (index, piece) in template.split(separator: "{}", omittingEmptySubsequences: false)
            .enumerated()
        {
            if index > 0 { text += rest.popFirst() ?? "" }
            text += piece
        }
        return text
    }

    /// The class of usage in words; a name of a later version stays as it is.
    func kind(_ name: String) -> String {
        if name == Statement.Line.adjustmentKind { return self[.kindAdjustment] }
        guard let usageClass = UsageClass(name: name) else { return name }
        let label: Label =
            switch usageClass {
            case .input: .kindInput
            case .cacheRead: .kindCacheRead
            case .cacheWrite5m: .kindCacheWrite5m
            case .cacheWrite1h: .kindCacheWrite1h
            case .inputAudio: .kindInputAudio
            case .inputImage: .kindInputImage
            case .output: .kindOutput
            case .reasoning: .kindReasoning
            case .outputAudio: .kindOutputAudio
            case .outputImage: .kindOutputImage
            case .webSearch: .kindWebSearch
            case .seconds: .kindSeconds
            case .images: .kindImages
            }
        return self[label]
    }

    /// The document's status in words.
    func status(_ name: String) -> String {
        switch name {
        case "open": self[.statusOpen]
        case "closed": self[.statusClosed]
        default: name
        }
    }

    /// How a charge relates to its base.
    func mode(_ mode: ChargeTerm.Mode) -> String {
        self[mode == .addOn ? .addOn : .grossUp]
    }

    /// The section that an adjustment changes.
    func section(_ section: Statement.Adjustment.Section) -> String {
        switch section {
        case .usage: self[.sectionUsage]
        case .markup: self[.sectionMarkup]
        case .surcharge: self[.sectionSurcharge]
        case .tax: self[.sectionTax]
        case .credit: self[.sectionCredit]
        }
    }

    /// The section of a line in an export.
    func section(_ section: ExportRow.Section) -> String {
        switch section {
        case .usage: self[.sectionUsage]
        case .markup: self[.sectionMarkup]
        case .surcharge: self[.sectionSurcharge]
        case .tax: self[.sectionTax]
        case .adjustment: self[.sectionAdjustment]
        case .credit: self[.sectionCredit]
        }
    }

    /// Why an earlier month changed.
    func reason(_ reason: Statement.Adjustment.Reason) -> String {
        switch reason {
        case .late: self[.reasonLate]
        case .recorded: self[.reasonRecorded]
        case .reversal: self[.reasonReversal]
        case .price: self[.reasonPrice]
        case .rate: self[.reasonRate]
        case .terms: self[.reasonTerms]
        }
    }

    /// The rule of conversion in words.
    func rateRule(_ name: String) -> String {
        switch RateRule(name) {
        case .previousBusinessDay: self[.rulePreviousBusinessDay]
        case .sameDay: self[.ruleSameDay]
        case .monthClose: self[.ruleMonthClose]
        case .monthAverage: self[.ruleMonthAverage]
        case .fixed(let rate): fill(.ruleFixed, FigureFormat(language).rate(rate.text))
        case nil: name
        }
    }

    /// The way lines were rounded, in words.
    func rounding(_ name: String) -> String {
        switch name {
        case "half-even": self[.roundingHalfEven]
        case "half-up": self[.roundingHalfUp]
        case "truncate": self[.roundingTruncate]
        default: name
        }
    }

    /// Who published a rate, in words.
    func rateSource(_ name: String) -> String {
        switch name {
        case RateEntry.ptax: self[.sourcePtax]
        case "contract": self[.sourceContract]
        case "last resort": self[.sourceLastResort]
        default: name
        }
    }
}
