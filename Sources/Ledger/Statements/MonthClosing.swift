/// A month that was closed for a client: the frozen document and what it stands on.
///
/// The document is kept as the very bytes that the digest covers; nothing is computed again when it
/// is shown.
public struct MonthClosing: Sendable, Equatable, Codable {
    /// The client.
    public var client: String
    /// The month.
    public var month: String
    /// The issuer whose row of numbers the number is from.
    public var issuer: String
    /// The place in that row, from 1.
    public var number: UInt64
    /// The last record that the document knows.
    public var lastSequence: UInt64
    /// The digest of the client's statement before this one; nil for its first.
    public var previousDigest: String?
    /// SHA-256 of ``document``, hexadecimal.
    public var digest: String
    /// True when calls without a price or with unknown usage were accepted as they are.
    public var acceptedUnpriced: Bool
    /// The document as canonical JSON (RFC 8785), without its digest.
    public var document: String

    /// A closing of those data.
    public init(
        client: String, month: String, issuer: String, number: UInt64, lastSequence: UInt64,
        previousDigest: String?, digest: String, acceptedUnpriced: Bool, document: String
    ) {
        self.client = client
        self.month = month
        self.issuer = issuer
        self.number = number
        self.lastSequence = lastSequence
        self.previousDigest = previousDigest
        self.digest = digest
        self.acceptedUnpriced = acceptedUnpriced
        self.document = document
    }

    /// Throws what is wrong with it by itself; whether it is next in its rows is the ledger's to
    /// say.
    public func check() throws(EventError) {
        try ClientRecord(id: client).check()
        try ClientRecord(id: issuer).check()
        guard CivilMonth(month) != nil else {
            throw EventError(field: "month", reason: "\"\(month)\" is no month")
        }
        guard number > 0, lastSequence > 0, document.hasPrefix("{") else {
            throw EventError(field: "document", reason: "is not that of a closed month")
        }
    }
}
