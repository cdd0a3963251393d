import Providers
import Synchronization

/// Having the input of a call counted, where its bound by bytes does not fit a budget.
extension GatewayEngine {
    /// Who counts the input of a request to a model.
    func counting(
        _ request: CallRequest, _ route: Route, _ upstream: Interface,
        _ settings: GatewaySettings
    ) -> Admission.Counting {
        let provider = route.provider
        let name = provider.settings.name
        let isCounted =
            provider.counts
            && CallRequest.isCounted(upstream, by: provider.settings.dialect)
            && !uncounting.withLock { $0.contains(name) }
        if isCounted { return .all }
        return settings.tokenizers["\(name)/\(route.model)"] == nil ? .nobody : .text
    }

    /// An upper bound of the input of a request as a tokenizer counts its text, or else as its
    /// provider counts it; nil where nobody did.
    func counted(_ prepared: Prepared) async -> UInt64? {
        let provider = prepared.route.provider
        let name = "\(provider.settings.name)/\(prepared.route.model)"
        if prepared.request.input.unbounded.isEmpty,
            let tokenizer = prepared.settings.tokenizers[name]
        {
            return await counted(prepared, tokenizer)
        }
        return await toldInput(prepared)
    }

    /// Counts in parts, beside the threads that carry connections: other calls have their turn.
    private func counted(_ prepared: Prepared, _ tokenizer: Tokenizer) async -> UInt64 {
        let texts = prepared.request.texts
        let tokens = await Task.detached {
            var tokens = 0
            for text in texts {
                var reading = Tokenizer.Reading(text)
                while !reading.isAtEnd {
                    tokens += tokenizer.count(&reading, bytes: 1 << 16)
                    await Task.yield()
                }
            }
            return tokens
        }.value
        let size = prepared.request.input
        let media = UInt64(size.images + size.sounds + size.files)
        return UInt64(max(0, prepared.request.textBound(counted: tokens)))
            + media * prepared.settings.admission.tokensOfMedium
    }

    /// The input as the provider counts it.
    private func toldInput(_ prepared: Prepared) async -> UInt64? {
        let provider = prepared.route.provider
        let change = UpstreamChange(model: prepared.route.model)
        guard
            let body = try? prepared.request.countingBody(
                for: change, as: prepared.upstreamInterface, dialect: provider.settings.dialect),
            let url = try? provider.settings.target(
                .countTokens, model: prepared.route.model, stream: false)
        else { return nil }
        let call = UpstreamCall(
            url: url,
            headers: provider.settings.headers(
                key: provider.key, stream: false, requestID: prepared.facts.requestID), body: body,
            timeouts: prepared.settings.timeouts)
        guard let answer = try? await upstream.open(call) else { return nil }
        let told = await Self.collect(answer, atMost: 1 << 20)
        guard answer.status == 200 else {
            if [404, 405, 501].contains(answer.status) {
                uncounting.withLock { _ = $0.insert(provider.settings.name) }
            }
            return nil
        }
        return CallRequest.counted(told).map { UInt64($0) }
    }
}
