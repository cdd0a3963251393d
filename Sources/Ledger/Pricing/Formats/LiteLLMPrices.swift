/// LiteLLM's map of models: one object whose members are models.
///
/// The map may name a model both alone and behind its provider (`deepseek-chat` and
/// `deepseek/deepseek-chat`); then the full name's prices count.
enum LiteLLMPrices {
    static func parse(_ file: JSONValue, effectiveFrom: Instant) throws(PriceFileError)
        -> PriceFileContents
    {
        guard let members = file.uniqueMembers else {
            throw PriceFileError("the file is no map of models; is it another format?")
        }
        var contents = PriceFileContents()
        var found: [(model: LiteLLMModel, entries: [PriceEntry])] = []
        var fullNames: [PriceBook.Key: Int] = [:]
        for member in members where member.name != "sample_spec" {
            let (name, value) = (member.name, member.value)
            guard let fields = value.uniqueMembers else {
                contents.skip(name, "is no model")
                continue
            }
            guard let provider = value["litellm_provider"]?.text, !provider.isEmpty else {
                contents.skip(name, "names no provider")
                continue
            }
            let model = LiteLLMModel(key: name, provider: provider)
            do throws(LiteLLMModel.Refusal) {
                let result = try model.entries(fields, effectiveFrom: effectiveFrom)
                for refusal in result.refusals { contents.skip(name, refusal) }
                if result.entries.isEmpty { continue }
                if model.isPrefixed {
                    let key = PriceBook.Key(provider: provider, model: model.model)
                    fullNames[key] = found.count
                }
                found.append((model, result.entries))
            } catch {
                contents.skip(name, error.reason)
            }
        }
        for (model, entries) in found {
            let key = PriceBook.Key(provider: model.provider, model: model.model)
            if !model.isPrefixed, let other = fullNames[key] {
                let same = zip(entries, found[other].entries).allSatisfy {
                    $0.hasSamePrices(as: $1)
                }
                if !same || entries.count != found[other].entries.count {
                    contents.skip(
                        model.key,
                        "has other prices than \(found[other].model.key), whose full name counts")
                }
                continue
            }
            contents.entries.append(contentsOf: entries)
        }
        if contents.entries.isEmpty {
            throw PriceFileError(
                "the file holds no model with a price and a provider; is it another format?")
        }
        return contents
    }
}

/// Dated changes of LiteLLM's map, one object a line: `observed_at`, `event` (add, change or
/// remove), `model`, `provider`, `prices`.
///
/// A price is in effect from the instant the feed first carried it. A removed model keeps its last
/// price: it may still be in use.
enum LiteLLMEvents {
    static func parse(_ bytes: [UInt8]) throws(PriceFileError) -> PriceFileContents {
        var events: [Event] = []
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            .enumerated() where line.contains(where: { $0 != 0x20 && $0 != 0x0D })
        {
            events.append(try Event(Array(line), number: index + 1))
        }
        var providers: [String: String] = [:]
        for event in events {
            if let provider = event.provider, providers[event.model] == nil {
                providers[event.model] = provider
            }
        }
        var contents = PriceFileContents()
        var fullNames: Set<String> = []
        for event in events {
            if event.kind == "remove" {
                fullNames.remove(event.model)
                contents.skip(event.model, "was removed at \(event.at); its last price stays")
                continue
            }
            guard let provider = event.provider ?? providers[event.model] else {
                contents.skip(event.model, "no event of the file names its provider")
                continue
            }
            let model = LiteLLMModel(key: event.model, provider: provider)
            if !model.isPrefixed, fullNames.contains("\(provider)/\(event.model)") {
                contents.skip(
                    event.model, "\(provider)/\(event.model) is there too; its full name counts")
                continue
            }
            do throws(LiteLLMModel.Refusal) {
                let result = try model.entries(event.prices, effectiveFrom: event.at)
                for refusal in result.refusals { contents.skip(event.model, refusal) }
                if model.isPrefixed, !result.entries.isEmpty { fullNames.insert(event.model) }
                contents.entries.append(contentsOf: result.entries)
            } catch {
                contents.skip(event.model, error.reason)
            }
        }
        if events.isEmpty { throw PriceFileError("the file holds no event") }
        return contents
    }

    private struct Event {
        let at: Instant
        let kind: String
        let model: String
        let provider: String?
        let prices: [JSONValue.Member]

        init(_ line: [UInt8], number: Int) throws(PriceFileError) {
            let value: JSONValue
            do throws(JSONTextError) {
                value = try JSONValue(parsing: line)
            } catch {
                throw PriceFileError(
                    "line \(number) is not valid JSON at column \(error.column): \(error.reason)")
            }
            guard let model = value["model"]?.text, !model.isEmpty else {
                throw PriceFileError("line \(number) names no model; is it another format?")
            }
            guard let kind = value["event"]?.text, ["add", "change", "remove"].contains(kind) else {
                throw PriceFileError("line \(number): event is none of add, change, remove")
            }
            do throws(TimeTextError) {
                at = try Instant(value["observed_at"]?.text ?? "")
            } catch {
                throw PriceFileError("line \(number): observed_at: \(error)")
            }
            guard let prices = value["prices"]?.uniqueMembers else {
                throw PriceFileError("line \(number): prices is no object")
            }
            self.kind = kind
            self.model = model
            self.prices = prices
            provider = value["provider"]?.text
        }
    }
}
