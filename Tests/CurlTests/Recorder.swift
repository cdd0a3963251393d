import Curl
import Synchronization

/// A delegate that keeps what it is told, and every breach of the order it is promised.
final class Recorder: TransferDelegate {
    struct Record: Sendable {
        var heads: [HTTPHead] = []
        var body: [UInt8] = []
        var pieces = 0
        var ends: [Result<TransferTimings, CurlError>] = []
        var faults: [String] = []
        fileprivate var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(Record())
    private let onPiece: @Sendable (TransferID, Record) -> Void

    init(onPiece: @escaping @Sendable (TransferID, Record) -> Void = { _, _ in }) {
        self.onPiece = onPiece
    }

    var record: Record { state.withLock { $0 } }

    func transfer(_ id: TransferID, brought delivery: TransferDelivery) {
        if delivery.head == nil, delivery.bytes.isEmpty, delivery.end == nil {
            state.withLock { $0.faults.append("nothing came") }
        }
        if let head = delivery.head { take(head) }
        if !delivery.bytes.isEmpty { take(delivery.bytes, id) }
        if let end = delivery.end { take(end) }
    }

    private func take(_ head: HTTPHead) {
        state.withLock { state in
            if !state.heads.isEmpty || !state.ends.isEmpty { state.faults.append("late head") }
            state.heads.append(head)
        }
    }

    private func take(_ bytes: [UInt8], _ id: TransferID) {
        let record = state.withLock { state in
            if state.heads.isEmpty || !state.ends.isEmpty { state.faults.append("stray piece") }
            state.body += bytes
            state.pieces += 1
            return state
        }
        onPiece(id, record)
    }

    private func take(_ end: Result<TransferTimings, CurlError>) {
        let waiter = state.withLock { state in
            if !state.ends.isEmpty { state.faults.append("second end") }
            state.ends.append(end)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// What there is once the end has come.
    func ended() async -> Record {
        await withCheckedContinuation { continuation in
            let isEnded = state.withLock { state in
                if state.ends.isEmpty { state.waiter = continuation }
                return !state.ends.isEmpty
            }
            if isEnded { continuation.resume() }
        }
        return record
    }
}

/// The body that `/stream` sends.
func streamed(count: Int, size: Int = 20) -> String {
    (0..<count).map { index in
        let number = "\(index);"
        return number + String(repeating: ".", count: max(0, size - number.utf8.count))
    }.joined()
}

/// A loop for one test, closed and looked at for leaks after it.
func withLoop(
    options: TransferLoopOptions = TransferLoopOptions(),
    _ body: (TransferLoop) async throws -> Void
) async throws {
    let loop = try TransferLoop(options: options)
    do { try await body(loop) } catch {
        await loop.close(within: .zero)
        throw error
    }
    await loop.close(within: .zero)
    let statistics = loop.statistics
    guard statistics.open == 0, statistics.handles == 0 else { throw Leak(statistics: statistics) }
}

struct Leak: Error {
    let statistics: TransferLoopStatistics
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}
