import Ledger

/// Everything that people read of a statement, as words and figures already written out.
///
/// The text and the page arrange these values and add none of their own, so that both always say
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

    /// What one model came to, and its lines.
    struct Group {
        let provider: String
        let model: String
        /// The service tier in words, empty for the standard one.
        let tier: String
        let usd: String
        let brl: String
        var rows: [Row]
    }

    /// One line of the document.
    struct Row {
        let kind: String
        let quantity: String
        let price: String
        let usd: String
        /// `média` where the rate is one, else empty.
        let average: String
        let rate: String
        let brl: String
        let isUnpriced: Bool
    }

    /// One local day.
    struct DayRow {
        let date: String
        let calls: String
        let usd: String
        let rate: String
        let quote: String
        /// True for a stale or provisional rate.
        let isDoubtful: Bool
        let brl: String
    }

    let words: Wording
    let title: String
    let clientName: String
    let month: String
    let status: String
    let isOpen: Bool
    let facts: [Fact]
    let warnings: [String]
    let groups: [Group]
    let days: [DayRow]
    let totalUSD: String
    let totalBRL: String
    /// The total in dollars with as many decimals as the table's column.
    let tableTotalUSD: String
    let calls: String
    let savings: Section
    let rates: Section
    let rounding: Section
    let proof: Section

    init(_ statement: Statement, language: StatementLanguage) {
        let maker = PresentationMaker(statement, language)
        words = maker.words
        title = maker.words[.title]
        clientName = (statement.clientName ?? statement.client).cleaned
        month = maker.format.month(text: statement.month)
        isOpen = statement.status == "open"
        status =
            switch statement.status {
            case "open": maker.words[.statusOpenShort]
            case "closed": maker.words[.statusClosedShort]
            default: statement.status.cleaned
            }
        facts = maker.facts
        warnings = maker.warnings
        groups = maker.groups
        days = maker.days
        totalUSD = maker.format.usd(statement.totalUsd)
        totalBRL = maker.format.brl(
            rounded: statement.totalBrl, exact: statement.totalBrlExact)
        tableTotalUSD = maker.usd(statement.totalUsd)
        calls = maker.calls
        savings = maker.savings
        rates = maker.rateSection
        rounding = maker.rounding
        proof = maker.proof
    }
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
