import PDF

extension PageFlow {
    /// The chart of daily cost: bars on an axis with round marks.
    mutating func add(_ chart: DayChart) {
        let plot = Length(points: 78)
        let heading = block(chart.heading, PDFStyle.heading, width: PDFStyle.width)
        let labels = chart.marks.map { block($0.label, PDFStyle.tiny) }
        let days = chart.bars.map { block(String($0.day), PDFStyle.tiny) }
        let dayHeight = (days.first?.height ?? .zero) + Length(points: 3)
        let start = heading.height + Length(points: 8)
        skip(PDFStyle.section)
        need(start + plot + dayHeight)
        draw(heading, x: PDFStyle.margin)
        advance(start)
        let axis = (labels.map(\.width).max() ?? .zero) + Length(points: 6)
        let left = PDFStyle.margin + axis
        let width = PDFStyle.width - axis
        for (mark, label) in zip(chart.marks, labels) {
            let below = plot - plot * mark.height / 1000
            fill(
                x: left, width: width, height: PDFStyle.hair,
                mark.height == 0 ? PDFStyle.soft : PDFStyle.line, below: below)
            draw(label, endingAt: left - Length(points: 6), below: below - label.height / 2)
        }
        let step = width / max(1, chart.bars.count)
        for (index, bar) in chart.bars.enumerated() {
            let x = left + step * index
            // A cost that is not zero is never invisible.
            let height = max(plot * bar.height / 1000, PDFStyle.hair)
            if bar.height > 0 {
                fill(
                    x: x + step / 5, width: step * 3 / 5, height: height, PDFStyle.deep,
                    below: plot - height)
            }
            let day = days[index]
            draw(day, x: x + (step - day.width) / 2, below: plot + Length(points: 3))
        }
        advance(plot + dayHeight)
    }
}
