import Foundation
import Gateway
import Journal
import Ledger
import Money
import Providers
import Synchronization
import Testing

// Calls with an Idempotency-Key through the engine: one call, one charge, one answer.
@Suite struct `A call with a key` {
    typealias Base = `A call through the gateway`

    struct Bench {
        let base: Base.Bench
        let kept: KeptAnswers
        let engine: GatewayEngine

        func call(
            _ key: String = "order-42", _ more: String = "", text: Int = 40
        ) -> GatewayCall {
            var call = base.call(more, text: text)
            call.idempotencyKey = key
            return call
        }

        /// Requests that came to the provider.
        var asked: Int { base.upstream.bodies.withLock { $0.count } }

        func answer(_ call: GatewayCall) async throws -> Told {
            try await Told(await engine.answer(call))
        }
    }

    /// An answer with all that a caller sees of it.
    struct Told: Equatable {
        let status: Int
        let text: String
        let headers: [AnswerHeader]

        init(_ answer: GatewayAnswer) async throws {
            switch answer {
            case .whole(_, let headers, _), .recorded(let headers, _), .stream(let headers, _):
                self.headers = headers
            }
            (status, text) = try await Base.text(answer)
        }

        func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
        var isReplay: Bool { header("idempotent-replayed") == "true" }
        /// Without the mark of a replay.
        var bare: [AnswerHeader] { headers.filter { $0 != KeptAnswer.mark } }
    }

    /// Runs with what is kept open, and looks afterwards whether anything was left in flight.
    static func open(
        _ base: Base.Bench, change: (inout GatewaySettings) -> Void = { _ in },
        _ body: (Bench) async throws -> Void
    ) async throws {
        let people = try PeopleKeys(folder: base.journal.folder)
        let kept = try KeptAnswers(
            folder: base.journal.folder, secrets: people, clock: { Base.now })
        var settings = base.settings
        change(&settings)
        let engine = GatewayEngine(
            journal: base.journal, upstream: base.upstream, settings: settings, people: people,
            kept: kept, clock: { Base.now })
        try await body(Bench(base: base, kept: kept, engine: engine))
        #expect(engine.counts.inFlight == 0 && engine.counts.aboveHold == 0)
        kept.close()
        people.close()
    }

    static func with(
        _ script: ScriptedUpstream.Script = ScriptedUpstream.Script(),
        budgets: [(Budget.Unit, String)] = [],
        change: (inout GatewaySettings) -> Void = { _ in },
        whenAsked: @escaping @Sendable () async -> Void = {},
        _ body: (Bench) async throws -> Void
    ) async throws {
        try await Base.with(script, budgets: budgets, change: change, whenAsked: whenAsked) {
            try await Self.open($0, body)
        }
    }

    /// Keeps the provider from answering until it is opened.
    final class Gate: Sendable {
        private let isOpen = Atomic(false)

        func open() { isOpen.store(true, ordering: .relaxed) }

        func pass() async {
            while !isOpen.load(ordering: .relaxed) {
                try? await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    static let stream = #","stream":true,"stream_options":{"include_usage":true}"#

    @Test(arguments: ["", stream])
    func `is made once and told the same again, also after a start`(more: String) async throws {
        try await Base.with(budgets: [(.usd, "1")]) { base in
            var first: Told?
            for _ in 0..<3 {
                try await Self.open(base) { bench in
                    for _ in 0..<2 {
                        let told = try await bench.answer(bench.call("order-42", more))
                        guard let first else {
                            #expect(told.status == 200 && !told.isReplay)
                            first = told
                            continue
                        }
                        #expect(told.status == 200 && told.isReplay && told.text == first.text)
                        #expect(told.bare == first.bare)
                    }
                }
            }
            #expect(try base.usage().count == 1)
            #expect(base.upstream.bill.withLock { $0.calls } == 1)
            let balance = try #require(try base.journal.budgets(at: Base.now).first).balance
            #expect(balance.settled == (try Amount<USD>("0.00009")).units)
        }
    }

    @Test(arguments: ["", stream])
    func `is told to all who send it at the same time`(more: String) async throws {
        let gate = Gate()
        try await Self.with(whenAsked: gate.pass) { bench in
            let told = try await withThrowingTaskGroup(of: Told.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await bench.answer(bench.call("order-42", more)) }
                }
                while bench.engine.counts.calls < 50 {
                    try await Task.sleep(for: .milliseconds(1))
                }
                gate.open()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(told.map(\.text)).count == 1 && told.allSatisfy { $0.status == 200 })
            #expect(told.filter { !$0.isReplay }.count == 1)
            #expect(bench.engine.counts.replayed == 49)
            #expect(bench.base.upstream.bill.withLock { $0.calls } == 1)
            #expect(try bench.base.usage().count == 1)
        }
    }

