internal import Ledger

/// One response of OpenAI's: its last event holds it whole.
struct ResponsesAssembly: AnswerAssembly {
    private var last: JSONValue?

    mutating func add(_ value: JSONValue) {
        if let response = value["response"], response.members != nil { last = response }
    }

    func answer() -> JSONValue? { last }
}
