public import Ledger

extension FigureFormat {
    /// `05/03/2026`; in English `2026-03-05`, which no reader takes for May.
    public func date(_ date: CivilDate) -> String {
        guard language == .portuguese else { return date.description }
        let (year, month, day) = date.components
        return "\(Self.padded(day, 2))/\(Self.padded(month, 2))/\(Self.padded(year, 4))"
    }

    /// The day without its year: `05/03`; in English `03-05`.
    public func shortDate(_ date: CivilDate) -> String {
        let (_, month, day) = date.components
        return language == .portuguese
            ? "\(Self.padded(day, 2))/\(Self.padded(month, 2))"
            : "\(Self.padded(month, 2))-\(Self.padded(day, 2))"
    }

    /// `março de 2026`; in English `March 2026`.
    public func month(_ month: CivilMonth) -> String {
        switch language {
        case .portuguese: "\(Self.portugueseMonths[month.month - 1]) de \(month.year)"
        case .english: "\(Self.englishMonths[month.month - 1]) \(month.year)"
        }
    }

    /// `12.345.678/0001-95`; a text that is no CNPJ is given back as it is.
    public func cnpj(_ text: String) -> String { CNPJ(text)?.formatted ?? text }

    /// The date that `yyyy-mm-dd` names, or the text itself.
    func date(text: String) -> String { CivilDate(text).map(date) ?? text }

    /// The month that `yyyy-mm` names, or the text itself.
    func month(text: String) -> String { CivilMonth(text).map(month) ?? text }

    /// `01/04/2026, 12:00 UTC` of an RFC 3339 text, or the text itself.
    func instant(text: String) -> String {
        guard let instant = try? Instant(text) else { return text.cleaned }
        let second = instant.seconds
        // Instants before 1970 are not read, so plain division is right.
        let day = CivilDate(dayNumber: Int32(clamping: second / 86_400))
        let minute = Int(second % 86_400) / 60
        return "\(date(day)), \(Self.padded(minute / 60, 2)):\(Self.padded(minute % 60, 2)) UTC"
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static let portugueseMonths = [
        "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro",
        "outubro", "novembro", "dezembro",
    ]
    private static let englishMonths = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
}
