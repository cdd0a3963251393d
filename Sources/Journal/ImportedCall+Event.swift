// From a call as it was read to an event for the log, the same for files and for HTTP.

public import Ledger

extension ImportedCall {
    /// The id of the call at a row of a source: the one that was given, or else one made of the
    /// source's name and the row. Nil where there is neither.
    public func id(source: String?, row: UInt64) -> EventID? {
        givenID.map { EventID(foreign: $0) } ?? source.map { EventID(source: $0, row: row) }
    }

    /// The call as an event, its end user as a pseudonym; without `people` an end user that is no
    /// pseudonym already is left out.
    ///
    /// Throws what is wrong with it. Blocks the thread where a client's first end user makes the
    /// client's secret.
    public func event(id: EventID, people: PeopleKeys?) throws -> NewEvent {
        var event = event
        if let endUser {
            event.endUser =
                try EndUserPseudonym(endUser)
                ?? people?.pseudonym(of: endUser, client: event.client)
        }
        return try NewEvent(event, id: id)
    }
}
