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

    @Test(arguments: StatementFormat.allCases)
    func `every format gives the bytes of its golden file`(format: StatementFormat) throws {
        let bytes = try StatementRenderer.render(SampleStatement.everything(), as: format)
        let file = Self.folder.appending(path: "statement.\(format.fileExtension)")
        if ProcessInfo.processInfo.environment["RAZAO_WRITE_GOLDEN"] != nil {
            try Data(bytes).write(to: file)
        }
        let expected = try Data(contentsOf: file)
        #expect(Data(bytes) == expected, "\(file.lastPathComponent) differs")
    }
}
