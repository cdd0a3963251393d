import LMDB

/// How a data folder is opened.
public struct JournalOptions: Sendable {
    /// Open for reading only; nothing is folded and nothing can be appended.
    public var readOnly = false
    /// Address space reserved for the log at first, in bytes; it doubles when it is full.
    public var mapSize = 64 << 30
    /// Where the doubling ends; a log that reaches it refuses events and stays whole.
    public var mapLimit = 1 << 40
    /// The largest file, in bytes, whose pages are all checked when it is opened; of larger ones
    /// the leaves are left out.
    public var checkLimit = 64 << 20

    /// How long one transaction may read; a test makes it short.
    var maxReadAge = Duration.seconds(30)

    /// The defaults.
    public init() {}

    var ledger: Environment.Options {
        var options = Environment.Options()
        options.readOnly = readOnly
        options.mapSize = mapSize
        options.mapLimit = mapLimit
        options.checkLimit = checkLimit
        options.maxReadAge = maxReadAge
        return options
    }

    /// Views can be folded again, so the disk need not be waited for at each chunk; a version that
    /// is not whole after a power cut is found by its checkpoint and folded anew.
    var views: Environment.Options {
        var options = ledger
        options.durable = true
        return options
    }
}
