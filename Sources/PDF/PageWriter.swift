import CPangoCairo

/// What a file says about itself, beside its pages.
public struct DocumentInformation: Sendable, Hashable {
    /// The title.
    public var title: String
    /// Who it is from; none where empty.
    public var author: String
    /// The program that arranged it.
    public var creator: String
    /// When it was made, `2026-04-02T12:34:56Z`; nil leaves it out, so that the same pages are the
    /// same bytes whenever they are drawn.
    public var createdAt: String?

    /// What a file says about itself.
    public init(title: String, author: String, creator: String, createdAt: String?) {
        self.title = title
        self.author = author
        self.creator = creator
        self.createdAt = createdAt
    }
}

/// Draws pages into the bytes of a PDF file.
///
/// ```swift
/// let writer = try PageWriter(width: .a4Width, height: .a4Height, information)
/// writer.draw(block, x: margin, y: margin)
/// writer.endPage()
/// let bytes = try writer.finish()
/// ```
/// The origin is the upper left corner. The same calls with the same fonts give the same bytes.
@safe
public final class PageWriter {
    /// No file grows larger.
    public static let maximumBytes = 64 << 20

    private let surface: OpaquePointer
    private let cairo: OpaquePointer
    private let output: Output

    /// What was written so far.
    private final class Output {
        var bytes: [UInt8] = []
        var isFull = false

        func append(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Bool {
            guard bytes.count + count <= PageWriter.maximumBytes else {
                isFull = true
                return false
            }
            unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: count))
            return true
        }
    }

    /// A file with pages of one size.
    public init(
        width: Length, height: Length, _ information: DocumentInformation
    ) throws(PDFError) {
        let output = Output()
        self.output = output
        // The output lives as long as this object, whose end ends the surface first.
        let context = unsafe Unmanaged.passUnretained(output).toOpaque()
        let made = unsafe cairo_pdf_surface_create_for_stream(
            { context, data, count in
                guard let context = unsafe context else { return CAIRO_STATUS_WRITE_ERROR }
                let output = unsafe Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
                return unsafe output.append(data, Int(count))
                    ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR
            }, context, width.points, height.points)
        guard let surface = unsafe made, let cairo = unsafe cairo_create(surface) else {
            throw .drawing("it cannot begin")
        }
        unsafe self.surface = surface
        unsafe self.cairo = cairo
        for (field, text) in [
            (CAIRO_PDF_METADATA_TITLE, information.title),
            (CAIRO_PDF_METADATA_AUTHOR, information.author),
            (CAIRO_PDF_METADATA_CREATOR, information.creator),
        ] where !text.isEmpty {
            unsafe cairo_pdf_surface_set_metadata(surface, field, text)
        }
        // Without a call the library would put the clock's time here; an empty text leaves it out.
        unsafe cairo_pdf_surface_set_metadata(
            surface, CAIRO_PDF_METADATA_CREATE_DATE, information.createdAt ?? "")
    }

    deinit {
        unsafe cairo_destroy(cairo)
        unsafe cairo_surface_destroy(surface)
    }

    /// Draws text with its upper left corner at a place.
    public func draw(_ block: TextBlock, x: Length, y: Length) {
        unsafe cairo_move_to(cairo, x.points, y.points)
        unsafe pango_cairo_show_layout(cairo, block.layout)
    }

    /// Fills a rectangle.
    public func fill(x: Length, y: Length, width: Length, height: Length, _ color: Color) {
        unsafe cairo_set_source_rgb(
            cairo, Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255)
        unsafe cairo_rectangle(cairo, x.points, y.points, width.points, height.points)
        unsafe cairo_fill(cairo)
    }

    /// Ends the page; what is drawn then is on the next.
    public func endPage() { unsafe cairo_show_page(cairo) }

    /// Ends the file and gives its bytes. Throws what went wrong at any time before.
    public func finish() throws(PDFError) -> [UInt8] {
        unsafe cairo_surface_finish(surface)
        if output.isFull { throw .tooLarge }
        for status in unsafe [cairo_surface_status(surface), cairo_status(cairo)]
        where status != CAIRO_STATUS_SUCCESS && status != CAIRO_STATUS_SURFACE_FINISHED {
            throw .drawing(unsafe String(cString: cairo_status_to_string(status)))
        }
        return output.bytes
    }
}
