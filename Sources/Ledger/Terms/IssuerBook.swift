/// Who issues statements, as far as it was ever said.
public struct IssuerBook: Sendable {
    private var changes: [(change: IssuerChange, sequence: SequenceNumber)] = []

    /// An empty book.
    public init() {}

    /// Adds what a record says.
    public mutating func record(_ change: IssuerChange, at sequence: SequenceNumber) {
        let place = changes.firstIndex {
            ($0.change.from, $0.sequence) > (change.from, sequence)
        }
        changes.insert((change, sequence), at: place ?? changes.count)
    }

    /// The issuer of a month's statements, with the data in effect on its last day; nil while
    /// nobody said who it is.
    public func issuer(of month: CivilMonth) -> Issuer? {
        changes.last { $0.change.from <= month.lastDay }?.change.issuer
    }

    /// Every change, by day, then by record.
    public var history: [IssuerChange] { changes.map(\.change) }
}
