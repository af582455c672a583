// RFC 8259, and nothing else.

import BSONText
import Testing

@Suite("Strict JSON") struct StrictJSONTests {
    static let valid: [(text: String, canonical: String)] = [
        ("null", "null"), ("true", "true"), (" false ", "false"), ("\t\r\n null \n", "null"),
        ("\u{FEFF}null", "null"),
        ("0", "{\"$numberInt\":\"0\"}"), ("-0", "{\"$numberInt\":\"0\"}"), ("-1", "{\"$numberInt\":\"-1\"}"),
        ("2147483647", "{\"$numberInt\":\"2147483647\"}"), ("2147483648", "{\"$numberLong\":\"2147483648\"}"),
        ("-2147483648", "{\"$numberInt\":\"-2147483648\"}"), ("-2147483649", "{\"$numberLong\":\"-2147483649\"}"),
        ("9223372036854775807", "{\"$numberLong\":\"9223372036854775807\"}"),
        ("-9223372036854775808", "{\"$numberLong\":\"-9223372036854775808\"}"),
        ("9223372036854775808", "{\"$numberDouble\":\"9.223372036854776e+18\"}"),
        ("-9223372036854775809", "{\"$numberDouble\":\"-9.223372036854776e+18\"}"),
        ("18446744073709551616", "{\"$numberDouble\":\"1.8446744073709552e+19\"}"),
        ("1.0", "{\"$numberDouble\":\"1.0\"}"), ("-0.0", "{\"$numberDouble\":\"-0.0\"}"),
        ("1e2", "{\"$numberDouble\":\"100.0\"}"), ("1E+2", "{\"$numberDouble\":\"100.0\"}"),
        ("0e0", "{\"$numberDouble\":\"0.0\"}"), ("1.5e-3", "{\"$numberDouble\":\"0.0015\"}"),
        ("0.1", "{\"$numberDouble\":\"0.1\"}"), ("0.30000000000000004", "{\"$numberDouble\":\"0.30000000000000004\"}"),
        ("1e-400", "{\"$numberDouble\":\"0.0\"}"), ("5e-324", "{\"$numberDouble\":\"5e-324\"}"),
        ("1.7976931348623157e308", "{\"$numberDouble\":\"1.7976931348623157e+308\"}"),
        ("\"\"", "\"\""), ("\"a\"", "\"a\""), ("\"/\\/\"", "\"//\""),
        ("\"\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\""), ("\"\\u0041\\u00e9\\u20AC\"", "\"Aé€\""),
        ("\"\\ud83d\\ude00\"", "\"😀\""), ("\"\\uD83D\\uDE00\"", "\"😀\""), ("\"😀é€\"", "\"😀é€\""),
        ("\"\\u0000\"", "\"\\u0000\""), ("\"\u{7F}\u{85}\"", "\"\\u007f\\u0085\""),
        ("\"\u{2028}\u{FFFF}\u{10FFFF}\"", "\"\u{2028}\u{FFFF}\u{10FFFF}\""),
        ("\"1234567\\n890123456\\t\"", "\"1234567\\n890123456\\t\""),
        ("[]", "[]"), ("[ ]", "[]"), ("[[],[[]]]", "[[],[[]]]"), ("[null , true]", "[null,true]"),
        ("{}", "{}"), ("{ }", "{}"), ("{\"\":null}", "{\"\":null}"), ("{\"a\":{\"b\":[]}}", "{\"a\":{\"b\":[]}}"),
        ("{\"b\":null,\"a\":null}", "{\"b\":null,\"a\":null}"), ("{\"\\u0061\":null}", "{\"a\":null}"),
        ("{\"$set\":{\"a\":null}}", "{\"$set\":{\"a\":null}}"), ("{\"$ref\":\"a\"}", "{\"$ref\":\"a\"}"),
    ]

    @Test("reads what RFC 8259 allows", arguments: valid) func readsValid(text: String, canonical: String) {
        #expect(value(text) == canonical)
        #expect(value(text, .json5) == canonical)
        #expect(value(text, .query) == canonical)
    }

