import Gateway
import Journal
import Ledger
import Testing

// The rule of Idempotency-Key by itself: what is known, and what becomes of the next call.
@Suite struct `A key that names a call` {
    static let first = EventID(high: 1, low: 1)
    static let request = KeyedDigest(bytes: Array(repeating: 1, count: 32))
    static let other = KeyedDigest(bytes: Array(repeating: 2, count: 32))
    static let answer = KeptAnswer(
        status: 200, isStream: true, headers: [AnswerHeader("x-a", "é"), AnswerHeader("x-b", "")],
        body: Array("data: [DONE]\n\n".utf8))

    static func kept(hasEnded: Bool) -> KeptCall {
        KeptCall(
            id: first, request: request, begunAt: Instant(seconds: 0), hasEnded: hasEnded)
    }

    static func event(
        _ outcome: UsageEvent.Outcome, tokens: UInt32 = 0, _ source: UsageEvent.UsageSource
    ) -> UsageEvent {
        var event = UsageEvent(
            client: "acme", provider: "p", model: "m", occurredAt: Instant(seconds: 0))
        event.outcome = outcome
        event.tokens = TokenCounts(input: tokens, output: 0)
        event.usageSource = source
        return event
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var kept: KeptCall?
        var answer: KeptAnswer?
        var standing = CallStanding.unknown
        let same: KeyedState.Step
        let different: KeyedState.Step
    }

    static let cases: [Case] = [
        Case(testDescription: "never seen", same: .call, different: .call),
        Case(
            testDescription: "answered", kept: kept(hasEnded: true), answer: answer,
            same: .replay(answer), different: .conflict),
        Case(
            testDescription: "answered, too large or evicted", kept: kept(hasEnded: true),
            same: .tellGone(first), different: .conflict),
        Case(
            testDescription: "begun, and nothing in the ledger", kept: kept(hasEnded: false),
            same: .call, different: .call),
        Case(
            testDescription: "begun, its hold open", kept: kept(hasEnded: false), standing: .held,
            same: .tellOpen(first), different: .conflict),
        Case(
            testDescription: "begun and abandoned by a gateway that was killed",
            kept: kept(hasEnded: false), standing: .recorded(event(.abandoned, .missing)),
            same: .call, different: .call),
        Case(
            testDescription: "begun and failed for nothing", kept: kept(hasEnded: false),
            standing: .recorded(event(.failed, .provider)), same: .call, different: .call),
        Case(
            testDescription: "begun and failed at a cost", kept: kept(hasEnded: false),
            standing: .recorded(event(.failed, tokens: 7, .provider)), same: .tellGone(first),
            different: .conflict),
        Case(
            testDescription: "begun and charged, its answer never written down",
            kept: kept(hasEnded: false),
            standing: .recorded(event(.succeeded, tokens: 7, .provider)), same: .tellGone(first),
            different: .conflict),
        Case(
            testDescription: "begun and answered, what it used unknown",
            kept: kept(hasEnded: false), standing: .recorded(event(.succeeded, .missing)),
            same: .tellGone(first), different: .conflict),
    ]

    @Test(arguments: cases) func `decides what becomes of the next`(row: Case) {
        let state = KeyedState(row.kept, row.answer, row.standing)
        #expect(state.step(Self.request) == row.same)
        #expect(state.step(Self.other) == row.different)
    }

    @Test func `makes others wait while its call is under way`() {
        #expect(KeyedState.inFlight(Self.request).step(Self.request) == .wait)
        #expect(KeyedState.inFlight(Self.request).step(Self.other) == .conflict)
    }

    @Test(arguments: [
        (KeyedState.End.charged(answer), KeyedState.Step.replay(answer)),
        (.charged(nil), .tellGone(first)), (.uncharged, .call), (.unrecorded, .tellOpen(first)),
    ])
    func `stands for what its call came to`(end: KeyedState.End, step: KeyedState.Step) {
        #expect(KeyedState.after(end, of: Self.first, Self.request).step(Self.request) == step)
    }

    @Test(arguments: [
        (event(.succeeded, tokens: 1, .provider), true), (event(.succeeded, .missing), true),
        (event(.cutAtLimit, tokens: 1, .estimated), true), (event(.cancelled, .missing), true),
        (event(.failed, .provider), false), (event(.failed, .missing), false),
        (event(.failed, tokens: 1, .provider), true), (event(.abandoned, .missing), false),
        (event(.abandoned, tokens: 1, .estimated), true),
    ])
    func `is spent by a call that was charged or answered`(event: UsageEvent, isCharged: Bool) {
        #expect(KeyedState.isCharged([event]) == isCharged, "\(event.outcome)")
        #expect(KeyedState.isCharged([Self.event(.failed, .missing), event]) == isCharged)
    }

    @Test(arguments: [
        ("a", true), (String(repeating: "~", count: 255), true), ("\"8e03978e-40d5\"", true),
        ("", false), (String(repeating: "x", count: 256), false), ("a b", false), ("a\tb", false),
        ("ação", false), ("a\u{7F}", false), ("a, b", false),
    ])
    func `has 1 to 255 visible characters`(key: String, isGood: Bool) {
        #expect(KeyedState.isKey(key) == isGood, "\(key)")
    }

    @Test func `keeps an answer as it was, and takes no part of one for it`() throws {
        let bytes = Self.answer.encoded
        #expect(try KeptAnswer(decoding: bytes) == Self.answer)
        let head = bytes.count - Self.answer.body.count
        for count in 0..<head {
            #expect(throws: CodecError.self) { try KeptAnswer(decoding: Array(bytes[..<count])) }
        }
        #expect(throws: CodecError.self) { try KeptAnswer(decoding: [9] + bytes.dropFirst()) }
    }

    @Test func `marks what is told again, and says where asking once more is of no use`() {
        guard case .recorded(let headers, let events) = Self.answer.replayed(isFinal: true) else {
            Issue.record("no stream")
            return
        }
        #expect(events == Self.answer.body && headers == Self.answer.headers + [KeptAnswer.mark])
        let failure = KeptAnswer(status: 502, isStream: false, headers: [], body: [])
        for isFinal in [true, false] {
            guard case .whole(502, let headers, _) = failure.replayed(isFinal: isFinal) else {
                Issue.record("no answer")
                return
            }
            #expect(headers.contains(KeptAnswer.mark))
            #expect(headers.contains { $0.name == "x-should-retry" } == isFinal)
        }
    }
}
