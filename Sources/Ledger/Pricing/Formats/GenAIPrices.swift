import Money

/// The book of genai-prices: a list of providers with their models, USD per million tokens.
///
/// A price may be a number, or `base` with `tiers`, of which the whole request is charged at the
/// highest whose `start` its input exceeds. A model's prices may be a list in which later
/// conditions go before earlier ones: `start_date` is a day in UTC, `start_time` and `end_time` an
/// interval of each day in UTC, the end excluded. Only names that a model matches exactly become
/// aliases; beginnings, parts and patterns do not.
enum GenAIPrices {
    /// From when prices without a date hold, unless the caller says otherwise: 2000-01-01.
    private static let beginning = Instant(seconds: 946_684_800)

    static func parse(_ file: JSONValue, effectiveFrom: Instant?) throws(PriceFileError)
        -> PriceFileContents
    {
        guard let providers = file.elements else {
            throw PriceFileError("the file is no list of providers; is it another format?")
        }
        var contents = PriceFileContents()
        for provider in providers {
            guard let id = provider["id"]?.text, let models = provider["models"]?.elements else {
                throw PriceFileError("a provider of the file has no id or no models")
            }
            read(models, of: id, effectiveFrom ?? beginning, into: &contents)
        }
        if contents.entries.isEmpty { throw PriceFileError("the file holds no model with a price") }
        return contents
    }

    private static func read(
        _ models: [JSONValue], of provider: String, _ start: Instant,
        into contents: inout PriceFileContents
    ) {
        let ids = Set(models.compactMap { $0["id"]?.text })
        var aliases: Set<String> = []
        for model in models {
            guard let id = model["id"]?.text else {
                contents.skip(provider, "has a model without id")
                continue
            }
            let name = "\(provider)/\(id)"
            do throws(Refusal) {
                var left: Set<String> = []
                contents.entries.append(
                    contentsOf: try entries(provider, id, model["prices"], start, &left))
                for unit in left.sorted() {
                    contents.note(name, "\(unit) is no class that is kept; its price is left out")
                }
                for alias in exactNames(model["match"]) where !ids.contains(alias) {
                    guard aliases.insert(alias).inserted else { continue }
                    let entry = PriceEntry(
                        provider: provider, model: alias, effectiveFrom: start, aliasOf: id,
                        source: "genai:\(name)")
                    try check(entry)
                    contents.entries.append(entry)
                }
            } catch {
                contents.skip(name, error.reason)
            }
        }
    }

    private struct Refusal: Error {
        let reason: String
    }

    /// A set of prices, by size, with the condition under which it is charged.
    private struct Offer {
        var start: Instant?
        var hours: (from: Int, to: Int)?
        var prices = PriceSet()
        var sizes: [PriceEntry.Size] = []
    }

    private static func entries(
        _ provider: String, _ model: String, _ prices: JSONValue?, _ start: Instant,
        _ left: inout Set<String>
    ) throws(Refusal) -> [PriceEntry] {
        var offers: [Offer] = []
        if let list = prices?.elements {
            for item in list {
                offers.append(try offer(item["prices"], item["constraint"], &left))
            }
        } else {
            offers.append(try offer(prices, nil, &left))
        }
        guard let first = offers.first, first.start == nil, first.hours == nil else {
            throw Refusal(reason: "has no price without a condition to begin with")
        }
        let windows = offers.filter { $0.hours != nil }
        let dated = offers.filter { $0.hours == nil }
        let dates = dated.map { $0.start ?? start }
        guard windows.isEmpty || (dated.count == 1 && offers.allSatisfy(\.sizes.isEmpty)),
            zip(dates, dates.dropFirst()).allSatisfy({ $0 <= $1 || $1 <= start }),
            dated.dropFirst().allSatisfy({ $0.start != nil })
        else {
            throw Refusal(reason: "mixes conditions that one price cannot express")
        }
        // What began before the first date is charged from that date on.
        let current = dated.lastIndex { ($0.start ?? start) <= start } ?? 0
        var entries: [PriceEntry] = []
        for offer in dated[current...] {
            // Of several intervals the last that matches counts there, the first one here.
            let windows = windows.reversed().compactMap { window in
                window.hours.map {
                    PriceEntry.Window(fromMinute: $0.from, toMinute: $0.to, prices: window.prices)
                }
            }
            let entry = PriceEntry(
                provider: provider, model: model,
                effectiveFrom: max(offer.start ?? start, start), prices: offer.prices,
                sizes: offer.sizes, windows: windows, source: "genai:\(provider)/\(model)")
            try check(entry)
            entries.append(entry)
        }
        return entries
    }

