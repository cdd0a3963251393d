import LMDB
public import Ledger

extension Journal {
    /// A client's month: the frozen document of a closed one, and of an open one what the log says
    /// now.
    ///
    /// `digest` makes SHA-256 of the document's canonical form. Cost: the client's day cells of the
    /// month, and of closed months that changed since. Throws when there is no such client, and for
    /// a month before its last closed one that was never closed: what came for it is an adjustment.
    public func statement(
        client id: String, month: CivilMonth, digest: (Statement) throws -> String
    ) throws -> Statement {
        if let closed = try closedMonth(client: id, month: month) {
            return try Statement(frozen: closed.closing)
        }
        return try withStatements { maker in
            guard let client = maker.state.clients[id] else { throw JournalError.unknownClient(id) }
            if let refusal = try maker.refusal(ofStatement: client, month) {
                throw JournalError.refused(refusal)
            }
            return try maker.statement(client, month, digest: digest)
        }
    }

    /// True for a month up to a client's last closed one that has no statement of its own, and will
    /// have none.
    public func isWithoutStatement(client id: String, month: CivilMonth) throws -> Bool {
        try store.environment.read { transaction in
            guard let last = try store.lastClosing(of: id, transaction),
                let closed = CivilMonth(last.closing.month), month <= closed
            else { return false }
            return try store.closing(of: id, month, transaction) == nil
        }
    }

    /// A client's closed month as it was recorded; nil while it is open.
    public func closedMonth(client id: String, month: CivilMonth) throws -> ClosedMonth? {
        try store.environment.read { try store.closing(of: id, month, $0) }
    }

    /// Calls `body` with what makes statements at one place of the log.
    func withStatements<R>(_ body: (StatementMaker) throws -> R) throws -> R {
        try withViews { snapshot, state in
            try body(StatementMaker(self, snapshot, state))
        }
    }

    /// The clock's instant.
    var now: Instant { clock() }

    /// The chain value at a place of the log, in hexadecimal digits.
    func chainText(at sequence: SequenceNumber) throws -> String {
        let chain: [UInt8] = try store.environment.read { transaction in
            guard let chain = try store.chain(transaction, at: sequence) else {
                throw JournalError.damaged(
                    place: "record \(sequence) of the log", detail: "it is missing")
            }
            return chain
        }
        return LogHead(sequence: sequence, chain: chain, recordedAt: .distantPast).chainText
    }
}
