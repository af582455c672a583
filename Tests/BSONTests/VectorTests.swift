// Bytes by hand: a document for every type, and one for every way to be wrong.

import BSON
import Testing

@Suite("Byte vectors") struct VectorTests {
    @Test("every type is read as its value, and written as its bytes", arguments: validVectors)
    func valid(_ vector: ValidVector) throws {
        let bytes = document(of: vector.element)
        #expect(libbsonAccepts(bytes))
        let read = try Document(validating: bytes)
        let view = read.view
        let type = view["k"]?.type
        var matches = false
        if let element = view["k"] { matches = vector.matches(element) }
        #expect(type == vector.type)
        #expect(matches)
        var writer = DocumentWriter()
        writer.beginDocument()
        vector.write(&writer)
        writer.endDocument()
        let written = writer.take()
        #expect(hex(written) == hex(bytes))
    }

    @Test("every mistake has its reason and its place", arguments: brokenVectors)
    func broken(_ vector: BrokenVector) {
        #expect(!libbsonAccepts(vector.bytes) || vector.reason == .tooDeep)
        let error = #expect(throws: BSONError.self) { try Document(validating: vector.bytes) }
        #expect(error == BSONError(vector.reason, at: vector.offset), "\(error?.description ?? "")")
    }

    @Test("documents one after another are counted, and their number is checked")
    func sequences() throws {
        let bytes: [UInt8] = [5, 0, 0, 0, 0, 8, 0, 0, 0, 10, 97, 0, 0, 5, 0, 0, 0, 0]
        let found = try BSONValidator.validateSequence(bytes.span.bytes)
        let expected = try BSONValidator.validateSequence(bytes.span.bytes, count: 3)
        #expect(found == 3 && expected == 3)
        let fewer = #expect(throws: BSONError.self) { try BSONValidator.validateSequence(bytes.span.bytes, count: 4) }
        let more = #expect(throws: BSONError.self) { try BSONValidator.validateSequence(bytes.span.bytes, count: 2) }
        let large = #expect(throws: BSONError.self) {
            try BSONValidator.validateSequence(bytes.span.bytes, maximumSize: 7)
        }
        #expect(fewer == BSONError(.documentCount, at: 18))
        #expect(more == BSONError(.documentCount, at: 13))
        #expect(large == BSONError(.tooLarge, at: 5))
    }

    @Test("a hundred levels are valid, one more is not")
    func depth() throws {
        _ = try Document(validating: nested(levels: 100))
        let error = #expect(throws: BSONError.self) { try Document(validating: nested(levels: 101)) }
        #expect(error == BSONError(.tooDeep, at: 700))
        let view = try DocumentView(validating: nested(levels: 3).span.bytes, maximumDepth: 3)
        let empty = view.isEmpty
        #expect(!empty)
    }

    @Test(
        "text is UTF-8 by Unicode's table, wherever in a word it breaks",
        arguments: [
            ("C3 A9", true), ("E2 82 AC", true), ("F0 9F 8C A9", true), ("F4 8F BF BF", true), ("ED 9F BF", true),
            ("00", true), ("C0 80", false), ("C1 BF", false), ("E0 9F BF", false), ("ED A0 80", false),
            ("F0 8F BF BF", false), ("F4 90 80 80", false), ("F5 80 80 80", false), ("80", false), ("BF", false),
            ("C3", false), ("E2 82", false), ("F0 9F 8C", false), ("C3 C3", false), ("E2 82 41", false), ("FF", false),
        ])
    func utf8(_ sample: String, valid: Bool) throws {
        let sample = sample.split(separator: " ").compactMap { UInt8($0, radix: 16) }
        for before in 0..<17 {
            for after in [0, 1, 7, 8, 9] {
                let text = Array(repeating: UInt8(97), count: before) + sample + Array(repeating: 98, count: after)
                let verdict = BSONValidator.isUTF8(text.span.bytes)
                #expect(verdict == valid, "\(before) before, \(after) after")
                let bytes = document(of: [2, 107, 0] + [UInt8(text.count + 1), 0, 0, 0] + text + [0])
                #expect(((try? Document(validating: bytes)) != nil) == valid)
            }
        }
    }
}

struct ValidVector: Sendable, CustomTestStringConvertible {
    let type: BSONType
    let element: [UInt8]
    let matches: @Sendable (ElementView) -> Bool
    let write: @Sendable (inout DocumentWriter) -> Void
    var testDescription: String { "\(type)" }

    init(
        _ type: BSONType, _ value: [UInt8], _ matches: @escaping @Sendable (ElementView) -> Bool,
        _ write: @escaping @Sendable (inout DocumentWriter) -> Void
    ) {
        self.type = type
        element = [type.rawValue, 107, 0] + value
        self.matches = matches
        self.write = write
    }
}

