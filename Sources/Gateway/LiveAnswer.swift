import Journal
import Ledger
import Money
import Providers

/// An answer on its way from a provider to a caller, metered, paid for in slices, recorded at its
/// end.
///
/// Whatever happens, the call ends in the log once: when the provider ends, when the caller goes
/// away, when a limit cuts it, and when nobody comes to read it at all.
///
/// `@unchecked Sendable`: it is handed from the task that made it to the one that relays it, and
/// only one of them uses it at a time; `relay` or `collect` is called once.
public final class LiveAnswer: @unchecked Sendable {
    private let engine: GatewayEngine
    private let prepared: GatewayEngine.Prepared
    private let bound: Admission.Bound
    private let upstream: any UpstreamAnswer
    private var stream: AnswerStream
    private var slices: OutputSlices
    private var firstByteAt: Instant?
    private var isSettled = false
    /// Who collects it counts it out of flight, too.
    private var isCollected = false
    private var isGone = false
    /// The state to go back to where the bytes that were taken last are not paid for. Here and not
    /// in a task's frame, which is kept for as long as a stream lasts.
    private var rollback: AnswerStream?
    /// The answer's end, which leaves when its usage is durable.
    private var end: [UInt8] = []
    /// The most bytes that an end may have; who sends more after the end is stopped.
    private static let maximumEnd = 1 << 20

    init(
        _ engine: GatewayEngine, _ prepared: GatewayEngine.Prepared, _ bound: Admission.Bound,
        _ upstream: any UpstreamAnswer
    ) {
        self.engine = engine
        self.prepared = prepared
        self.bound = bound
        self.upstream = upstream
        let request = prepared.request
        stream = AnswerStream(
            prepared.upstreamInterface, to: request.interface, isStreamed: request.isStream,
            showsUsage: request.wantsUsage, createdAt: prepared.facts.startedAt,
            hiding: prepared.route.provider.key)
        slices = OutputSlices(
            first: bound.output,
            limit: prepared.route.provider.keepsOutputLimit ? prepared.admission.outputLimit : nil)
    }

    deinit {
        guard !isSettled else { return }
        if prepared.recorder != nil {
            // Who sends a key may come back for the answer; not a byte of it was taken yet.
            let heir = LiveAnswer(engine, prepared, bound, upstream)
            Task { await heir.relay { _ in throw NobodyReads() } }
            return
        }
        // The caller was gone before the first byte: nobody asked for the answer.
        upstream.stop()
        let end = AnswerEnd(
            .abandoned,
            [
                ModelUsage(
                    model: nil,
                    tokens: Settlement.bound(
                        input: bound.input, shownBytes: stream.meter.shownBytes,
                        atMost: slices.held))
            ], isEstimated: true, at: engine.clock(), firstByteAt: firstByteAt)
        Task { [engine, prepared] in
            engine.count { $0.inFlight -= 1 }
            _ = await engine.record(prepared, end)
        }
    }

    /// Carries the answer to a caller who streams; returns when the call is in the log.
    ///
    /// `write` throws when the caller has gone. The end of the answer is written after its usage is
    /// durable.
    public func relay(to write: ([UInt8]) async throws -> Void) async {
        let last = await carry(to: write)
        guard let recorder = prepared.recorder else {
            await send(last, write)
            return
        }
        // Kept before it leaves, so that who does not get it can ask for it again.
        await recorder.finish(appending: last)
        engine.count { $0.inFlight -= 1 }
        await send(last, write)
    }

    /// Carries all but the end, and records the call; the end.
    private func carry(to write: ([UInt8]) async throws -> Void) async -> [UInt8] {
        var failure: UpstreamFailure?
        let drains = prepared.settings.drainsAbandoned || prepared.recorder != nil
        do throws(UpstreamFailure) {
            while let chunk = try await upstream.next() {
                let bytes = take(chunk)
                guard await renew() else {
                    do throws(APIError) {
                        return try await cut()
                    } catch {
                        return event(of: error)
                    }
                }
                let piece = piece(of: bytes)
                await send(piece.bytes, write)
                if piece.isLast || (isGone && !drains) { break }
            }
        } catch {
            failure = error
        }
        if leaveUpstream(drains: drains) {
            _ = try? await settle(.cancelled)
            return []
        }
        return await lastBytes(failure)
    }

    /// What of some bytes leaves at once, and whether nothing comes after them; the end waits.
    @inline(never)
    private func piece(of bytes: [UInt8]) -> (bytes: [UInt8], isLast: Bool) {
        guard stream.meter.isComplete else {
            prepared.recorder?.append(bytes)
            return (bytes, isPastEnd)
        }
        let before = Array(bytes[..<stream.bytesBeforeEnd])
        prepared.recorder?.append(before)
        end += bytes[stream.bytesBeforeEnd...]
        return (before, isPastEnd || end.count > Self.maximumEnd)
    }

    /// Lets the provider end, or stops it; true where the call ends here as cancelled.
    @inline(never)
    private func leaveUpstream(drains: Bool) -> Bool {
        if isPastEnd { upstream.letEnd() } else { upstream.stop() }
        return isGone && !drains && !stream.meter.isComplete
    }

