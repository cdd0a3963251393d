import Journal
import Ledger
import Providers
import Synchronization

/// Takes down what a call with an `Idempotency-Key` is answered, and ends its flight.
///
/// A stream is taken down as it leaves, within bounds; an answer that came whole at its end. It
/// ends the flight once: by ``finish(appending:)`` or ``finish(_:)``, or when nothing holds it any
/// more, so that no key is under way for ever.
final class AnswerRecorder: Sendable {
    private struct State {
        var headers: [AnswerHeader] = []
        var body: [UInt8] = []
        var isTooLarge = false
        /// True once the call was charged; nil where the ledger did not take it.
        var isCharged: Bool? = false
        var isFinished = false
    }

    private let engine: GatewayEngine
    private let calls: KeyedCalls
    private let name: KeyedDigest
    private let request: KeyedDigest
    private let id: EventID
    private let interface: Interface
    private let state = Mutex(State())

    init(
        _ engine: GatewayEngine, _ calls: KeyedCalls, _ name: KeyedDigest, _ request: KeyedDigest,
        _ id: EventID, _ interface: Interface
    ) {
        self.engine = engine
        self.calls = calls
        self.name = name
        self.request = request
        self.id = id
        self.interface = interface
    }

    deinit {
        let (isFinished, count) = state.withLock { ($0.isFinished, $0.body.count) }
        guard !isFinished else { return }
        calls.free(count)
        calls.end(name, nil)
    }

    /// The headers that a stream begins with.
    func begin(_ headers: [AnswerHeader]) { state.withLock { $0.headers = headers } }

    /// Bytes of a stream that leave now.
    func append(_ bytes: [UInt8]) {
        state.withLock { state in
            guard !state.isFinished, !state.isTooLarge, !bytes.isEmpty else { return }
            if state.body.count + bytes.count <= engine.settings.maximumKeptAnswer,
                calls.reserve(bytes.count)
            {
                state.body += bytes
            } else {
                calls.free(state.body.count)
                state.body = []
                state.isTooLarge = true
            }
        }
    }

    /// What the call wrote into the log; nil where the ledger did not take it.
    func settled(_ events: [UsageEvent]?) {
        state.withLock { $0.isCharged = events.map(KeyedState.isCharged) }
    }

    /// The end of a stream, before its last bytes leave.
    func finish(appending last: [UInt8]) async {
        append(last)
        let (stream, isTooLarge, isCharged) = state.withLock { state in
            state.isFinished = true
            return (
                KeptAnswer(
                    status: 200, isStream: true, headers: state.headers, body: state.body),
                state.isTooLarge, state.isCharged
            )
        }
        calls.free(stream.body.count)
        await end(isCharged, isTooLarge ? nil : stream)
    }

    /// The end of an answer that is there whole, before it leaves.
    func finish(_ answer: GatewayAnswer) async {
        guard case .whole(let status, let headers, let body) = answer else { return }
        let isCharged = state.withLock { state in
            state.isFinished = true
            return state.isCharged
        }
        let kept = KeptAnswer(status: status, isStream: false, headers: headers, body: body)
        await end(isCharged, body.count <= engine.settings.maximumKeptAnswer ? kept : nil)
    }

    /// Ends the flight of a call that was not made, since it is known; others are told the same.
    func pass(_ answer: GatewayAnswer) {
        state.withLock { $0.isFinished = true }
        calls.end(name, answer)
    }

    private func end(_ isCharged: Bool?, _ answer: KeptAnswer?) async {
        let end: KeyedState.End =
            switch isCharged {
            case true?: .charged(answer)
            case false?: .uncharged
            case nil: .unrecorded
            }
        let isKept: Bool
        do {
            switch KeyedState.after(end, of: id, request) {
            case .answered(_, let kept):
                try await calls.store.finish(name, id: id, answer: kept.encoded)
            case .gone: try await calls.store.finish(name, id: id, answer: nil)
            case .absent: try await calls.store.forget(name, id: id)
            case .inFlight, .open: break
            }
            isKept = true
        } catch {
            // The call is known as begun, and the ledger tells whether it was charged.
            isKept = false
        }
        if !isKept, isCharged == true { engine.count { $0.unkept += 1 } }
        calls.end(
            name, answer?.replayed(isFinal: false) ?? engine.goneAnswer(id, interface))
    }
}
