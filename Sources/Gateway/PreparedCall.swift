import Ledger
import Money
import Providers

/// What holds for a call from its first look to its end.
///
/// An object, since it is large and a call's tasks keep it over every wait: as a value each of
/// their frames would have a copy, which was most of the memory of a stream.
final class CallContext: Sendable {
    let request: CallRequest
    let route: Route
    let upstreamInterface: Interface
    let facts: CallFacts
    let id: EventID
    let state: LedgerState
    /// Those of the moment when it came.
    let settings: GatewaySettings
    /// Who takes the answer down, where the call has an `Idempotency-Key`.
    let recorder: AnswerRecorder?

    init(
        request: CallRequest, route: Route, upstreamInterface: Interface, facts: CallFacts,
        id: EventID, state: LedgerState, settings: GatewaySettings, recorder: AnswerRecorder?
    ) {
        self.request = request
        self.route = route
        self.upstreamInterface = upstreamInterface
        self.facts = facts
        self.id = id
        self.state = state
        self.settings = settings
        self.recorder = recorder
    }
}

extension GatewayEngine {
    /// A call that was understood and has a route, and how far its admission is.
    struct Prepared: Sendable {
        private let context: CallContext
        var admission: Admission

        init(_ context: CallContext, _ admission: Admission) {
            self.context = context
            self.admission = admission
        }

        var request: CallRequest { context.request }
        var route: Route { context.route }
        var upstreamInterface: Interface { context.upstreamInterface }
        var facts: CallFacts { context.facts }
        var id: EventID { context.id }
        var state: LedgerState { context.state }
        var settings: GatewaySettings { context.settings }
        var recorder: AnswerRecorder? { context.recorder }

        /// What is to be set aside for a bound of the call's cost.
        func hold(_ bound: Admission.Bound) -> Hold {
            Hold(
                id: id, client: facts.client, at: facts.startedAt, tokens: bound.tokens,
                usd: bound.usd ?? .zero)
        }
    }
}
