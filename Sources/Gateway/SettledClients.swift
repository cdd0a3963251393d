// Whose usage was recorded since somebody looked last: all that alerts cost a call.

import Synchronization

/// The clients of calls that were recorded, until they are taken.
///
/// ```swift
/// switch engine.settled.take() { case .nobody: …; case .these(let clients): …; case .many: … }
/// ```
/// Bounded: beyond ``maximumClients`` it only knows that there are many.
public final class SettledClients: Sendable {
    /// The most clients that are told apart.
    static let maximumClients = 10_000

    /// Whose usage was recorded.
    public enum Taken: Sendable, Equatable {
        /// Nobody's.
        case nobody
        /// These clients'.
        case these(Set<String>)
        /// More clients' than were told apart.
        case many
    }

    private let taken = Mutex(Taken.nobody)

    /// Nobody yet.
    public init() {}

    /// Notes that a client's usage was recorded.
    public func note(_ client: String) {
        taken.withLock { taken in
            switch taken {
            case .many: return
            case .nobody: taken = .these([client])
            case .these(var clients):
                // Emptied, so that the set is changed in place and not copied.
                taken = .nobody
                clients.insert(client)
                taken = clients.count > Self.maximumClients ? .many : .these(clients)
            }
        }
    }

    /// Puts back what was taken and could not be looked at.
    public func put(back old: Taken) {
        switch old {
        case .nobody: return
        case .these(let clients): for client in clients { note(client) }
        case .many: taken.withLock { $0 = .many }
        }
    }

    /// Gives what was noted, and begins anew.
    public func take() -> Taken {
        taken.withLock { taken in
            defer { taken = .nobody }
            return taken
        }
    }
}
