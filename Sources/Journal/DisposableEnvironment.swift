import Foundation
import LMDB

/// Environments beside the log whose loss is worth less than a program that starts.
enum DisposableEnvironment {
    /// Opens one in a folder, or makes it. One that is damaged is thrown away; true where that is
    /// what happened.
    static func open(
        _ path: String, _ options: LMDB.Environment.Options
    ) throws -> (LMDB.Environment, isNewForDamage: Bool) {
        do throws(LMDBError) {
            return (try LMDB.Environment(path: path, options: options), false)
        } catch {
            guard [.corrupted, .invalid, .versionMismatch].contains(error.kind) else { throw error }
            for file in ["data.mdb", "lock.mdb"] {
                try? FileManager.default.removeItem(atPath: "\(path)/\(file)")
            }
            return (try LMDB.Environment(path: path, options: options), true)
        }
    }
}
