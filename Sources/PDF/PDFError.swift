/// Why a PDF could not be made.
public enum PDFError: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is no font on this machine at all.
    case noFonts
    /// The document has passed ``PageWriter/maximumBytes``.
    case tooLarge
    /// There are more rows than a document may be arranged of.
    case tooManyRows(Int, limit: Int)
    /// The drawing library gave up, for the reason it says.
    case drawing(String)

    /// One sentence: what, and what to do.
    public var description: String {
        switch self {
        case .noFonts:
            "there is no font to write a PDF with; install some, such as Debian's fonts-noto-core"
        case .tooLarge:
            "the PDF would have more than \(PageWriter.maximumBytes >> 20) MiB; "
                + "use --format html or csv for this statement"
        case .tooManyRows(let count, let limit):
            "the statement has \(count) rows and a PDF takes \(limit); use --format html or csv "
                + "for it"
        case .drawing(let reason):
            "the PDF could not be drawn (\(reason)); use --format html until that is mended"
        }
    }
}
