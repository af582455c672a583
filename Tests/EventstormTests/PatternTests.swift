// Patterns: what they match, subscribe to and cover.
import Testing

@testable import Eventstorm

@Suite("Pattern")
struct PatternTests {
    @Test(
        "a pattern matches whole segments, not prefixes of text",
        arguments: [
            ("a.b", ["a.b"], ["a", "a.bc", "a.b.c", "A.b"]),
            ("a.*", ["a.b", "a.b.c"], ["a", "ab", "ab.c", "b.a"]),
            ("*", ["a", "a.b", "_es", "_esx.y"], ["_es.beat", "_es.status"]),
            ("_es.*", ["_es.status"], ["_es", "a"]),
            ("_es.status", ["_es.status"], ["_es.beat"]),
        ])
    func matches(text: String, yes: [String], no: [String]) throws {
        let pattern = try Pattern(text)
        #expect(pattern.description == text)
        for name in yes { #expect(pattern.matches(try Topic(name)), "\(text) should match \(name)") }
        for name in no { #expect(!pattern.matches(try Topic(name)), "\(text) should not match \(name)") }
    }

    @Test("the subscription is a prefix of the envelope")
    func subscription() throws {
        #expect(try Pattern("a.b").subscription == [0x61, 0x2E, 0x62, 0])
        #expect(try Pattern("a.*").subscription == [0x61, 0x2E])
        #expect(Pattern.everything.subscription.isEmpty)
    }

    @Test(
        "any other text is refused by name",
        arguments: ["", "a*", "a.*.b", "*.a", "**", ".*", "a..*", "a b", "a.**", "?"])
    func refuses(text: String) throws {
        let error = try #require(throws: PatternError.self) { try Pattern(text) }
        #expect("\(error)".contains(text))
    }

    @Test("a pattern covers another when it matches all that the other does")
    func covers() throws {
        let texts = ["a", "a.b", "a.*", "a.b.*", "*", "_es.status", "_es.*", "_es.x.*", "_es", "ab.*"]
        let topics = try ["a", "a.b", "a.b.c", "a.q", "ab.c", "z", "_es", "_es.status", "_es.x.y", "_es.q"].map(
            Topic.init)
        for first in texts {
            for second in texts {
                let (a, b) = (try Pattern(first), try Pattern(second))
                let truth = topics.allSatisfy { !b.matches($0) || a.matches($0) }
                #expect(a.covers(b) == truth, "\(first) covers \(second)")
            }
        }
        #expect(try Pattern("_es.*").reachesReserved && Pattern("_es.status").reachesReserved)
        #expect(try !Pattern("*").reachesReserved && !Pattern("_es").reachesReserved)
    }
}