    /// Records an answer that was carried as far as it came; its last bytes.
    @inline(never)
    private func lastBytes(_ failure: UpstreamFailure?) async -> [UInt8] {
        end += stream.flush()
        let report = stream.meter.report
        // One that broke off behind its last word is whole for its reader, and for the log.
        let isWhole = report.isComplete && report.error == nil
        do throws(APIError) {
            let outcome: UsageEvent.Outcome =
                isGone ? .cancelled : isWhole ? goodEnd(report) : .failed
            let cost = try await settle(outcome, report)
            if let rest = try? stream.finish(notes: cost?.notes ?? []) { end += rest }
        } catch {
            return event(of: error)
        }
        if report.isComplete || report.error != nil { return end }
        let error =
            failure.map(GatewayEngine.told)
            ?? APIError(status: 502, message: "the provider's answer stopped before its end")
        return Self.closed(end) + event(of: error)
    }

    /// Events stand apart by a blank line, which the last one of a stream may lack.
    private static func closed(_ bytes: [UInt8]) -> [UInt8] {
        bytes.isEmpty || bytes.suffix(2) == [0x0A, 0x0A] ? bytes : bytes + [0x0A, 0x0A]
    }

    /// True where the provider said that it is done, and keeps the connection nevertheless.
    private var isPastEnd: Bool { stream.isAtEnd && !upstream.hasEnded }

    @inline(never)
    private func event(of error: APIError) -> [UInt8] {
        error.event(prepared.request.interface, requestID: prepared.facts.requestID)
    }

    /// Writes to the caller, unless it has gone.
    private func send(_ bytes: [UInt8], _ write: ([UInt8]) async throws -> Void) async {
        guard !isGone, !bytes.isEmpty else { return }
        do { try await write(bytes) } catch { isGone = true }
    }

    /// The whole answer, for a caller who does not stream.
    func collect() async throws(APIError) -> GatewayAnswer {
        isCollected = true
        guard prepared.upstreamInterface.canStream, !upstream.isWhole else {
            return try await collectWhole()
        }
        var failure: UpstreamFailure?
        var wasCut = false
        do throws(UpstreamFailure) {
            while let chunk = try await upstream.next() {
                _ = take(chunk)
                guard await renew() else {
                    wasCut = true
                    break
                }
                if isPastEnd { break }
            }
        } catch {
            failure = error
        }
        if isPastEnd { upstream.letEnd() }
        if wasCut { return whole(try await cut()) }
        _ = stream.flush()
        let report = stream.meter.report
        let isWhole = report.isComplete && report.error == nil
        let cost = try await settle(isWhole ? goodEnd(report) : .failed, report)
        do throws(ProviderError) {
            return whole(try stream.finish(notes: cost?.notes ?? []), cost)
        } catch {
            throw failure.map(GatewayEngine.told) ?? APIError(error)
        }
    }

    /// An answer of an interface that cannot stream, or of a provider that did not.
    private func collectWhole() async throws(APIError) -> GatewayAnswer {
        let body = await GatewayEngine.collect(upstream, atMost: AnswerStream.defaultMaximumBytes)
        firstByteAt = engine.clock()
        let report = AnswerReport(
            prepared.upstreamInterface, status: upstream.status, body: body)
        let cost = try await settle(report.error == nil ? .succeeded : .failed, report)
        if let error = report.error {
            throw APIError(error.hiding(prepared.route.provider.key))
        }
        guard prepared.upstreamInterface.canStream else { return whole(body, cost) }
        guard !prepared.request.isStream else {
            throw APIError(
                status: 502,
                message: "the provider answered whole where a stream was asked for; ask for none")
        }
        _ = stream.consume(whole: body)
        do throws(ProviderError) {
            return whole(try stream.finish(notes: cost?.notes ?? []), cost)
        } catch {
            throw APIError(error)
        }
    }

    private func whole(_ body: [UInt8], _ cost: CallCost? = nil) -> GatewayAnswer {
        let headers = [AnswerHeader("content-type", "application/json")]
        return .whole(
            status: 200, headers: headers + engine.headers(prepared, cost: cost), body: body)
    }

    // MARK: Slices

    /// Takes bytes of the provider in; those that the caller gets once they are paid for.
    ///
    /// Never inlined, as little else that runs between two waits: what is put aside for it would
    /// lie in the frame of the task that waits.
    @inline(never)
    private func take(_ chunk: [UInt8]) -> [UInt8] {
        if firstByteAt == nil { firstByteAt = engine.clock() }
        // A copy costs as much as the answer so far: only where a renewal may fail. What an event
        // shows is bounded by its bytes, but for the few tokens that open a message or a call.
        let most = stream.meter.shownBytes + 4 * (chunk.count + stream.pendingBytes)
        rollback = slices.renewal(for: most) == nil ? nil : stream
        return stream.consume(chunk)
    }

    /// Sees to it that what is about to leave is paid for; false when no budget has room.
    private func renew() async -> Bool {
        // Nearly always nothing is due.
        isPaid ? true : await renewSlices()
    }

