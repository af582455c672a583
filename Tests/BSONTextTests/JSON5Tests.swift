// What JSON5 adds to JSON, and what it does not.

import BSONText
import Testing

@Suite("JSON5") struct JSON5Tests {
    static func int(_ number: Int) -> String { "{\"$numberInt\":\"\(number)\"}" }
    static func double(_ number: String) -> String { "{\"$numberDouble\":\"\(number)\"}" }

    static let valid: [(text: String, canonical: String)] = [
        // Spaces and comments.
        ("// c\nnull", "null"), ("null // c", "null"), ("/* a * / b */null/**/", "null"), ("//\rnull", "null"),
        ("//\u{2028}null", "null"), ("\u{B}\u{C}\u{A0}\u{FEFF}\u{2028}\u{2029}\u{2003}null\u{3000}", "null"),
        ("[/*a*/1/*b*/,/*c*/]", "[\(int(1))]"), ("{/*a*/a/*b*/:/*c*/1/*d*/}", "{\"a\":\(int(1))}"),
        // Objects and arrays.
        ("{a:1,}", "{\"a\":\(int(1))}"), ("[1,]", "[\(int(1))]"),
        ("{ a : 1 , 'b' : 2 , }", "{\"a\":\(int(1)),\"b\":\(int(2))}"),
        ("{$a_1:null}", "{\"$a_1\":null}"), ("{_:null}", "{\"_\":null}"), ("{ünïcödé:null}", "{\"ünïcödé\":null}"),
        ("{\\u0061b\\u00e9:null}", "{\"abé\":null}"),
        ("{a\u{200C}\u{203F}\u{0301}٣:null}", "{\"a\u{200C}\u{203F}\u{0301}٣\":null}"),
        ("{null:null,true:true,Infinity:1}", "{\"null\":null,\"true\":true,\"Infinity\":\(int(1))}"),
        ("{ⅷ:null}", "{\"ⅷ\":null}"), ("{'':null}", "{\"\":null}"), ("{\"a\\\nb\":null}", "{\"ab\":null}"),
        // Strings.
        ("''", "\"\""), ("'\"'", "\"\\\"\""), ("'\\''", "\"'\""), ("'\\x41\\u0042'", "\"AB\""),
        ("'\\v\\0'", "\"\\u000b\\u0000\""), ("'\\a\\é\\😀\\$'", "\"aé😀$\""),
        ("'a\\\nb\\\r\nc\\\rd\\\u{2028}e\\\u{2029}f'", "\"abcdef\""),
        ("'\u{2028}\u{2029}'", "\"\u{2028}\u{2029}\""), ("'\ta'", "\"\\ta\""), ("'\\xe9'", "\"é\""),
        // Numbers.
        ("+1", int(1)), (".5", double("0.5")), ("-.5", double("-0.5")), ("5.", double("5.0")),
        ("+5.e1", double("50.0")), (".5e1", double("5.0")), ("0.", double("0.0")), ("0x10", int(16)),
        ("0XfF", int(255)),
        ("-0x10", int(-16)), ("+0x0", int(0)), ("0x7fffffffffffffff", "{\"$numberLong\":\"9223372036854775807\"}"),
        ("-0x8000000000000000", "{\"$numberLong\":\"-9223372036854775808\"}"),
        ("0x8000000000000000", double("9.223372036854776e+18")),
        ("0x10000000000000000", double("1.8446744073709552e+19")),
        ("-0x10000000000000000", double("-1.8446744073709552e+19")),
        ("Infinity", double("Infinity")), ("-Infinity", double("-Infinity")), ("+Infinity", double("Infinity")),
        ("NaN", double("NaN")), ("-NaN", double("NaN")), ("+NaN", double("NaN")),
        ("[Infinity,NaN]", "[\(double("Infinity")),\(double("NaN"))]"),
        ("9007199254740993.", double("9007199254740992.0")),
        ("+123456789012345678901", double("1.2345678901234568e+20")),
    ]

    @Test("reads what it adds", arguments: valid) func readsValid(text: String, canonical: String) {
        #expect(value(text, .json5) == canonical)
        #expect(value(text, .query) == canonical)
        #expect(value(text).hasPrefix("error "))
    }

    static let invalid: [(text: String, error: String)] = [
        ("", "1:1: found the end of the text, expected a value"),
        ("/* a", "1:1: found a comment without an end, expected '*/'"),
        ("/*/ 1", "1:1: found a comment without an end, expected '*/'"),
        ("/", "1:1: found '/', expected a value"), ("# c\n1", "1:1: found '#', expected a value"),
        ("[1,,]", "1:4: found ',', expected a value"), ("[,]", "1:2: found ',', expected a value"),
        ("{,}", "1:2: found ',', expected a field's name"), ("{a:1,,}", "1:6: found ',', expected a field's name"),
        ("{a}", "1:3: found '}', expected ':'"), ("{1a:1}", "1:2: found '1', expected a field's name"),
        ("{a-b:1}", "1:3: found '-', expected ':'"), ("{a.b:1}", "1:3: found '.', expected ':'"),
        ("{-:1}", "1:2: found '-', expected a field's name"),
        ("{😀:1}", "1:2: found '😀', expected a field's name"),
        ("{\\u0031:1}", "1:2: found an escaped character that a name cannot contain, expected a letter"),
        ("{a\\n:1}", "1:4: found 'n', expected an escape such as \\u00e9 in a name"),
        ("flase", "1:1: found 'flase', expected a value"), ("nulls", "1:1: found 'nulls', expected a value"),
        ("undefined", "1:1: found 'undefined', expected a value"),
        ("infinity", "1:1: found 'infinity', expected a value"),
        ("'a", "1:3: found the end of the text, expected the string's end"),
        ("'a\"", "1:4: found the end of the text, expected the string's end"),
        ("'a\nb'", "1:3: found the character U+000A, expected the string's end, or an escape such as \\n"),
        ("'\\1'", "1:2: found an octal escape, expected one such as \\x1b"),
        ("'\\01'", "1:2: found an octal escape, expected one such as \\x1b"),
        ("'\\x4'", "1:5: found an apostrophe, expected two hexadecimal digits after \\x"),
        ("'\\ud800'", "1:2: found half of a surrogate pair, expected both halves"),
        ("01", "1:1: found a number that begins with 0, expected one without"),
        ("+", "1:2: found the end of the text, expected a digit"),
        (".", "1:2: found the end of the text, expected a digit"), (".e1", "1:2: found 'e1', expected a digit"),
        ("0x", "1:3: found the end of the text, expected a hexadecimal digit"),
        ("0xg", "1:3: found 'g', expected a hexadecimal digit"),
        ("1e", "1:3: found the end of the text, expected a digit of the exponent"),
        ("+-1", "1:2: found '-', expected a digit"),
        ("1e400", "1:1: found a number beyond the range of doubles, expected a smaller one"),
        ("0x1p3", "1:4: found 'p3', expected the end of the text"),
        ("{a: 1,\n // c\n a: 2}", "3:2: found field 'a' again, expected it once (first at 1:2)"),
        ("{a: 1, \"\\u0061\": 2}", "1:8: found field 'a' again, expected it once (first at 1:2)"),
        ("{'\\0': 1}", "1:2: found a NUL in a field's name, expected none"),
        ("{'\u{0}': 1}", "1:2: found a NUL in a field's name, expected none"),
        ("{port: 80 80}", "1:11: found '8', expected ',' or '}'"),
    ]

    @Test("refuses what it does not add, and says where", arguments: invalid)
    func refusesInvalid(text: String, error: String) {
        #expect(value(text, .json5) == "error \(error)")
    }
}
