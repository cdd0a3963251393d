import Journal
import Ledger
import Providers

/// Calls that bear an `Idempotency-Key`: the same key and request, the same answer and one charge.
///
/// The header and its errors are those of draft-ietf-httpapi-idempotency-key-header; that errors
/// from before the call are not kept, and the mark of a replay, are Stripe's.
extension GatewayEngine {
    /// Answers a call under a key: makes it, waits for the one that is under way, or tells again
    /// what the first was told.
    func answerOnce(
        _ call: GatewayCall, _ key: String, _ calls: KeyedCalls, _ settings: GatewaySettings,
        id: EventID, startedAt: Instant
    ) async throws(APIError) -> GatewayAnswer {
        guard KeyedState.isKey(key) else {
            throw APIError(
                status: 400,
                message: "the header Idempotency-Key must be 1 to 255 visible characters of ASCII",
                code: "invalid_idempotency_key")
        }
        let name = calls.store.name(client: call.key.client, key: key)
        let request = calls.store.digest(call.interface.rawValue, call.body)
        switch await calls.arrive(name, request, patience: settings.keyPatience) {
        case .conflict: throw Self.otherRequest
        case .timedOut:
            throw APIError(
                status: 409,
                message: "the first call with this Idempotency-Key is still under way; ask again",
                code: "idempotency_key_in_use", retryAfterSeconds: 1)
        case .told(let answer):
            countReplay(answer)
            return answer
        case .first: break
        }
        let recorder = AnswerRecorder(self, calls, name, request, id, call.interface)
        var answer: GatewayAnswer
        do throws(APIError) {
            if let known = try await known(call, name, request, calls, id, startedAt) {
                countReplay(known)
                recorder.pass(known)
                return known
            }
            answer = try await make(call, settings, id: id, startedAt: startedAt, recorder)
        } catch {
            answer = .error(error, call.interface, requestID: "\(id)")
        }
        if case .stream(let headers, _) = answer {
            recorder.begin(headers)
        } else {
            await recorder.finish(answer)
        }
        return answer
    }

    /// What a call is told that was made before; nil where it is to be made now, and is written
    /// down as begun.
    private func known(
        _ call: GatewayCall, _ name: KeyedDigest, _ request: KeyedDigest, _ calls: KeyedCalls,
        _ id: EventID, _ startedAt: Instant
    ) async throws(APIError) -> GatewayAnswer? {
        let step: KeyedState.Step
        do {
            let kept = try await calls.store.begin(name, request, id: id, at: startedAt)
            guard let kept else { return nil }
            let standing: CallStanding =
                kept.hasEnded ? .unknown : try journal.standing(of: kept.id)
            let answer = kept.answer.flatMap { try? KeptAnswer(decoding: $0) }
            step = KeyedState(kept, answer, standing).step(request)
            if step == .call {
                try await calls.store.replace(name, request, id: id, at: startedAt)
            }
        } catch {
            throw APIError(
                status: 503,
                message: "the call was not made, since its Idempotency-Key cannot be remembered at "
                    + "the moment; ask again, or leave the header out", retryAfterSeconds: 5)
        }
        switch step {
        case .call: return nil
        case .replay(let answer): return answer.replayed(isFinal: true)
        case .tellGone(let first): return goneAnswer(first, call.interface)
        case .tellOpen(let first): return openAnswer(first, call.interface)
        case .conflict, .wait: throw Self.otherRequest
        }
    }

    private func countReplay(_ answer: GatewayAnswer) {
        if answer.isReplay { count { $0.replayed += 1 } }
    }

    private static let otherRequest = APIError(
        status: 422,
        message: "this Idempotency-Key was used for another request; a key belongs to one request, "
            + "so send the same one or a new key", code: "idempotency_key_reused")

    /// What is told of a call that was charged and whose answer is not here.
    func goneAnswer(_ id: EventID, _ interface: Interface) -> GatewayAnswer {
        Self.final(
            APIError(
                status: 409,
                message: "the call with this Idempotency-Key was answered and charged as "
                    + "\(id), and its answer is not kept any more; use a new key to make it again",
                code: "idempotency_answer_gone"), id, interface)
    }

    private func openAnswer(_ id: EventID, _ interface: Interface) -> GatewayAnswer {
        Self.final(
            APIError(
                status: 409,
                message: "the call with this Idempotency-Key was made as \(id) and the ledger "
                    + "could not record its end; tell who runs the gateway, or use a new key to "
                    + "make it again", code: "idempotency_call_open"), id, interface)
    }

    /// An error that asking again does not mend, with the id of the call that it speaks of.
    private static func final(
        _ error: APIError, _ id: EventID, _ interface: Interface
    ) -> GatewayAnswer {
        guard
            case .whole(let status, let headers, let body) = GatewayAnswer.error(
                error, interface, requestID: "\(id)")
        else { return .error(error, interface, requestID: "\(id)") }
        return .whole(status: status, headers: headers + [.finality], body: body)
    }
}
