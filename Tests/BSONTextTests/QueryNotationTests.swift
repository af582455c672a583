// mongosh's notation of values.

import BSONText
import Testing

@Suite("mongosh's notation") struct QueryNotationTests {
    static let oid = "0123456789abcdef01234567"
    static let valid: [(text: String, canonical: String)] = [
        ("/a/", "{\"$regularExpression\":{\"pattern\":\"a\",\"options\":\"\"}}"),
        ("/^\\/api[/x]/xi", "{\"$regularExpression\":{\"pattern\":\"^\\\\/api[/x]\",\"options\":\"ix\"}}"),
        ("/[\\]/]é/", "{\"$regularExpression\":{\"pattern\":\"[\\\\]/]é\",\"options\":\"\"}}"),
        (
            "{a: /x/, b: 1}",
            "{\"a\":{\"$regularExpression\":{\"pattern\":\"x\",\"options\":\"\"}},\"b\":{\"$numberInt\":\"1\"}}"
        ),
        ("ObjectId('\(oid)')", "{\"$oid\":\"\(oid)\"}"), ("ObjectId ( \"\(oid)\" ) // c", "{\"$oid\":\"\(oid)\"}"),
        ("ISODate('1970-01-01T00:00:01Z')", "{\"$date\":{\"$numberLong\":\"1000\"}}"),
        ("new Date('1970-01-02')", "{\"$date\":{\"$numberLong\":\"86400000\"}}"),
        ("new Date(5)", "{\"$date\":{\"$numberLong\":\"5\"}}"), ("NumberLong(5)", "{\"$numberLong\":\"5\"}"),
        ("NumberLong('-9223372036854775808')", "{\"$numberLong\":\"-9223372036854775808\"}"),
        ("Long('5')", "{\"$numberLong\":\"5\"}"),
        ("NumberInt('5')", "{\"$numberInt\":\"5\"}"), ("Int32(-5)", "{\"$numberInt\":\"-5\"}"),
        ("Double(5)", "{\"$numberDouble\":\"5.0\"}"),
        ("NumberDecimal('1.10')", "{\"$numberDecimal\":\"1.10\"}"),
        ("Decimal128('1E3')", "{\"$numberDecimal\":\"1E+3\"}"),
        ("Timestamp(1, 2)", "{\"$timestamp\":{\"t\":1,\"i\":2}}"),
        (
            "UUID('73ffd264-44b3-4c69-90e8-e7d1dfc035d4')",
            "{\"$binary\":{\"base64\":\"c//SZESzTGmQ6OfR38A11A==\",\"subType\":\"04\"}}"
        ),
        ("BinData(0, 'AQ==')", "{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"00\"}}"),
        ("RegExp('a', 'mi')", "{\"$regularExpression\":{\"pattern\":\"a\",\"options\":\"im\"}}"),
        ("new RegExp('a/')", "{\"$regularExpression\":{\"pattern\":\"a/\",\"options\":\"\"}}"),
        ("MinKey", "{\"$minKey\":1}"), ("MaxKey()", "{\"$maxKey\":1}"),
        ("undefined", "{\"$undefined\":true}"),
        ("[new ObjectId('\(oid)'), MinKey]", "[{\"$oid\":\"\(oid)\"},{\"$minKey\":1}]"),
        (
            "{status: {$gte: 500}, path: {$regex: '^/api'}}",
            "{\"status\":{\"$gte\":{\"$numberInt\":\"500\"}},\"path\":{\"$regex\":\"^/api\"}}"
        ),
        ("{\\u0061: ISODate('1970-01-01')}", "{\"a\":{\"$date\":{\"$numberLong\":\"0\"}}}"),
        ("{\\u0061: BinData(0,'')}", "{\"a\":{\"$binary\":{\"base64\":\"\",\"subType\":\"00\"}}}"),
    ]

    @Test("reads it, in this dialect alone", arguments: valid) func readsValid(text: String, canonical: String) {
        #expect(value(text, .query) == canonical)
        if !text.hasPrefix("{status") { #expect(value(text, .json5).hasPrefix("error ")) }
    }

    static let invalid: [(text: String, error: String)] = [
        ("/a", "1:3: found the end of the text, expected the regular expression's end, '/'"),
        ("/a\n/", "1:3: found the character U+000A, expected the regular expression's end, '/'"),
        ("/[/]", "1:5: found the end of the text, expected the regular expression's end, '/'"),
        ("/a\\", "1:4: found the end of the text, expected the regular expression's end, '/'"),
        ("/a\\\n/", "1:4: found the character U+000A, expected the regular expression's end, '/'"),
        ("/a/g", "1:4: found 'g', expected one of the options i, m, s, u, x"),
        ("ObjectId", "1:9: found the end of the text, expected '('"),
        ("ObjectId()", "1:10: found ')', expected 24 hexadecimal digits in a string"),
        ("ObjectID('\(oid)')", "1:1: found 'ObjectID', expected a value"),
        ("ObjectId('\(oid)'", "1:36: found the end of the text, expected ')'"),
        ("Date('1970-01-01')", "1:1: found 'Date', expected a value"),
        ("NumberInt(3000000000)", "1:11: found an integer of more than 32 bits, expected one of 32 bits"),
        ("NumberLong(1.5)", "1:12: found another number, expected an integer of 64 bits"),
        ("NumberLong('x')", "1:12: found another string, expected an integer of 64 bits"),
        ("Timestamp(1)", "1:12: found ')', expected ','"),
        ("BinData(256,'')", "1:9: found another number, expected a subtype from 0 to 255"),
        ("new Foo(1)", "1:1: found 'new', expected a value"),
        ("MinKey(1)", "1:8: found '1', expected ')'"),
        ("RegExp('a\\0')", "1:8: found a NUL in a regular expression, expected none"),
        ("ISODate('x')", "1:9: found another string, expected an ISO-8601 date such as 2026-11-21"),
        ("1 / 2", "1:3: found '/', expected the end of the text"),
    ]

    @Test("refuses what mongosh would refuse, and says where", arguments: invalid)
    func refusesInvalid(text: String, error: String) {
        #expect(value(text, .query) == "error \(error)")
    }
}
