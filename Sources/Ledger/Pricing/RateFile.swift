public import Foundation
import Money

/// Reads exchange rates: a CSV of days, or the body that the Banco Central's PTAX service answers.
///
/// ```swift
/// switch RateFile.parse(data) {
/// case .rates(let rates): …
/// case .noQuote: …                          // a weekend or a holiday: nothing is wrong
/// case .unreadable(let reason): …
/// }
/// ```
/// All or nothing: one wrong row makes the whole file unreadable, with its place. Two equal rows of
/// a day count once, two different ones are a fault. Digits stay digits. Cost: linear.
///
/// Source: <https://olinda.bcb.gov.br/olinda/servico/PTAX/versao/v1/documentacao>.
public enum RateFile {
    /// What a file or an answer holds.
    public enum Outcome: Sendable, Equatable {
        /// The rates, by date.
        case rates([RateEntry])
        /// A well-formed answer without a quote.
        case noQuote
        /// No rates can be taken from it, and why.
        case unreadable(String)
    }

    /// The rates of a file, whichever of the two forms it has.
    ///
    /// `date` is the day that a body of the service was asked for: the body does not say it, and
    /// without it the day of publication stands for it.
    public static func parse(_ data: Data, on date: CivilDate? = nil) -> Outcome {
        let bytes = Array(data)
        let text = bytes.drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
        do throws(Fault) {
            switch text.first {
            case nil: throw Fault(reason: "it is empty")
            case UInt8(ascii: "<"):
                throw Fault(reason: "it is a web page, not rates; try again later")
            case UInt8(ascii: "/"): throw serviceError(text)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let rates = try collapse(try body(Array(text), date))
                return rates.isEmpty ? .noQuote : .rates(rates)
            default:
                let rates = try collapse(try table(bytes))
                if rates.isEmpty { throw Fault(reason: "it has a header and no row") }
                return .rates(rates)
            }
        } catch {
            return .unreadable(error.reason)
        }
    }

    /// The address of the service's quotes from one day to another, both included.
    public static func address(
        from first: CivilDate, to last: CivilDate, service: String = RateFile.service
    ) -> String {
        "\(service)/CotacaoDolarPeriodo"
            + "(dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)"
            + "?@dataInicial=\(quoted(first))&@dataFinalCotacao=\(quoted(last))"
            + "&$format=json&$top=10000"
    }

    /// The Banco Central's PTAX service.
    public static let service = "https://olinda.bcb.gov.br/olinda/servico/PTAX/versao/v1/odata"

    /// `MM-DD-YYYY` in single quotes, as the service wants its dates.
    private static func quoted(_ date: CivilDate) -> String {
        let (year, month, day) = date.components
        return "'\(pad(month))-\(pad(day))-\(year)'"
    }

    struct Fault: Error {
        let reason: String
    }

    /// A rate, checked. `place` begins the sentence where it is wrong.
    static func entry(
        _ date: CivilDate, buy: String, sell: String, publishedAt: Instant?, _ place: String
    ) throws(Fault) -> RateEntry {
        let rates: (buy: ExchangeRate, sell: ExchangeRate)
        do throws(MoneyError) {
            rates = (try ExchangeRate(buy), try ExchangeRate(sell))
        } catch {
            throw Fault(reason: "\(place): \(error)")
        }
        guard rates.buy <= rates.sell else {
            throw Fault(
                reason: "\(place): compra \(buy) is above venda \(sell); are they exchanged?")
        }
        return RateEntry(date: date, buy: rates.buy, sell: rates.sell, publishedAt: publishedAt)
    }

    private static func collapse(_ rates: [RateEntry]) throws(Fault) -> [RateEntry] {
        var byDate: [CivilDate: RateEntry] = [:]
        for rate in rates {
            if let other = byDate[rate.date] {
                guard other.buy == rate.buy, other.sell == rate.sell else {
                    throw Fault(
                        reason: "\(rate.date) has two rates, \(other.sell.text) and "
                            + "\(rate.sell.text); leave one")
                }
            } else {
                byDate[rate.date] = rate
            }
        }
        return byDate.values.sorted { $0.date < $1.date }
    }
}

