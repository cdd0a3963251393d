import Foundation
import Ledger
import Statements
import Testing

/// A statement that was closed long ago, as its record has it: what is printed of it never changes.
///
/// The files are written once, by `RAZAO_WRITE_GOLDEN=1` where there are none, and never again: who
/// changes a renderer sees to it that documents of this form still give these bytes.
@Suite struct `A closed statement` {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/golden")

    private static func kept(_ name: String, orWrite bytes: () throws -> [UInt8]) throws -> Data {
        let file = folder.appending(path: name)
        let mayWrite = ProcessInfo.processInfo.environment["RAZAO_WRITE_GOLDEN"] != nil
        if mayWrite, !FileManager.default.fileExists(atPath: file.path) {
            try Data(bytes()).write(to: file)
        }
        return try Data(contentsOf: file)
    }

    private static func closing(of sample: Sample) throws -> MonthClosing {
        var statement = try sample.statement()
        statement.number = "2026-10/000123"
        statement.status = Statement.closed
        statement.closedAt = "2026-11-03T12:00:00Z"
        let document = String(decoding: CanonicalStatement.bytes(statement), as: UTF8.self)
        return MonthClosing(
            client: statement.client, month: statement.month, issuer: "main", number: 123,
            lastSequence: statement.logSequence, previousDigest: statement.previousDigest,
            digest: statement.digest, acceptedUnpriced: false, document: document)
    }

    @Test(arguments: StatementFormat.texts, Statement.knownFormats)
    func `of every form prints what it printed when it was closed`(
        format: StatementFormat, form: Int
    ) throws {
        let record = try Self.kept("closing-v\(form).json") {
            try ControlEvent.monthClosed(Self.closing(of: .full)).encoded(by: "ana")
        }
        guard
            case .monthClosed(let closing) = try ControlEvent.decode(
                kind: .monthClosed, Array(record))
        else { throw StatementError.unreadable("no closing") }
        func printed() throws -> [UInt8] {
            format == .json
                ? try CanonicalStatement.json(frozen: closing)
                : try StatementRenderer.render(Statement(frozen: closing), as: format)
        }
        let expected = try Self.kept("closed-v\(form).\(format.fileExtension)", orWrite: printed)
        #expect(try Data(printed()) == expected)
    }

    @Test(arguments: Sample.allCases)
    func `is read back whole, and its JSON is what an open one's would be`(sample: Sample) throws {
        let closing = try Self.closing(of: sample)
        let statement = try Statement(frozen: closing)
        #expect(CanonicalStatement.bytes(statement) == Array(closing.document.utf8))
        #expect(
            try CanonicalStatement.json(frozen: closing)
                == StatementRenderer.render(statement, as: .json))
    }

    @Test func `that is no document is refused`() {
        for document in ["", "[]", "{", "{\"a\":1}"] {
            let closing = MonthClosing(
                client: "a", month: "2026-10", issuer: "main", number: 1, lastSequence: 1,
                previousDigest: nil, digest: "", acceptedUnpriced: false, document: document)
            #expect(throws: StatementError.self) { try Statement(frozen: closing) }
        }
    }
}
