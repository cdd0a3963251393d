import Foundation
import Gateway
import Journal
import Ledger
import Providers
import Synchronization
import TestSupport
import Testing

// Input that is counted because its bytes do not fit, and what is said where nobody counts it.
@Suite struct `Input near a limit` {
    typealias Bench = `A call through the gateway`

    /// A vocabulary of bytes, and runs of four a's.
    static func tokenizer() throws -> Tokenizer {
        let tokens = (0...255).map { Data([UInt8($0)]) } + [Data("aa".utf8), Data("aaaa".utf8)]
        let file = tokens.enumerated().map { "\($1.base64EncodedString()) \($0)\n" }.joined()
        return try Tokenizer(file: Array(file.utf8), pattern: .o200k)
    }

    /// 4,000 bytes are 1,000 tokens, at 0.001 dollars; 0.002 dollars are left.
    static func ask(
        _ script: ScriptedUpstream.Script, allows: Bool = false, tokenizer: Bool = false,
        more: String = #","max_tokens":40"#,
        _ check: (Bench.Bench, Int, String) throws -> Void
    ) async throws {
        try await Bench.with(
            script, budgets: [(.usd, "0.0020")],
            change: {
                $0.admission.allowsUncounted = allows
                if tokenizer { $0.tokenizers["p/m"] = try? Self.tokenizer() }
            }
        ) { bench in
            for _ in 0..<2 {
                let (status, text) = try await Bench.text(
                    bench.engine.answer(bench.call(more, text: 4_000)))
                try check(bench, status, text)
            }
            let budget = try #require(try bench.journal.budgets(at: Bench.now).first)
            #expect(budget.balance.settled <= budget.budget.limit)
        }
    }

    @Test func `is counted by the provider where it can`() async throws {
        var statuses: [Int] = []
        try await Self.ask(ScriptedUpstream.Script(counts: true)) { bench, status, _ in
            statuses.append(status)
            #expect(bench.upstream.bill.withLock { $0.counted } == 1)
        }
        // 0.00108 dollars each: one fits.
        #expect(statuses == [200, 402])
    }

    @Test func `is counted here where there is a tokenizer, and nobody is asked`() async throws {
        var statuses: [Int] = []
        try await Self.ask(
            ScriptedUpstream.Script(counts: true), tokenizer: true
        ) { bench, status, _ in
            statuses.append(status)
            #expect(bench.upstream.bill.withLock { $0.counted } == 0)
        }
        #expect(statuses == [200, 402])
    }

    @Test func `is refused in words where nobody counts, who is asked once`() async throws {
        try await Self.ask(ScriptedUpstream.Script()) { bench, status, text in
            #expect(status == 402 && text.contains("nobody counts the tokens"), "\(text)")
            #expect(bench.upstream.bill.withLock { $0.counted } == 1)
            let usage = try bench.usage()
            #expect(usage.isEmpty)
        }
    }

    @Test(arguments: ["", #","web_search_options":{}"#])
    func `goes alone where that is allowed`(more: String) async throws {
        var statuses: [Int] = []
        try await Self.ask(
            ScriptedUpstream.Script(), allows: true, more: #","max_tokens":40"# + more
        ) { bench, status, _ in
            statuses.append(status)
        }
        // What a search finds has no likely size: all of its bytes have to fit at least.
        #expect(statuses == (more.isEmpty ? [200, 402] : [402, 402]))
    }

    @Test func `that is looked for while the call runs is not made`() async throws {
        try await Self.ask(
            ScriptedUpstream.Script(counts: true), more: #","web_search_options":{}"#
        ) { bench, status, text in
            #expect(status == 402 && text.contains("cannot be counted (web_search_options)"))
            #expect(bench.upstream.bill.withLock { $0.counted } == 0)
        }
    }

    /// While one that nobody can bound is in flight, no other is begun.
    @Test func `of many such calls is never two at a time`() async throws {
        try await Bench.with(
            budgets: [(.usd, "0.0200")],
            change: {
                $0.admission.allowsUncounted = true
                $0.patience = .seconds(300)
            }
        ) { bench in
            let call = bench.call(#","web_search_options":{},"stream":true"#)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        let answer = await bench.engine.answer(call)
                        if case .stream = answer {
                            let balance = try? bench.journal.budgets(at: Bench.now).first?.balance
                            let open = try? bench.journal.openHolds().count
                            #expect(open == 1, "\(String(describing: balance))")
                        }
                        _ = try? await Bench.text(answer)
                    }
                }
            }
            #expect(bench.upstream.bill.withLock { $0.calls } == 20)
        }
    }
}