    static let invalid: [(text: String, error: String)] = [
        ("", "1:1: found the end of the text, expected a value"),
        ("  ", "1:3: found the end of the text, expected a value"),
        ("nul", "1:1: found 'n', expected a value"), ("nullx", "1:1: found 'n', expected a value"),
        ("True", "1:1: found 'T', expected a value"), ("undefined", "1:1: found 'u', expected a value"),
        ("null null", "1:6: found 'n', expected the end of the text"),
        ("'a'", "1:1: found an apostrophe, expected a value"), ("NaN", "1:1: found 'N', expected a value"),
        ("Infinity", "1:1: found 'I', expected a value"), ("-Infinity", "1:2: found 'I', expected a digit"),
        ("+1", "1:1: found '+', expected a value"), ("-", "1:2: found the end of the text, expected a digit"),
        ("--1", "1:2: found '-', expected a digit"),
        ("01", "1:1: found a number that begins with 0, expected one without"),
        ("-01", "1:2: found a number that begins with 0, expected one without"),
        ("00", "1:1: found a number that begins with 0, expected one without"),
        ("1.", "1:3: found the end of the text, expected a digit"), (".5", "1:1: found '.', expected a value"),
        ("1.e5", "1:3: found 'e', expected a digit"),
        ("1e", "1:3: found the end of the text, expected a digit of the exponent"),
        ("1e+", "1:4: found the end of the text, expected a digit of the exponent"),
        ("0x10", "1:2: found 'x', expected the end of the text"),
        ("1_000", "1:2: found '_', expected the end of the text"),
        ("1e400", "1:1: found a number beyond the range of doubles, expected a smaller one"),
        ("١", "1:1: found '١', expected a value"),
        ("\"", "1:2: found the end of the text, expected the string's end"),
        ("\"a\nb\"", "1:3: found the character U+000A, expected the string's end, or an escape such as \\n"),
        ("\"\t\"", "1:2: found the character U+0009, expected the string's end, or an escape such as \\n"),
        ("\"\u{0}\"", "1:2: found the character U+0000, expected the string's end, or an escape such as \\n"),
        ("\"\\x41\"", "1:3: found 'x', expected one of \" \\ / b f n r t u after the backslash"),
        ("\"\\'\"", "1:3: found an apostrophe, expected one of \" \\ / b f n r t u after the backslash"),
        ("\"\\", "1:3: found the end of the text, expected an escape"),
        ("\"\\u12\"", "1:6: found '\"', expected four hexadecimal digits after \\u"),
        ("\"\\u00g0\"", "1:6: found 'g', expected four hexadecimal digits after \\u"),
        ("\"\\ud800\"", "1:2: found half of a surrogate pair, expected both halves"),
        ("\"\\udc00\"", "1:2: found half of a surrogate pair, expected both halves"),
        ("\"\\ud800\\u0041\"", "1:8: found half of a surrogate pair, expected its second half"),
        ("[", "1:2: found the end of the text, expected a value"),
        ("[1", "1:3: found the end of the text, expected ',' or ']'"),
        ("[1,]", "1:4: found ']', expected a value"), ("[,1]", "1:2: found ',', expected a value"),
        ("[1 2]", "1:4: found '2', expected ',' or ']'"), ("[1}", "1:3: found '}', expected ',' or ']'"),
        ("]", "1:1: found ']', expected a value"), ("[]]", "1:3: found ']', expected the end of the text"),
        ("{", "1:2: found the end of the text, expected a field's name in quotation marks"),
        ("{a:1}", "1:2: found 'a', expected a field's name in quotation marks"),
        ("{'a':1}", "1:2: found an apostrophe, expected a field's name in quotation marks"),
        ("{1:1}", "1:2: found '1', expected a field's name in quotation marks"),
        ("{\"a\"}", "1:5: found '}', expected ':'"), ("{\"a\" 1}", "1:6: found '1', expected ':'"),
        ("{\"a\":}", "1:6: found '}', expected a value"),
        ("{\"a\":1,}", "1:8: found '}', expected a field's name in quotation marks"),
        ("{\"a\":1 \"b\":2}", "1:8: found '\"', expected ',' or '}'"),
        ("{\"a\":1,\n \"b\":2,\n \"a\":3}", "3:2: found field 'a' again, expected it once (first at 1:2)"),
        ("{\"\\u0000\":1}", "1:2: found a NUL in a field's name, expected none"),
        ("// c\n1", "1:1: found '/', expected a value"), ("/* c */ 1", "1:1: found '/', expected a value"),
        ("\u{A0}1", "1:1: found the character U+00A0, expected a value"),
        ("\u{C}1", "1:1: found the character U+000C, expected a value"),
        ("1 \u{FEFF}", "1:3: found the character U+FEFF, expected the end of the text"),
        ("[\n  1,\r\n  {\"é😀\": tru}\r]", "3:10: found 't', expected a value"),
        ("/a/", "1:1: found '/', expected a value"), ("ObjectId(1)", "1:1: found 'O', expected a value"),
    ]

    @Test("refuses everything else, and says where", arguments: invalid)
    func refusesInvalid(text: String, error: String) {
        #expect(value(text) == "error \(error)")
    }

    @Test(
        "refuses bytes that are not UTF-8, and says at which byte",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xFF],
        ] as [[UInt8]], BSONText.Dialect.allCases)
    func refusesInvalidUTF8(bytes: [UInt8], dialect: BSONText.Dialect) {
        let quote = UInt8(ascii: "\"")
        let message = "error 1:7: found a byte that is not UTF-8 (byte 8 of the text), expected UTF-8"
        #expect(value(utf8: Array("[1,\"éé".utf8) + bytes + [quote, 0x5D], dialect) == message)
        #expect(value(utf8: Array("[1,\"éé".utf8) + bytes, dialect) == message)
        #expect(!accepts([0x31, 0x20] + bytes, dialect))
        #expect(!accepts(bytes, dialect))
    }

    @Test("accepts a hundred levels and refuses one more", arguments: [("[", "]"), ("{\"a\":", "}")])
    func boundsDepth(opening: String, closing: String) {
        // The document around the value is a level, too.
        let inner = opening == "[" ? "" : "1"
        let deep = opening * 99 + inner + closing * 99
        #expect(!value(deep).hasPrefix("error"))
        let deeper = value(opening + deep + closing)
        #expect(deeper.hasSuffix("found nesting deeper than 100 levels, expected less"), "\(deeper)")
        #expect(value(opening * 100_000).hasPrefix("error"))
    }

    @Test("bounds the text and the document") func boundsSize() {
        var limits = BSONText.Limits(textBytes: 20, documentBytes: 20)
        var error = #expect(throws: TextError.self) {
            try BSONText.parse("{\"a\":              1}", limits: limits)
        }
        #expect(error?.description == "1:1: found 21 bytes of text, expected 20 at most")
        limits.textBytes = 100
        error = #expect(throws: TextError.self) { try BSONText.parse("{\"a\":[1,2,3]}", limits: limits) }
        #expect(error?.description == "1:1: found more than 20 bytes in a document, expected less")
    }

    @Test("a document must be an object", arguments: ["1", "[]", "null", "\"a\""]) func wantsObject(text: String) {
        let error = #expect(throws: TextError.self) { try BSONText.parse(text) }
        #expect(error?.description.hasSuffix("expected '{'") == true)
    }
}
