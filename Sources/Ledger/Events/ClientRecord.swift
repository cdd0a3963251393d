/// A client as the log knows it.
public struct ClientRecord: Sendable, Equatable, Codable {
    /// The id that events carry.
    public var id: String
    /// The name on statements.
    public var name: String?
    /// The CNPJ, fourteen characters without punctuation.
    public var cnpj: String?
    /// The IANA time zone of its days and months.
    public var timeZone: String
    /// The address on statements, one line.
    public var address: String?

    /// A client of those data.
    public init(
        id: String, name: String? = nil, cnpj: String? = nil,
        timeZone: String = ClientRecord.defaultTimeZone, address: String? = nil
    ) {
        self.id = id
        self.name = name
        self.cnpj = cnpj
        self.timeZone = timeZone
        self.address = address
    }

    /// Where most clients are.
    public static let defaultTimeZone = "America/Sao_Paulo"

    /// Throws unless the id can be part of keys and the rest is what it claims to be.
    public func check() throws(EventError) {
        try UsageEvent.checkName(id, "client", EventLimits.client)
        guard id.utf8.allSatisfy(Self.isIDByte) else {
            throw EventError(
                field: "client",
                reason: "\"\(id)\" may hold letters, digits, dot, dash and underscore only")
        }
        if let name { try UsageEvent.checkName(name, "name", EventLimits.text) }
        if let address { try UsageEvent.checkName(address, "address", EventLimits.text) }
        if let cnpj, CNPJ(cnpj)?.characters != cnpj {
            throw EventError(field: "cnpj", reason: "\"\(cnpj)\" is no valid CNPJ")
        }
        do {
            _ = try ZoneRules.named(timeZone)
        } catch {
            throw EventError(field: "time_zone", reason: error.description)
        }
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// Which client was removed: it takes nothing new, and its history stays.
public struct ClientRemoval: Sendable, Equatable, Codable {
    /// The client.
    public var client: String
    /// Why, in one line.
    public var reason: String?

    /// A removal of one client.
    public init(client: String, reason: String? = nil) {
        self.client = client
        self.reason = reason
    }

    /// Throws what is wrong with it.
    public func check() throws(EventError) {
        if let reason { try UsageEvent.checkName(reason, "reason", EventLimits.text) }
    }
}
