internal import Ledger

/// Tokens written to a prompt cache, by how long it is kept.
enum CacheWrites {
    /// OpenAI's: the life, where it is told, is half an hour or longer, which is billed as the long
    /// class; untold, it is the short one, which every provider has.
    static func openAI(
        _ details: JSONValue?, _ counts: inout CountReader
    ) -> (short: UInt32, long: UInt32) {
        let lives = details?["cache_write_tokens_details"]
        let told = counts.sum(
            counts.count(lives, "ttl_30m_tokens") ?? 0, counts.count(lives, "ttl_12h_tokens") ?? 0)
        return parts(of: counts.count(details, "cache_write_tokens") ?? told, long: told)
    }

    /// A total and what of it is long-lived; the total is what is billed.
    static func parts(of total: UInt32, long: UInt32) -> (short: UInt32, long: UInt32) {
        let long = min(long, total)
        return (total - long, long)
    }
}
