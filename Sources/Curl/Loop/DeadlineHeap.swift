/// Transfers by the moment at which each must be looked at, the earliest first.
///
/// An entry is not taken out when its transfer ends or its deadline moves back: the loop drops or
/// renews it when it comes up, which is far rarer than a byte that moves a deadline.
struct DeadlineHeap {
    struct Entry: Hashable {
        let time: MonotonicTime
        let id: TransferID
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }
    var earliest: MonotonicTime? { entries.first?.time }

    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].time < entries[parent].time else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the earliest entry if its moment has come.
    mutating func popDue(at now: MonotonicTime) -> Entry? {
        guard let first = entries.first, first.time <= now else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].time < entries[least].time { least = child }
            }
            guard least != parent else { return first }
            entries.swapAt(parent, least)
            parent = least
        }
    }

    mutating func removeAll() { entries.removeAll(keepingCapacity: true) }
}
