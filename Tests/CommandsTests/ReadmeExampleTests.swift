import Foundation
import Testing

/// The example that both READMEs show is `ReadmeExample.swift` beside this file, word for word.
struct `The README's example` {
    @Test func `does what it says`() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "razao-example-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        // 1,200 × 2.50 and 340 × 10.00 a million are USD 0.0064; at 5.40 BRL 0.03456.
        for _ in 0..<2 {
            let rows = try november(in: folder.path)
            #expect(rows.map(\.model) == ["openai/gpt-4o"])
            #expect(rows.map(\.brl) == ["0.03456"])
        }
    }

    @Test(arguments: ["README.md", "README.pt-BR.md"])
    func `stands there as it is compiled`(name: String) throws {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let code = try String(
            contentsOf: here.appending(path: "ReadmeExample.swift"), encoding: .utf8)
        let readme = try String(
            contentsOf: here.deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: name), encoding: .utf8)
        #expect(readme.contains("```swift\n" + code + "```\n"), "\(name) shows another example")
    }
}