struct BrokenVector: Sendable, CustomTestStringConvertible {
    let what: String
    let reason: BSONError.Reason
    let offset: Int
    let bytes: [UInt8]
    var testDescription: String { what }

    init(_ what: String, _ reason: BSONError.Reason, at offset: Int, _ bytes: [UInt8]) {
        self.what = what
        self.reason = reason
        self.offset = offset
        self.bytes = bytes
    }
}

/// The elements as a whole document.
private func document(of elements: [UInt8]) -> [UInt8] {
    let length = elements.count + 5
    return [UInt8(length & 255), UInt8(length >> 8), 0, 0] + elements + [0]
}

private let twelve: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
private let identity = ObjectID(seconds: 0x0102_0304, low: 0x0506_0708_090A_0B0C)

private let validVectors = [
    ValidVector(.double, [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], { $0.double == 1.5 }, { $0["k"] = 1.5 }),
    ValidVector(.string, [3, 0, 0, 0, 0xC3, 0xA9, 0], { $0.string == "é" }, { $0["k"] = "é" }),
    ValidVector(
        .document, [8, 0, 0, 0, 10, 110, 0, 0], { $0.document?["n"]?.isNull == true },
        { $0.document("k") { $0.null("n") } }),
    ValidVector(
        .array, [12, 0, 0, 0, 16, 48, 0, 1, 0, 0, 0, 0], { $0.array?["0"]?.int32 == 1 }, { $0["k"] = [1 as Int32] }),
    ValidVector(
        .binary, [2, 0, 0, 0, 0x80, 7, 8], { $0.binary == Binary([7, 8], subtype: 0x80) },
        { $0["k"] = Binary([7, 8], subtype: 0x80) }),
    ValidVector(
        .binary, [6, 0, 0, 0, 2, 2, 0, 0, 0, 7, 8], { $0.binary == Binary([7, 8], subtype: 2) },
        { $0["k"] = Binary([7, 8], subtype: 2) }),
    ValidVector(.undefined, [], { $0.type == .undefined }, { $0.undefined("k") }),
    ValidVector(.objectID, twelve, { $0.objectID == identity }, { $0["k"] = identity }),
    ValidVector(.bool, [1], { $0.bool == true }, { $0["k"] = true }),
    ValidVector(.bool, [0], { $0.bool == false }, { $0["k"] = false }),
    ValidVector(
        .datetime, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        { $0.datetime == Datetime(millisecondsSinceEpoch: -1) }, { $0["k"] = Datetime(millisecondsSinceEpoch: -1) }),
    ValidVector(.null, [], { $0.isNull }, { $0.null("k") }),
    ValidVector(
        .regex, [94, 97, 0, 105, 109, 0], { $0.regex == Regex("^a", options: "im") },
        { $0.regex("k", "^a", options: "mi") }),
    ValidVector(
        .dbPointer, [2, 0, 0, 0, 99, 0] + twelve, { $0.dbPointer == DBPointer("c", id: identity) },
        { $0.dbPointer("k", "c", id: identity) }),
    ValidVector(.javascript, [2, 0, 0, 0, 120, 0], { $0.javascript?.code == "x" }, { $0.javascript("k", "x") }),
    ValidVector(.symbol, [2, 0, 0, 0, 120, 0], { $0.symbol?.name == "x" }, { $0.symbol("k", "x") }),
    ValidVector(
        .javascriptWithScope, [18, 0, 0, 0, 2, 0, 0, 0, 120, 0, 8, 0, 0, 0, 10, 110, 0, 0],
        { $0.scopedCode == "x" && $0.scope?["n"]?.isNull == true },
        { $0.javascriptWithScope("k", "x") { $0.null("n") } }),
    ValidVector(.int32, [0xFE, 0xFF, 0xFF, 0xFF], { $0.int32 == -2 }, { $0["k"] = -2 as Int32 }),
    ValidVector(
        .timestamp, [1, 0, 0, 0, 2, 0, 0, 0], { $0.timestamp == Timestamp(seconds: 2, increment: 1) },
        { $0.timestamp("k", seconds: 2, increment: 1) }),
    ValidVector(.int64, [0, 0, 0, 0, 1, 0, 0, 0], { $0.int64 == 1 << 32 }, { $0["k"] = 1 << 32 }),
    ValidVector(
        .decimal128, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x30], { $0.decimal128?.description == "1" },
        { $0["k"] = Decimal128("1") }),
    ValidVector(.minKey, [], { $0.type == .minKey }, { $0.minKey("k") }),
    ValidVector(.maxKey, [], { $0.type == .maxKey }, { $0.maxKey("k") }),
]

