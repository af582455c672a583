// The wrappers of Extended JSON.

import BSON
import BSONText
import Testing

@Suite("Extended JSON") struct ExtendedJSONTests {
    static let oid = "0123456789abcdef01234567"
    static let uuid = "73ffd264-44b3-4c69-90e8-e7d1dfc035d4"

    /// Texts that are what they are read as.
    static let canonical = [
        "{\"$oid\":\"\(oid)\"}", "{\"$symbol\":\"a\"}", "{\"$numberInt\":\"-7\"}", "{\"$numberLong\":\"7\"}",
        "{\"$numberDouble\":\"-0.0\"}", "{\"$numberDouble\":\"NaN\"}", "{\"$numberDouble\":\"-Infinity\"}",
        "{\"$numberDecimal\":\"1.50\"}", "{\"$binary\":{\"base64\":\"\",\"subType\":\"00\"}}",
        "{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"ff\"}}",
        "{\"$binary\":{\"base64\":\"AQI=\",\"subType\":\"02\"}}",
        "{\"$binary\":{\"base64\":\"AQID\",\"subType\":\"80\"}}", "{\"$code\":\"f()\"}",
        "{\"$code\":\"f()\",\"$scope\":{\"a\":{\"$code\":\"g\",\"$scope\":{}},\"b\":[]}}",
        "{\"$timestamp\":{\"t\":4294967295,\"i\":0}}",
        "{\"$regularExpression\":{\"pattern\":\"^/a\\\"\",\"options\":\"imx\"}}",
        "{\"$dbPointer\":{\"$ref\":\"db.c\",\"$id\":{\"$oid\":\"\(oid)\"}}}",
        "{\"$date\":{\"$numberLong\":\"-1\"}}", "{\"$minKey\":1}", "{\"$maxKey\":1}", "{\"$undefined\":true}",
    ]

    @Test("reads canonical text into what writes it again", arguments: canonical) func readsCanonical(text: String) {
        #expect(value(text) == text)
        #expect(value("[\(text), {\"a\": \(text)}]") == "[\(text),{\"a\":\(text)}]")
        #expect(value(text, .json5) == text)
        let spaced = text.replacing(":", with: " : ").replacing("{", with: "{ ").replacing("}", with: " }")
        #expect(value(spaced) == text || text.contains("f()"))
    }

    static let others: [(text: String, canonical: String)] = [
        ("{\"$date\":\"1970-01-01T00:00:00.001Z\"}", "{\"$date\":{\"$numberLong\":\"1\"}}"),
        ("{\"$date\":\"2012-12-24T12:15:30Z\"}", "{\"$date\":{\"$numberLong\":\"1356351330000\"}}"),
        ("{\"$date\":\"2012-12-24T13:15:30.501+0100\"}", "{\"$date\":{\"$numberLong\":\"1356351330501\"}}"),
        ("{\"$date\":\"2024-02-29T23:59:59.999Z\"}", "{\"$date\":{\"$numberLong\":\"1709251199999\"}}"),
        ("{\"$date\":\"0000-01-01T00:00:00Z\"}", "{\"$date\":{\"$numberLong\":\"-62167219200000\"}}"),
        ("{\"$date\":\"0000-03-01T00:00:00Z\"}", "{\"$date\":{\"$numberLong\":\"-62162035200000\"}}"),
        ("{\"$numberDouble\":\"1\"}", "{\"$numberDouble\":\"1.0\"}"),
        ("{\"$numberDouble\":\"-0\"}", "{\"$numberDouble\":\"-0.0\"}"),
        ("{\"$numberDouble\":\"1E+18\"}", "{\"$numberDouble\":\"1e+18\"}"),
        ("{\"$numberDecimal\":\"1e3\"}", "{\"$numberDecimal\":\"1E+3\"}"),
        ("{\"$uuid\":\"\(uuid)\"}", "{\"$binary\":{\"base64\":\"c//SZESzTGmQ6OfR38A11A==\",\"subType\":\"04\"}}"),
        (
            "{\"$binary\":{\"subType\":\"4\",\"base64\":\"AQ==\"}}",
            "{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"04\"}}"
        ),
        ("{\"$scope\":{\"x\":null},\"$code\":\"f\"}", "{\"$code\":\"f\",\"$scope\":{\"x\":null}}"),
        ("{\"$timestamp\":{\"i\":1,\"t\":2}}", "{\"$timestamp\":{\"t\":2,\"i\":1}}"),
        (
            "{\"$regularExpression\":{\"options\":\"xmi\",\"pattern\":\"\"}}",
            "{\"$regularExpression\":{\"pattern\":\"\",\"options\":\"imx\"}}"
        ),
        ("{\"\\u0024oid\":\"\(oid)\"}", "{\"$oid\":\"\(oid)\"}"),
        // Not wrappers.
        ("{\"$ref\":\"a\",\"$id\":null}", "{\"$ref\":\"a\",\"$id\":null}"),
        ("{\"$regex\":\"a\",\"$options\":\"i\"}", "{\"$regex\":\"a\",\"$options\":\"i\"}"),
        ("{\"$type\":\"string\"}", "{\"$type\":\"string\"}"), ("{\"$oidx\":null}", "{\"$oidx\":null}"),
        ("{\"$\":null}", "{\"$\":null}"),
        ("{\"base64\":null}", "{\"base64\":null}"), ("{\"t\":null}", "{\"t\":null}"),
    ]

