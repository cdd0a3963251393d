import Money

/// Our own price file.
///
/// ```json
/// {"format": "razao-prices", "version": 1, "prices": [
///   {"provider": "openai", "model": "gpt-4o", "effective_from": "2024-11-13T02:40:52Z",
///    "usd_per_million": {"input": "2.50", "output": "10.00"},
///    "tiers": [{"above_input_tokens": 200000, "usd_per_million": {"input": "5.00"}}],
///    "hours": [{"from": "16:30", "to": "00:30", "usd_per_million": {"input": "1.25"}}],
///    "aliases": ["gpt-4o-2024-08-06"], "service_tier": "batch"}]}
/// ```
/// Prices are texts or numbers, taken digit by digit; a class that a tier or an hour does not name
/// keeps its price from outside of it. Hours are UTC. Unknown and repeated fields are refused.
enum RazaoPrices {
    static func parse(_ file: JSONValue, effectiveFrom: Instant?) throws(PriceFileError)
        -> PriceFileContents
    {
        let top = try Fields(file, "the file", ["format", "version", "prices"])
        guard top["format"]?.text == "razao-prices" else {
            throw PriceFileError("format is not \"razao-prices\"; is it another format?")
        }
        guard case .number("1")? = top["version"] else {
            throw PriceFileError("version is not 1; a newer razao may read the file")
        }
        guard let list = top["prices"]?.elements, !list.isEmpty else {
            throw PriceFileError("prices is no list with at least one price")
        }
        var contents = PriceFileContents()
        for (index, item) in list.enumerated() {
            contents.entries += try entries(item, "prices[\(index)]", effectiveFrom)
        }
        return contents
    }

    private static func entries(_ item: JSONValue, _ place: String, _ effectiveFrom: Instant?)
        throws(PriceFileError) -> [PriceEntry]
    {
        let fields = try Fields(
            item, place,
            [
                "provider", "model", "service_tier", "effective_from", "usd_per_million", "tiers",
                "hours", "aliases", "source",
            ])
        let provider = try fields.text("provider")
        let model = try fields.text("model")
        let source = fields["source"] == nil ? "" : try fields.text("source")
        let tier =
            fields["service_tier"] == nil
            ? "" : ServiceTier.normalized(try fields.text("service_tier"))
        let start = try fields.start(effectiveFrom)
        var entry = PriceEntry(
            provider: provider, model: model, serviceTier: tier, effectiveFrom: start,
            prices: try fields.prices(), source: source)
        for (index, item) in try fields.list("tiers").enumerated() {
            let tier = try Fields(
                item, "\(place).tiers[\(index)]", ["above_input_tokens", "usd_per_million"])
            guard case .number(let text)? = tier["above_input_tokens"], let above = UInt32(text),
                above > (entry.sizes.last?.above ?? 0)
            else {
                throw tier.fail("above_input_tokens is no whole number above the tier before")
            }
            let below = entry.sizes.last?.prices ?? entry.prices
            entry.sizes.append(
                PriceEntry.Size(above: above, prices: below.overlaid(with: try tier.prices())))
        }
        for (index, item) in try fields.list("hours").enumerated() {
            let hours = try Fields(
                item, "\(place).hours[\(index)]", ["from", "to", "usd_per_million"])
            entry.windows.append(
                PriceEntry.Window(
                    fromMinute: try hours.minute("from"), toMinute: try hours.minute("to"),
                    prices: entry.prices.overlaid(with: try hours.prices())))
        }
        var entries = [entry]
        for alias in try fields.list("aliases") {
            guard let name = alias.text else { throw fields.fail("aliases holds no text") }
            entries.append(
                PriceEntry(
                    provider: provider, model: name, effectiveFrom: start, aliasOf: model,
                    source: source))
        }
        for entry in entries {
            do throws(EventError) {
                try entry.check()
            } catch {
                throw fields.fail("\(error)")
            }
        }
        return entries
    }

    /// The members of one object, none unknown and none repeated.
    private struct Fields {
        private let members: [JSONValue.Member]
        private let place: String

        init(_ value: JSONValue, _ place: String, _ known: [String]) throws(PriceFileError) {
            guard let members = value.members else {
                throw PriceFileError("\(place) is no object in braces")
            }
            self.members = members
            self.place = place
            var seen: Set<String> = []
            for member in members {
                guard known.contains(member.name) else {
                    throw fail(
                        "\"\(member.name.prefix(60))\" is no field; use "
                            + known.joined(separator: ", "))
                }
                guard seen.insert(member.name).inserted else {
                    throw fail("\(member.name) stands twice")
                }
            }
        }

        /// A member that is null says as little as one that is not there.
        subscript(name: String) -> JSONValue? {
            let value = members.last { $0.name == name }?.value
            if case .null? = value { return nil }
            return value
        }

        func fail(_ reason: String) -> PriceFileError { PriceFileError("\(place): \(reason)") }

        func text(_ name: String) throws(PriceFileError) -> String {
            guard let text = self[name]?.text else { throw fail("\(name) is missing or no text") }
            return text
        }

        func list(_ name: String) throws(PriceFileError) -> [JSONValue] {
            guard let value = self[name] else { return [] }
            guard let list = value.elements else { throw fail("\(name) is no list") }
            return list
        }

        func start(_ standIn: Instant?) throws(PriceFileError) -> Instant {
            if self["effective_from"] == nil, let standIn { return standIn }
            let text = try text("effective_from")
            do throws(TimeTextError) {
                return try Instant(text)
            } catch {
                throw fail("effective_from: \(error)")
            }
        }

        func minute(_ name: String) throws(PriceFileError) -> Int {
            let text = try text(name)
            let bytes = Array(text.utf8)
            guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"), let hour = Int(text.prefix(2)),
                let minute = Int(text.suffix(2)), (0..<24).contains(hour), (0..<60).contains(minute)
            else { throw fail("\(name) is no time of day; write it like 16:30") }
            return hour * 60 + minute
        }

        func prices() throws(PriceFileError) -> PriceSet {
            guard let value = self["usd_per_million"] else {
                throw fail("usd_per_million is missing")
            }
            let inner = try Fields(
                value, "\(place).usd_per_million", UsageClass.allCases.map(\.name))
            var prices = PriceSet()
            for member in inner.members {
                guard let usageClass = UsageClass(name: member.name) else { continue }
                do throws(MoneyError) {
                    prices[usageClass] = try UnitPrice(member.value.numberText ?? "")
                } catch {
                    throw inner.fail("\(member.name): \(error)")
                }
            }
            return prices
        }
    }
}
