// PDF files with selectable text, by way of Pango and Cairo.
//
// `Typesetter` makes blocks of text, whose size is known before they are drawn; `PageWriter` draws
// them and rectangles on pages and gives the file's bytes. This module alone knows the two
// libraries' pointers; whoever arranges pages sees integers and values.

import CPangoCairo

/// Fonts, looked for once, and the text that is set with them.
///
/// ```swift
/// let typesetter = try Typesetter()
/// let block = typesetter.block([TextRun("Olá", style)], width: column)
/// ```
/// Meant for one thread. Making one costs some milliseconds and reading the fonts some more at the
/// first text; later documents find both done.
@safe
public final class Typesetter {
    /// The families in the order in which they are asked for; other glyphs come from whatever font
    /// of the machine has them.
    static let families = "Noto Sans, Liberation Sans, DejaVu Sans, sans-serif"
    /// The same for letters of one width.
    static let codeFamilies = "Noto Sans Mono, DejaVu Sans Mono, Liberation Mono, monospace"

    private let fontMap: UnsafeMutablePointer<PangoFontMap>
    private let context: OpaquePointer
    /// True where a word that is broken gets a hyphen that it does not have. A name of which
    /// somebody copies a part is another one then.
    public var breaksWithHyphens = false

    /// Looks for the machine's fonts. Throws ``PDFError/noFonts`` where there is none.
    public init() throws(PDFError) {
        guard let map = unsafe pango_cairo_font_map_new() else { throw .noFonts }
        guard let context = unsafe pango_font_map_create_context(map) else {
            unsafe cpango_unref_font_map(map)
            throw .noFonts
        }
        guard unsafe cpango_has_font(context) != 0 else {
            unsafe cpango_unref_context(context)
            unsafe cpango_unref_font_map(map)
            throw .noFonts
        }
        unsafe fontMap = map
        unsafe self.context = context
        // On paper there are no pixels to fit letters to: every width is a sum of the widths in
        // the fonts, on every machine.
        unsafe pango_context_set_round_glyph_positions(context, 0)
        unsafe pango_context_set_base_dir(context, PANGO_DIRECTION_LTR)
        let options = unsafe cairo_font_options_create()
        unsafe cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        unsafe cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        unsafe cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
        unsafe pango_cairo_context_set_font_options(context, options)
        unsafe cairo_font_options_destroy(options)
    }

    deinit {
        unsafe cpango_unref_context(context)
        unsafe cpango_unref_font_map(fontMap)
    }

    /// Text of one or more styles as one paragraph.
    ///
    /// With a width it is broken between words, and within a word that is longer than that; without
    /// one it is a single line. A glyph that no font has is a box with its number in it.
    public func block(
        _ runs: [TextRun], width: Length? = nil, isRight: Bool = false
    ) -> TextBlock {
        // Pango has never failed to make one: it ends the process when there is no memory.
        unsafe TextBlock(
            pango_layout_new(context), runs, width: width, isRight: isRight,
            hasHyphens: breaksWithHyphens)
    }
}

/// Text that is ready to be drawn: how wide and high it is, is known.
@safe
public final class TextBlock {
    let layout: OpaquePointer
    /// The width of the widest line.
    public let width: Length
    /// The height of all lines.
    public let height: Length
    /// From the top to the feet of the first line's letters.
    public let baseline: Length
    /// How many lines there are.
    public let lineCount: Int

    fileprivate init(
        _ made: OpaquePointer, _ runs: [TextRun], width: Length?, isRight: Bool, hasHyphens: Bool
    ) {
        unsafe layout = unsafe made
        let texts = runs.map { Self.oneLine($0.text) }
        let text = texts.joined()
        unsafe pango_layout_set_text(made, text, Int32(clamping: text.utf8.count))
        unsafe pango_layout_set_auto_dir(made, 0)
        unsafe pango_layout_set_single_paragraph_mode(made, 1)
        if let width {
            unsafe pango_layout_set_width(made, Int32(clamping: max(1, width.units)))
            unsafe pango_layout_set_wrap(made, PANGO_WRAP_WORD_CHAR)
        }
        if isRight { unsafe pango_layout_set_alignment(made, PANGO_ALIGN_RIGHT) }
        let attributes = unsafe pango_attr_list_new()
        var start: UInt32 = 0
        for (run, text) in zip(runs, texts) {
            let end = start + UInt32(clamping: text.utf8.count)
            unsafe Self.add(run.style, to: attributes, from: start, to: end)
            start = end
        }
        if width != nil { unsafe Self.keepWords(of: text, in: attributes) }
        if !hasHyphens {
            unsafe cpango_add(
                attributes, pango_attr_insert_hyphens_new(0), 0, UInt32(clamping: text.utf8.count))
        }
        unsafe pango_layout_set_attributes(made, attributes)
        unsafe pango_attr_list_unref(attributes)
        var columns: Int32 = 0
        var rows: Int32 = 0
        unsafe pango_layout_get_size(made, &columns, &rows)
        self.width = Length(units: Int(columns))
        height = Length(units: Int(rows))
        baseline = Length(units: Int(unsafe pango_layout_get_baseline(made)))
        lineCount = Int(unsafe pango_layout_get_line_count(made))
    }

    deinit { unsafe cpango_unref_layout(layout) }

    private static func add(
        _ style: TextStyle, to list: OpaquePointer?, from start: UInt32, to end: UInt32
    ) {
        let description = unsafe pango_font_description_new()
        unsafe pango_font_description_set_family_static(
            description, style.isCode ? codeNames : names)
        unsafe pango_font_description_set_absolute_size(description, Double(style.size.units))
        unsafe pango_font_description_set_weight(
            description, style.isBold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
        unsafe cpango_add(list, pango_attr_font_desc_new(description), start, end)
        unsafe pango_font_description_free(description)
        let color = style.color
        unsafe cpango_add(
            list,
            pango_attr_foreground_new(
                UInt16(color.red) * 257, UInt16(color.green) * 257, UInt16(color.blue) * 257),
            start, end)
        // Figures of one width, so that columns of them align.
        unsafe cpango_add(list, pango_attr_font_features_new("tnum=1"), start, end)
    }

    /// Words of at most this many bytes are not broken at a slash or hyphen.
    private static let shortWord = 24

    /// Keeps ids, zones and numbers such as `America/Sao_Paulo` on one line.
    private static func keepWords(of text: String, in list: OpaquePointer?) {
        var start = 0
        for word in text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        {
            let end = start + word.count
            let isParted = word.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "-") }
            if isParted, word.count <= shortWord {
                unsafe cpango_add(
                    list, pango_attr_allow_breaks_new(0), UInt32(start), UInt32(end))
            }
            start = end + 1
        }
    }

    /// Texts that the library keeps without copying, so they are made once and for ever.
    nonisolated(unsafe) private static let names = unsafe permanent(Typesetter.families)
    nonisolated(unsafe) private static let codeNames = unsafe permanent(Typesetter.codeFamilies)

    private static func permanent(_ text: String) -> UnsafePointer<CChar>? {
        unsafe UnsafePointer(g_strdup(text))
    }

    /// Control characters end a C text or a line, and have no place in either.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 }) else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(scalar.value < 0x20 ? " " : scalar) }
        return String(scalars)
    }
}
