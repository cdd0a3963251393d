import Ledger
import Money

/// A model's prices as one word of the command line: `openai/gpt-4o:input=2.50,output=10`, with
/// `tier=batch` among them for a service tier.
struct PriceArgument {
    /// Provider, model and tier.
    let key: PriceBook.Key
    /// The prices per million; empty where the word says `off`.
    let prices: PriceSet

    /// Reads the value of `--price`; `off` in place of prices only where it means something.
    init(_ text: String, mayBeOff: Bool = false) throws {
        // A model may have a colon in its name, a class and a price have none.
        guard let colon = text.lastIndex(of: ":") else {
            throw CommandError(
                "--price \(text): write PROVIDER/MODEL:CLASS=PRICE,… such as "
                    + "openai/gpt-4o:input=2.50,output=10")
        }
        var key = try PricesCommand.key(String(text[..<colon]))
        var prices = PriceSet()
        let rest = text[text.index(after: colon)...]
        let isOff = mayBeOff && rest == "off"
        for part in isOff ? [] : rest.split(separator: ",") {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2 else {
                throw CommandError("--price \(text): \"\(part)\" is no price; write input=2.50")
            }
            if sides[0] == "tier" {
                key.serviceTier = ServiceTier.normalized(String(sides[1]))
                continue
            }
            guard let usageClass = UsageClass(name: sides[0]) else {
                throw CommandError(
                    "--price \(text): \"\(sides[0])\" is no class of usage; choose from "
                        + UsageClass.allCases.map(\.name).joined(separator: ", ") + ", or tier")
            }
            guard prices[usageClass] == nil else {
                throw CommandError("--price \(text): \(sides[0]) stands there twice; give it once")
            }
            do {
                prices[usageClass] = try UnitPrice(sides[1])
            } catch {
                throw CommandError("--price \(text): \(error)")
            }
        }
        guard isOff || !prices.isEmpty else {
            throw CommandError("--price \(text): give at least one price, such as input=2.50")
        }
        self.key = key
        self.prices = prices
    }
}
