/// What a commit costs whatever is in it: the disk's part, told apart from what each event adds.
///
/// A line through the recent commits' sizes and times, older ones counting less: where it meets
/// size zero is the fixed cost. A fast disk has some 0.3 ms, a slow one several.
struct CommitCost {
    private var weight = 0.0
    private var sizes = 0.0
    private var times = 0.0
    private var squares = 0.0
    private var products = 0.0
    private var shortest = Double.infinity

    /// Seconds that a commit of nothing would take, as far as it is known.
    private(set) var fixed = 0.0

    /// Takes in a commit of so many events that took so many seconds.
    mutating func note(events: Int, seconds: Double) {
        let size = Double(events)
        let keep = 0.97
        weight = weight * keep + 1
        sizes = sizes * keep + size
        times = times * keep + seconds
        squares = squares * keep + size * size
        products = products * keep + size * seconds
        // No commit can have been cheaper than the fixed part; slowly forgotten, as disks change.
        shortest = min(shortest * 1.002, seconds)
        let meanSize = sizes / weight
        let meanTime = times / weight
        let variance = squares / weight - meanSize * meanSize
        guard variance > 0.01 * meanSize * meanSize else {
            // All of one size: the line has no slope that could be known.
            if fixed == 0 { fixed = shortest / 2 }
            return
        }
        let slope = max(0, (products / weight - meanSize * meanTime) / variance)
        fixed = min(shortest, max(0, meanTime - slope * meanSize))
    }
}
