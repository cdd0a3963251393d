public import Journal
public import Ledger

extension GatewayEngine {
    /// What becomes of a call that an earlier gateway had in flight when it was killed.
    public enum LeftoverPolicy: String, Sendable, CaseIterable {
        /// It is recorded as abandoned, its usage unknown.
        case abandon
        /// What it set aside is given back, and the log does not know of it.
        case release
    }

    /// A call that an earlier gateway left open.
    public struct Leftover: Sendable, Equatable {
        /// Its hold, which is its request id too.
        public let id: EventID
        /// Whose it was.
        public let client: String
        /// When it came.
        public let at: Instant
    }

    /// Who answered a call of which only the hold is known.
    public static let unknownName = "unknown"

    /// Ends every hold that is open, and returns the calls they were made for.
    ///
    /// For a gateway that starts: it has the folder to itself, so whatever is open belongs to a
    /// gateway that is no more. May have been used, may have been nothing: an abandoned call with
    /// unknown usage says just that. It bears the hold's id, so that none is recorded twice.
    public func endLeftovers(_ policy: LeftoverPolicy) async throws -> [Leftover] {
        let leftovers = try journal.openHolds().map {
            Leftover(id: $0.id, client: $0.client, at: $0.at)
        }
        switch policy {
        case .release:
            for leftover in leftovers { _ = try await journal.release(hold: leftover.id) }
        case .abandon:
            var rest = leftovers[...]
            while !rest.isEmpty {
                _ = try await journal.append(
                    try rest.prefix(512).map { try NewEvent(Self.abandoned($0), id: $0.id) })
                rest = rest.dropFirst(512)
            }
        }
        return leftovers
    }

    private static func abandoned(_ leftover: Leftover) -> UsageEvent {
        var event = UsageEvent(
            client: leftover.client, provider: unknownName, model: unknownName,
            occurredAt: leftover.at)
        event.outcome = .abandoned
        event.usageSource = .missing
        event.requestID = "\(leftover.id)"
        event.hold = leftover.id
        return event
    }
}
