import CCurl
import Glibc
import Synchronization

/// The loop itself: takes commands, lets curl work, delivers what came and keeps the time-outs.
///
/// `@unchecked Sendable`: made by ``TransferLoop/init(options:)`` and handed to the thread that
/// calls ``run()``, after which nobody else has it; what others say or read goes through `commands`
/// and `counters`, which are `Sendable` by themselves.
final class LoopCore: @unchecked Sendable {
    private let options: TransferLoopOptions
    private let commands: CommandQueue
    private let counters: LoopCounters
    private let multi: MultiHandle
    private var active: [TransferID: ActiveTransfer] = [:]
    private var idle: [EasySlot] = []
    private var deadlines = DeadlineHeap()
    private var changed: [ActiveTransfer] = []

    init(
        _ options: TransferLoopOptions, _ commands: CommandQueue, _ counters: LoopCounters,
        signal: WakeSignal
    ) throws(CurlError) {
        self.options = options
        self.commands = commands
        self.counters = counters
        multi = try MultiHandle(options, signal: signal)
    }

    /// Works until the loop is closed and all its transfers have ended.
    func run() {
        blockBrokenPipes()
        while true {
            let taken = commands.take(maySleep: true)
            for start in taken.starts { begin(start) }
            for (id, reason) in taken.stops { stop(id, reason) }
            for (id, isPaused) in taken.flows { setFlow(id, isPaused: isPaused) }
            if let closeBy = taken.closeBy {
                if closeBy <= MonotonicTime.now { stopAll(.loopClosed) }
                // What the last delegates started was refused, so nothing can have come in.
                if active.isEmpty { return free() }
            }
            let next = [deadlines.earliest, taken.closeBy].compactMap { $0 }.min()
            multi.turn(until: taken.isEmpty ? next : .now)
            counters.turns.add(1, ordering: .relaxed)
            // First, so that the last bytes and the end are told in one.
            while let (transfer, code) = multi.nextFinished() { finish(transfer, code) }
            deliver()
            expire()
        }
    }

    /// Writing to a connection that the server has closed is an error, not the program's death;
    /// curl leaves that to us, since it may not touch signals beside other threads.
    private func blockBrokenPipes() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private func begin(_ start: CommandQueue.Start) {
        do throws(CurlError) {
            let slot = try takeSlot()
            let transfer = ActiveTransfer(start, slot: slot, at: .now) { [unowned self] in
                changed.append($0)
            }
            do throws(CurlError) {
                try slot.prepare(start.request, for: transfer, options: options)
                try multi.add(slot)
            } catch {
                recycle(slot)
                throw error
            }
            active[start.id] = transfer
            schedule(transfer)
        } catch {
            commands.release(start.id)
            counters.ended.add(1, ordering: .relaxed)
            start.delegate.transfer(
                start.id, brought: TransferDelivery(end: .failure(error)))
        }
    }

    private func stop(_ id: TransferID, _ reason: CurlError) {
        guard let transfer = active[id] else { return }
        end(transfer, .failure(reason))
    }

    private func setFlow(_ id: TransferID, isPaused: Bool) {
        guard let transfer = active[id] else { return }
        transfer.setFlow(isPaused: isPaused)
        schedule(transfer)
    }

    private func stopAll(_ reason: CurlError) {
        for transfer in active.values.sorted(by: { $0.id.rawValue < $1.id.rawValue }) {
            end(transfer, .failure(reason))
        }
    }

    private func deliver() {
        // A delegate cannot make more of them: curl does not run meanwhile.
        for transfer in changed {
            schedule(transfer)
            transfer.deliver()
        }
        changed.removeAll(keepingCapacity: true)
    }

    private func finish(_ transfer: ActiveTransfer, _ code: CURLcode) {
        if let failure = transfer.failure {
            end(transfer, .failure(failure))
        } else if code == CURLE_OK {
            end(transfer, .success(transfer.slot.timings(bodyBytes: transfer.progress.bodyBytes)))
        } else {
            let error = transfer.describe(code)
            end(transfer, .failure(error))
        }
    }

    private func end(
        _ transfer: ActiveTransfer, _ result: Result<TransferTimings, CurlError>
    ) {
        active[transfer.id] = nil
        transfer.seal()
        multi.remove(transfer.slot)
        recycle(transfer.slot)
        // Before the delegate hears of it, which may start the next transfer at once.
        commands.release(transfer.id)
        counters.ended.add(1, ordering: .relaxed)
        transfer.end(result)
    }

    private func expire() {
        let now = MonotonicTime.now
        while let entry = deadlines.popDue(at: now) {
            guard let transfer = active[entry.id], transfer.scheduled == entry.time else {
                continue
            }
            transfer.scheduled = nil
            if let stage = transfer.progress.expired(at: now) {
                end(transfer, .failure(.timedOut(stage)))
            } else {
                schedule(transfer)
            }
        }
    }

    /// Sees that the heap has an entry no later than the transfer's deadline.
    private func schedule(_ transfer: ActiveTransfer) {
        let deadline = transfer.progress.deadline
        if let scheduled = transfer.scheduled, scheduled <= deadline { return }
        guard active[transfer.id] != nil else { return }
        transfer.scheduled = deadline
        deadlines.insert(DeadlineHeap.Entry(time: deadline, id: transfer.id))
        // Entries of transfers that ended early must not pile up until their time has come.
        guard deadlines.count > 4 * active.count + 1_024 else { return }
        deadlines.removeAll()
        for transfer in active.values {
            guard let time = transfer.scheduled else { continue }
            deadlines.insert(DeadlineHeap.Entry(time: time, id: transfer.id))
        }
    }

    private func takeSlot() throws(CurlError) -> EasySlot {
        if let slot = idle.popLast() { return slot }
        let slot = try EasySlot()
        counters.handlesMade.add(1, ordering: .relaxed)
        return slot
    }

    private func recycle(_ slot: EasySlot) {
        slot.reset()
        if idle.count < options.maximumIdleHandles {
            idle.append(slot)
        } else {
            counters.handlesFreed.add(1, ordering: .releasing)
        }
    }

    private func free() {
        counters.handlesFreed.add(idle.count, ordering: .releasing)
        idle = []
    }
}

extension ActiveTransfer {
    /// The error of what curl ended with.
    func describe(_ code: CURLcode) -> CurlError {
        CurlError(
            code, reason: slot.reason(code), limit: maximumBodyBytes, headLimit: maximumHeadBytes,
            stage: progress.stage)
    }
}