    @Test func `asks for nothing else under it, in flight or answered`() async throws {
        let gate = Gate()
        try await Self.with(whenAsked: gate.pass) { bench in
            let first = Task { try await bench.answer(bench.call()) }
            while bench.asked == 0 {
                try await Task.sleep(for: .milliseconds(1))
            }
            var embedding = bench.call()
            embedding.interface = .completions
            for isAnswered in [false, true] {
                for other in [bench.call(text: 41), embedding] {
                    let told = try await bench.answer(other)
                    #expect(told.status == 422, "\(told.text)")
                    #expect(told.text.contains("idempotency_key_reused"))
                }
                guard !isAnswered else { continue }
                gate.open()
                #expect(try await first.value.status == 200)
            }
            #expect(try bench.base.usage().count == 1)
        }
    }

    @Test func `belongs to its client, whichever of its keys it came with`() async throws {
        try await Self.with { bench in
            let (_, second) = try AccessKeys.make(client: "acme")
            let (_, foreign) = try AccessKeys.make(client: "padaria")
            let facts: [ControlEvent] = [.clientRegistered(ClientRecord(id: "padaria"))]
            let journal = bench.base.journal
            _ = try Worker { try journal.record(facts, by: "test") }.wait()
            var call = bench.call()
            #expect(try await bench.answer(call).isReplay == false)
            call.key = second
            #expect(try await bench.answer(call).isReplay)
            call.key = foreign
            #expect(try await bench.answer(call).isReplay == false)
            #expect(try bench.base.usage().map(\.client) == ["acme", "padaria"])
        }
    }

    @Test func `is made anew after it was refused, or had failed for nothing`() async throws {
        try await Self.with(budgets: [(.usd, "0.00001")]) { bench in
            var broken = bench.call()
            broken.body = Array("{".utf8)
            #expect(try await bench.answer(broken).status == 400)
            #expect(try await bench.answer(bench.call()).status == 402)
            let journal = bench.base.journal
            let budget = try Budget(
                client: "acme", unit: .usd, limit: "1", period: .monthly, stops: true)
            _ = try Worker { try journal.record([.budgetSet(budget)], by: "test") }.wait()
            let told = try await bench.answer(bench.call())
            #expect(told.status == 200 && !told.isReplay)
            #expect(try bench.base.usage().count == 1)
        }
        for script in [
            ScriptedUpstream.Script(status: 500),
            ScriptedUpstream.Script(failure: UpstreamFailure(.timedOut, "late")),
            ScriptedUpstream.Script(breaksAfter: 5),
        ] {
            try await Self.with(script) { bench in
                for more in ["", Self.stream] {
                    for _ in 0..<2 {
                        let told = try await bench.answer(bench.call("k\(more.count)", more))
                        #expect(!told.isReplay && told.text.contains(#""error""#))
                    }
                }
                #expect(bench.asked == 4)
                #expect(try await bench.kept.totals() == (keys: 0, bytes: 0))
            }
        }
    }

    @Test(arguments: ["", stream])
    func `that was cut at a limit is told as it was cut`(more: String) async throws {
        try await Self.with(
            ScriptedUpstream.Script(output: 1_000, keepsLimit: false), budgets: [(.usd, "0.0008")],
            change: { $0.providers["p"]?.keepsOutputLimit = false }
        ) { bench in
            let first = try await bench.answer(bench.call("k", more))
            let again = try await bench.answer(bench.call("k", more))
            #expect(first.text.contains(#""finish_reason":"length""#))
            #expect(again.isReplay && again.text == first.text)
            #expect(try bench.base.usage().map(\.outcome) == [.cutAtLimit])
        }
    }

    /// Gone in the middle, or before the first byte: read to the end all the same.
    @Test(arguments: [true, false], [true, false])
    func `whose caller goes away is there for who asks again`(
        hasBegun: Bool, drains: Bool
    ) async throws {
        struct Gone: Error {}
        try await Self.with(change: { $0.drainsAbandoned = drains }) { bench in
            do {
                let answer = await bench.engine.answer(bench.call("k", Self.stream))
                guard case .stream(_, let live) = answer else {
                    Issue.record("no stream")
                    return
                }
                if hasBegun { await live.relay { _ in throw Gone() } }
            }
            let told = try await bench.answer(bench.call("k", Self.stream))
            #expect(told.isReplay && told.text.hasSuffix("data: [DONE]\n\n"), "\(told.text)")
            #expect(told.text.components(separatedBy: "xxxx").count == 41)
            let event = try #require(try bench.base.usage().first)
            #expect(event.outcome == .cancelled && event.usageSource == .provider)
            #expect(event.tokens == TokenCounts(input: 10, output: 40))
            #expect(try bench.base.usage().count == 1)
        }
    }

    @Test(arguments: ["", stream])
    func `whose answer is too large to be kept is charged once and says so`(
        more: String
    ) async throws {
        let gate = Gate()
        try await Self.with(change: { $0.maximumKeptAnswer = 400 }, whenAsked: gate.pass) { bench in
            let first = Task { try await bench.answer(bench.call("k", more)) }
            while bench.asked == 0 {
                try await Task.sleep(for: .milliseconds(1))
            }
            let beside = Task { try await bench.answer(bench.call("k", more)) }
            while bench.engine.counts.calls < 2 { try await Task.sleep(for: .milliseconds(1)) }
            gate.open()
            let made = try await first.value
            #expect(made.status == 200 && made.text.contains("xxxx"))
            for told in [try await beside.value, try await bench.answer(bench.call("k", more))] {
                #expect(told.status == 409 && told.text.contains("idempotency_answer_gone"))
                #expect(told.header("x-should-retry") == "false")
                #expect(told.header("x-razao-request-id") == made.header("x-razao-request-id"))
            }
            #expect(try bench.base.usage().count == 1)
        }
    }