extension RateFile {
    /// `date,compra,venda`, or with semicolons, where a cell may have a decimal comma.
    private static func table(_ bytes: [UInt8]) throws(Fault) -> [RateEntry] {
        let header = bytes.prefix { $0 != 0x0A }
        let hasSemicolons = header.contains(UInt8(ascii: ";"))
        var reader = CSVRowReader(separator: hasSemicolons ? ";" : ",")
        reader.append(bytes)
        reader.finish()
        var rates: [RateEntry] = []
        do throws(ImportError) {
            guard let header = try reader.next() else { throw ImportError(reason: "it is empty") }
            let names = header.cells.map { $0.lowercased() }
            guard names.count == 3, let date = names.firstIndex(of: "date"),
                let buy = names.firstIndex(of: "compra"), let sell = names.firstIndex(of: "venda")
            else {
                throw ImportError(
                    reason: "the columns are not date, compra, venda", line: header.line)
            }
            while let row = try reader.next() {
                let place = "line \(row.line)"
                guard let day = CivilDate(row.cells[date]) else {
                    throw ImportError(
                        reason: "\"\(row.cells[date].prefix(40))\" is not a date; write it like "
                            + "2026-11-20", line: row.line)
                }
                do throws(Fault) {
                    rates.append(
                        try entry(
                            day, buy: decimal(row.cells[buy], hasSemicolons),
                            sell: decimal(row.cells[sell], hasSemicolons), publishedAt: nil, place))
                } catch {
                    throw ImportError(reason: error.reason)
                }
            }
        } catch {
            throw Fault(reason: (error.line.map { "line \($0): " } ?? "") + error.reason)
        }
        return rates
    }

    /// A comma is a decimal comma only where it separates no cells and stands alone; any other one
    /// stays, so that the number is refused.
    private static func decimal(_ cell: String, _ hasSemicolons: Bool) -> String {
        let commas = cell.count { $0 == "," }
        guard hasSemicolons, commas == 1, !cell.contains(".") else { return cell }
        return cell.replacing(",", with: ".")
    }

    /// The service's answer: `value` is a list of quotes with the instant of publication.
    private static func body(_ bytes: [UInt8], _ date: CivilDate?) throws(Fault) -> [RateEntry] {
        let value: JSONValue
        do throws(JSONTextError) {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw Fault(reason: "it is not valid JSON: \(error)")
        }
        guard let rows = value["value"]?.elements else {
            throw Fault(reason: "it has no list named value; is it an answer of the PTAX service?")
        }
        var rates: [RateEntry] = []
        for (index, row) in rows.enumerated() {
            let place = "value[\(index)]"
            guard case .number(let buy)? = row["cotacaoCompra"],
                case .number(let sell)? = row["cotacaoVenda"],
                let published = row["dataHoraCotacao"]?.text
            else {
                throw Fault(
                    reason: "\(place): cotacaoCompra, cotacaoVenda and dataHoraCotacao are due")
            }
            guard let wall = try? Instant(published + "Z") else {
                throw Fault(reason: "\(place): \"\(published.prefix(40))\" is no instant")
            }
            let day = CivilDate(dayNumber: Int32(clamping: wall.seconds.dividedDown(by: 86_400)))
            rates.append(
                try entry(
                    date ?? day, buy: buy, sell: sell, publishedAt: brasilia(wall), place))
        }
        return rates
    }

    /// The instant at which a clock in Brasília shows what `wall` shows in UTC.
    private static func brasilia(_ wall: Instant) -> Instant? {
        guard let zone = try? ZoneRules.named("America/Sao_Paulo") else { return nil }
        let offset = zone.offset(atSecond: wall.seconds + 3 * 3_600)
        return Instant(nanoseconds: wall.nanoseconds - offset * 1_000_000_000)
    }

    /// The service tells its own errors as JSON inside a comment.
    private static func serviceError(_ text: ArraySlice<UInt8>) -> Fault {
        let isMark: (UInt8) -> Bool = { $0 <= 0x20 || $0 == 0x2A || $0 == 0x2F }
        let inner = Array(text.drop(while: isMark).reversed().drop(while: isMark).reversed())
        let message = (try? JSONValue(parsing: inner))?["mensagem"]?.text
        return Fault(
            reason: "the service answered with an error: \(message ?? "it does not say which")")
    }
}
