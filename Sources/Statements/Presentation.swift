import Ledger

/// Everything that people read of a statement, as words and figures already written out.
///
/// The text, the page and the PDF arrange these values and add none of their own, so that all say
/// the same. Names from outside are cleaned here, once.
struct Presentation {
    /// A name and what it is.
    struct Fact {
        let label: String
        let value: String
        /// True for hashes, which want a fixed-width face and may break anywhere.
        var isCode = false
        /// What is enough where there is little room, if not all of it is needed.
        var shortValue: String?
    }

    /// Facts under a heading.
    struct Section {
        let heading: String
        let facts: [Fact]
    }

    /// Rows of a name and figures under a heading.
    struct Table {
        /// What the page's rules of style call it.
        let name: String
        let heading: String
        /// What stands above the rows' names.
        let nameTitle: String
        /// What stands above the figures, which all are set to the right.
        let titles: [String]
        var rows: [Row]
        var hint = ""
    }

    /// A row of a table.
    struct Row {
        let kind: Kind
        /// Stands before the name and matters less, such as the provider.
        var lead = ""
        let name: String
        /// Stands after the name and matters less, such as the service tier.
        var trail = ""
        /// As many as the table has titles; the leading empty ones give their room to the name.
        let figures: [String]
        /// True where a figure is missing or may still change.
        var isDoubtful = false

        enum Kind {
            /// Begins a group of lines and has their sums.
            case group
            case line
            /// Ends the table.
            case sum
        }

        /// The name with what stands around it.
        var fullName: String {
            [lead.isEmpty ? name : lead + " / " + name, trail].filter { !$0.isEmpty }
                .joined(separator: ", ")
        }
    }

    let words: Wording
    let title: String
    let clientName: String
    let month: String
    /// The number of a closed statement, else empty.
    let number: String
    let status: String
    let isOpen: Bool
    /// Who issues the statement, where that is known, and for whom it is.
    let parties: [Section]
    let facts: [Fact]
    let warnings: [String]
    let chart: DayChart?
    let usage: Table
    /// The sections beside usage that are not empty, in the order of the document.
    let sections: [Table]
    /// How the sections add up; nil where usage is all there is.
    let summary: Table?
    let budgets: Table?
    let days: Table?
    /// The cost at the providers, with the words that say so.
    let totalUSD: String
    /// What is due.
    let totalBRL: String
    /// What caches saved, the rates, the rounding.
    let notes: [Section]
    let proof: Section
    let digest: String
    let closedAt: String?
    /// True for a document that keeps the look of an earlier form.
    let hasFormerLook: Bool

    init(_ statement: Statement, language: StatementLanguage) {
        let maker = PresentationMaker(statement, language)
        words = maker.words
        title = maker.words[.title]
        clientName = (statement.clientName ?? statement.client).cleaned
        month = maker.format.month(text: statement.month)
        number = statement.number?.cleaned ?? ""
        isOpen = statement.status == Statement.open
        status =
            switch statement.status {
            case "open": maker.words[.statusOpenShort]
            case "closed": maker.words[.statusClosedShort]
            default: statement.status.cleaned
            }
        parties = maker.parties
        facts = maker.facts
        warnings = maker.warnings
        chart = maker.chart
        usage = maker.usage
        sections = maker.sections
        summary = maker.summary
        budgets = maker.budgets
        days = maker.days
        let dollars =
            statement.hasFormerLook
            ? maker.format.usd(statement.totalUsd)
            : maker.format.usd(statement.totalUsd, decimals: maker.usdDecimals)
        totalUSD = maker.words.fill(.costInDollars, dollars)
        totalBRL = maker.format.brl(
            rounded: statement.totalBrl, exact: statement.totalBrlExact)
        notes = [maker.savings, maker.rateSection, maker.rounding]
        proof = maker.proof
        digest = statement.digest.cleaned
        closedAt = statement.closedAt
        hasFormerLook = statement.hasFormerLook
    }

    /// The tables after the summary, which a page shows first and a terminal after the sections.
    var tablesOfPage: [Table] { [usage] + sections + [budgets].compactMap { $0 } }

    /// The tables in the order of a terminal, where what comes last stays in sight.
    var tablesOfTerminal: [Table] { [usage] + sections + [summary, budgets].compactMap { $0 } }
}

extension String {
    /// The text without what could steer a terminal or turn the reading direction of a page:
    /// control characters become a space, marks of direction disappear.
    var cleaned: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x00...0x1F, 0x7F...0x9F, 0x2028, 0x2029: scalars.append(" ")
            case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: break
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
