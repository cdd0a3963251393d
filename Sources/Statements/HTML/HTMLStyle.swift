/// The page's look: system faces, figures of one width, and rules for A4.
enum HTMLStyle {
    static let text = """
        :root { --ink: #1b2430; --soft: #5c6878; --line: #dde3ea; --paper: #fff; --deep: #0e4f4a;
          --tint: #f2f6f6; --amber: #8a5300; --amber-tint: #fff6e5; color-scheme: light; }
        * { box-sizing: border-box; margin: 0; padding: 0; }
        body { background: #eceff2; color: var(--ink); font: .875rem/1.45 system-ui, -apple-system,
          "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
          font-variant-numeric: tabular-nums; }
        main { max-width: 60rem; margin: 2rem auto; padding: 3rem; background: var(--paper);
          border-radius: 6px; box-shadow: 0 1px 3px rgb(27 36 48 / .12); }
        header { display: flex; justify-content: space-between; align-items: flex-end; gap: 2rem;
          padding-bottom: 1.4rem; border-bottom: 3px solid var(--deep); }
        h1 { font-size: 1.75rem; font-weight: 650; line-height: 1.15; letter-spacing: -.01em; }
        h2 { font-size: 1rem; font-weight: 650; color: var(--deep); margin: 2.2rem 0 .6rem;
          break-after: avoid; }
        .notice { font-size: .78rem; color: var(--soft); margin-bottom: .35rem; }
        .month { font-size: 1.1rem; color: var(--soft); margin-top: .3rem; }
        .status { font-size: .72rem; font-weight: 600; color: var(--deep);
          border: 1px solid currentColor; border-radius: 1rem; padding: .1rem .6rem;
          margin-left: .4rem; white-space: nowrap;
          vertical-align: .12em; }
        .status.open { color: var(--amber); }
        .total { text-align: right; white-space: nowrap; }
        .total .label { font-size: .78rem; color: var(--soft); }
        .total .amount { font-size: 2.6rem; font-weight: 680; line-height: 1.1; color: var(--deep);
          letter-spacing: -.02em; }
        .total .detail { color: var(--soft); }
        dt { color: var(--soft); }
        dd { overflow-wrap: anywhere; }
        .facts { display: grid; grid-template-columns: 1fr 1fr; gap: .7rem 2rem;
          margin-top: 1.4rem; }
        .facts dt { font-size: .78rem; }
        .parties { display: grid; grid-template-columns: 1fr 1fr; gap: 2rem; margin-top: 1.4rem; }
        .parties dl { display: grid; gap: .2rem; align-content: start; }
        .parties dl div { display: grid; grid-template-columns: 5.5rem 1fr; gap: .6rem; }
        .parties dl div:first-child dd { font-weight: 620; }
        .warnings { margin-top: 1.8rem; padding: .9rem 1.1rem; background: var(--amber-tint);
          border-left: 4px solid #e0a030; border-radius: 0 4px 4px 0; break-inside: avoid; }
        .warnings h2 { margin: 0 0 .3rem; color: var(--amber); }
        .warnings ul { padding-left: 1.1rem; }
        table { width: 100%; border-collapse: collapse; }
        th, td { padding: .32rem 0 .32rem 1rem; text-align: right; font-weight: 400;
          vertical-align: baseline; white-space: nowrap; width: 1%; }
        th:first-child { padding-left: 0; text-align: left; width: auto; }
        tbody th { white-space: normal; overflow-wrap: break-word; }
        .group th { overflow-wrap: anywhere; }
        thead th { font-size: .78rem; color: var(--soft); border-bottom: 1px solid var(--ink);
          padding-bottom: .4rem; vertical-align: bottom; }
        .group th, .group td { font-weight: 620; padding-top: .8rem; break-after: avoid; }
        th span { color: var(--soft); font-weight: 400; }
        th span::after { content: " /"; }
        th em { color: var(--soft); font-weight: 400; font-style: normal; font-size: .86em; }
        .lines tbody tr:not(.group):not(.sum) th:first-child,
        .adjustments tbody tr:not(.group):not(.sum) th:first-child { padding-left: 1rem; }
        tbody tr:not(.group) + tr:not(.group):not(.sum) > * { border-top: 1px solid var(--line); }
        .doubtful td { color: var(--amber); }
        .sum > * { border-top: 1px solid var(--ink); font-weight: 620; padding-top: .4rem; }
        .lines .sum > *, .summary .sum > * { border-top-width: 2px; font-weight: 680;
          font-size: 1.08rem; padding-top: .6rem; }
        .chart svg { display: block; width: 100%; height: auto; }
        .chart { break-inside: avoid; }
        .chart line { stroke: var(--line); stroke-width: 1; }
        .chart rect { fill: var(--deep); }
        .chart text { fill: var(--soft); font-size: 11px; }
        .chart .mark { text-anchor: end; }
        .chart .day { text-anchor: middle; }
        .days tbody tr:nth-child(even) > * { background: var(--tint); }
        .days th, .days td { width: auto; }
        .days th:first-child { padding-left: .5rem; }
        .days td:last-child, .days thead th:last-child { padding-right: .5rem; }
        .days .doubtful td { color: inherit; }
        .days .doubtful td:nth-child(4), .days .doubtful td:nth-child(5) { color: var(--amber);
          font-weight: 600; }
        .notes section { break-inside: avoid; }
        .notes dl div, .proof dl div { display: grid; grid-template-columns: 15rem 1fr; gap: 1rem;
          padding: .28rem 0; border-top: 1px solid var(--line); }
        .proof { break-inside: avoid; }
        .code { font: .92em/1.5 ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace; }
        .empty, .hint { color: var(--soft); }
        .hint { font-size: .78rem; margin-top: .5rem; }
        thead { display: table-header-group; }
        tr { break-inside: avoid; }
        @media screen and (max-width: 46rem) {
          main { margin: 0; padding: 1.2rem; border-radius: 0; }
          header { display: block; }
          .total { text-align: left; margin-top: 1.2rem; }
          .facts, .parties { grid-template-columns: 1fr; }
          .notes dl div, .proof dl div { grid-template-columns: 1fr; gap: 0; }
          table { display: block; overflow-x: auto; }
          .lines thead th:first-child { min-width: 10rem; }
        }
        @page { size: A4; margin: 16mm 15mm 18mm;
          @bottom-right { content: counter(page) " / " counter(pages);
            font: 8pt system-ui, sans-serif; color: #5c6878; } }
        @media print {
          html { font-size: 9.5pt; }
          body { background: none; print-color-adjust: exact;
            -webkit-print-color-adjust: exact; }
          main { max-width: none; margin: 0; padding: 0; box-shadow: none; border-radius: 0; }
          h2 { margin-top: 1.4rem; }
          th, td { padding-top: .24rem; padding-bottom: .24rem; }
          .notes dl div, .proof dl div { padding: .2rem 0; }
        }
        """

