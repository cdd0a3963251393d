import Money

/// One model of LiteLLM's map: from its `…cost…` members to price entries.
///
/// The standard tier's prices, and those with `_batches`, `_priority` and `_flex`, become entries
/// of their own; `_above_200k_tokens` and the like become sizes, where a class that is not given
/// keeps the price it has below. What is charged by second, character, image or query is not looked
/// at when tokens have a price.
struct LiteLLMModel {
    /// The name in the map, with or without the provider in front.
    let key: String
    let provider: String

    /// The model's name without its provider.
    var model: String {
        isPrefixed ? String(key.dropFirst(provider.count + 1)) : key
    }

    var isPrefixed: Bool { key.hasPrefix(provider + "/") && key.count > provider.count + 1 }

    /// Why a model, or one tier of it, gives no entry.
    struct Refusal: Error {
        let reason: String
    }

    /// The entries of the model, and why tiers of it are left out.
    func entries(_ members: [JSONValue.Member], effectiveFrom: Instant) throws(Refusal) -> (
        entries: [PriceEntry], refusals: [String]
    ) {
        var tiers: [String: [UInt32: [Field]]] = [:]
        var hasOtherCost = false
        for member in members {
            if let field = Field(member) {
                tiers[field.serviceTier, default: [:]][field.above, default: []].append(field)
            } else if member.name.contains("cost"), let text = member.value.numberText,
                text.contains(where: { ("1"..."9").contains($0) })
            {
                hasOtherCost = true
            }
        }
        if let tiered = try tieredPricing(members) {
            guard tiers[""] == nil else {
                throw Refusal(reason: "gives prices both by range and without")
            }
            tiers[""] = tiered
        }
        var entries: [PriceEntry] = []
        var refusals: [String] = []
        for (tier, fields) in tiers.sorted(by: { $0.key < $1.key }) {
            do throws(Refusal) {
                entries.append(try entry(tier, fields, effectiveFrom))
            } catch {
                refusals.append((tier.isEmpty ? "" : "tier \(tier): ") + error.reason)
            }
        }
        guard !entries.isEmpty || !refusals.isEmpty else {
            throw Refusal(reason: "has no price by token")
        }
        // Free tokens beside another charge say that tokens are not what is charged.
        if hasOtherCost, !entries.isEmpty, entries.allSatisfy(\.isFree) {
            throw Refusal(reason: "is not charged by token")
        }
        return (entries, refusals)
    }

    private func entry(_ tier: String, _ fields: [UInt32: [Field]], _ effectiveFrom: Instant)
        throws(Refusal) -> PriceEntry
    {
        var current = PriceSet()
        var base = PriceSet()
        var sizes: [PriceEntry.Size] = []
        for (above, fields) in fields.sorted(by: { $0.key < $1.key }) {
            // The newer of two names for one thing comes last and counts.
            for field in fields.sorted(by: { $0.isOlderName && !$1.isOlderName }) {
                do throws(MoneyError) {
                    current[field.usageClass] = try UnitPrice(perToken: field.text)
                } catch {
                    throw Refusal(reason: "\(field.name): \(error)")
                }
            }
            if above == 0 {
                base = current
            } else {
                sizes.append(PriceEntry.Size(above: above, prices: current))
            }
        }
        let entry = PriceEntry(
            provider: provider, model: model, serviceTier: tier, effectiveFrom: effectiveFrom,
            prices: base, sizes: sizes, source: "litellm:\(key)")
        do throws(EventError) {
            try entry.check()
        } catch {
            throw Refusal(reason: "\(error)")
        }
        return entry
    }

