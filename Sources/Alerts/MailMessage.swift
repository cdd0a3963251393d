import Curl
import Foundation
import Journal
import Ledger
import Money
import Statements

/// A notice as an e-mail: headers and a plain text, as they go over the wire.
///
/// Names come from people, so nothing of them stands in a header as it is: the subject is encoded
/// whole (RFC 2047), and the text is base64. No name can add a line.
enum MailMessage {
    /// The message's bytes, with CR LF.
    static func bytes(
        _ notice: AlertNotice, _ route: MailRoute, _ language: StatementLanguage, at now: Instant
    ) -> [UInt8] {
        let words = AlertWords(notice, language)
        let domain = route.from.split(separator: "@").last ?? "localhost"
        let lines = [
            "From: <\(route.from)>",
            "To: " + route.to.map { "<\($0)>" }.joined(separator: ",\r\n "),
            "Subject: " + encodedWords(words.subject), "Date: " + date(now),
            // The same for every try, so that a server or a reader can drop a second one.
            "Message-ID: <\(notice.deliveryID)@\(domain)>",
            "X-Razao-Event: \(notice.event)", "X-Razao-Delivery: \(notice.deliveryID)",
            "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
        ]
        let text = words.lines.joined(separator: "\r\n") + "\r\n"
        return Array((lines + base64Lines(text) + [""]).joined(separator: "\r\n").utf8)
    }

    /// A header's text as encoded words of at most 75 characters, none of which cuts a character.
    static func encodedWords(_ text: String) -> String {
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            // 45 bytes are 60 digits of base64 and 72 with the frame; the first word stands behind
            // the header's name.
            let room = words.count == 1 ? 39 : 45
            if words[words.count - 1].count + bytes.count > room { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?utf-8?B?\(Data($0).base64EncodedString())?=" }
            .joined(separator: "\r\n ")
    }

    private static func base64Lines(_ text: String) -> [String] {
        let digits = Array(Data(text.utf8).base64EncodedString().utf8)
        return stride(from: 0, to: digits.count, by: 76).map {
            String(decoding: digits[$0..<min($0 + 76, digits.count)], as: UTF8.self)
        }
    }

    /// `Sat, 21 Nov 2026 15:04:05 +0000`, as RFC 5322 has it.
    static func date(_ instant: Instant) -> String {
        let text = instant.description
        let day = CivilDate(text.prefix(10)) ?? CivilDate(dayNumber: 0)
        let (year, month, date) = day.components
        let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let time = text.dropFirst(11).prefix(8)
        return "\(weekdays[day.weekday - 1]), \(date) \(months[month - 1]) \(year) \(time) +0000"
    }
}

/// An alert in words: *orçamento* is what warns, *limite* what stops.
struct AlertWords {
    let subject: String
    let lines: [String]

    init(_ notice: AlertNotice, _ language: StatementLanguage) {
        let alert = notice.raised.alert
        let format = FigureFormat(language)
        let name = notice.clientName ?? alert.client
        let used = alert.amount(alert.settled, format)
        let limit = alert.amount(alert.limit, format)
        let first = format.date(alert.days.lowerBound)
        let last = format.date(alert.days.upperBound.adding(days: -1))
        let renews = format.date(alert.days.upperBound)
        let isReached = alert.settled >= alert.limit
        switch language {
        case .portuguese:
            let kind = alert.stops ? "limite" : "orçamento"
            subject =
                (notice.isTest ? "[teste] " : "")
                + "Razão: \(name) usou \(alert.percentUsed) % do \(kind) \(alert.budget)"
            let consequence =
                alert.stops
                ? isReached
                    ? "O limite foi atingido: chamadas deste cliente são recusadas até \(renews)."
                    : "Ao atingir o limite, chamadas deste cliente serão recusadas até \(renews)."
                : "Este orçamento só avisa: as chamadas deste cliente continuam."
            lines =
                (notice.isTest ? ["Esta é uma mensagem de teste; nada foi atingido.", ""] : []) + [
                    "O cliente \(name) (\(alert.client)) atingiu \(alert.threshold) % do \(kind) "
                        + "\(alert.budget).", "",
                    "Usado:     \(used) (\(alert.percentUsed) %)",
                    "\(alert.stops ? "Limite:    " : "Orçamento: ")\(limit)",
                    "Período:   \(first)" + (alert.period == .daily ? "" : " a \(last)"),
                    "Renova:    \(renews)", "", consequence, "", "-- ",
                    "Razão, aviso \(notice.deliveryID)",
                ]
        case .english:
            let kind = alert.stops ? "limit" : "budget"
            subject =
                (notice.isTest ? "[test] " : "")
                + "Razão: \(name) has used \(alert.percentUsed) % of the \(kind) \(alert.budget)"
            let consequence =
                alert.stops
                ? isReached
                    ? "The limit is reached: new calls of this client are refused until \(renews)."
                    : "At the limit, calls of this client will be refused until \(renews)."
                : "This budget only warns: calls of this client go on."
            lines =
                (notice.isTest ? ["This is a test message; nothing was reached.", ""] : []) + [
                    "The client \(name) (\(alert.client)) has reached \(alert.threshold) % of the "
                        + "\(kind) \(alert.budget).", "",
                    "Used:   \(used) (\(alert.percentUsed) %)",
                    "\(alert.stops ? "Limit:  " : "Budget: ")\(limit)",
                    "Period: \(first)" + (alert.period == .daily ? "" : " to \(last)"),
                    "Renews: \(renews)", "", consequence, "", "-- ",
                    "Razão, alert \(notice.deliveryID)",
                ]
        }
    }
}