    @Test("reads the other forms", arguments: others) func readsOthers(text: String, canonical: String) {
        #expect(value(text) == canonical)
    }

    static let invalid: [(text: String, error: String)] = [
        ("{\"$oid\":1}", "1:9: found '1', expected 24 hexadecimal digits in a string"),
        ("{\"$oid\":\"0123\"}", "1:9: found another string, expected 24 hexadecimal digits"),
        ("{\"$oid\":\"0123456789abcdef0123456g\"}", "1:9: found another string, expected 24 hexadecimal digits"),
        ("{\"$oid\":\"\(oid)\",\"a\":1}", "1:35: found ',', expected '}', since $oid stands alone"),
        (
            "{\"a\":1,\"$oid\":\"\(oid)\"}",
            "1:8: found a $oid value's field among others, expected it alone in its object"
        ),
        ("{\"$oid\"}", "1:8: found '}', expected ':'"),
        ("{\"$oid\":\"\(oid)\"", "1:35: found the end of the text, expected '}', since $oid stands alone"),
        ("{\"$symbol\":null}", "1:12: found 'n', expected a string"),
        ("{\"$numberInt\":\"2147483648\"}", "1:15: found an integer of more than 32 bits, expected one of 32 bits"),
        ("{\"$numberInt\":\"1.0\"}", "1:15: found another string, expected an integer of 32 bits in a string"),
        (
            "{\"$numberLong\":\"9223372036854775808\"}",
            "1:16: found another string, expected an integer of 64 bits in a string"
        ),
        ("{\"$numberLong\":\"-\"}", "1:16: found another string, expected an integer of 64 bits in a string"),
        ("{\"$numberLong\":\"+1\"}", "1:16: found another string, expected an integer of 64 bits in a string"),
        ("{\"$numberLong\":\"\"}", "1:16: found another string, expected an integer of 64 bits in a string"),
        ("{\"$numberDouble\":\"x\"}", "1:18: found another string, expected a number in a string"),
        ("{\"$numberDouble\":\"1 \"}", "1:18: found another string, expected a number in a string"),
        ("{\"$numberDouble\":\"0x1\"}", "1:18: found another string, expected a number in a string"),
        ("{\"$numberDouble\":\"\"}", "1:18: found another string, expected a number in a string"),
        (
            "{\"$numberDecimal\":\"1..2\"}",
            "1:19: found another string, expected a decimal number of at most 34 digits in a string"
        ),
        ("{\"$binary\":\"AQ==\",\"$type\":\"00\"}", "1:12: found '\"', expected '{'"),
        ("{\"$binary\":{\"base64\":\"AQ\",\"subType\":\"00\"}}", "1:22: found another string, expected base64"),
        ("{\"$binary\":{\"base64\":\"AR==\",\"subType\":\"00\"}}", "1:22: found another string, expected base64"),
        ("{\"$binary\":{\"base64\":\"A===\",\"subType\":\"00\"}}", "1:22: found another string, expected base64"),
        ("{\"$binary\":{\"base64\":\"AQ==AQ==\",\"subType\":\"00\"}}", "1:22: found another string, expected base64"),
        ("{\"$binary\":{\"base64\":\"A*==\",\"subType\":\"00\"}}", "1:22: found another string, expected base64"),
        ("{\"$binary\":{\"base64\":\"\"}}", "1:12: found one field, expected both 'base64' and 'subType'"),
        (
            "{\"$binary\":{\"base64\":\"\",\"base64\":\"\"}}",
            "1:25: found another field, expected 'base64' and 'subType' alone"
        ),
        (
            "{\"$binary\":{\"base64\":\"\",\"subType\":\"100\"}}",
            "1:35: found another string, expected two hexadecimal digits"
        ),
        (
            "{\"$binary\":{\"base64\":\"\",\"subType\":0}}",
            "1:35: found '0', expected a subtype of two hexadecimal digits in a string"
        ),
        ("{\"$binary\":{}}", "1:13: found '}', expected a field's name in quotation marks"),
        ("{\"$uuid\":\"73ffd26444b34c6990e8e7d1dfc035d4\"}", "1:10: found another string, expected a UUID"),
        ("{\"$code\":1}", "1:10: found '1', expected code in a string"),
        ("{\"$code\":\"\",\"a\":1}", "1:13: found '\"', expected '}' or $scope beside $code"),
        ("{\"$code\":\"\",\"$scope\":1}", "1:22: found '1', expected '{'"),
        ("{\"$code\":\"\",\"$scope\":{\"$oid\":\"\(oid)\"}}", "1:22: found a $oid value, expected a document"),
        ("{\"$scope\":{}}", "1:13: found '}', expected $code beside $scope"),
        ("{\"$scope\":{},\"a\":1}", "1:14: found '\"', expected $code beside $scope"),
        ("{\"$timestamp\":{\"t\":-1,\"i\":1}}", "1:20: found another number, expected an integer from 0 to 4294967295"),
        (
            "{\"$timestamp\":{\"t\":1.0,\"i\":1}}",
            "1:20: found another number, expected an integer from 0 to 4294967295"
        ),
        (
            "{\"$timestamp\":{\"t\":4294967296,\"i\":1}}",
            "1:20: found another number, expected an integer from 0 to 4294967295"
        ),
        ("{\"$timestamp\":{\"t\":\"1\",\"i\":1}}", "1:20: found '\"', expected an integer from 0 to 4294967295"),
        (
            "{\"$regularExpression\":{\"pattern\":\"a\\u0000\",\"options\":\"\"}}",
            "1:23: found a NUL in a regular expression, expected none"
        ),
        ("{\"$dbPointer\":{\"$ref\":\"a\",\"$id\":\"b\"}}", "1:33: found '\"', expected $oid"),
        ("{\"$date\":1}", "1:10: found '1', expected an ISO-8601 date or $numberLong"),
        (
            "{\"$date\":\"yesterday\"}",
            "1:10: found another string, expected an ISO-8601 date such as 2026-11-21T07:39:53.123Z"
        ),
        (
            "{\"$date\":\"2023-02-29T00:00:00Z\"}",
            "1:10: found another string, expected an ISO-8601 date such as 2026-11-21T07:39:53.123Z"
        ),
        ("{\"$date\":{\"$numberInt\":\"1\"}}", "1:24: found '\"', expected $numberLong"),
        ("{\"$minKey\":1.0}", "1:12: found another value, expected 1"),
        ("{\"$maxKey\":true}", "1:12: found another value, expected 1"),
        ("{\"$undefined\":false}", "1:15: found 'f', expected true"),
    ]

