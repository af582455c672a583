// libbson judges our validation: either both accept bytes or both refuse them.
//
// Random documents are cut at every byte, have every byte flipped, and get bytes that mean something to a parser in
// the wrong places. Where the two may differ is a table, with a document for each row.

import BSON
import CBSON
import Testing

@Suite("libbson as the judge") struct JudgeTests {
    @Test(
        "both accept or both refuse, whatever is done to a document",
        arguments: [1, 2, UInt64.random(in: 3...UInt64.max)])
    func judge(seed: UInt64) {
        var documents = RandomDocuments(seed: seed)
        var judged = 0
        for _ in 0..<60 {
            let document = documents.next()
            #expect(verdict(document) == .accepted, "seed \(seed): \(hex(document))")
            for mutation in mutations(of: document, using: &documents.generator) {
                judged += 1
                guard let complaint = disagreement(on: mutation) else { continue }
                Issue.record("seed \(seed), \(complaint): \(hex(mutation))")
            }
        }
        print("libbson agreed on \(judged) mutations, seed \(seed)")
        #expect(judged > 10_000)
    }

    @Test("where libbson accepts what bsonspec.org does not allow", arguments: knownDifferences)
    func difference(_ row: KnownDifference) {
        #expect(libbsonAccepts(row.bytes), "libbson has become stricter: the row can go")
        let ours = #expect(throws: BSONError.self) { try Document(validating: row.bytes) }
        #expect(ours?.reason == row.reason)
    }

    @Test(
        "libbson finds at a dotted path what we find", arguments: ["a", "d.b", "d.missing", "l.1", "l.2.x", "a.b", "d"])
    func paths(path: String) {
        let document = Document {
            $0["a"] = 1 as Int32
            $0.document("d") { $0["b"] = 2 as Int32 }
            $0.array("l") {
                $0.append(3 as Int32)
                $0.append(4 as Int32)
                $0.document { $0["x"] = 5 as Int32 }
            }
        }
        let theirs = document.bytes.withUnsafeBytes { CBSON_find_int32($0.baseAddress, $0.count, path, -1) }
        let view = document.view
        let ours = view.find(path: path)?.int32 ?? -1
        #expect(ours == theirs)
    }
}

/// A way in which libbson is laxer than the specification.
struct KnownDifference: Sendable, CustomTestStringConvertible {
    let why: String
    let reason: BSONError.Reason
    let bytes: [UInt8]
    var testDescription: String { why }
}

private let knownDifferences = [
    KnownDifference(
        why: "a NUL written as two bytes is not UTF-8; libbson takes it where NULs are allowed",
        reason: .utf8, bytes: [15, 0, 0, 0, 2, 97, 0, 3, 0, 0, 0, 0xC0, 0x80, 0, 0]),
    KnownDifference(
        why: "the code of code with scope is a string, so a NUL ends it; libbson does not look",
        reason: .stringEnd, bytes: [22, 0, 0, 0, 15, 97, 0, 14, 0, 0, 0, 1, 0, 0, 0, 120, 5, 0, 0, 0, 0, 0]),
    KnownDifference(
        why: "more than 100 levels are refused, as MongoDB refuses them; libbson has no limit",
        reason: .tooDeep, bytes: nested(levels: 101)),
]

/// Whether a disagreement is one of the table's rows, told by what exactly we complain about.
private func isKnown(_ error: BSONError, _ bytes: [UInt8]) -> Bool {
    switch error.reason {
    case .utf8: bytes[error.offset] == 0xC0 && bytes[error.offset + 1] == 0x80
    // libbson refuses a string, code, symbol or pointer without its NUL itself: this is code with scope.
    case .stringEnd: true
    default: false
    }
}

private enum Verdict: Equatable {
    case accepted, refused(BSONError)
}

private func verdict(_ bytes: [UInt8]) -> Verdict {
    do throws(BSONError) {
        _ = try Document(validating: bytes)
        return .accepted
    } catch {
        return .refused(error)
    }
}

/// What libbson and we disagree on, in words.
private func disagreement(on bytes: [UInt8]) -> String? {
    switch (verdict(bytes), libbsonAccepts(bytes)) {
    case (.accepted, true), (.refused, false): nil
    case (.accepted, false): "only libbson refuses"
    case (.refused(let error), true): isKnown(error, bytes) ? nil : "only we refuse, \(error)"
    }
}

func libbsonAccepts(_ bytes: [UInt8]) -> Bool {
    // A string may contain NUL by the specification.
    let flags = BSON_VALIDATE_UTF8.rawValue | BSON_VALIDATE_UTF8_ALLOW_NULL.rawValue
    return bytes.withUnsafeBytes { CBSON_accepts($0.baseAddress, $0.count, CInt(flags)) }
}

private func mutations(of document: [UInt8], using generator: inout SeededGenerator) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for place in document.indices {
        result.append(Array(document[..<place]))
        for flip in [0xFF, 0x80, document[place], 1 << UInt8.random(in: 0..<8, using: &generator)] where flip != 0 {
            var flipped = document
            flipped[place] ^= flip
            result.append(flipped)
        }
    }
    let telling: [UInt8] = [0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 14, 15, 16, 19, 20, 0x7F, 0x80, 0xC0, 0xED, 0xF4, 0xFF]
    for _ in 0..<100 {
        var changed = document
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 4..<document.count, using: &generator)
            let near = [changed[place] &+ 1, changed[place] &- 1]
            changed[place] = (telling + near).randomElement(using: &generator) ?? 0
        }
        result.append(changed)
    }
    return result
}

/// A document in a document and so on, so many in all.
func nested(levels: Int) -> [UInt8] {
    var bytes: [UInt8] = [5, 0, 0, 0, 0]
    for _ in 1..<levels {
        let length = Int32(bytes.count + 8)
        bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + [3, 97, 0] + bytes + [0]
    }
    return bytes
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
