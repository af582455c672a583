// Names of directories and files.

import Eventstorm
import Testing

@testable import Archive

@Suite("Names in an archive")
struct NameTests {
    @Test(
        "an interval's directory says day, time and number",
        arguments: [
            (0, "1970-01-01/0000-0"),
            (299_999, "1970-01-01/0000-0"),
            (300_000, "1970-01-01/0005-1"),
            (951_827_696_000, "2000-02-29/1230-1w046"),
            (1_795_246_793_123, "2026-11-21/0735-3k9ej"),
            (4_102_444_799_999, "2099-12-31/2355-853jz"),
        ] as [(Int64, String)])
    func directory(milliseconds: Int64, name: String) throws {
        let interval = Interval(containing: milliseconds)
        let number = try #require(name.split(separator: "-").last.flatMap { Int64($0, radix: 36) })
        #expect(interval.number == number)
        #expect(interval.directory == name)
        #expect(interval.end > milliseconds && interval.end - 300_000 <= milliseconds)
    }

    @Test("a time before 1970 belongs to the interval before")
    func negative() { #expect(Interval(containing: -1).number == -1) }

    @Test("a topic is the name of its file", arguments: ["http.hit", "a%2Fb", "grüße.welt", "x:y@z+1"])
    func plain(topic: String) throws { #expect(FileName.stem(of: try Topic(topic)) == topic) }

    @Test(
        "a long topic is cut to what a file system allows, and stays unique",
        arguments: [
            String(repeating: "a", count: 254), String(repeating: "ö", count: 127),
            "a" + String(repeating: "語", count: 84),
        ])
    func long(topic: String) throws {
        let first = FileName.stem(of: try Topic(topic))
        let second = FileName.stem(of: try Topic(topic + "b"))
        #expect(first != second)
        for stem in [first, second] {
            #expect((FileName.base(stem, 9_999) + FileName.unfinished).utf8.count <= 255)
            #expect(stem.contains("~") && !stem.unicodeScalars.contains("\u{FFFD}"))
        }
    }
}
