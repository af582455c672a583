// Calendars, time zones and their files.

import BSON
import BSONText
import Testing

@testable import Query

/// Builds a small file as zic writes them: two transitions, three kinds of time, a rule for the future.
private func zoneFile(footer: String = "CET-1CEST,M3.5.0,M10.5.0/3") -> [UInt8] {
    func number(_ value: Int64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> Int64(8 * $0)) }
    }
    func header(_ times: Int64, _ types: Int64) -> [UInt8] {
        Array("TZif2".utf8) + Array(repeating: 0, count: 15)
            + [0, 0, 0, times, types, 4].flatMap { number($0, 4) }
    }
    let old = header(0, 1) + number(0, 4) + [0, 0] + Array("LMT\0".utf8)
    let times = number(-1_000_000_000, 8) + number(1_000_000_000, 8) + [1, 2]
    let types = number(3208, 4) + [0, 0] + number(3600, 4) + [0, 0] + number(7200, 4) + [1, 0]
    return old + header(2, 3) + times + types + Array("LMT\0\n".utf8) + Array("\(footer)\n".utf8)
}

/// What mongod reads without a format, and this module does not.
private let guessedForms = [
    "12-Feb-2020", "12/Feb/2020:03:04:05 +0100", "123-02-12", "12345-02-12", "20-02-12", "2020-01-02T03:04:05 EST",
    "2020-02-12 03:04 PM", "2020-02-12T", "2020-02-12T0304", "2020-02-12T03:04:05 GMT+1", "2020-02-12x",
    "2020-Feb-12", "20200102T0304", "4 Jul 2020 10:00", "Feb 12 2020 03:04:05", "July 4, 2020",
    "Sat, 04 Jul 2020 10:00:00 GMT", "Wed Feb 12 03:04:05 2020", "now", "tomorrow",
]

@Suite("dates of the query language", .timeLimit(.minutes(1))) struct DateFunctionTests {
    @Test("days are counted forth and back over 800,000 years")
    func days() {
        for days in stride(from: -146_097_000 as Int64, through: 146_097_000, by: 9_973) {
            let local = LocalTime(days: days)
            #expect(local.days == days)
            #expect((1...12).contains(local.month) && (1...31).contains(local.day))
            #expect(LocalTime(days: days + 1).isoDayOfWeek == local.isoDayOfWeek % 7 + 1)
            #expect((1...53).contains(local.isoWeek) && abs(local.isoYear - local.year) <= 1)
        }
    }

    @Test("a file says how clocks are set, and its rule what comes after")
    func file() throws {
        let rules = try #require(ZoneRules(zoneFile()))
        let cases: [(seconds: Int64, offset: Int64)] = [
            (-2_000_000_000, 3208), (-1_000_000_001, 3208), (-1_000_000_000, 3600), (999_999_999, 3600),
            (1_000_000_000, 7200), (2_527_000_000, 3600), (2_540_062_800, 7200), (4_102_444_800, 3600),
        ]
        for (seconds, offset) in cases { #expect(rules.period(at: seconds).offset == offset, "\(seconds)") }
    }

    @Test("a file that is cut or has a wrong byte is refused or read, and nothing worse")
    func damage() {
        let file = zoneFile()
        for count in file.indices {
            let rules = ZoneRules(Array(file.prefix(count)))
            // The footer may be missing.
            #expect(rules == nil || count >= file.count - 28)
        }
        for place in file.indices {
            for bit in 0..<8 {
                var damaged = file
                damaged[place] ^= 1 << bit
                let rules = ZoneRules(damaged)
                for seconds in [Int64.min / 2000, -1, 0, 1_500_000_000, 1 << 40] { _ = rules?.period(at: seconds) }
            }
        }
    }

    @Test(
        "rules for the future are those of POSIX",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", 1_616_893_199, 3600), ("CET-1CEST,M3.5.0,M10.5.0/3", 1_616_893_200, 7200),
            ("EST5EDT,M3.2.0,M11.1.0", 1_615_705_199, -18_000), ("EST5EDT,M3.2.0,M11.1.0", 1_615_705_200, -14_400),
            ("NZST-12NZDT,M9.5.0,M4.1.0/3", 1_609_459_200, 46_800),
            ("NZST-12NZDT,M9.5.0,M4.1.0/3", 1_622_505_600, 43_200),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1_622_505_600, -3600), ("IST-1GMT0,M10.5.0,M3.5.0/1", 1_609_459_200, 0),
            ("<+0330>-3:30", 1_609_459_200, 12_600), ("AAA3BBB,J60,J300", 1_614_567_599, -10_800),
            ("AAA3BBB,J60/0,J300", 1_614_567_600, -7200), ("AAA3BBB,59/0,299", 1_614_567_600, -7200),
        ])
    func future(rule: String, seconds: Int64, offset: Int64) throws {
        let rule = try #require(FutureRule(Array(rule.utf8)))
        let known = ZoneRules.Period(offset: 0, isSummer: false)
        #expect(rule.period(at: seconds, after: known).offset == offset)
    }

    @Test(
        "what is no rule is none", arguments: ["", "CET", "5", "CET-1CEST,M3.5.0", "CET-1CEST,M13.1.0,M1.1.0", "A1B,,"])
    func noRule(text: String) {
        #expect(FutureRule(Array(text.utf8)) == nil)
    }

    @Test(
        "a name that is no time zone is refused, and leads nowhere else",
        arguments: [
            "", "Z", "utc", "Europe", "Europe/", "/etc/passwd", "../../../etc/passwd", "Europe/../Europe/Berlin",
            "Europe//Berlin", "posixrules", "posix/Europe/Berlin", "right/UTC", "zone.tab", "+1", "+01:0", "+1:00",
        ])
    func names(name: String) {
        #expect(throws: QueryError.self) { try Zone(name) }
    }

    @Test("forms of dates that mongod's library guesses at are refused", arguments: guessedForms)
    func guessed(text: String) throws {
        #expect(throws: QueryError.self) { try DateReader.date(text, nil, in: nil) }
    }
}
