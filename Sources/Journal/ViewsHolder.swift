import Foundation
import LMDB
import Ledger
import Synchronization

/// The open version of the views; follows the ledger when another version became the live one.
final class ViewsHolder: Sendable {
    private let folder: String
    private let store: LedgerStore
    private let options: JournalOptions
    private let open = Mutex<ViewsStore?>(nil)

    init(folder: String, store: LedgerStore, options: JournalOptions) {
        self.folder = folder
        self.store = store
        self.options = options
    }

    /// The live version, opened now if it is not yet.
    func current() throws -> ViewsStore {
        let version = try store.environment.read { try store.viewsVersion($0) }
        let held = open.withLock { $0 }
        if let held, held.version == version { return held }
        return try open.withLock { views in
            // Versions only go up: a later one than was read here came in meanwhile.
            if let views, views.version >= version { return views }
            views?.environment.close()
            views = nil
            let fresh = try openLive(version)
            views = fresh
            return fresh
        }
    }

    /// Calls `body` with the live version; again with its successor if a rebuild closed the version
    /// before `body` could begin with it.
    ///
    /// `body` calls `begin` inside its transaction: from there on nobody closes what it reads.
    func withLive<R>(_ body: (ViewsStore, _ begin: () -> Void) throws -> R) throws -> R {
        while true {
            let views = try current()
            var hasBegun = false
            do {
                return try body(views) { hasBegun = true }
            } catch {
                guard !hasBegun, try current() !== views else { throw error }
            }
        }
    }

    /// Opens another version beside the live one.
    func version(_ number: UInt32, durable: Bool) throws -> ViewsStore {
        var options = options.views
        options.durable = durable
        return try ViewsStore(dataFolder: folder, version: number, options: options)
    }

    /// Deletes a version's files.
    func remove(_ number: UInt32) throws {
        let path = ViewsStore.folder(folder, version: number)
        if FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
    }

    /// Deletes every version but one.
    func removeAll(but live: UInt32) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            guard name.hasPrefix("views-"), let number = UInt32(name.dropFirst(6)), number != live
            else { continue }
            try remove(number)
        }
    }

    func close() {
        open.withLock {
            $0?.environment.close()
            $0 = nil
        }
    }

    /// Views are only ever what the log says: what is no LMDB file any more, or was folded from
    /// another log than this, is emptied, and the next fold begins at the first record.
    private func openLive(_ version: UInt32) throws -> ViewsStore {
        if options.readOnly { return try openReadOnly(version) }
        let views: ViewsStore
        do {
            views = try ViewsStore(dataFolder: folder, version: version, options: options.views)
        } catch {
            guard Self.isDamage(error) else { throw error }
            try remove(version)
            return try ViewsStore(dataFolder: folder, version: version, options: options.views)
        }
        do {
            if try !views.isFolded(from: store) { try views.clear() }
        } catch {
            views.environment.close()
            guard Self.isDamage(error) else { throw error }
            try remove(version)
            return try ViewsStore(dataFolder: folder, version: version, options: options.views)
        }
        return views
    }

    private func openReadOnly(_ version: UInt32) throws -> ViewsStore {
        let path = ViewsStore.folder(folder, version: version)
        guard FileManager.default.fileExists(atPath: path + "/data.mdb") else {
            throw JournalError.refused(
                "\(path) does not exist yet; open the ledger once for writing, so that its views "
                    + "are folded")
        }
        let views = try ViewsStore(dataFolder: folder, version: version, options: options.views)
        guard try views.isFolded(from: store) else {
            views.environment.close()
            throw JournalError.refused(
                "\(path) was folded from another ledger; open the ledger once for writing, so that "
                    + "its views are folded anew")
        }
        return views
    }

    private static func isDamage(_ error: any Error) -> Bool {
        switch (error as? LMDBError)?.kind {
        case .corrupted, .invalid, .versionMismatch: true
        default: false
        }
    }
}
