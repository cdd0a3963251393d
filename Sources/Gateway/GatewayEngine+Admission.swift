import Journal
import Ledger
import Providers

// What lies between a call that was understood and its provider: the hold, and the call made ready
// while that is decided.
extension GatewayEngine {
    /// What a call has once it may be made.
    struct Admitted {
        /// What was granted.
        let bound: Admission.Bound
        /// The hold on its way to the disk.
        let ticket: HoldTicket
        /// The call on its way to the provider.
        let call: any OutgoingCall
    }

    /// Sets aside what the call may cost, and sends it as soon as that is decided.
    func admit(_ prepared: inout Prepared) async throws(APIError) -> Admitted {
        var deadline: ContinuousClock.Instant?
        var mark = queue.mark(of: prepared.facts.client)
        let known = prepared
        var step = prepared.admission.begin(known.admission.needsRooms ? rooms(known) : [])
        while true {
            switch step {
            case .count: step = prepared.admission.counted(await counted(prepared))
            case .wait:
                let now = ContinuousClock.now
                let end = deadline ?? now + prepared.settings.patience
                deadline = end
                let came = await queue.wait(
                    of: prepared.facts.client, atMost: end - now, since: mark)
                mark = queue.mark(of: prepared.facts.client)
                step =
                    came
                    ? prepared.admission.retry(rooms(prepared)) : prepared.admission.gaveUp()
            case .refuse(let reason):
                count { $0.refused += 1 }
                // What is left may do for who waits behind this one, or for nobody: they find out
                // now and not when their patience ends.
                if deadline != nil { queue.wake(prepared.facts.client) }
                throw refusal(reason, prepared)
            case .hold(let bound):
                let ticket: HoldTicket
                let decision: HoldDecision
                var granted = prepared
                granted.admission.granted(bound)
                let call: Result<any OutgoingCall, APIError>
                do {
                    ticket = try journal.decide(prepared.hold(bound))
                    // While the writer decides, which then sends it itself: one thread less
                    // to be woken.
                    call = outgoing(granted)
                    if case .success(let call) = call { ticket.whenGranted { call.send() } }
                    decision = try await ticket.decision()
                } catch {
                    throw Self.unavailable(error)
                }
                switch decision {
                case .granted, .existing:
                    // There may be room for one more.
                    queue.wake(prepared.facts.client)
                    prepared = granted
                    switch call {
                    case .success(let call):
                        return Admitted(bound: bound, ticket: ticket, call: call)
                    case .failure(let error):
                        await settle(prepared, failed: nil)
                        throw error
                    }
                case .refused(let refusal):
                    step = prepared.admission.refused(by: refusal) { rooms(known) }
                case .unknownClient, .notOpen:
                    throw APIError(
                        status: 403, message: "the client of this key is not registered any more")
                }
            }
        }
    }

    static func unavailable(_ error: any Error) -> APIError {
        if case .busy = error as? LogError {
            return APIError(
                status: 503, message: "the ledger has too much to write; come back in a moment",
                retryAfterSeconds: 1)
        }
        return APIError(
            status: 503, message: "the ledger takes no calls at the moment; try again later",
            retryAfterSeconds: 30)
    }

    /// The call to the provider, ready to be sent, of one that the log will take.
    @inline(never)
    private func outgoing(_ prepared: Prepared) -> Result<any OutgoingCall, APIError> {
        do throws(EventError) {
            // What the log would not take is refused before it costs anything.
            let trial = AnswerEnd(.failed, [], at: prepared.facts.startedAt)
            for event in Settlement.events(prepared.facts, trial, prepared.state.prices) {
                _ = try NewEvent(event, id: prepared.id)
            }
        } catch {
            return .failure(
                APIError(status: 400, message: "this call cannot be recorded: \(error)"))
        }
        do {
            return .success(upstream.outgoing(try Self.message(prepared)))
        } catch {
            return .failure(
                (error as? RequestError).map(APIError.init)
                    ?? APIError(status: 500, message: "the request could not be sent on"))
        }
    }
}
