import LMDB
public import Ledger

extension Journal {
    /// A client's month as the log says now.
    ///
    /// `digest` makes SHA-256 of the document's canonical form. Cost: the client's day cells of the
    /// month. Throws when there is no such client.
    public func statement(
        client id: String, month: CivilMonth, digest: (Statement) throws -> String
    ) throws -> Statement {
        try withViews { snapshot, state in
            guard let client = state.clients[id] else { throw JournalError.unknownClient(id) }
            var builder = StatementBuilder(
                client: client, month: month, books: StatementBooks(state))
            var rating = Rating(book: state.prices)
            try snapshot.scan(
                .days, client: id, days: month.firstDay..<month.next.firstDay,
                withLatencies: false
            ) { key, cell in
                try builder.add(
                    key, cell,
                    rating.charges(
                        for: key, cell, calendar: client.calendar, source: snapshot))
                return true
            }
            return try builder.finish(
                log: (snapshot.checkpoint, try self.chainText(at: snapshot.checkpoint)),
                digest: digest)
        }
    }

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
