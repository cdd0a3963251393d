/// Who issues statements: the company that resells.
///
/// Numbers of closed statements run without gaps for each issuer's ``id``; its other data may
/// change, each change with the day from which it counts.
public struct Issuer: Sendable, Equatable, Codable {
    /// A short name for commands and for the row of numbers.
    public var id: String
    /// The name on statements.
    public var name: String
    /// The CNPJ, fourteen characters without punctuation.
    public var cnpj: String?
    /// The address, one line.
    public var address: String?
    /// How to reach it: an e-mail address, a telephone number or both, one line.
    public var contact: String?

    /// An issuer of those data.
    public init(
        id: String = Issuer.usualID, name: String, cnpj: String? = nil, address: String? = nil,
        contact: String? = nil
    ) {
        self.id = id
        self.name = name
        self.cnpj = cnpj
        self.address = address
        self.contact = contact
    }

    /// The id of the only issuer of most ledgers.
    public static let usualID = "main"

    /// Throws what is wrong with it.
    public func check() throws(EventError) {
        do {
            try ClientRecord(id: id, name: name, cnpj: cnpj).check()
        } catch {
            throw EventError(
                field: error.field == "client" ? "issuer" : error.field, reason: error.reason)
        }
        if let address { try UsageEvent.checkName(address, "address", EventLimits.text) }
        if let contact { try UsageEvent.checkName(contact, "contact", EventLimits.text) }
    }
}

/// An issuer's data and the local day from which statements carry them.
public struct IssuerChange: Sendable, Equatable, Codable {
    /// The data.
    public var issuer: Issuer
    /// The first day of months that they count for.
    public var from: CivilDate

    /// A change of an issuer's data.
    public init(issuer: Issuer, from: CivilDate) {
        self.issuer = issuer
        self.from = from
    }
}
