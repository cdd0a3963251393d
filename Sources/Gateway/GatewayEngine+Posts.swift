import Foundation
import Journal
public import Ledger
import Providers

// Usage from programs that call providers themselves. Nothing is held for it before: it has
// happened. It is counted like any other, and a limit may be passed by it.
extension GatewayEngine {
    /// The most posts at a time; with their bodies they are the memory that this takes.
    static let maximumPosts = 64

    /// Records the calls of a post and says what became of each, once they are durable.
    ///
    /// `read` gives the post once there is room for one more. Throws ``APIError`` where nothing of
    /// it was recorded, and what `read` throws. Cost: a share of one commit, or of two where ids
    /// meet another client's.
    public func record(
        for key: KeyRecord, reading read: () async throws -> UsagePost
    ) async throws -> PostReport {
        var isFull = false
        count { counts in
            counts.postsInFlight += 1
            isFull = counts.postsInFlight > Self.maximumPosts
        }
        defer { count { $0.postsInFlight -= 1 } }
        guard !isFull else {
            throw APIError(
                status: 503, message: "too much usage comes in at once; come back in a moment",
                retryAfterSeconds: 1)
        }
        let post = try await read()
        let now = clock()
        var batch = try await onPostsThread { try self.batch(post, key.client, now) }
        var outcomes = try await append(batch.calls.map(\.event))
        let first = outcomes
        let foreign = try await onPostsThread { [batch] in
            try batch.calls.indices.filter { index in
                guard case .conflict(let sequence) = first[index] else { return false }
                return try !self.isRecord(sequence, of: key.client)
            }
        }
        if !foreign.isEmpty {
            let again = foreign.map { batch.calls[$0].event.own(key.client) }
            for (index, outcome) in zip(foreign, try await append(again)) {
                outcomes[index] = outcome
            }
        }
        for (call, outcome) in zip(batch.calls, outcomes) {
            batch.report.count(call.posted, outcome)
        }
        if batch.report.accepted > 0 { settled.note(key.client) }
        batch.report.sort()
        let report = batch.report
        count { counts in
            counts.postedAccepted += UInt64(report.accepted)
            counts.postedDuplicates += UInt64(report.duplicates)
            counts.postedRefused += UInt64(report.refused.count)
        }
        return report
    }

    /// The calls of a post that can be appended, and the refusals of the others.
    private struct Batch: Sendable {
        var calls: [(posted: PostedCall, event: NewEvent)] = []
        var report = PostReport()
    }

    private func batch(_ post: UsagePost, _ client: String, _ now: Instant) throws -> Batch {
        let posted: [PostedCall]
        do throws(UsagePostError) {
            posted = try post.calls(of: client, now: now)
        } catch {
            throw APIError(error)
        }
        let source = post.source(of: client)
        var batch = Batch()
        // The id of a call in flight is known to its caller. Recorded under it, the call itself
        // would be taken for told already.
        let open = Set(try journal.openHolds().map(\.id))
        for call in posted {
            switch call.result {
            case .failure(let refusal): batch.report.refuse(call, refusal)
            case .success(let read):
                guard let id = read.id(source: source, row: UInt64(call.index) + 1) else {
                    batch.report.refuse(call, .withoutID)
                    continue
                }
                do {
                    let event = try read.event(id: id, people: people)
                    batch.calls.append((call, open.contains(id) ? event.own(client) : event))
                } catch let error as EventError {
                    let reason = ImportError(field: error.field, reason: error.reason)
                    batch.report.refuse(call, PostRefusal(.invalid, reason))
                }
            }
        }
        return batch
    }

    private func append(_ events: [NewEvent]) async throws(APIError) -> [AppendOutcome] {
        guard !events.isEmpty else { return [] }
        do {
            return try await journal.append(events)
        } catch {
            throw Self.unavailable(error)
        }
    }

    /// Whether the call at that place of the log is the client's.
    private func isRecord(_ sequence: SequenceNumber, of client: String) throws -> Bool {
        var isOwn = false
        try journal.read(after: SequenceNumber(sequence.rawValue - 1)) { head, payload in
            if head.kind == .usageRecorded {
                isOwn = try UsageFacts(payload, version: head.version)
                    .isOf(client: client, payload)
            }
            return false
        }
        return isOwn
    }

    /// Runs what takes its time, or may wait for the disk, on the one thread for it: a batch of a
    /// thousand calls must not keep the streams of others waiting.
    private func onPostsThread<T: Sendable>(
        _ work: @escaping @Sendable () throws -> T
    ) async throws -> T {
        let result: Result<T, any Error> = await withCheckedContinuation { continuation in
            postsThread.async { continuation.resume(returning: Result(catching: work)) }
        }
        do {
            return try result.get()
        } catch let error as APIError {
            throw error
        } catch {
            throw Self.unavailable(error)
        }
    }
}

extension NewEvent {
    /// The event under an id that no other client's can have: what one client sends must never
    /// keep out what another sends.
    fileprivate func own(_ client: String) -> NewEvent {
        NewEvent(
            kind: kind, version: version, id: EventID(foreign: "of \(client) \(id)"),
            occurredAt: occurredAt, payload: payload)
    }
}

extension APIError {
    fileprivate init(_ error: UsagePostError) {
        switch error.kind {
        case .malformed: self.init(status: 400, message: error.description)
        case .tooLarge: self.init(status: 413, message: error.description)
        case .unknownType:
            self.init(
                status: 415, message: error.description, code: "unsupported_media_type")
        }
    }
}
