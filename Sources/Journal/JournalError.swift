import Ledger

/// Why a data folder cannot be used as it is, with the place and what to do.
public enum JournalError: Error, Sendable, CustomStringConvertible {
    /// There is no ledger in the folder.
    case noLedger(path: String)
    /// The folder holds something else.
    case foreign(path: String, detail: String)
    /// A newer program wrote the ledger.
    case newerFormat(path: String, found: UInt32, known: UInt32)
    /// A record or a table is not what it should be.
    case damaged(place: String, detail: String)
    /// A name that no client has.
    case unknownClient(String)
    /// Another program does with the folder what only one may do at a time.
    case inUse(path: String, by: String)
    /// A request that cannot be met, in a sentence.
    case refused(String)

    /// Damage in the views, which can be folded again.
    static func damagedViews(_ detail: String) -> JournalError {
        .refused("the views are damaged (\(detail)); run \"razao replay --rebuild\"")
    }

    /// The sentence that is shown to a person.
    public var description: String {
        switch self {
        case .noLedger(let path):
            "there is no ledger in \(path); run \"razao init --data \(path)\" to make one"
        case .foreign(let path, let detail):
            "\(path) is not a Razão data folder (\(detail)); name another folder"
        case .newerFormat(let path, let found, let known):
            "\(path) was written in format \(found) and this program knows formats up to \(known); "
                + "update razao"
        case .damaged(let place, let detail):
            "\(place) is damaged: \(detail); stop using this folder and restore a backup"
        case .unknownClient(let id):
            "there is no client \"\(id)\"; add it with \"razao client add \(id)\""
        case .inUse(let path, let name):
            "another \(name) runs on the data folder \(path); stop it first"
        case .refused(let sentence): sentence
        }
    }
}
