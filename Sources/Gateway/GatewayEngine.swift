// Gateway: everything around a call, and no server. A caller's request becomes an `Admission`, a
// hold in the journal, a call to a provider through `Upstream`, an answer that is metered while it
// is passed on (`LiveAnswer`), and usage events (`Settlement`). What is decided is in values that
// know no clock and no socket; `GatewayEngine` and `LiveAnswer` carry it out.

import Foundation
public import Journal
public import Ledger
import Money
import Providers
import Synchronization

/// Takes calls of clients to providers: holds before, meters while, records after.
///
/// ```swift
/// let engine = GatewayEngine(journal: journal, upstream: curl, settings: settings)
/// guard let key = engine.key(of: text) else { … 401 … }
/// switch await engine.answer(GatewayCall(.chatCompletions, body: body, key: key)) { … }
/// ```
/// A hold is decided before the provider is asked and durable before a byte of the answer leaves;
/// the usage is durable before the end of the answer leaves. Safe to use from all tasks.
public final class GatewayEngine: Sendable {
    let journal: Journal
    private let current: Mutex<GatewaySettings>
    let clock: @Sendable () -> Instant
    let newID: @Sendable (Instant) -> EventID
    let upstream: any Upstream
    let people: PeopleKeys?
    private let counters = Mutex(GatewayCounts())
    /// Providers that said that they have no counting call; at most as many as there are.
    let uncounting = Mutex<Set<String>>([])
    let queue = BudgetQueue()
    /// Whose usage was recorded, for who watches budgets.
    public let settled = SettledClients()
    /// Where usage that was sent is read and checked.
    let postsThread = DispatchQueue(label: "razao.posts")
    private let keyedCalls: KeyedCalls?

    /// An engine on a journal that is open for writing. Without `kept`, what callers say in
    /// `Idempotency-Key` is not heeded.
    public init(
        journal: Journal, upstream: any Upstream, settings: GatewaySettings,
        people: PeopleKeys? = nil, kept: KeptAnswers? = nil,
        clock: @escaping @Sendable () -> Instant = SystemClock.now,
        newID: @escaping @Sendable (Instant) -> EventID = SystemClock.newID
    ) {
        self.journal = journal
        self.upstream = upstream
        current = Mutex(settings)
        self.people = people
        keyedCalls = kept.map(KeyedCalls.init)
        self.clock = clock
        self.newID = newID
    }

    /// What counts for calls that come now.
    public var settings: GatewaySettings { current.withLock { $0 } }

    /// Takes other settings for the calls that come from now on; those in flight keep theirs.
    public func use(_ settings: GatewaySettings) {
        current.withLock { $0 = settings }
        // A provider may be another one now.
        uncounting.withLock { $0 = [] }
    }

    /// The key of that text, unless there is none or it was revoked.
    public func key(of text: String) throws -> KeyRecord? {
        try journal.state().keys.open(hash: AccessKeys.hash(of: text))
    }

    /// The models that callers may ask for: active ones of providers that are set up.
    public func models() throws -> [OfferedModel] {
        let settings = settings
        return try journal.state().models.values
            .filter { $0.isActive && settings.providers[$0.provider] != nil }
            .map { OfferedModel(provider: $0.provider, name: $0.model) }
            .sorted { $0.id < $1.id }
    }