    private static func check(_ entry: PriceEntry) throws(Refusal) {
        do throws(EventError) {
            try entry.check()
        } catch {
            throw Refusal(
                reason: error.field == "prices" ? "has no price by token" : error.description)
        }
    }

    private static func offer(
        _ prices: JSONValue?, _ constraint: JSONValue?, _ left: inout Set<String>
    ) throws(Refusal) -> Offer {
        var offer = Offer()
        for member in constraint?.uniqueMembers ?? [] {
            switch member.name {
            case "start_date":
                guard let text = member.value.text, let date = CivilDate(text) else {
                    throw Refusal(reason: "has a start_date that is no date")
                }
                offer.start = Instant(seconds: Int64(date.dayNumber) * 86_400)
            case "start_time":
                offer.hours = (try minute(member.value), offer.hours?.to ?? 0)
            case "end_time":
                offer.hours = (offer.hours?.from ?? 0, try minute(member.value))
            default: throw Refusal(reason: "has a condition \(member.name) that is not known")
            }
        }
        if offer.start != nil, offer.hours != nil {
            throw Refusal(reason: "mixes conditions that one price cannot express")
        }
        var base = PriceSet()
        var tiers: [UInt32: PriceSet] = [:]
        for member in prices?.uniqueMembers ?? [] {
            guard let usageClass = classes[member.name] else {
                left.insert(member.name)
                continue
            }
            guard let list = member.value["tiers"]?.elements else {
                base[usageClass] = try price(member.value, member.name)
                continue
            }
            base[usageClass] = try price(member.value["base"], member.name)
            for tier in list {
                guard let text = tier["start"]?.numberText, let start = UInt32(text), start > 0
                else { throw Refusal(reason: "\(member.name) has a tier without a start") }
                tiers[start, default: PriceSet()][usageClass] =
                    try price(tier["price"], member.name)
            }
        }
        offer.prices = base
        for (above, prices) in tiers.sorted(by: { $0.key < $1.key }) {
            base = base.overlaid(with: prices)
            offer.sizes.append(PriceEntry.Size(above: above, prices: base))
        }
        return offer
    }

    private static func price(_ value: JSONValue?, _ name: String) throws(Refusal) -> UnitPrice {
        do throws(MoneyError) {
            return try UnitPrice(value?.numberText ?? "")
        } catch {
            throw Refusal(reason: "\(name): \(error)")
        }
    }

    /// `16:30:00Z` as a minute of the day.
    private static func minute(_ value: JSONValue) throws(Refusal) -> Int {
        let parts = (value.text ?? "").split(separator: ":")
        guard parts.count == 3, parts[2] == "00Z", let hour = Int(parts[0]), hour < 24,
            let minute = Int(parts[1]), minute < 60
        else { throw Refusal(reason: "has an hour that is no whole minute in UTC") }
        return hour * 60 + minute
    }

    private static func exactNames(_ match: JSONValue?) -> [String] {
        guard let match else { return [] }
        if let name = match["equals"]?.text { return [name] }
        return (match["or"]?.elements ?? []).flatMap { exactNames($0) }
    }

    private static let classes: [String: UsageClass] = [
        "input_mtok": .input,
        "output_mtok": .output,
        "cache_read_mtok": .cacheRead,
        "cache_write_mtok": .cacheWrite5m,
        "cache_write_1h_mtok": .cacheWrite1h,
        "input_audio_mtok": .inputAudio,
        "output_audio_mtok": .outputAudio,
        "input_image_mtok": .inputImage,
        "output_image_mtok": .outputImage,
        "output_reasoning_mtok": .reasoning,
    ]
}
