import Foundation

/// Usage that a program sends at once: one call or many, in any of the forms that are understood.
///
/// ```swift
/// let post = UsagePost(body: bytes, contentType: "application/json")
/// for call in try post.calls(of: "acme", now: clock()) { … call.result … }
/// ```
/// Forms: one call as an object, a list of them, `{"events": […]}`, lines of JSON, and CloudEvents
/// 1.0 (structured, batched, binary). A call has the fields of an import, read by
/// ``UsageJSONLine``: the same rules and words hold here and there. Cost: linear in the body.
public struct UsagePost: Sendable {
    /// The most calls at once.
    public static let maximumCalls = 1_000
    /// The most bytes of a body; whoever reads one stops there.
    public static let maximumBytes = 4 << 20
    /// The CloudEvents attributes that may come as headers, named `ce-` and this.
    public static let attributeNames = CloudEvent.attributeNames.filter { $0 != "datacontenttype" }
    /// The most values in a body of JSON: a byte or two can become forty.
    static let maximumValues = 250_000

    private let body: [UInt8]
    private let type: MediaType
    private let attributes: [String: String]
    private let batch: String?

    /// A body and what its headers say of it: `attributes` are those of CloudEvents' binary mode,
    /// by their names without `ce-`; `batch` is what calls without an id get theirs from, together
    /// with their place.
    public init(
        body: [UInt8], contentType: String? = nil, attributes: [String: String] = [:],
        batch: String? = nil
    ) {
        self.body = body
        type = MediaType(contentType ?? "")
        self.attributes = attributes
        self.batch = batch
    }

    /// The calls in their order, each read or refused, for a key that may record for `client`
    /// alone.
    ///
    /// Throws where the whole is no such list; then none of it counts.
    public func calls(
        of client: String, now: Instant
    ) throws(UsagePostError) -> [PostedCall] {
        guard body.count <= Self.maximumBytes else {
            throw UsagePostError(
                .tooLarge,
                "the body is too large; \(Self.maximumBytes) bytes are allowed: send less at once")
        }
        if let batch, (try? UsageEvent.checkName(batch, "", ImportLimits.givenID)) == nil {
            throw UsagePostError(
                .malformed,
                "Idempotency-Key must be 1 to \(ImportLimits.givenID) bytes without control "
                    + "characters")
        }
        let reader = PostReader(client: client, now: now)
        if !attributes.isEmpty, !type.isCloudEvents {
            guard type.isJSON || type.isUnsaid else { throw unknownType() }
            return [reader.call(attributes, body)]
        }
        if type.isLines { return try lines(reader) }
        guard type.isJSON || type.isUnsaid || type.isCloudEventsJSON else { throw unknownType() }
        return try elements().enumerated().map { index, value in
            reader.call(value, index: index, isEnvelope: type.isCloudEventsJSON)
        }
    }

    /// What ids are made of where calls give none; nil where nothing was sent for it. Two clients
    /// that say the same mean different things.
    public func source(of client: String) -> String? { batch.map { "post \(client) \($0)" } }

    private func unknownType() -> UsagePostError {
        UsagePostError(
            .unknownType,
            "usage cannot be read from \"\(type.name.prefix(80))\"; send application/json, "
                + "application/x-ndjson, application/cloudevents+json or "
                + "application/cloudevents-batch+json")
    }

    private func tooMany() -> UsagePostError {
        UsagePostError(
            .tooLarge,
            "more than \(Self.maximumCalls) events at once; send them in several requests")
    }

    /// The calls of a body that is one JSON text.
    private func elements() throws(UsagePostError) -> [JSONValue] {
        let value: JSONValue
        do throws(JSONTextError) {
            value = try JSONValue(parsing: body, maximumValues: Self.maximumValues)
        } catch {
            throw UsagePostError(
                .malformed, "the body is not valid JSON at \(error); nothing of it was recorded")
        }
        var list = value.elements ?? [value]
        if let members = value.members, members.contains(where: { $0.name == "events" }) {
            guard members.count == 1, let inner = members[0].value.elements else {
                throw UsagePostError(
                    .malformed, "\"events\" must be a list, with nothing beside it")
            }
            list = inner
        } else if value.members == nil, value.elements == nil {
            throw UsagePostError(
                .malformed,
                "the body is no event; give an object, a list of objects or {\"events\": […]}")
        }
        guard list.count <= Self.maximumCalls else { throw tooMany() }
        return list
    }

    /// The calls of a body that has one on each line. Blank lines are none.
    private func lines(_ reader: PostReader) throws(UsagePostError) -> [PostedCall] {
        var calls: [PostedCall] = []
        var rest = body[...]
        // A byte order mark says nothing in UTF-8.
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        var number = 0
        while !rest.isEmpty {
            number += 1
            let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
            let line = rest[rest.startIndex..<end]
            rest = rest[min(end + 1, rest.endIndex)...]
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            guard calls.count < Self.maximumCalls else { throw tooMany() }
            calls.append(reader.call(line: line, number: number, index: calls.count))
        }
        return calls
    }
}

