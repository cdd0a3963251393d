import Foundation
import Ledger
import PDF
import Testing

@testable import Statements

@Suite struct `The statement as a PDF` {
    @Test(.enabled(if: Poppler.isThere, Poppler.missing), arguments: Sample.allCases)
    func `has every figure of the page as text`(sample: Sample) throws {
        let statement = try sample.statement()
        let file = try Poppler(render(statement))
        let text = try file.text()
        let format = FigureFormat.brazilian
        let amount = format.brl(rounded: statement.totalBrl, exact: statement.totalBrlExact)
        #expect(text.contains(amount.plain))
        #expect(text.contains(format.brlExact(statement.totalBrlExact).plain))
        #expect(text.contains(statement.digest))
        // What the terminal shows in its columns is there, digit by digit.
        let terminal = try rendered(statement, .text)
        let figures = terminal.split { $0 == " " || $0 == "\n" }
            .map { $0.trimmingCharacters(in: .punctuationCharacters) }
            .filter { $0.contains { $0.isNumber } && $0.contains(",") }
        for figure in Set(figures) { #expect(text.contains(figure.plain), "\(figure)") }
    }

    @Test(.enabled(if: Poppler.isThere, Poppler.missing))
    func `has its accents right, its fonts within and says what it is`() throws {
        let file = try Poppler(render(Sample.full.statement()))
        let text = try file.text()
        for part in [
            "Clínica São João & Filhos Ltda.", "Intermédia Serviços de Tecnologia", "março de 2026",
            "correção de preço", "Orçamento (avisa)", "página 1 de ", "Documento sem valor fiscal",
            "R$ 170,03", "2026-03/000123",
        ] { #expect(text.contains(part), "\(part)") }
        let fonts = try file.run("pdffonts").split(separator: "\n").dropFirst(2)
        #expect(!fonts.isEmpty)
        for font in fonts {
            let columns = font.split(separator: " ")
            // … embedded, a subset, and with a map to characters.
            #expect(Array(columns.suffix(5).prefix(3)) == ["yes", "yes", "yes"], "\(font)")
        }
        let info = try file.run("pdfinfo")
        #expect(info.contains("Demonstrativo de consumo de IA 2026-03/000123, março de 2026"))
        #expect(info.contains("Intermédia Serviços de Tecnologia Ltda."))
        #expect(info.contains("A4"))
        #expect(info.contains("Apr  2 12:34:56 2026"))
        let open = try Poppler(render(SampleStatement.everything()))
        #expect(try !open.run("pdfinfo").contains("CreationDate"))
    }

    @Test(.enabled(if: Poppler.isThere, Poppler.missing))
    func `of many pages repeats the head of its table and counts its pages`() throws {
        let statement = try Sample.long.statement()
        let pages = try Poppler(render(statement)).text().split(separator: "\u{C}")
        #expect(pages.count >= 10)
        for (index, page) in pages.enumerated() {
            #expect(page.contains("página \(index + 1) de \(pages.count)"))
            #expect(page.contains(statement.digest))
        }
        let inside = pages[2...6]
        for page in inside {
            #expect(page.contains("Consumo por modelo (continuação)"))
            #expect(page.contains("Quantidade") && page.contains("US$/milhão"))
            #expect(page.contains("março de 2026"))
        }
        let models = Set(statement.lines.map(\.model))
        for model in models { #expect(pages.contains { $0.contains(model) }, "\(model)") }
    }

    @Test(arguments: Sample.allCases)
    func `gives the same bytes from a renderer that made others before`(sample: Sample) throws {
        let statement = try sample.statement()
        let renderer = StatementRenderer()
        _ = try renderer.render(SampleStatement.everything(), as: .pdf, language: .english)
        let bytes = try renderer.render(statement, as: .pdf)
        #expect(bytes == (try render(statement)))
        #expect(bytes.starts(with: "%PDF-".utf8))
        #expect(bytes.suffix(16).contains(sequence: "%%EOF"))
    }

    @Test(.enabled(if: Poppler.isThere, Poppler.missing))
    func `draws a box for a glyph that no font has, and goes on`() throws {
        var statement = try SampleStatement.everything()
        // No font has the letters of private use.
        statement.clientName = "Antes \u{F8FF}\u{10FFFD} depois"
        let text = try Poppler(render(statement)).text()
        #expect(text.contains("Antes") && text.contains("depois"))
        #expect(text.contains("137,67"))
    }

    @Test func `breaks a long name without a sign that it does not have`() throws {
        let typesetter = try Typesetter()
        let style = TextStyle(tenths: 85, color: Color(0))
        let name = TextRun(String(repeating: "abcdefghij", count: 16), style)
        let whole = typesetter.block([name])
        func broken() -> TextBlock { typesetter.block([name], width: whole.width / 3 * 2) }
        let plain = broken()
        // Two lines of one letter after the other are as wide as all of it on one.
        let tail = TextRun(String(repeating: "abcdefghij", count: 8), style)
        #expect(plain.lineCount == 2 && plain.width > typesetter.block([tail]).width)
        typesetter.breaksWithHyphens = true
        #expect(broken().lineCount == 2 && broken().width != plain.width)
        // Which of them it is, the form of the document says.
        var statement = try Sample.tiny.statement()
        for form in Statement.knownFormats {
            statement.formatVersion = form
            #expect(Presentation(statement, language: .portuguese).hasFormerLook == (form == 2))
        }
    }

    @Test func `breaks figures that no page is wide enough for`() throws {
        var statement = try Sample.huge.statement()
        statement.lines[0].usd = String(repeating: "1234567890", count: 3)
        statement.lines[0].brl = String(repeating: "9876543210", count: 3) + ".00"
        statement.lines[0].model = String(repeating: "modelo-comprido-", count: 40)
        #expect(try render(statement).count > 1_000)
    }

    @Test func `has a bound on its rows`() throws {
        var statement = try Sample.tiny.statement()
        statement.lines = Array(repeating: statement.lines[0], count: 20_000)
        #expect(throws: PDFError.tooManyRows(20_002, limit: 20_000)) { try render(statement) }
    }

    private func render(_ statement: Statement) throws -> [UInt8] {
        try StatementRenderer.render(statement, as: .pdf)
    }
}

/// A PDF file read with the Poppler tools, which share no code with what wrote it.
struct Poppler {
    static let missing: Comment = "poppler-utils is not installed; Tools/setup does it"
    static let isThere = (try? run("pdftotext", ["-v"])) != nil

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The text as it lies on the pages, which a form feed parts.
    func text() throws -> String {
        // Spaces that do not break come out as spaces.
        try run("pdftotext", "-layout", output: ["-"]).replacing("\u{A0}", with: " ")
    }

    /// What a tool says of the file.
    func run(_ tool: String, _ options: String..., output: [String] = []) throws -> String {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "razao-\(UUID().uuidString).pdf")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try Self.run(tool, options + [file.path] + output)
    }

    private static func run(_ tool: String, _ arguments: [String]) throws -> String {
        let output = FileManager.default.temporaryDirectory
            .appending(path: "razao-\(UUID().uuidString).txt")
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        // A file instead of a pipe: neither side can wait for the other.
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CocoaError(.executableLoad, userInfo: ["tool": tool])
        }
        return String(decoding: try Data(contentsOf: output), as: UTF8.self)
    }
}

extension StringProtocol {
    fileprivate var plain: String { String(self).replacing("\u{A0}", with: " ") }
}

extension Collection where Element == UInt8 {
    fileprivate func contains(sequence: String) -> Bool {
        String(decoding: self, as: UTF8.self).contains(sequence)
    }
}
