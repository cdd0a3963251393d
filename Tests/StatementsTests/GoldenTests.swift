import Foundation
import Statements
import Testing

/// Rendered documents against files that a person has looked at.
///
/// After a wanted change, write them anew and read the difference:
/// `RAZAO_WRITE_GOLDEN=1 swift test --filter StatementsTests`.
@Suite struct `Golden files` {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/golden")

    @Test(arguments: StatementFormat.texts, [Sample.everything, .full])
    func `every format gives the bytes of its golden file`(
        format: StatementFormat, sample: Sample
    ) throws {
        let bytes = try StatementRenderer.render(sample.statement(), as: format)
        let name = sample == .full ? "statement-full" : "statement"
        let file = Self.folder.appending(path: "\(name).\(format.fileExtension)")
        if ProcessInfo.processInfo.environment["RAZAO_WRITE_GOLDEN"] != nil {
            try Data(bytes).write(to: file)
        }
        let expected = try Data(contentsOf: file)
        #expect(Data(bytes) == expected, "\(file.lastPathComponent) differs")
    }
}
