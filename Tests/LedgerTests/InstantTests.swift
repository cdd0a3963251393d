import Ledger
import TestSupport
import Testing

struct `Instants` {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000000001Z", 1),
        ("2023-11-16T18:17:03Z", 1_700_158_623_000_000_000),
        ("2023-11-16T18:17:03.9799600Z", 1_700_158_623_979_960_000),
        ("2023-11-16T18:17:03.123456789Z", 1_700_158_623_123_456_789),
        ("2023-11-16T15:17:03-03:00", 1_700_158_623_000_000_000),
        ("2023-11-16T23:47:03.5+05:30", 1_700_158_623_500_000_000),
        ("2023-11-16t18:17:03z", 1_700_158_623_000_000_000),
        ("2023-11-16 18:17:03Z", 1_700_158_623_000_000_000),
        ("1970-01-01T00:00:00+01:00", -3_600_000_000_000),
        ("2024-02-29T23:59:59.999999999Z", 1_709_251_199_999_999_999),
        ("2199-12-31T23:59:59Z", 7_258_118_399_000_000_000),
        ("2024-01-01T00:00:00-00:00", 1_704_067_200_000_000_000),
    ])
    func `are read from RFC 3339 to the nanosecond`(text: String, nanoseconds: Int64) throws {
        #expect(try Instant(text).nanoseconds == nanoseconds)
    }

    @Test(arguments: [
        ("", "is not an instant"), ("2023-11-16", "is not an instant"),
        ("now", "is not an instant"),
        ("2023-11-16T18:17Z", "is not an instant"), ("2023/11/16T18:17:03Z", "is not an instant"),
        ("2023-11-16T18:17:03.Z", "is not an instant"), ("+023-11-16T18:17:03Z", "not an instant"),
        ("2023-11-16T18:17:03", "has no zone"), ("2023-11-16T18:17:03.5", "has no zone"),
        ("2023-11-16T18:17:03-0300", "has no zone"), ("2023-11-16T18:17:03-03", "has no zone"),
        ("2023-11-16T18:17:03+24:00", "has no zone"), ("2023-11-16T18:17:03+03:60", "has no zone"),
        ("2023-11-16T18:17:03BRT", "has no zone"), ("2023-11-16T18:17:03 Z", "has no zone"),
        ("2023-11-16T18:17:03.1234567890Z", "more than nine"),
        ("2023-02-29T00:00:00Z", "does not exist"), ("2023-13-01T00:00:00Z", "does not exist"),
        ("2023-00-10T00:00:00Z", "does not exist"), ("2023-04-31T00:00:00Z", "does not exist"),
        ("2023-11-16T24:00:00Z", "does not exist"), ("2023-11-16T18:60:00Z", "does not exist"),
        ("2016-12-31T23:59:60Z", "does not exist"),
        ("2200-01-01T00:00:00Z", "is outside the years 1970 to 2199"),
        ("1969-12-31T23:59:59Z", "is outside the years 1970 to 2199"),
        ("2023-11-16T18:17:03ZZ", "goes on"),
        ("2023-11-16T18:17:03Z and a tail that is longer than the text looked at", "goes on"),
        ("２023-11-16T18:17:03Z", "is not an instant"),
    ])
    func `of other forms are refused with the reason`(text: String, reason: String) {
        let error = #expect(throws: TimeTextError.self) { try Instant(text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
            (-1_000_000_000, "1969-12-31T23:59:59Z"), (-86_400_000_000_000, "1969-12-31T00:00:00Z"),
            (1, "1970-01-01T00:00:00.000000001Z"), (100_000_000, "1970-01-01T00:00:00.1Z"),
            (.min, "1677-09-21T00:12:43.145224192Z"), (.max, "2262-04-11T23:47:16.854775807Z"),
        ] as [(Int64, String)])
    func `are written in UTC with the digits they need`(nanoseconds: Int64, text: String) {
        #expect(Instant(nanoseconds: nanoseconds).description == text)
    }

    @Test(
        arguments: [
            (0, 0), (1, 0), (999_999_999, 0), (1_000_000_000, 1), (-1, -1), (.min, -9_223_372_037),
        ] as [(Int64, Int64)])
    func `count whole seconds towards the past`(nanoseconds: Int64, seconds: Int64) {
        #expect(Instant(nanoseconds: nanoseconds).seconds == seconds)
    }

    @Test func `beyond what can be named are clamped`() {
        #expect(Instant(seconds: .max) == .distantFuture)
        #expect(Instant(seconds: .min) == .distantPast)
    }

    @Test func `come back from their text for random nanoseconds`() throws {
        try withSeed { random in
            for _ in 0..<10_000 {
                let instant = Instant(nanoseconds: random.int(0...7_258_118_399_999_999_999))
                try #require(try Instant(instant.description) == instant)
            }
        }
    }

    @Test(.enabled(if: Python.isAvailable, "python3 is not on this machine"))
    func `are written as Python writes them`() throws {
        let script = """
            import sys
            from datetime import *
            zero = datetime(1970, 1, 1)
            for line in sys.stdin:
                print((zero + timedelta(microseconds=int(line))).isoformat(timespec='microseconds'))
            """
        try withSeed { random in
            let micros = (0..<5_000).map { _ in
                random.int(-9_000_000_000_000_000...9_000_000_000_000_000) as Int64
            }
            let input = micros.map { "\($0)\n" }.joined()
            for (micro, line) in zip(micros, try Python.lines(script, input: input)) {
                var text = String(line)
                while text.hasSuffix("0") { text.removeLast() }
                if text.hasSuffix(".") { text.removeLast() }
                // Without a fraction, the zeros of the seconds went too.
                if micro % 1_000_000 == 0 { text = String(line.prefix(19)) }
                try #require(Instant(nanoseconds: micro * 1_000).description == text + "Z")
            }
        }
    }
}
