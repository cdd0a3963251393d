/// A month that was closed for a client: the frozen document and what it stands on.
///
/// The document is kept as the bytes that the digest covers together with the digest; nothing is
/// computed again when it is shown.
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
    /// The document's digest.
    public var digest: String
    /// True when calls without a price or with unknown usage were accepted as they are.
    public var acceptedUnpriced: Bool
    /// The document as canonical JSON, with its digest.
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
}
