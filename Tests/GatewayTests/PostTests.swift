import Foundation
import Gateway
import Journal
import Ledger
import Providers
import TestSupport
import Testing

// Usage that is posted to an engine whose ledger takes nothing, and what a report makes of many.
@Suite struct `A post` {
    @Test func `is not acknowledged where the ledger takes nothing`() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("razao-post-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let journal = try Journal.create(at: folder)
        let (_, key) = try AccessKeys.make(client: "acme")
        _ = try Worker {
            try journal.record(
                [.clientRegistered(ClientRecord(id: "acme")), .keyIssued(key)], by: "test")
        }.wait()
        journal.close()
        // Another program reads the ledger and lets nobody write.
        var options = JournalOptions()
        options.readOnly = true
        let closed = try Journal.open(at: folder, options: options)
        defer { closed.close() }
        let engine = GatewayEngine(
            journal: closed, upstream: ScriptedUpstream(), settings: GatewaySettings())
        let body = #"""
            {"id":"a","occurred_at":"2026-09-20T15:04:05Z","provider":"p","model":"m"}
            """#
        let error = await #expect(throws: APIError.self) {
            try await engine.record(for: key) { UsagePost(body: Array(body.utf8)) }
        }
        #expect(error?.status == 503 && error?.retryAfterSeconds != nil)
        #expect(engine.counts.postedAccepted == 0 && engine.counts.postsInFlight == 0)
    }

    @Test func `whose body does not come gives its place back`() async throws {
        try await `A call through the gateway`.with { bench in
            struct Gone: Error {}
            for _ in 0..<100 {
                await #expect(throws: Gone.self) {
                    try await bench.engine.record(for: bench.key) { throw Gone() }
                }
            }
            let report = try await bench.engine.record(for: bench.key) {
                UsagePost(body: [0x5B, 0x5D])
            }
            #expect(report.status == 200 && report.accepted == 0)
            #expect(bench.engine.counts.postsInFlight == 0)
        }
    }
}