private let brokenVectors = [
    BrokenVector("nothing", .truncated, at: 0, []),
    BrokenVector("half a length", .truncated, at: 0, [5, 0]),
    BrokenVector("a length without its end", .truncated, at: 0, [5, 0, 0, 0]),
    BrokenVector("a document cut short", .truncated, at: 0, [8, 0, 0, 0, 10, 107, 0]),
    BrokenVector("bytes behind the document", .trailingBytes, at: 5, [5, 0, 0, 0, 0, 0]),
    BrokenVector("a length of four", .documentLength, at: 0, [4, 0, 0, 0, 0]),
    BrokenVector("a negative length", .documentLength, at: 0, [0xFF, 0xFF, 0xFF, 0xFF, 0]),
    BrokenVector("an end before the length says", .documentLength, at: 4, [6, 0, 0, 0, 0, 0]),
    BrokenVector("no end", .truncated, at: 7, [7, 0, 0, 0, 10, 107, 0]),
    BrokenVector("a key without NUL", .truncated, at: 5, [7, 0, 0, 0, 10, 107, 107]),
    BrokenVector("a key that is not UTF-8", .utf8, at: 5, document(of: [10, 0xFF, 0])),
    BrokenVector("a type 0x14", .unknownType, at: 4, document(of: [0x14, 107, 0])),
    BrokenVector("a type 0x80", .unknownType, at: 4, document(of: [0x80, 107, 0])),
    BrokenVector("half an int64", .truncated, at: 7, document(of: [18, 107, 0, 1, 1, 1, 1])),
    BrokenVector("a Boolean of 2", .boolean, at: 7, document(of: [8, 107, 0, 2])),
    BrokenVector("a string of length 0", .stringLength, at: 7, document(of: [2, 107, 0, 0, 0, 0, 0, 0])),
    BrokenVector("a string of length -1", .stringLength, at: 7, document(of: [2, 107, 0, 255, 255, 255, 255, 0])),
    BrokenVector("a string over the end", .stringLength, at: 7, document(of: [2, 107, 0, 9, 0, 0, 0, 120, 0])),
    BrokenVector("a string to the very end", .truncated, at: 7, document(of: [2, 107, 0, 3, 0, 0, 0, 120, 0])),
    BrokenVector("a string without NUL", .stringEnd, at: 12, document(of: [2, 107, 0, 2, 0, 0, 0, 120, 120])),
    BrokenVector("a string that is not UTF-8", .utf8, at: 11, document(of: [2, 107, 0, 2, 0, 0, 0, 0xFF, 0])),
    BrokenVector("code without NUL", .stringEnd, at: 12, document(of: [13, 107, 0, 2, 0, 0, 0, 120, 120])),
    BrokenVector("a symbol of length 0", .stringLength, at: 7, document(of: [14, 107, 0, 0, 0, 0, 0, 0])),
    BrokenVector("a binary over the end", .binaryLength, at: 7, document(of: [5, 107, 0, 9, 0, 0, 0, 0, 1])),
    BrokenVector("a negative binary", .binaryLength, at: 7, document(of: [5, 107, 0, 255, 255, 255, 255, 0, 1])),
    BrokenVector(
        "subtype 2 without a length", .binaryLength, at: 7, document(of: [5, 107, 0, 3, 0, 0, 0, 2, 0, 0, 0])),
    BrokenVector(
        "subtype 2 of another length", .binaryLength, at: 7, document(of: [5, 107, 0, 5, 0, 0, 0, 2, 2, 0, 0, 0, 1])),
    BrokenVector("a document over the end", .truncated, at: 7, document(of: [3, 107, 0, 9, 0, 0, 0, 0])),
    BrokenVector("a document of length 4", .documentLength, at: 7, document(of: [3, 107, 0, 4, 0, 0, 0, 0])),
    BrokenVector("an array that ends early", .documentLength, at: 11, document(of: [4, 107, 0, 6, 0, 0, 0, 0, 0])),
    BrokenVector("a pattern without options", .truncated, at: 7, document(of: [11, 107, 0, 97, 0])),
    BrokenVector("options that are not UTF-8", .utf8, at: 9, document(of: [11, 107, 0, 97, 0, 0xFF, 0])),
    BrokenVector(
        "half a pointer", .truncated, at: 7, document(of: [12, 107, 0, 2, 0, 0, 0, 97, 0] + twelve.dropLast())),
    BrokenVector(
        "scope longer than code with scope", .truncated, at: 17,
        document(of: [15, 107, 0, 15, 0, 0, 0, 2, 0, 0, 0, 120, 0, 6, 0, 0, 0, 0, 0])),
    BrokenVector(
        "scope shorter than code with scope", .codeLength, at: 7,
        document(of: [15, 107, 0, 16, 0, 0, 0, 2, 0, 0, 0, 120, 0, 5, 0, 0, 0, 0, 0])),
    BrokenVector("code with scope too short", .truncated, at: 7, document(of: [15, 107, 0, 4, 0, 0, 0])),
]
