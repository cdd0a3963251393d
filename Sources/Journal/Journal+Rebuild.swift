import LMDB
public import Ledger

/// What a rebuild or a check of the views found.
public struct ViewsComparison: Sendable, Equatable {
    /// The place in the log that both were folded up to.
    public let sequence: SequenceNumber
    /// The digest of the live views.
    public let live: String
    /// The digest of the views folded anew.
    public let rebuilt: String
    /// True when both are the same.
    public var isEqual: Bool { live == rebuilt }
}

extension Journal {
    /// Folds new views from the first record, beside the live ones, compares them at one place of
    /// the log, and makes them the live ones.
    ///
    /// Never takes the ledger's write lock but for the last step, which writes one number. Appends
    /// go on meanwhile, and what they add is folded too. `keepsLive` leaves the live version in
    /// place and deletes the new one: a check.
    public func rebuildViews(
        keepsLive: Bool = false, progress: (SequenceNumber) -> Void = { _ in }
    ) throws -> ViewsComparison {
        guard !options.readOnly else {
            throw JournalError.refused(
                "the ledger was opened for reading only; open it for writing")
        }
        let lock = try FolderLock(folder: folder, name: "rebuild", waits: true)
        defer { lock.release() }
        let live = try views()
        let number = live.version + 1
        // What a rebuild that was killed left behind.
        try holder.removeAll(but: live.version)
        let fresh = try holder.version(number, durable: false)
        let comparison: ViewsComparison
        do {
            try foldAll(into: fresh, progress)
            comparison = try compare(live, fresh)
            if !keepsLive { try fresh.environment.sync() }
            fresh.environment.close()
        } catch {
            fresh.environment.close()
            try? holder.remove(number)
            throw error
        }
        if keepsLive {
            try holder.remove(number)
        } else {
            try store.environment.write { transaction in
                try store.putViewsVersion(number, &transaction)
            }
            _ = try views()
            try holder.remove(live.version)
        }
        return comparison
    }

    /// Both views folded to the same place, and their digests there.
    private func compare(_ live: ViewsStore, _ fresh: ViewsStore) throws -> ViewsComparison {
        for _ in 0..<64 {
            let end = try head().sequence
            let state = try state()
            do {
                try live.fold(store, upTo: end, knowing: state)
            } catch {
                try fresh.fold(store, upTo: end, knowing: state)
                return try Self.unreadable(error, fresh)
            }
            // Another process may have folded the live views further: follow it.
            try fresh.fold(store, upTo: live.checkpoint(), knowing: state)
            let rebuilt = Worker { try fresh.digest() }
            let liveDigest: String
            let place: SequenceNumber
            do {
                (liveDigest, place) = try live.digest()
            } catch {
                _ = try rebuilt.wait()
                return try Self.unreadable(error, fresh)
            }
            let (freshDigest, freshPlace) = try rebuilt.wait()
            if place == freshPlace {
                return ViewsComparison(sequence: place, live: liveDigest, rebuilt: freshDigest)
            }
        }
        throw JournalError.refused(
            "the ledger changes faster than views can be compared; try again")
    }

    /// A rebuild is what damaged views need; the log itself was just read whole.
    private static func unreadable(
        _ error: any Error, _ fresh: ViewsStore
    ) throws -> ViewsComparison {
        let (digest, place) = try fresh.digest()
        return ViewsComparison(
            sequence: place, live: "unreadable: \(error)", rebuilt: digest)
    }
}
