import Money
import Testing

@testable import Ledger

struct `A price book as it was known` {
    @Test func `follows an alias that a model's own price replaced only later`() throws {
        let key = PriceBook.Key(provider: "p", model: "m-1")
        func entry(_ model: String, _ text: String) throws -> PriceEntry {
            var prices = PriceSet()
            prices[.input] = try UnitPrice(text)
            return PriceEntry(
                provider: "p", model: model, effectiveFrom: Instant(seconds: 0), prices: prices)
        }
        let alias = PriceEntry(
            provider: "p", model: "m-1", effectiveFrom: Instant(seconds: 0), aliasOf: "m")
        var book = PriceBook()
        for (index, fact) in [try entry("m", "1"), alias, try entry("m-1", "2")].enumerated() {
            book.record(fact, at: SequenceNumber(UInt64(index + 1)))
        }
        let whole = book
        func input(_ book: PriceBook) -> String? {
            book.prices(key, at: Instant(seconds: 1), inputTokens: 0)?[.input]?.text
        }
        #expect(input(whole) == "2.00")
        #expect(input(whole.knownBy(SequenceNumber(2))) == "1.00")
        #expect(input(whole.knownBy(SequenceNumber(1))) == nil)
    }
}
