/// Instants as databases and other programs write them.
extension Instant {
    /// Reads an instant that may lack a zone, as in `2026-11-20 15:04:05.123`, or have a short one,
    /// as in `2026-11-20 15:04:05+00`; without one it is what a clock in `zone` showed.
    public init(_ text: String, zone: ZoneRules) throws(TimeTextError) {
        var text = text
        let tail = Array(text.utf8.dropFirst(19))
        guard let sign = tail.firstIndex(where: { $0 == 0x2B || $0 == 0x2D }) else {
            let isZoned = tail.last == UInt8(ascii: "Z") || tail.last == UInt8(ascii: "z")
            if isZoned {
                try self.init(text)
                return
            }
            guard let wall = try? Instant(text + "Z") else {
                // What is wrong with it is said of the text as it stands.
                try self.init(text)
                return
            }
            let second = wall.seconds
            self.init(
                nanoseconds: wall.nanoseconds
                    - (second - zone.second(ofWall: second)) * 1_000_000_000)
            return
        }
        switch tail.count - sign {
        case 3: text += ":00"
        case 5: text.insert(":", at: text.index(text.endIndex, offsetBy: -2))
        default: break
        }
        try self.init(text)
    }
}

extension ZoneRules {
    /// The second at which a clock on the wall shows a time, which is given as if it were UTC.
    ///
    /// Of two such seconds (the clock was set back) it is the earlier. Where there is none (the
    /// clock was set forward) it is the one of a clock that was not set yet.
    func second(ofWall wall: Int64) -> Int64 {
        let before = offset(atSecond: wall - 86_400)
        let after = offset(atSecond: wall + 86_400)
        for candidate in [max(before, after), min(before, after)]
        where offset(atSecond: wall - candidate) == candidate {
            return wall - candidate
        }
        return wall - before
    }
}
