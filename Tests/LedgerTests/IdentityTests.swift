import Ledger
import TestSupport
import Testing

struct `A CNPJ` {
    @Test(arguments: [
        ("12.ABC.345/01DE-35", "12ABC34501DE35"), ("11.222.333/0001-81", "11222333000181"),
        ("00.000.000/0001-91", "00000000000191"), ("12abc34501de35", "12ABC34501DE35"),
        ("11222333000181", "11222333000181"), (" 11.222.333/0001-81 ", "11222333000181"),
    ])
    func `with right check digits is taken in any writing`(text: String, characters: String) throws
    {
        let cnpj = try #require(CNPJ(text))
        #expect(cnpj.characters == characters)
        #expect(CNPJ(cnpj.formatted) == cnpj)
        #expect(cnpj.formatted.count == 18)
    }

    @Test(arguments: [
        "", "11.222.333/0001-80", "11.222.333/0001-91", "12.ABC.345/01DE-36", "12.ABD.345/01DE-35",
        "1122233300018", "112223330001811", "12ABC34501DE3A", "12ÁBC34501DE35", "123.456.789-09",
        "11_222_333/0001-81", "１1222333000181",
    ])
    func `that cannot be one is refused`(text: String) {
        #expect(CNPJ(text) == nil)
    }

    @Test(arguments: Array("0123456789ABCXYZ"))
    func `of one repeated character is refused`(character: Character) {
        #expect(CNPJ(String(repeating: character, count: 14)) == nil)
    }

    @Test func `with any one character changed or two neighbours swapped is no longer valid`()
        throws
    {
        // Weights repeat after eight places, so only neighbours are sure to be told apart.
        let valid = Array("11222333000181")
        for index in valid.indices {
            for digit in "0123456789" where digit != valid[index] {
                var changed = valid
                changed[index] = digit
                // A remainder of ten and of zero share the digit zero; those are the known misses.
                if let other = CNPJ(String(changed)) { #expect(other.characters.contains("0")) }
            }
        }
    }
}

struct `Event ids` {
    @Test(
        arguments: [
            ("00000000-0000-0000-0000-000000000000", 0, 0),
            ("018bd8e8-1a2b-7c3d-8e4f-0123456789ab", 0x018b_d8e8_1a2b_7c3d, 0x8e4f_0123_4567_89ab),
            ("FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF", UInt64.max, UInt64.max),
        ] as [(String, UInt64, UInt64)])
    func `are read from UUID text`(text: String, high: UInt64, low: UInt64) throws {
        let id = try #require(EventID(text))
        #expect(id == EventID(high: high, low: low))
        #expect(id.description == text.lowercased())
    }

    @Test(arguments: [
        "", "018bd8e81a2b7c3d8e4f0123456789ab", "018bd8e8-1a2b-7c3d-8e4f-0123456789a",
        "018bd8e8-1a2b-7c3d-8e4f-0123456789abc", "018bd8e8-1a2b-7c3d-8e4f0-123456789ab",
        "g18bd8e8-1a2b-7c3d-8e4f-0123456789ab", "018bd8e8_1a2b_7c3d_8e4f_0123456789ab",
        "{018bd8e8-1a2b-7c3d-8e4f-0123456789}", "ª18bd8e8-1a2b-7c3d-8e4f-0123456789a",
    ])
    func `of other text are refused`(text: String) {
        #expect(EventID(text) == nil)
    }

    @Test func `come back from their text and keep the order of their bytes`() throws {
        try withSeed { random in
            for _ in 0..<5_000 {
                let one = EventID(
                    high: random.next() >> UInt64(random.int(0...63)), low: random.next())
                let two = EventID(
                    high: random.once(in: 2) ? one.high : random.next(), low: random.next())
                try #require(EventID(one.description) == one)
                try #require((one < two) == (one.description < two.description))
                let user = EndUserPseudonym(high: one.high, low: one.low)
                try #require(EndUserPseudonym(user.description) == user)
            }
        }
        #expect(EndUserPseudonym("018bd8e8-1a2b-7c3d-8e4f-0123456789ab") == nil)
        #expect(EndUserPseudonym("p:+5511999999999") == nil)
    }

    @Test func `of version 7 hold the time, the version and the variant`() throws {
        try withSeed { random in
            var last = EventID(high: 0, low: 0)
            for step in 0..<1_000 {
                let instant = Instant(
                    nanoseconds: 1_700_000_000_000_000_000 + Int64(step) * 1_000_000)
                let id = EventID(version7At: instant, random: (random.next(), random.next()))
                try #require(id.high >> 16 == UInt64(instant.nanoseconds / 1_000_000))
                try #require(id.high >> 12 & 15 == 7 && id.low >> 62 == 2)
                try #require(last < id)
                last = id
            }
        }
        #expect(EventID(version7At: .distantPast, random: (0, 0)).high == 0x7000)
    }
}