    @Test func `waits so long for the one under way, and is told to come back`() async throws {
        let gate = Gate()
        try await Self.with(
            change: { $0.keyPatience = .milliseconds(30) }, whenAsked: gate.pass
        ) { bench in
            let first = Task { try await bench.answer(bench.call()) }
            while bench.asked == 0 {
                try await Task.sleep(for: .milliseconds(1))
            }
            let told = try await bench.answer(bench.call())
            #expect(told.status == 409 && told.text.contains("idempotency_key_in_use"))
            #expect(told.header("retry-after") == "1" && told.header("x-should-retry") == nil)
            gate.open()
            let made = try await first.value
            let again = try await bench.answer(bench.call())
            #expect(again.isReplay && again.text == made.text)
        }
    }

    /// What a gateway that was killed leaves: the key begun, and what the ledger knows by then.
    @Test func `that a killed gateway had in flight is a new call once that one has ended`()
        async throws
    {
        try await Self.with(budgets: [(.tokens, "100000")]) { bench in
            let call = bench.call()
            let id = SystemClock.newID(at: Base.now)
            let name = bench.kept.name(client: "acme", key: "order-42")
            let request = bench.kept.digest(call.interface.rawValue, call.body)
            #expect(try await bench.kept.begin(name, request, id: id, at: Base.now) == nil)
            let hold = Hold(id: id, client: "acme", at: Base.now, tokens: 100, usd: .zero)
            #expect(try await bench.base.journal.hold(hold) == .granted)
            let open = try await bench.answer(call)
            #expect(open.status == 409 && open.text.contains("idempotency_call_open"))
            #expect(open.header("x-razao-request-id") == "\(id)")

            #expect(try await bench.engine.endLeftovers(.abandon).count == 1)
            let told = try await bench.answer(call)
            #expect(told.status == 200 && !told.isReplay)
            #expect(try bench.base.usage().map(\.outcome) == [.abandoned, .succeeded])
            #expect(try await bench.answer(call).isReplay)
        }
    }

    @Test func `that was charged and whose answer was never written down is not made again`()
        async throws
    {
        try await Self.with { bench in
            let call = bench.call()
            let id = SystemClock.newID(at: Base.now)
            let name = bench.kept.name(client: "acme", key: "order-42")
            let request = bench.kept.digest(call.interface.rawValue, call.body)
            _ = try await bench.kept.begin(name, request, id: id, at: Base.now)
            var event = UsageEvent(
                client: "acme", provider: "p", model: "m", occurredAt: Base.now)
            event.tokens = TokenCounts(input: 10, output: 40)
            _ = try await bench.base.journal.append(try NewEvent(event, id: id))
            let told = try await bench.answer(call)
            #expect(told.status == 409 && told.text.contains("idempotency_answer_gone"))
            #expect(told.header("x-razao-request-id") == "\(id)")
            #expect(bench.asked == 0)
        }
    }

    @Test(arguments: ["", "two words", "ação", String(repeating: "x", count: 256)])
    func `needs one that is well formed`(key: String) async throws {
        try await Self.with { bench in
            let told = try await bench.answer(bench.call(key))
            #expect(told.status == 400 && told.text.contains("invalid_idempotency_key"))
            #expect(try bench.base.usage().isEmpty)
        }
    }

    @Test func `is not made where its key cannot be remembered`() async throws {
        try await Self.with { bench in
            bench.kept.close()
            let told = try await bench.answer(bench.call())
            #expect(told.status == 503 && told.header("retry-after") == "5", "\(told.text)")
            #expect(bench.asked == 0)
            #expect(try await Base.text(bench.engine.answer(bench.base.call())).0 == 200)
        }
    }

    /// Callers that repeat themselves, leave and come back, at random.
    @Test func `is charged once however often it is sent`() async throws {
        struct Gone: Error {}
        try await Self.with(budgets: [(.usd, "1")]) { bench in
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<200 {
                    group.addTask {
                        let more = caller % 10 < 5 ? "" : Self.stream
                        let call = bench.call("k\(caller % 10)", more)
                        guard caller % 3 == 0 else {
                            let told = try? await bench.answer(call)
                            #expect(told?.status == 200)
                            return
                        }
                        let answer = await bench.engine.answer(call)
                        if case .stream(_, let live) = answer {
                            await live.relay { _ in throw Gone() }
                        }
                    }
                }
            }
            let events = try bench.base.usage()
            #expect(events.count == 10)
            #expect(bench.base.upstream.bill.withLock { $0.calls } == 10)
            #expect(bench.engine.counts.unkept == 0)
        }
    }
}
