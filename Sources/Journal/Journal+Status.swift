import Foundation
import LMDB
public import Ledger

/// How a data folder is doing.
public struct JournalStatus: Sendable {
    /// The end of the log.
    public let head: LogHead
    /// How far the views are folded.
    public let folded: SequenceNumber
    /// The live version of the views.
    public let viewsVersion: UInt32
    /// Bytes of `ledger/` and of the live views, on disk.
    public let ledgerBytes: Int
    /// Bytes of the live views on disk.
    public let viewsBytes: Int
    /// Address space reserved for the log.
    public let mapBytes: Int
    /// Readers of the log, in all processes.
    public let readers: Int
    /// Clients, price entries and days with a rate.
    public let clients: Int
    /// Models with a price.
    public let pricedModels: Int
    /// Days with an exchange rate.
    public let rates: Int
    /// The newest exchange rate.
    public let newestRate: RateEntry?
    /// Calls, those without a price and those whose usage nobody knows.
    public let calls: UInt64
    /// Calls without a price.
    public let unpricedCalls: UInt64
    /// Calls whose usage nobody knows.
    public let unknownUsageCalls: UInt64
}

extension Journal {
    /// Sizes, places and counts. Folds nothing: the lag of the views is shown as it is.
    public func status() throws -> JournalStatus {
        let head = try head()
        let state = try state()
        let ledger = store.environment.information
        var calls: UInt64 = 0
        var unpriced: UInt64 = 0
        var unknown: UInt64 = 0
        var rating = Rating(book: state.prices)
        let (folded, version, viewsBytes) = try holder.withLive { views, begin in
            try views.withSnapshot(of: store, state: state) { snapshot in
                begin()
                try snapshot.scan(.days, client: nil, days: ViewSnapshot.allDays) { key, cell in
                    calls += cell.calls
                    unknown += cell.missingUsage
                    guard !key.wasCached, let calendar = state.clients[key.client]?.calendar else {
                        return true
                    }
                    for charge in try rating.charges(
                        for: key, cell, calendar: calendar, source: snapshot)
                    where charge.prices == nil {
                        unpriced += charge.calls
                    }
                    return true
                }
                return (
                    snapshot.checkpoint, views.version, views.environment.information.fileBytes
                )
            }
        }
        return JournalStatus(
            head: head, folded: folded, viewsVersion: version,
            ledgerBytes: ledger.fileBytes, viewsBytes: viewsBytes,
            mapBytes: ledger.mapSize, readers: ledger.readersInUse, clients: state.clients.count,
            pricedModels: state.prices.keys.count, rates: state.rates.count,
            newestRate: state.rates.newest?.entry, calls: calls, unpricedCalls: unpriced,
            unknownUsageCalls: unknown)
    }

    /// Visits the calls of a client, of local days or of a conversation that were not reversed, in
    /// the order of the log.
    ///
    /// Cost: reads the blocks of the asked days, or the whole log without any.
    public func calls(
        _ filter: UsageFilter = UsageFilter(), between interval: Range<Instant>? = nil,
        conversation: String? = nil, _ visit: (RecordHead, UsageEvent) throws -> Void
    ) throws {
        let interval = interval ?? Instant(seconds: 0)..<Instant.distantFuture
        // The views only say where to look; the visits, which may be slow, hold none of their
        // pages.
        let (runs, end, reversals) = try withViews { snapshot, state in
            (try snapshot.runs(in: interval), snapshot.checkpoint, state.reversals)
        }
        try store.usage(in: runs, interval, upTo: end) { head, payload, part in
            guard !part.isReversal, reversals[head.sequence] == nil else { return }
            let facts = try UsageFacts(payload, version: head.version)
            if let client = filter.client, !facts.isOf(client: client, payload) { return }
            let call = try UsageCodec.decode(
                payload, version: head.version, occurredAt: head.occurredAt)
            if let conversation, call.conversation != conversation { return }
            try visit(head, call)
        }
    }
}