    /// Waits until no call and no post is in flight any more, for so long at most.
    public func finish(within time: Duration) async {
        let deadline = ContinuousClock.now + time
        while counts.inFlight > 0 || counts.postsInFlight > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Throws when the ledger cannot be read.
    public func check() throws { _ = try journal.head() }

    /// What became of calls so far.
    public var counts: GatewayCounts { counters.withLock { $0 } }

    func count(_ change: (inout GatewayCounts) -> Void) { counters.withLock { change(&$0) } }

    /// Answers a call. Never throws: what goes wrong is an answer too.
    public func answer(_ call: GatewayCall) async -> GatewayAnswer {
        let startedAt = clock()
        let id = newID(startedAt)
        let requestID = "\(id)"
        let settings = settings
        let isFull = counters.withLock { counts -> Bool in
            counts.calls += 1
            counts.inFlight += 1
            return counts.inFlight > settings.maximumCalls
        }
        let answer: GatewayAnswer
        do throws(APIError) {
            if isFull {
                throw APIError(
                    status: 503, message: "too many calls are in flight; come back in a moment",
                    retryAfterSeconds: 1)
            }
            // What costs nothing needs no key.
            if let key = call.idempotencyKey, let keyedCalls, call.interface != .countTokens {
                answer = try await answerOnce(
                    call, key, keyedCalls, settings, id: id, startedAt: startedAt)
            } else {
                answer = try await make(call, settings, id: id, startedAt: startedAt, nil)
            }
        } catch {
            answer = .error(error, call.interface, requestID: requestID)
        }
        if case .stream = answer { return answer }
        count { $0.inFlight -= 1 }
        return answer
    }

    /// Makes a call; `recorder` takes down what it is answered.
    func make(
        _ call: GatewayCall, _ settings: GatewaySettings, id: EventID, startedAt: Instant,
        _ recorder: AnswerRecorder?
    ) async throws(APIError) -> GatewayAnswer {
        let prepared = try prepare(call, settings, id: id, startedAt: startedAt, recorder)
        // Counting is free everywhere, and so here.
        return try await call.interface == .countTokens ? pass(prepared) : run(prepared)
    }

    // MARK: Before the provider

    @inline(never)
    private func prepare(
        _ call: GatewayCall, _ settings: GatewaySettings, id: EventID, startedAt: Instant,
        _ recorder: AnswerRecorder?
    ) throws(APIError) -> Prepared {
        let state: LedgerState
        do {
            state = try journal.state()
        } catch {
            throw APIError(status: 503, message: "the ledger cannot be read; try again later")
        }
        let request: CallRequest
        do throws(RequestError) {
            request = try CallRequest(
                call.interface, body: call.body,
                limits: RequestLimits(bytes: settings.maximumBodyBytes))
        } catch {
            throw APIError(error)
        }
        let route: Route
        do throws(Router.NoRoute) {
            route = try Router.route(request.model, settings, state)
        } catch {
            throw APIError(
                status: 404, message: error.description, code: "model_not_found",
                parameter: "model")
        }
        guard let upstreamInterface = route.provider.settings.upstream(for: call.interface) else {
            throw APIError(
                status: 400,
                message: "the model \(request.model) cannot be asked through this address; its "
                    + "provider speaks another interface", parameter: "model")
        }
        let name = route.provider.settings.name
        var facts = CallFacts(
            client: call.key.client, key: call.key.id, provider: name, model: route.model,
            modelRequested: request.model, operation: Self.operation(call.interface),
            serviceTier: request.serviceTier, requestID: "\(id)", startedAt: startedAt)
        facts.hold = id
        facts.conversation = call.conversation
        facts.tags = call.tags
        if let endUser = call.endUser ?? request.endUser, let people {
            facts.endUser = try? people.pseudonym(of: endUser, client: call.key.client)
        }
        let admission = Admission(
            request,
            ceiling: PriceCeiling(
                request, provider: name, model: route.model, at: startedAt, state.prices),
            budgets: state.budgets[call.key.client] ?? [],
            modelOutput: route.description?.maximumOutput.map { UInt64(max(0, $0)) },
            counting: counting(request, route, upstreamInterface, settings),
            keepsOutputLimit: route.provider.keepsOutputLimit, limits: settings.admission)
        return Prepared(
            CallContext(
                request: request, route: route, upstreamInterface: upstreamInterface,
                facts: facts, id: id, state: state, settings: settings, recorder: recorder),
            admission)
    }

    private static func operation(_ interface: Interface) -> UsageEvent.Operation {
        switch interface {
        case .completions: .completion
        case .embeddings: .embedding
        default: .chat
        }
    }

    // MARK: The provider

    private func run(_ call: Prepared) async throws(APIError) -> GatewayAnswer {
        var prepared = call
        let admitted = try await admit(&prepared)
        let answer: any UpstreamAnswer
        do throws(UpstreamFailure) {
            answer = try await admitted.call.answer()
        } catch {
            // A provider that took the request may bill it, answer or not.
            let isKnown = error.kind == .unreachable || error.kind == .busy
            await settle(prepared, failed: clock(), isKnown: isKnown)
            throw Self.told(error)
        }
        guard answer.status < 300 else {
            let body = await Self.collect(answer, atMost: 1 << 20)
            await settle(prepared, failed: clock())
            throw Self.told(answer, body, prepared)
        }
        try await stand(admitted.ticket, prepared, answer)
        let live = LiveAnswer(self, prepared, admitted.bound, answer)
        // What came whole where a stream was asked for is no stream for the caller either.
        if prepared.request.isStream, !answer.isWhole {
            return .stream(headers: headers(prepared, cost: nil), live)
        }
        return try await live.collect()
    }

    /// Waits until a hold is on the disk, which was written while the provider was asked. Without
    /// it nothing of the answer leaves; the provider was asked, so the call is recorded if the
    /// ledger takes anything at all.
    @inline(never)
    private func stand(
        _ ticket: HoldTicket, _ prepared: Prepared, _ answer: any UpstreamAnswer
    ) async throws(APIError) {
        do {
            switch try await ticket.durable() {
            case .granted, .existing: return
            case .refused, .unknownClient, .notOpen: throw LogError.busy
            }
        } catch {
            answer.stop()
            await settle(prepared, failed: clock(), isKnown: false)
            throw Self.unavailable(error)
        }
    }

    /// Passes a call that costs nothing on, and its answer back.
    private func pass(_ prepared: Prepared) async throws(APIError) -> GatewayAnswer {
        let answer: any UpstreamAnswer
        do {
            answer = try await upstream.open(try Self.message(prepared))
        } catch {
            throw (error as? UpstreamFailure).map(Self.told)
                ?? APIError(status: 400, message: "the request could not be sent on")
        }
        let body = await Self.collect(answer, atMost: 1 << 20)
        guard answer.status < 300, CallRequest.counted(body) != nil else {
            throw Self.told(answer, body, prepared)
        }
        return .whole(
            status: answer.status,
            headers: [AnswerHeader("x-razao-request-id", prepared.facts.requestID)], body: body)
    }

    @inline(never)
    static func message(_ prepared: Prepared) throws -> UpstreamCall {
        let provider = prepared.route.provider
        let streams = prepared.upstreamInterface.canStream
        let change = UpstreamChange(
            model: prepared.route.model, stream: streams ? true : nil,
            // What is held relies on it, so the provider has to know it.
            outputLimit: prepared.admission.outputLimitToSet.map { UInt32(clamping: $0) },
            outputLimitName: provider.settings.outputLimitName)
        return UpstreamCall(
            url: try provider.settings.target(
                prepared.upstreamInterface, model: prepared.route.model, stream: streams),
            headers: provider.settings.headers(
                key: provider.key, stream: streams, requestID: prepared.facts.requestID),
            body: try prepared.request.body(for: change, as: prepared.upstreamInterface),
            timeouts: prepared.settings.timeouts)
    }

    /// What a caller is told of a provider's refusal.
    @inline(never)
    private static func told(
        _ answer: any UpstreamAnswer, _ body: [UInt8], _ prepared: Prepared
    ) -> APIError {
        let provider = prepared.route.provider
        let error = ProviderError(
            provider.settings.dialect, status: answer.status, headers: answer.headers, body: body)
        return APIError(error.hiding(provider.key))
    }

    @inline(never)
    static func told(_ failure: UpstreamFailure) -> APIError {
        switch failure.kind {
        case .timedOut:
            APIError(status: 504, message: "the provider did not answer in time; try again")
        case .busy:
            APIError(
                status: 503, message: "too many calls are in flight; come back in a moment",
                retryAfterSeconds: 1)
        case .unreachable, .broken, .stopped:
            APIError(status: 502, message: "the provider could not be reached; try again")
        }
    }

    static func collect(_ answer: any UpstreamAnswer, atMost limit: Int) async -> [UInt8] {
        var body: [UInt8] = []
        while body.count < limit, let chunk = (try? await answer.next()) ?? nil {
            body += chunk.prefix(limit - body.count)
        }
        answer.stop()
        return body
    }

    /// Ends a call that was not answered: as a failed one where the provider was asked, without a
    /// trace in the figures where it was not.
    @inline(never)
    func settle(
        _ prepared: Prepared, failed at: Instant?, isKnown: Bool = true
    ) async {
        guard let at else {
            _ = try? await journal.release(hold: prepared.id)
            queue.wake(prepared.facts.client)
            return
        }
        count { $0.failed += 1 }
        var end = AnswerEnd(.failed, [ModelUsage(model: nil)], at: at)
        end.consumedNothing = isKnown
        _ = await record(prepared, end)
    }

    /// Writes a call's end into the log; its events once they are durable, or nil when the ledger
    /// takes none. The hold then stays open, so that the call is not forgotten.
    func record(_ prepared: Prepared, _ end: AnswerEnd) async -> [UsageEvent]? {
        defer { queue.wake(prepared.facts.client) }
        let book = ((try? journal.state()) ?? prepared.state).prices
        let events = Settlement.events(prepared.facts, end, book)
        let new: [NewEvent]
        do {
            new = try events.map { try storable($0, prepared, end) }
        } catch {
            count { $0.unrecorded += 1 }
            return nil
        }
        // A full queue empties in a moment, and the call has happened: it is worth some waiting.
        for _ in 0..<100 {
            do {
                let outcomes = try await journal.append(new)
                let isThere = outcomes.allSatisfy {
                    if case .appended = $0 { true } else { false }
                }
                if isThere {
                    settled.note(prepared.facts.client)
                    return events
                }
                break
            } catch {
                guard case .busy = error as? LogError else { break }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
        count { $0.unrecorded += 1 }
        return nil
    }

    /// An event as the log takes it. What the provider says of itself comes on top of what was
    /// checked before the call; where that is too much, the texts beside the figures are left out.
    private func storable(
        _ event: UsageEvent, _ prepared: Prepared, _ end: AnswerEnd
    ) throws -> NewEvent {
        // The one that settles the hold has its id, so that a call that is told twice is one.
        let id = event.hold == nil ? newID(end.at) : prepared.id
        do {
            return try NewEvent(event, id: id)
        } catch {
            var bare = event
            bare.tags = [:]
            bare.providerUsage = nil
            return try NewEvent(bare, id: id)
        }
    }
}
