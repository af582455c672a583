// Moments as ISO-8601 text.

import BSON
import Testing

@Suite("Datetime") struct DatetimeTests {
    @Test(
        "is written as ISO-8601 in UTC with milliseconds, and read again",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_795_246_793_123, "2026-11-21T07:39:53.123Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"), (Int64.max, "+292278994-08-17T07:12:55.807Z"),
            (Int64.min, "-292275055-05-16T16:47:04.192Z"),
        ] as [(Int64, String)])
    func text(milliseconds: Int64, text: String) {
        let moment = Datetime(millisecondsSinceEpoch: milliseconds)
        #expect(moment.description == text)
        #expect(Datetime(iso8601: text) == moment)
    }

    @Test(
        "is read with offsets, fractions of any length, and parts left out",
        arguments: [
            ("2026-11-21", "2026-11-21T00:00:00.000Z"), ("2026-11-21T07:39", "2026-11-21T07:39:00.000Z"),
            ("2026-11-21T07:39:53", "2026-11-21T07:39:53.000Z"), ("2026-11-21 07:39:53Z", "2026-11-21T07:39:53.000Z"),
            ("2026-11-21t07:39:53z", "2026-11-21T07:39:53.000Z"),
            ("2026-11-21T07:39:53.5Z", "2026-11-21T07:39:53.500Z"),
            ("2026-11-21T07:39:53,25Z", "2026-11-21T07:39:53.250Z"),
            ("2026-11-21T07:39:53.123999999Z", "2026-11-21T07:39:53.123Z"),
            ("2026-11-21T07:39:53+01:00", "2026-11-21T06:39:53.000Z"),
            ("2026-01-01T00:39:53+0130", "2025-12-31T23:09:53.000Z"),
            ("2026-11-21T20:39:53-08", "2026-11-22T04:39:53.000Z"),
        ])
    func lenient(text: String, same: String) {
        #expect(Datetime(iso8601: text)?.description == same)
    }

    @Test(
        "is not read from anything else",
        arguments: [
            "", "2026", "2026-11", "2026-11-", "2026-13-01", "2026-00-01", "2026-02-29", "2100-02-29", "2026-11-31",
            "2026-11-00", "2026-11-21T", "2026-11-21T24:00:00Z", "2026-11-21T07:60:00Z", "2026-11-21T07:39:60Z",
            "2026-11-21T07:39:53.Z", "2026-11-21T07:39:53 Z", "2026-11-21T07:39:53+25:00", "2026-11-21T07:39:53Zz",
            "26-11-21", "20261121", "2026-11-21T7:39:53Z", "+12026-11-21", "2026-11-21T07:39:53+", "Nov 21 2026",
            "+292278994-08-17T07:12:55.808Z", "-292275055-05-16T16:47:04.191Z", "+999999999-01-01", "２026-11-21",
        ])
    func refused(text: String) {
        #expect(Datetime(iso8601: text) == nil)
    }

    @Test("every text that is written is read as the same moment", arguments: [1, UInt64.random(in: 2...UInt64.max)])
    func roundTrip(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let scale = Int64.random(in: 1...1_000_000, using: &generator)
            let moment = Datetime(millisecondsSinceEpoch: Int64(bitPattern: generator.next()) / scale)
            #expect(Datetime(iso8601: moment.description) == moment, "seed \(seed)")
        }
    }

    @Test("now is after this was written")
    func now() {
        #expect(Datetime.now() > Datetime(millisecondsSinceEpoch: 1_750_000_000_000))
    }
}
