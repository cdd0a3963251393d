import Journal
import Ledger
import Money
import Providers

/// What callers are told beside the answer: refusals in words, and what a call cost in headers.
extension GatewayEngine {
    @inline(never)
    func refusal(_ reason: Admission.Reason, _ prepared: Prepared) -> APIError {
        switch reason {
        case .budget(let refusal): budgetRefusal(refusal, prepared)
        case .uncounted(let refusal):
            budgetRefusal(
                refusal, prepared,
                because: "; nobody counts the tokens of this model's input here, so that each byte "
                    + "of its text counts as one: send less text")
        case .unpriced:
            APIError(
                status: 402,
                message: "the model \(prepared.facts.modelRequested) has no price yet, and a limit "
                    + "of money stops this client; ask who runs the gateway to set its price",
                code: "unpriced_model")
        case .unbounded(let names):
            APIError(
                status: 402,
                message:
                    "how much this call reads cannot be counted (\(names.joined(separator: ", ")))"
                    + ", and a limit stops this client; send the content itself",
                code: "unbounded_input")
        case .overflow:
            APIError(status: 400, message: "the call is larger than can be counted")
        }
    }

    private func budgetRefusal(
        _ refusal: HoldRefusal, _ prepared: Prepared, because: String = ""
    ) -> APIError {
        let budget = refusal.budget
        let calendar = prepared.state.clients[budget.client]?.calendar
        let renewsAt = calendar?.interval(of: refusal.renews).lowerBound
        let now = prepared.facts.startedAt
        let wait = renewsAt.map { max(1, ($0.nanoseconds - now.nanoseconds) / 1_000_000_000 + 1) }
        let left = max(0, refusal.remaining)
        let unit = budget.unit
        func text(_ amount: Int128) -> String {
            DecimalText.format(amount, decimals: unit.decimals)
        }
        return APIError(
            status: unit == .tokens ? 429 : 402,
            message: "the budget \(budget.id) has \(text(left)) of \(text(budget.limit)) "
                + "\(unit.rawValue) left and this call may need \(text(refusal.asked)); "
                + "it renews at \(renewsAt.map { "\($0)" } ?? "the next period")\(because)",
            code: "budget_exceeded",
            retryAfterSeconds: wait.map { UInt32(clamping: $0) },
            details: [
                .init("budget", budget.id), .init("unit", unit.rawValue),
                .init("used", digits: text(budget.limit - refusal.remaining)),
                .init("limit", digits: text(budget.limit)),
                .init("renews_at", renewsAt.map { "\($0)" } ?? ""),
            ])
    }

    /// The headers of an answer; `cost` where it is known before the body goes.
    @inline(never)
    func headers(_ prepared: Prepared, cost: CallCost?) -> [AnswerHeader] {
        let facts = prepared.facts
        var headers = [
            AnswerHeader("x-razao-request-id", facts.requestID),
            AnswerHeader("x-razao-provider", facts.provider),
            AnswerHeader("x-razao-model", facts.model),
            AnswerHeader("x-litellm-call-id", facts.requestID),
        ]
        if prepared.admission.isShortened {
            headers.append(
                AnswerHeader("x-razao-output-limit", "\(prepared.admission.outputLimit)"))
        }
        if let cost {
            headers += [
                AnswerHeader("x-razao-cost-usd", cost.usd),
                AnswerHeader("x-razao-cost-brl", cost.brl),
                AnswerHeader("x-litellm-response-cost", cost.usd),
            ]
        }
        guard let budgets = try? journal.budgets(of: facts.client, at: clock()) else {
            return headers
        }
        let stopping = budgets.filter { $0.budget.stops }
        if !stopping.isEmpty {
            let texts = stopping.map { status in
                let left = DecimalText.format(
                    max(0, status.remaining), decimals: status.budget.unit.decimals)
                return "\(status.budget.id)=\(left)"
            }
            headers.append(
                AnswerHeader("x-razao-budget-remaining", texts.joined(separator: ", ")))
        }
        if let money = budgets.first(where: { $0.budget.unit == .usd }) {
            headers += [
                AnswerHeader("x-litellm-key-spend", Amount<USD>(units: money.balance.settled).text),
                AnswerHeader(
                    "x-litellm-key-max-budget", Amount<USD>(units: money.budget.limit).text),
            ]
        }
        return headers
    }

    /// What events cost, in both currencies; nil where that is not known.
    func cost(of events: [UsageEvent]) -> CallCost? {
        guard let state = try? journal.state(), let first = events.first,
            let usd = (try? Settlement.cost(events, state.prices)) ?? nil,
            let calendar = state.clients[first.client]?.calendar
        else { return nil }
        let rate = state.rate(of: first.client, on: calendar.day(of: first.occurredAt))
        guard let brl = try? usd.converted(at: rate.rate) else { return nil }
        return CallCost(usd: usd.text, brl: brl.text)
    }
}

/// What a call cost, as decimal text with all its digits.
struct CallCost: Sendable, Equatable {
    let usd: String
    let brl: String

    /// For the usage that callers see.
    var notes: [APIError.Note] {
        [.init("cost_usd", digits: usd), .init("cost_brl", digits: brl)]
    }
}
