// Topics: their alphabet, their errors and the escaping of values.
import Testing

@testable import Eventstorm

@Suite("Topic")
struct TopicTests {
    @Test(
        "a topic is segments of the alphabet joined by dots",
        arguments: [
            "a", "http.hit", "A-Z_0+9:x@y%", "é.日本.ß", "_es.beat", "_es", "x%2Ey",
            String(repeating: "a", count: 255),
        ])
    func accepts(name: String) throws {
        let topic = try Topic(name)
        #expect(topic.name == name)
        #expect(topic.utf8 == [UInt8](name.utf8))
        let bytes = topic.utf8
        #expect(try Topic(validating: bytes.span.bytes) == topic)
    }

    @Test(
        "what is not a topic is refused, and the error says where",
        arguments: [
            ("", TopicError.Fault.empty),
            (".", .emptySegment(at: 0)), (".a", .emptySegment(at: 0)), ("a.", .emptySegment(at: 2)),
            ("a..b", .emptySegment(at: 2)),
            ("a b", .character(" ", at: 1)), ("a.*", .character("*", at: 2)), ("a/b", .character("/", at: 1)),
            ("a\0", .character("\0", at: 1)), ("é×", .character("×", at: 2)),
            ("a\u{301}", .character("\u{301}", at: 1)),
            (String(repeating: "a", count: 256), .tooLong(256)),
        ])
    func refuses(text: String, fault: TopicError.Fault) throws {
        let error = try #require(throws: TopicError.self) { try Topic(text) }
        #expect(error.fault == fault)
        #expect(!"\(error)".isEmpty)
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [
            [0x61, 0xFF], [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0xC3, 0x61], [0x80],
        ] as [[UInt8]])
    func refusesInvalidUTF8(bytes: [UInt8]) throws {
        let error = try #require(throws: TopicError.self) { try Topic(validating: bytes.span.bytes) }
        if case .invalidUTF8 = error.fault {} else { Issue.record("\(error.fault)") }
    }

    @Test("two spellings of one letter are two topics")
    func comparesBytes() throws {
        #expect(try Topic("\u{212B}") != Topic("\u{C5}"))
    }

    @Test(
        "an escaped value is one segment and can be had back",
        arguments: [
            ("example.org/a", "example%2Eorg%2Fa"), ("", "%"), ("%", "%25"), ("a%2Eb", "a%252Eb"), ("..", "%2E%2E"),
            ("né", "né"), ("a\u{301}", "a%CC%81"), ("×", "%C3%97"), ("a b\0", "a%20b%00"), ("ok-1_+:@", "ok-1_+:@"),
        ])
    func escapes(value: String, escaped: String) throws {
        #expect(Topic.escape(value) == escaped)
        #expect(Topic.unescape(escaped) == value)
        _ = try Topic(escaped)
    }

    @Test("only what begins with _es. is reserved")
    func reserved() throws {
        #expect(Topic.beat.isReserved && Topic.status.isReserved)
        #expect(try !Topic("_es").isReserved && !Topic("_esx.y").isReserved && !Topic("a._es.b").isReserved)
    }
}
