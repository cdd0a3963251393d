import ArgumentParser
import Journal
import Ledger
import Money
import Statements

struct TermsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "terms", abstract: "Mark-ups, prices in reais, taxes, credits: set and show.",
        subcommands: [Set.self, Show.self])

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set terms of a client, or of all that have none of their own.",
            discussion: """
                Each term holds from the day given by --from until a later one of the same kind. A
                term for a month that is closed changes no closed statement: the difference is a
                line of the next one.

                Each credit is one of its own, also where month and reason are the same, until a
                later one bears its name: --credit-name changes the credit of that name, which
                terms show lists, and amount 0 takes it back.

                A tax or surcharge is NAME=PERCENT. It is added to its base (por fora) unless it is
                given with --tax-inside, which makes it part of its own base (por dentro): 5 % of
                100.00 is 105.00 por fora and 105.26 por dentro. PERCENT 0 ends it. With
                --informative it is shown and not charged. Which taxes apply is your accountant's
                to say; none is on by itself.

                Examples:
                  razao terms set acme --markup 20 --from 2026-10-01
                  razao terms set --all-clients --tax-inside ISS=5 --from 2026-10-01
                  razao terms set --all-clients --tax CBS=0.9 --tax IBS=0.1 --informative \\
                      --from 2026-01-01
                  razao terms set acme --surcharge IOF=3.5 --from 2026-10-01
                  razao terms set acme --price openai/gpt-4o:input=18,output=70 --from 2026-11-01
                  razao terms set acme --credit 150.00 --reason "outage of 12 October" \\
                      --from 2026-10-01
                  razao terms set acme --rate-rule month-average --from 2026-11-01
                  razao terms set acme --rounding half-up --from 2026-11-01
                """)

        @Argument(help: "The client.") var client: String?
        @Flag(help: "All clients that have no such term of their own.") var allClients = false
        @Option(help: "The first local day.") var from: DayArgument
        @Option(parsing: .unconditional, help: "Percent added to the cost in reais.")
        var markup: String?
        @Option(help: "A tax por fora, NAME=PERCENT; may be repeated.") var tax: [String] = []
        @Option(help: "A tax por dentro, NAME=PERCENT; may be repeated.")
        var taxInside: [String] = []
        @Option(help: "A surcharge por fora, NAME=PERCENT; taxes are due on it.")
        var surcharge: [String] = []
        @Option(help: "A surcharge por dentro, NAME=PERCENT.") var surchargeInside: [String] = []
        @Flag(help: "Show the taxes and surcharges of this command without charging them.")
        var informative = false
        @Option(
            help: ArgumentHelp(
                "A price list in reais: PROVIDER/MODEL:CLASS=BRL,… per million; 'off' ends it.",
                valueName: "price"))
        var price: [String] = []
        @Option(help: "An amount in reais to give back on the statement of --from's month.")
        var credit: String?
        @Option(help: "Why the credit is given, one line for the statement.") var reason: String?
        @Option(help: "A name of its own; the same name later changes the credit.") var creditName:
            String?
        @Option(help: RateRule.help) var rateRule: String?
        @Option(help: "half-even, half-up or truncate.") var rounding: String?
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard (client == nil) == allClients else {
                throw ValidationError("Name one client, or give --all-clients.")
            }
        }

        func run() throws {
            let changes = try terms().map {
                TermsChange(client: client, from: from.day, term: $0)
            }
            guard !changes.isEmpty else {
                throw CommandError("say what is agreed; see: razao terms set -h")
            }
            for change in changes { try Self.check(change) }
            try common.withJournal { journal, _ in
                var replaced: String?
                let recorded = try journal.record(by: Actor.name) { state in
                    if let client, state.clients[client] == nil {
                        throw JournalError.unknownClient(client)
                    }
                    let changes = try changes.map { try named($0, state.terms) }
                    replaced = replacement(by: changes, state.terms)
                    let new = changes.filter { change in
                        let known = state.terms.history(of: client).filter {
                            $0.change.from == change.from && Self.isSameTerm($0.change, change)
                        }
                        return known.last?.change != change
                    }
                    try Self.checkCharges(state, new)
                    return new.map(ControlEvent.termsSet)
                }
                Console.line(
                    recorded.isEmpty
                        ? "These terms hold already; nothing was changed."
                        : "\(counted(recorded.count, "term")) set for "
                            + "\(client ?? "all clients") from \(from.day) on.")
                if let replaced, !recorded.isEmpty { Console.line(replaced) }
            }
        }

        /// A credit without a name of its own gets one that no other has; refused when the very
        /// same one stands already.
        private func named(_ change: TermsChange, _ terms: TermsBook) throws -> TermsChange {
            guard case .credit(var credit) = change.term, creditName == nil,
                let client = change.client
            else { return change }
            let same = terms.credits(of: client).first {
                $0.month == change.from.month && $0.credit.reason == credit.reason
                    && $0.credit.cents == credit.cents
            }
            if let same {
                throw CommandError(
                    "a credit of \(Self.amount(credit)) for \"\(credit.reason)\" stands on "
                        + "\(same.month) of \(client) already (record \(same.sequence)); give a "
                        + "second one a name of its own with --credit-name")
            }
            credit.name = terms.newCreditName(of: client, for: credit.reason)
            var change = change
            change.term = .credit(credit)
            return change
        }

        /// What a credit under a given name takes the place of, as it stands before.
        private func replacement(by changes: [TermsChange], _ terms: TermsBook) -> String? {
            for case (.credit(let credit), let client?) in changes.map({ ($0.term, $0.client) }) {
                guard
                    let old = terms.credits(of: client).first(where: {
                        $0.credit.name == credit.name
                    })
                else { continue }
                return "It takes the place of the credit of \(Self.amount(old.credit)) for "
                    + "\"\(old.credit.reason)\" on \(old.month) (record \(old.sequence))."
            }
            return nil
        }

        static func amount(_ credit: CreditTerm) -> String {
            FigureFormat.brazilian.brl(DecimalText.format(Int128(credit.cents), decimals: 2))
        }

        private func terms() throws -> [Term] {
            var terms: [Term] = []
            if let markup { terms.append(.markup(try Self.percent(markup, "--markup"))) }
            for (list, tier, mode, option) in [
                (tax, ChargeTerm.Tier.tax, ChargeTerm.Mode.addOn, "--tax"),
                (taxInside, .tax, .grossUp, "--tax-inside"),
                (surcharge, .surcharge, .addOn, "--surcharge"),
                (surchargeInside, .surcharge, .grossUp, "--surcharge-inside"),
            ] {
                for text in list {
                    guard let equals = text.lastIndex(of: "="), equals != text.startIndex else {
                        throw CommandError("\(option) \(text): give NAME=PERCENT, such as ISS=5")
                    }
                    terms.append(
                        .charge(
                            ChargeTerm(
                                name: String(text[..<equals]), tier: tier, mode: mode,
                                effect: informative ? .informative : .charged,
                                percent: try Self.percent(
                                    String(text[text.index(after: equals)...]), option))))
                }
            }
            terms += try price.map { .price(try ListPrice(argument: $0)) }
            if let credit { terms.append(.credit(try creditTerm(credit))) }
            if let rateRule {
                guard let rule = RateRule(rateRule) else {
                    throw CommandError("--rate-rule \(rateRule): give \(RateRule.names)")
                }
                terms.append(.rateRule(rule))
            }
            if let rounding {
                guard let mode = Rounding(rawValue: rounding) else {
                    throw CommandError(
                        "--rounding \(rounding): give half-even, half-up or truncate")
                }
                terms.append(.rounding(mode))
            }
            return terms
        }

        private func creditTerm(_ text: String) throws -> CreditTerm {
            guard let reason else {
                throw CommandError("--credit wants --reason, which stands on the statement")
            }
            do {
                let cents = try DecimalText.parse(text, decimals: 2)
                guard let cents = Int64(exactly: cents) else { throw MoneyError.overflow(text) }
                guard cents != 0 || creditName != nil else {
                    throw CommandError(
                        "--credit 0 takes a credit back; say which one with --credit-name, as "
                            + "razao terms show lists it")
                }
                return CreditTerm(name: creditName ?? reason, cents: cents, reason: reason)
            } catch let error as MoneyError {
                throw CommandError("--credit: \(error)")
            }
        }

        private static func percent(_ text: String, _ option: String) throws -> Percent {
            do {
                return try Percent(text)
            } catch {
                throw CommandError("\(option): \(error)")
            }
        }

        /// Throws what is wrong with a term; a charge is told by its name, which options give.
        private static func check(_ change: TermsChange) throws {
            do {
                try change.check()
            } catch {
                if case .charge(let charge) = change.term, error.field == "percent" {
                    throw CommandError("\(charge.name): \(error.reason)")
                }
                throw CommandError("--\(error.field): \(error.reason)")
            }
        }

        /// True for two terms of which the later replaces the earlier.
        static func isSameTerm(_ left: TermsChange, _ right: TermsChange) -> Bool {
            switch (left.term, right.term) {
            case (.markup, .markup), (.rateRule, .rateRule), (.rounding, .rounding): true
            case (.charge(let left), .charge(let right)): left.name == right.name
            case (.credit(let left), .credit(let right)): left.name == right.name
            case (.price(let left), .price(let right)):
                left.provider == right.provider && left.model == right.model
                    && left.serviceTier == right.serviceTier
            default: false
            }
        }

        /// Refuses charges that leave nothing for the price, on any day and for any client.
        private static func checkCharges(_ state: LedgerState, _ changes: [TermsChange]) throws {
            var terms = state.terms
            for change in changes { terms.record(change, at: state.sequence.next) }
            for client in [""] + state.clients.keys.sorted() {
                let days = (terms.history(of: nil) + terms.history(of: client)).map(\.change.from)
                for day in Swift.Set(days).sorted() {
                    do {
                        _ = try ChargeRules(terms.charges(of: client, on: day))
                    } catch {
                        throw CommandError(
                            "\(client.isEmpty ? "" : "client \(client): ")\(error.description)")
                    }
                }
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what is agreed, with the day from which it holds.",
            discussion: "Examples:\n  razao terms show\n  razao terms show acme")

        @Argument(help: "The client; all without it.") var client: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.withJournal { journal, _ in
                let state = try journal.state()
                if let client, state.clients[client] == nil {
                    throw JournalError.unknownClient(client)
                }
                var table = TextTable([
                    ("Client", .left), ("From", .left), ("Term", .left), ("Value", .left),
                    ("Record", .right), ("State", .left),
                ])
                var count = 0
                let named = client.map { [$0] } ?? state.clients.keys.sorted()
                for name in [nil] + named.map(Optional.some) {
                    let history = state.terms.history(of: name)
                    for known in history {
                        let (term, value) = Self.words(known.change.term)
                        table.add([
                            name ?? "(all)", known.change.from.description, term, value,
                            known.sequence.description, Self.state(of: known, in: history),
                        ])
                        count += 1
                    }
                }
                guard count > 0 else {
                    Console.line("Nothing is agreed yet: cost is charged as it is.")
                    return
                }
                for line in table.lines { Console.line(line) }
            }
        }

        /// Says of a term that no longer counts which record took its place; of one that ended on
        /// a later day nothing.
        private static func state(of known: TermsBook.Known, in history: [TermsBook.Known])
            -> String
        {
            let later = history.filter { other in
                var isCredit = false
                if case .credit = known.change.term { isCredit = true }
                // A credit is one by its name, on whatever day it was put.
                return other.sequence > known.sequence
                    && (isCredit || other.change.from == known.change.from)
                    && Set.isSameTerm(known.change, other.change)
            }.max { $0.sequence < $1.sequence }
            return later.map { "replaced by \($0.sequence)" } ?? ""
        }

        private static func words(_ term: Term) -> (term: String, value: String) {
            switch term {
            case .markup(let percent): return ("mark-up", "\(percent.text) %")
            case .charge(let charge):
                let mode = charge.mode == .addOn ? "por fora" : "por dentro"
                let effect = charge.effect == .charged ? "" : ", informative"
                return (
                    "\(charge.tier.rawValue) \(charge.name)",
                    charge.percent == .zero ? "ended" : "\(charge.percent.text) % \(mode)\(effect)"
                )
            case .price(let price):
                let prices = UsageClass.allCases.compactMap { usageClass in
                    price.prices[usageClass].map { "\(usageClass.name) \($0.text)" }
                }
                return (
                    "R$ per million, \(price.provider)/\(price.model)",
                    prices.isEmpty ? "ended" : prices.joined(separator: ", ")
                )
            case .rateRule(let rule): return ("rate rule", rule.description)
            case .rounding(let mode): return ("rounding", mode.rawValue)
            case .credit(let credit):
                let isMade = CreditTerm.isMade(name: credit.name, of: credit.reason)
                return (
                    "credit \(credit.name)",
                    Set.amount(credit) + (isMade ? "" : ", \(credit.reason)")
                )
            }
        }
    }
}

extension RateRule {
    static let names =
        "previous-business-day, same-day, month-close, month-average or fixed:5.40"
    static let help: ArgumentHelp = "Which day's rate converts usage: \(RateRule.names)."
}

extension ListPrice {
    /// Reads `openai/gpt-4o:input=18,output=70` or `openai/gpt-4o:off`.
    init(argument text: String) throws {
        let price = try PriceArgument(text, mayBeOff: true)
        self.init(
            provider: price.key.provider, model: price.key.model,
            serviceTier: price.key.serviceTier, prices: price.prices)
    }
}