/// One call of a post: what was read, or why it is refused.
public struct PostedCall: Sendable, Equatable {
    /// Its place, from 0.
    public let index: Int
    /// The line it stands on, from 1, in a body of lines.
    public let line: Int?
    /// The id it was given, as far as it can be told.
    public let id: String?
    /// The call, or the refusal.
    public let result: Result<ImportedCall, PostRefusal>
}

/// Why one call of a post is not recorded.
public struct PostRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of reason.
    public enum Kind: String, Sendable, CaseIterable {
        /// Something in it is wrong.
        case invalid
        /// The key may not record it.
        case forbidden
        /// Its id is another event's.
        case conflict
    }

    /// The kind.
    public let kind: Kind
    /// The field at fault and the reason, in an import's words.
    public let error: ImportError

    /// Without an id nobody could tell a call that is sent again from another one.
    public static let withoutID = PostRefusal(
        .invalid,
        ImportError(
            field: "id",
            reason: "is missing; give each call one of its own, such as a UUID, so that it counts "
                + "once however often it is sent; or send an Idempotency-Key with all of them"))

    /// A refusal of that kind.
    public init(_ kind: Kind, _ error: ImportError) {
        self.kind = kind
        self.error = error
    }

    /// The sentence.
    public var description: String { error.description }
}

/// Why nothing of a post is recorded.
public struct UsagePostError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of reason.
    public enum Kind: Sendable { case malformed, tooLarge, unknownType }

    /// The kind.
    public let kind: Kind
    /// The sentence: what is wrong and what to do.
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// Reads the calls of one post, for one client.
private struct PostReader {
    let client: String
    let now: Instant
    private let reader = UsageJSONLine()

    init(client: String, now: Instant) {
        self.client = client
        self.now = now
    }

    /// A call as a value, in an envelope or bare.
    func call(_ value: JSONValue, index: Int, isEnvelope: Bool) -> PostedCall {
        posted(index: index, line: nil, id: value["id"]?.text) {
            () throws(ImportError) -> Read in
            try read(value, isEnvelope: isEnvelope)
        }
    }

    /// A call in CloudEvents' binary mode.
    func call(_ attributes: [String: String], _ body: [UInt8]) -> PostedCall {
        posted(index: 0, line: nil, id: attributes["id"]) { () throws(ImportError) -> Read in
            try read(CloudEvent(attributes: attributes, data: Data(body)))
        }
    }

    /// A call on a line.
    func call(line: ArraySlice<UInt8>, number: Int, index: Int) -> PostedCall {
        let value =
            line.count > ImportLimits.line
            ? nil : try? JSONValue(parsing: Array(line), maximumValues: UsagePost.maximumValues)
        return posted(index: index, line: number, id: value?["id"]?.text) {
            () throws(ImportError) -> Read in
            if let value, Self.isEnvelope(value) { return try read(CloudEvent(value)) }
            return (try reader.parse(Data(line), ImportDefaults(client: client), now: now), nil)
        }
    }

    /// What was read, and the subject of the envelope it came in.
    private typealias Read = (call: ImportedCall, subject: String?)

    /// No field of a call has this name, so that a CloudEvent is one under any media type.
    private static func isEnvelope(_ value: JSONValue) -> Bool { value["specversion"] != nil }

    private func read(_ value: JSONValue, isEnvelope: Bool) throws(ImportError) -> Read {
        guard case .object = value else {
            throw ImportError(reason: "is no JSON object; give each event as an object in braces")
        }
        if isEnvelope || Self.isEnvelope(value) { return try read(CloudEvent(value)) }
        let defaults = ImportDefaults(client: client)
        return (try reader.parse(Data(value.compactBytes), defaults, now: now), nil)
    }

    private func read(_ event: CloudEvent) throws(ImportError) -> Read {
        let defaults = ImportDefaults(
            client: event.subject ?? client, occurredAt: event.time, id: event.identity)
        return (try reader.parse(event.data, defaults, now: now), event.subject)
    }

    private func posted(
        index: Int, line: Int?, id: String?, _ read: () throws(ImportError) -> Read
    ) -> PostedCall {
        let result: Result<ImportedCall, PostRefusal>
        do throws(ImportError) {
            let (call, subject) = try read()
            result = refusal(call, subject).map(Result.failure) ?? .success(call)
        } catch {
            result = .failure(PostRefusal(.invalid, error))
        }
        return PostedCall(
            index: index, line: line, id: id.map { String($0.prefix(ImportLimits.givenID)) },
            result: result)
    }

    /// What an import may and a client's program may not.
    private func refusal(_ call: ImportedCall, _ subject: String?) -> PostRefusal? {
        let named = call.event.client
        guard named == client else {
            return PostRefusal(
                .forbidden,
                ImportError(
                    field: named == subject ? "subject" : "client",
                    reason: "names the client \"\(named)\", and this key records for \"\(client)\""
                        + " alone; leave it out"))
        }
        guard call.event.hold == nil else {
            // It would give back what a call in flight has set aside.
            return PostRefusal(
                .invalid,
                ImportError(
                    field: "hold", reason: "is for calls through the gateway; leave it out"))
        }
        return nil
    }
}