    @inline(never)
    private var isPaid: Bool { slices.renewal(for: stream.meter.shownBytes) == nil }

    @inline(never)
    private func renewSlices() async -> Bool {
        let deadline = ContinuousClock.now + prepared.settings.patience
        while let renewal = slices.renewal(for: stream.meter.shownBytes) {
            // Where the provider keeps the bound, no more is ever due.
            guard prepared.admission.isCuttable else { return true }
            var least = renewal.least
            if let used = toldUsage {
                // What it is billed is known, and mostly less than its bytes.
                guard used > bound.input + slices.held else { return true }
                least = used - bound.input - slices.held
            } else if case .granted = await extend(renewal.wanted) {
                continue
            }
            let decision = await extend(least)
            if case .granted = decision { continue }
            guard case .refused(let refusal) = decision, refusal.mayPassByItself,
                await engine.queue.wait(
                    of: prepared.facts.client, atMost: deadline - ContinuousClock.now)
            else { return false }
        }
        return true
    }

    /// All tokens of an answer that has told them at its end.
    private var toldUsage: UInt64? {
        guard stream.meter.isComplete else { return nil }
        let usages = stream.meter.report.usages
        guard !usages.contains(where: { $0.source == .missing }) else { return nil }
        return usages.reduce(UInt64(0)) { $0 + $1.tokens.totalTokens }
    }

    /// Asks for more; nil where the journal does not answer, which is as good as no.
    private func extend(_ tokens: UInt64) async -> HoldDecision? {
        let usd = try? bound.usd.map { _ in try prepared.cost(output: tokens) }
        let decision = try? await engine.journal.extend(
            hold: prepared.id, tokens: tokens, usd: (usd ?? nil) ?? .zero)
        if case .granted? = decision { slices.grant(tokens) }
        return decision
    }

    /// Stops the provider and ends the answer as one that reached its limit, without the bytes that
    /// nobody pays for.
    @inline(never)
    private func cut() async throws(APIError) -> [UInt8] {
        upstream.stop()
        let tokens = estimate
        let cost = try await settle(.cutAtLimit)
        if let rollback { stream = rollback }
        guard stream.meter.shownBytes > 0 else {
            throw APIError(
                status: 402,
                message: "the answer came at once and was longer than a limit has room for; what "
                    + "the provider bills for it is recorded", code: "budget_exceeded")
        }
        return (try? stream.cut(tokens: tokens, notes: cost?.notes ?? [])) ?? []
    }

    private var estimate: TokenCounts {
        Settlement.bound(
            input: bound.input, shownBytes: stream.meter.shownBytes, atMost: slices.held)
    }

    // MARK: The end

    /// How an answer ended that came to its end: at the limit, where less was granted than was
    /// asked for and the provider stopped there.
    private func goodEnd(_ report: AnswerReport) -> UsageEvent.Outcome {
        prepared.admission.isShortened && report.isAtOutputLimit ? .cutAtLimit : .succeeded
    }

    /// Records the end; what it cost, where that is known.
    ///
    /// Throws when the ledger did not take it: then the end of the answer must not leave, since
    /// what was acknowledged would be lost.
    @inline(never)
    private func settle(
        _ outcome: UsageEvent.Outcome, _ report: AnswerReport? = nil
    ) async throws(APIError) -> CallCost? {
        isSettled = true
        let report = report ?? stream.meter.report
        let stopped = outcome == .cutAtLimit || outcome == .cancelled
        let isEstimated = stopped && !report.isComplete
        let usages =
            isEstimated
            ? [ModelUsage(model: report.usages.first?.model, tokens: estimate)] : report.usages
        let end = AnswerEnd(
            outcome, usages, isEstimated: isEstimated, at: engine.clock(),
            firstByteAt: firstByteAt)
        let events = await engine.record(prepared, end)
        prepared.recorder?.settled(events)
        let above =
            usages.reduce(UInt64(0)) { $0 + $1.tokens.totalTokens } > bound.input + slices.held
        engine.count { counts in
            // With a key the call is in flight until its answer is kept.
            let isRelayed = prepared.request.isStream && !isCollected
            counts.inFlight -= isRelayed && prepared.recorder == nil ? 1 : 0
            switch events == nil ? .failed : outcome {
            case .succeeded: counts.answered += 1
            case .cutAtLimit: counts.cut += 1
            case .cancelled, .abandoned: counts.cancelled += 1
            case .failed: counts.failed += 1
            }
            if usages.contains(where: { $0.source == .missing }), !isEstimated {
                counts.missingUsage += 1
            }
            if above { counts.aboveHold += 1 }
        }
        guard let events else {
            throw APIError(
                status: 503,
                message: "the call was made and the ledger could not record it; tell who runs the "
                    + "gateway before it is made again")
        }
        return engine.cost(of: events)
    }
}

/// Thrown where an answer is read to its end for nobody.
private struct NobodyReads: Error {}

extension GatewayEngine.Prepared {
    /// What so many tokens of output cost at most.
    func cost(output tokens: UInt64) throws -> Amount<USD> {
        try admission.cost(output: tokens)
    }
}
