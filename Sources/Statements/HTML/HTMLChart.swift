/// Where the page's chart has its bars and words: whole pixels of a drawing that is scaled to the
/// page's width.
enum HTMLChart {
    private static let width = 920
    private static let top = 8
    private static let plot = 130
    private static let left = 84
    private static let height = 164

    /// What the template names.
    static func fields(of chart: DayChart) -> [String: Any] {
        let bottom = top + plot
        let count = max(1, chart.bars.count)
        func start(_ index: Int) -> Int { left + (width - left) * index / count }
        return [
            "heading": chart.heading, "width": width, "height": height,
            "marks": chart.marks.map { mark in
                let y = bottom - plot * mark.height / 1000
                return [
                    "left": left, "right": width, "y": y, "textX": left - 8, "textY": y + 4,
                    "label": mark.label,
                ] as [String: Any]
            },
            "bars": chart.bars.enumerated().filter { $0.element.height > 0 }.map { index, bar in
                // A cost that is not zero is never invisible.
                let height = max(1, plot * bar.height / 1000)
                return [
                    "x": start(index) + 3, "y": bottom - height,
                    "width": max(2, start(index + 1) - start(index) - 6), "height": height,
                    "title": bar.title,
                ] as [String: Any]
            },
            "days": chart.bars.enumerated().map { index, bar in
                [
                    "x": (start(index) + start(index + 1)) / 2, "y": height - 8, "day": bar.day,
                ] as [String: Any]
            },
        ]
    }
}
