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
            if let views, views.version == version { return views }
            views?.environment.close()
            views = nil
            let fresh = try ViewsStore(
                dataFolder: folder, version: version, options: options.views)
            views = fresh
            return fresh
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

    func close() {
        open.withLock {
            $0?.environment.close()
            $0 = nil
        }
    }
}
