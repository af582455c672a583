// Words with mistakes.
import BSONText
import Testing

@Suite("Nearest words")
struct NearestTests {
    static let known = ["listen", "access_log", "from", "subscribe", "dir", "every"]
    static let cases: [(String, String?)] = [
        ("lisen", "listen"), ("acces-log", "access_log"), ("form", "from"), ("evrey", "every"), ("subs", "subscribe"),
        ("zebra", nil), ("x", nil), ("", nil), ("FROM", "from"),
    ]

    @Test("a word with a few mistakes is recognised, another is not", arguments: cases)
    func near(word: String, expected: String?) {
        #expect(Spelling.nearest(to: word, among: Self.known) == expected)
    }
}
