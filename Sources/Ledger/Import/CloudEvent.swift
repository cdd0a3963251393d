import Foundation

/// A CloudEvent around a call: what of the envelope matters, checked.
///
/// Sources: CloudEvents 1.0.2, its JSON format and its HTTP protocol binding, at cloudevents.io.
/// Attributes that are not named here are other people's and mean nothing; of the type there is
/// one.
struct CloudEvent: Sendable, Equatable {
    /// The one type that is understood.
    static let usageType = "razao.usage.recorded"
    /// The attributes that are read, as they are called in JSON and behind `ce-` in headers.
    static let attributeNames = [
        "specversion", "id", "source", "type", "time", "subject", "datacontenttype",
    ]

    let id: String
    let source: String
    let subject: String?
    let time: Instant?
    /// The call's own object.
    let data: Data

    /// An event of the structured and the batched mode.
    init(_ value: JSONValue) throws(ImportError) {
        let members = value.members ?? []
        var attributes: [String: String] = [:]
        for name in Self.attributeNames + ["data", "data_base64"] {
            let named = members.filter { $0.name == name }
            guard named.count <= 1 else {
                throw ImportError(field: name, reason: "stands twice in the event; keep one")
            }
            guard let value = named.first?.value, value != .null, name != "data" else { continue }
            guard let text = value.text else {
                throw ImportError(
                    field: name,
                    reason: "is \(value.compact.prefix(60)); give a text in double quotes")
            }
            attributes[name] = text
        }
        let data: Data
        switch (value["data"], attributes["data_base64"]) {
        case (.object?, nil): data = Data((value["data"] ?? .null).compactBytes)
        case (nil, let text?), (.null?, let text?):
            guard let decoded = Data(base64Encoded: text) else {
                throw ImportError(field: "data_base64", reason: "is not Base64; encode it anew")
            }
            data = decoded
        case (nil, nil), (.null?, nil):
            throw ImportError(field: "data", reason: "is missing; give the call's fields in it")
        case (_?, _?):
            throw ImportError(
                field: "data", reason: "stands beside data_base64; keep one of the two")
        case (let other?, nil):
            throw ImportError(
                field: "data",
                reason: "is \(other.compact.prefix(60)); give an object in braces")
        }
        try self.init(attributes: attributes, data: data)
    }

    /// An event of the binary mode: attributes are headers, and the body is the data.
    init(attributes: [String: String], data: Data) throws(ImportError) {
        guard let version = attributes["specversion"] else {
            throw ImportError(field: "specversion", reason: "is missing; give 1.0")
        }
        guard version == "1.0" else {
            throw .notOneOf("specversion", String(version.prefix(80)), ["1.0"])
        }
        guard let type = attributes["type"] else {
            throw ImportError(field: "type", reason: "is missing; give \(Self.usageType)")
        }
        guard type == Self.usageType else {
            throw .notOneOf("type", String(type.prefix(80)), [Self.usageType])
        }
        if let given = attributes["datacontenttype"], !MediaType(given).isJSON {
            throw ImportError(
                field: "datacontenttype",
                reason: "is \"\(given.prefix(80))\"; give application/json")
        }
        id = try Self.name("id", attributes)
        source = try Self.name("source", attributes)
        subject = attributes["subject"]
        do throws(TimeTextError) {
            time = try attributes["time"].map(Instant.init)
        } catch {
            throw ImportError(field: "time", reason: error.description)
        }
        self.data = data
    }

    private static func name(
        _ name: String, _ attributes: [String: String]
    ) throws(ImportError) -> String {
        guard let text = attributes[name] else {
            throw ImportError(
                field: name,
                reason: "is missing; source and id say which event it is when it is sent again")
        }
        do throws(EventError) {
            try UsageEvent.checkName(text, name, ImportLimits.givenID)
        } catch {
            throw ImportError(error)
        }
        return text
    }

    /// Source and id as one text that no other pair has.
    var identity: String { "cloudevent \(source.utf8.count) \(source) \(id)" }
}

/// A media type without its parameters, in lower case: `application/json`.
struct MediaType: Sendable, Equatable {
    let name: String

    init(_ text: String) {
        name = text.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }

    var isJSON: Bool {
        ["application/json", "text/json"].contains(name)
            || name.hasSuffix("+json") && !isCloudEvents
    }

    var isCloudEvents: Bool { name.hasPrefix("application/cloudevents") }

    /// One event, or a list of them, in CloudEvents' JSON format.
    var isCloudEventsJSON: Bool {
        name == "application/cloudevents+json" || name == "application/cloudevents-batch+json"
    }

    var isLines: Bool {
        [
            "application/x-ndjson", "application/ndjson", "application/jsonl",
            "application/x-jsonlines", "application/jsonlines",
        ].contains(name)
    }

    /// What programs and browsers say of their own accord when nobody told them.
    var isUnsaid: Bool {
        ["", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream"]
            .contains(name)
    }
}
