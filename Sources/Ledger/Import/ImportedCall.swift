/// One call as an import file gives it: the event, and what the caller must still settle.
public struct ImportedCall: Sendable, Equatable {
    /// The call. Its end user is set only when the file already holds a pseudonym.
    public var event: UsageEvent
    /// The id that the sender gave, if any; otherwise one is made from the source and the line.
    public var givenID: String?
    /// The end user as written: a `p:` pseudonym, or a raw name that must become one.
    public var endUser: String?
    /// What another system said that it cost, to be compared with our cost.
    public var recorded: RecordedCost?

    /// A call of those parts.
    public init(event: UsageEvent, givenID: String? = nil, endUser: String? = nil) {
        self.event = event
        self.givenID = givenID
        self.endUser = endUser
    }
}

/// What holds for lines that do not say it themselves.
public struct ImportDefaults: Sendable, Equatable {
    /// The client of lines without one.
    public var client: String?
    /// When calls ended that do not say it.
    public var occurredAt: Instant?
    /// The id of a call that gives none: of what it came in.
    public var id: String?

    /// Those defaults.
    public init(client: String? = nil, occurredAt: Instant? = nil, id: String? = nil) {
        self.client = client
        self.occurredAt = occurredAt
        self.id = id
    }
}

/// The bounds of an import.
public enum ImportLimits {
    /// A given id, in UTF-8 bytes.
    public static let givenID = 200
    /// An end user's raw name, in UTF-8 bytes.
    public static let endUser = 200
    /// One line or row, in bytes; whoever splits a file into lines refuses longer ones.
    public static let line = 1 << 20
    /// How far in the future a call may lie: clocks differ.
    public static let ahead: Int64 = 3_600_000_000_000
}