    @Test("refuses what is almost a wrapper, and says where", arguments: invalid)
    func refusesInvalid(text: String, error: String) {
        #expect(value(text) == "error \(error)")
    }

    @Test("without Extended JSON, wrappers are plain objects") func readsPlain() {
        let text = "{\"$oid\":null,\"b\":{\"$date\":true},\"$code\":null}"
        #expect(value(text, extendedJSON: false) == text)
    }

    @Test("JSON5 reads wrappers in its own notation") func readsJSON5() {
        #expect(value("{$oid: '\(Self.oid)',}", .json5) == "{\"$oid\":\"\(Self.oid)\"}")
        #expect(value("{$binary: {base64: 'AQ==', subType: '0',},}", .json5).contains("AQ=="))
        #expect(value("{$code: 'f', $scope: {a: null,},}", .json5) == "{\"$code\":\"f\",\"$scope\":{\"a\":null}}")
        #expect(value("{$code: 'f',}", .json5) == "{\"$code\":\"f\"}")
    }

    @Test("a wrapper cannot be a whole document") func refusesWrapperAsDocument() {
        let error = #expect(throws: TextError.self) { try BSONText.parse(" {\"$oid\":\"\(Self.oid)\"}") }
        #expect(error?.description == "1:2: found a $oid value, expected a document")
    }

    @Test("nested scopes cost linear time and count as levels") func boundsScopes() {
        func nest(_ depth: Int) -> String {
            "{\"$scope\":{\"a\":" * depth + "null" + "},\"$code\":\"\"}" * depth
        }
        let deep = value(nest(99))
        #expect(!deep.hasPrefix("error"))
        #expect(value(nest(100)).hasSuffix("expected less"))
    }
}