    /// Prices by ranges of the input's size, where ranges follow one another from zero.
    private func tieredPricing(_ members: [JSONValue.Member]) throws(Refusal) -> [UInt32: [Field]]?
    {
        guard let value = members.last(where: { $0.name == "tiered_pricing" })?.value else {
            return nil
        }
        var list = value.elements
        // The dated events carry the list as a text.
        if let text = value.text { list = (try? JSONValue(parsing: Array(text.utf8)))?.elements }
        guard let list else { throw Refusal(reason: "has ranges that are no list") }
        var fields: [UInt32: [Field]] = [:]
        var expected: UInt32 = 0
        for range in list {
            let found = (range.uniqueMembers ?? []).compactMap { Field($0) }
            if found.isEmpty { throw Refusal(reason: "has ranges without a price by token") }
            guard let bounds = range["range"]?.elements, bounds.count == 2,
                let from = Self.size(bounds[0]), let to = Self.size(bounds[1]),
                from == expected, to > from
            else { throw Refusal(reason: "has ranges that do not follow one another from 0") }
            fields[from] = found
            expected = to
        }
        return fields.isEmpty ? nil : fields
    }

    private static func size(_ value: JSONValue) -> UInt32? {
        guard let text = value.numberText, let size = try? DecimalText.parse(text, decimals: 0)
        else { return nil }
        return UInt32(exactly: size)
    }
}

extension LiteLLMModel {
    /// One price of the map: which class, in which tier, above which size, in the feed's own
    /// digits.
    struct Field {
        let name: String
        let usageClass: UsageClass
        let serviceTier: String
        let above: UInt32
        let text: String

        var isOlderName: Bool { name.hasPrefix("input_cost_per_token_cache_hit") }

        /// The price that a member means, or nil when it is none, or none by token.
        init?(_ member: JSONValue.Member) {
            guard let text = member.value.numberText else { return nil }
            var rest = Substring(member.name)
            var tier = ""
            var above: UInt32 = 0
            // Tier and size come in either order.
            Self.takeTier(&rest, &tier)
            Self.takeSize(&rest, &above)
            Self.takeTier(&rest, &tier)
            guard let usageClass = Self.classes[String(rest)] else { return nil }
            self.name = member.name
            self.usageClass = usageClass
            self.serviceTier = tier
            self.above = above
            self.text = text
        }

        private static func takeTier(_ rest: inout Substring, _ tier: inout String) {
            for (suffix, name) in tiers where rest.hasSuffix(suffix) {
                rest = rest.dropLast(suffix.count)
                tier = name
                return
            }
        }

        private static func takeSize(_ rest: inout Substring, _ above: inout UInt32) {
            let mark = "k_tokens"
            guard rest.hasSuffix(mark) else { return }
            let digits = String(rest.dropLast(mark.count).reversed().prefix { $0.isNumber })
            let head = rest.dropLast(mark.count + digits.count)
            guard head.hasSuffix("_above_"), let thousands = UInt32(String(digits.reversed())),
                thousands > 0, thousands < 4_000_000
            else { return }
            rest = head.dropLast("_above_".count)
            above = thousands * 1_000
        }

        private static let tiers = [
            ("_batches", "batch"), ("_batch_requests", "batch"), ("_priority", "priority"),
            ("_flex", "flex"),
        ]

        private static let classes: [String: UsageClass] = [
            "input_cost_per_token": .input,
            "output_cost_per_token": .output,
            "cache_read_input_token_cost": .cacheRead,
            "input_cost_per_token_cache_hit": .cacheRead,
            "cache_creation_input_token_cost": .cacheWrite5m,
            "cache_creation_input_token_cost_above_1hr": .cacheWrite1h,
            "input_cost_per_audio_token": .inputAudio,
            "output_cost_per_audio_token": .outputAudio,
            "output_cost_per_reasoning_token": .reasoning,
            "input_cost_per_image_token": .inputImage,
            "output_cost_per_image_token": .outputImage,
        ]
    }
}

extension PriceEntry {
    /// True when every figure is zero.
    var isFree: Bool {
        ([prices] + sizes.map(\.prices) + windows.map(\.prices)).allSatisfy { set in
            UsageClass.allCases.allSatisfy { (set[$0]?.units ?? 0) == 0 }
        }
    }
}