    /// What else holds on paper: each page says whose document it is and of which month, and a
    /// table that goes on has its heading again, since only a table's own head is repeated.
    static func paper(_ page: Presentation) -> String {
        let head = [page.title, page.month, page.clientName].joined(separator: "  ·  ")
        let foot = [page.number, "SHA-256 " + page.digest].filter { !$0.isEmpty }
        return """
            .again { display: none; }
            @page {
              @top-left { content: \(quoted(head)); font: 8pt system-ui, sans-serif;
                color: #5c6878; }
              @bottom-left { content: \(quoted(foot.joined(separator: "  ·  ")));
                font: 6.5pt system-ui, sans-serif; color: #5c6878; } }
            @page :first { @top-left { content: none; } }
            @media print {
              .table > h2 { display: none; }
              .table { margin-top: 1.4rem; }
              .again { display: table-row; }
              thead .again th { font-size: 1rem; font-weight: 650; color: var(--deep);
                border-bottom: 0; white-space: normal; }
              .days .again th { padding-left: 0; }
            }
            """
    }

    /// A text as a string of the style sheet: whatever is no plain letter or digit is a number, so
    /// that no name can end the string or the sheet.
    private static func quoted(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            let isPlain =
                scalar.isASCII
                && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isPlain || scalar == " " {
                output.unicodeScalars.append(scalar)
            } else {
                output += "\\" + String(scalar.value, radix: 16) + " "
            }
        }
        return output + "\""
    }
}
