import Foundation
import Ledger
import Money
import TestSupport
import Testing

@testable import Journal

/// Holds in a journal of their own, with a clock and ids that are given.
@Suite struct `Holds` {
    private static let now = Instant(seconds: 1_790_000_000)

    private static func with(
        _ budgets: [(Budget.Unit, String, Bool)], _ body: (Journal) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("razao-holds-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let journal = try Journal.create(at: folder) { now }
        var prices = PriceSet()
        prices[.input] = try UnitPrice("1.00")
        prices[.output] = try UnitPrice("2.00")
        var events: [ControlEvent] = [
            .clientRegistered(ClientRecord(id: "acme")),
            .priceSet(
                PriceEntry(
                    provider: "openai", model: "m", effectiveFrom: Instant(seconds: 0),
                    prices: prices)),
        ]
        for (unit, limit, stops) in budgets {
            events.append(
                .budgetSet(
                    try Budget(
                        client: "acme", unit: unit, limit: limit, period: .monthly, stops: stops)))
        }
        _ = try await journal.append(
            events.enumerated().map { index, event in
                NewEvent(
                    kind: event.kind, version: ControlEvent.version,
                    id: EventID(high: 9, low: UInt64(index)), occurredAt: now,
                    payload: try event.encoded(by: "test"))
            })
        try await body(journal)
        journal.close()
        try FileManager.default.removeItem(atPath: folder)
    }

    private static func hold(_ number: UInt64, tokens: UInt64, usd: String) throws -> Hold {
        Hold(
            id: EventID(high: 1, low: number), client: "acme", at: now, tokens: tokens,
            usd: try Amount<USD>(usd))
    }

    private static func call(_ number: UInt64, input: UInt32, hold: EventID?) throws -> NewEvent {
        var call = UsageEvent(client: "acme", provider: "openai", model: "m", occurredAt: now)
        call.tokens = TokenCounts(input: input, output: 0)
        call.hold = hold
        return try NewEvent(call, id: EventID(high: 2, low: number))
    }

    @Test func `are granted up to the limit to the last step, and not beyond`() async throws {
        try await Self.with([(.usd, "0.000003", true)]) { journal in
            for number in UInt64(1)...3 {
                #expect(
                    try await journal.hold(Self.hold(number, tokens: 1, usd: "0.000001"))
                        == .granted)
            }
            guard
                case .refused(let refusal) = try await journal.hold(
                    Self.hold(4, tokens: 1, usd: "0.000000000001"))
            else {
                Issue.record("a fourth hold was granted")
                return
            }
            #expect(refusal.remaining == 0 && refusal.asked == 1)
            #expect(try await journal.release(hold: EventID(high: 1, low: 2)))
            #expect(
                try await journal.hold(Self.hold(5, tokens: 1, usd: "0.000001")) == .granted)
            #expect(try journal.openHolds().count == 3)
            #expect(try journal.verify().isSound)
        }
    }

    @Test func `stand in all budgets or in none`() async throws {
        try await Self.with([(.tokens, "10", true), (.usd, "1", true), (.brl, "100", false)]) {
            journal in
            #expect(try await journal.hold(Self.hold(1, tokens: 6, usd: "0.5")) == .granted)
            guard case .refused = try await journal.hold(Self.hold(2, tokens: 4, usd: "0.6"))
            else {
                Issue.record("the dollars were not there")
                return
            }
            let held = try journal.budgets(of: "acme", at: Self.now).map(\.balance.held)
            // BRL comes first by name: 0.5 dollars at the last resort of 5.00.
            #expect(held == [try Amount<BRL>("2.5").units, 6, try Amount<USD>("0.5").units])
            #expect(try await journal.hold(Self.hold(3, tokens: 4, usd: "0.5")) == .granted)
        }
    }

    @Test func `give way to the call that names them, whatever it used`() async throws {
        try await Self.with([(.usd, "1", true)]) { journal in
            #expect(try await journal.hold(Self.hold(1, tokens: 9, usd: "0.9")) == .granted)
            let call = try Self.call(1, input: 250_000, hold: EventID(high: 1, low: 1))
            #expect(try await journal.append([call]).count == 1)
            let status = try #require(try journal.budgets(of: "acme", at: Self.now).first)
            #expect(status.balance.held == 0)
            #expect(status.balance.settled == (try Amount<USD>("0.25").units))
            // Settling twice is once: the event is there already and the hold is gone.
            #expect(try await journal.append([call]) == [.existing(SequenceNumber(4))])
            #expect(try await journal.release(hold: EventID(high: 1, low: 1)) == false)
            #expect(try journal.verify().isSound)
        }
    }

    @Test func `are the same hold when asked for again, and not another one's`() async throws {
        try await Self.with([(.usd, "1", true)]) { journal in
            let hold = try Self.hold(1, tokens: 9, usd: "0.4")
            #expect(try await journal.hold(hold) == .granted)
            #expect(try await journal.hold(hold) == .existing)
            await #expect(throws: JournalError.self) {
                try await journal.hold(Self.hold(1, tokens: 9, usd: "0.5"))
            }
            let stranger = Hold(
                id: EventID(high: 1, low: 2), client: "nobody", at: Self.now, tokens: 1,
                usd: .zero)
            #expect(try await journal.hold(stranger) == .unknownClient)
            let status = try #require(try journal.budgets(of: "acme", at: Self.now).first)
            #expect(status.balance.held == (try Amount<USD>("0.4").units))
        }
    }

    @Test(arguments: [1, 10, 100, 1_000])
    func `asked for at once never pass a limit, and use all of it`(callers: Int) async throws {
        try await Self.with([(.usd, "0.000050", true)]) { journal in
            let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<callers {
                    group.addTask {
                        try await journal.hold(
                            Self.hold(UInt64(number) + 100, tokens: 1, usd: "0.000001"))
                            == .granted
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(granted == min(callers, 50))
            #expect(try journal.openHolds().count == granted)
        }
    }
}
