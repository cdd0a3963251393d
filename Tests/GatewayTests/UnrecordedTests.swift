import Foundation
import Gateway
import Journal
import Ledger
import Money
import Providers
import Synchronization
import TestSupport
import Testing

// The paths on which the ledger does not take a call, or takes less of it than was said.
@Suite struct `A call that the ledger will not take` {
    /// A ledger that is closed while the provider still answers.
    @Test(arguments: [true, false])
    func `is not told to have ended well, and its hold stays open`(isStreamed: Bool) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("razao-unrecorded-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let journal = try Journal.create(at: folder)
        let (_, key) = try AccessKeys.make(client: "acme")
        let facts: [ControlEvent] = [
            .clientRegistered(ClientRecord(id: "acme")), .keyIssued(key),
            .budgetSet(
                try Budget(
                    client: "acme", unit: .tokens, limit: "100000", period: .monthly, stops: true)),
        ]
        _ = try Worker { try journal.record(facts, by: "test") }.wait()
        let upstream = ScriptedUpstream(beforeTheEnd: { journal.close() })
        var settings = GatewaySettings()
        settings.providers["p"] = GatewaySettings.Provider(
            settings: try ProviderSettings(
                name: "p", dialect: .openAI, baseURL: "http://127.0.0.1:9/v1"), key: nil)
        let engine = GatewayEngine(journal: journal, upstream: upstream, settings: settings)
        let body =
            #"{"model":"p/m","messages":[{"role":"user","content":"a"}],"stream":\#(isStreamed)}"#
        let answer = await engine.answer(
            GatewayCall(.chatCompletions, body: Array(body.utf8), key: key))
        let (status, text) = try await `A call through the gateway`.text(answer)
        #expect(status == (isStreamed ? 200 : 503))
        #expect(text.contains("could not record it"), "\(text)")
        #expect(!text.contains("[DONE]"))
        #expect(engine.counts.unrecorded == 1 && engine.counts.answered == 0)
        #expect(engine.counts.inFlight == 0)

        // The next gateway finds it.
        let again = try Journal.open(at: folder)
        #expect(try again.openHolds().count == 1)
        let next = GatewayEngine(journal: again, upstream: upstream, settings: settings)
        #expect(try await next.endLeftovers(.abandon).count == 1)
        #expect(try again.openHolds().isEmpty && again.verify().isSound)
        again.close()
    }

    @Test func `is refused before it costs anything, whatever the caller wrote`() async throws {
        try await `A call through the gateway`.with { bench in
            var tagged = bench.call()
            for number in 0..<16 {
                tagged.tags[String(repeating: "t", count: 58) + "\(number)"] = "true"
            }
            var broken = bench.call()
            broken.conversation = "line\nbreak"
            for call in [tagged, broken] {
                let answer = await bench.engine.answer(call)
                let (status, text) = try await `A call through the gateway`.text(answer)
                #expect(status == 400 && text.contains("cannot be recorded"), "\(text)")
            }
            #expect(bench.upstream.bill.withLock { $0.calls } == 0)
            #expect(try bench.usage().isEmpty)
        }
    }

    @Test func `for what the provider calls its model is taken without those texts`() async throws {
        let name = String(repeating: "é", count: 190)
        try await `A call through the gateway`.with(ScriptedUpstream.Script(model: name)) { bench in
            var call = bench.call()
            for number in 0..<13 {
                call.tags[String(repeating: "t", count: 60) + "\(number)"] = "true"
            }
            let (status, _) = try await `A call through the gateway`.text(
                await bench.engine.answer(call))
            #expect(status == 200)
            let event = try #require(try bench.usage().first)
            #expect(event.tokens == TokenCounts(input: 10, output: 40) && event.tags.isEmpty)
            #expect(bench.engine.counts.unrecorded == 0)
        }
    }
}
