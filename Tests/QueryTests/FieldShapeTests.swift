// A query learns what documents look like; what it learned must not change an answer.
import BSON
import Query
import Testing

@Suite("Queries over documents of changing shape")
struct FieldShapeTests {
    private static let names = [
        "a", "b", "c", "ab", "timestamp", "status_of_it", "a_key_of_14_by", "a_key_longer_than_a_head", "abcdefgh",
        "abcdefghi",
    ]

    private static let queries = [
        "{a: {$gte: 1}}", "{a: 1, b: 'x'}", "{a: {$exists: false}}", "{timestamp: {$lt: 2}, b: {$ne: 'x'}}",
        "{a_key_of_14_by: {$in: [0, 1]}, c: null}", "{$or: [{b: 'x'}, {c: {$type: 'string'}}]}",
        "{a_key_longer_than_a_head: 1}", "{abcdefgh: 1, abcdefghi: {$ne: 2}}", "{ab: {$size: 1}, a: {$ne: 0}}",
    ]

    @Test("a query that has seen other documents answers as one that has not", arguments: queries)
    func learnedIsLikeFresh(query: String) throws {
        var random = SystemRandomNumberGenerator()
        let learned = try Match(query)
        var shape: [String] = []
        var found = 0
        for round in 0..<1_600 {
            // For a while documents are alike, then they change.
            if round % 200 == 0 { shape = Self.names.shuffled().dropLast(Int.random(in: 0...5)) }
            let document = Self.document(like: shape, &random)
            let view = document.view
            let answer = try learned.matches(view)
            let expected = try Match(query).matches(view)
            #expect(answer == expected, "\(document)")
            if answer { found += 1 }
        }
        #expect(found > 0)
    }

    /// Makes a document that is mostly of the shape: now and then fields are absent, twice there or of another type.
    private static func document(like shape: [String], _ random: inout some RandomNumberGenerator) -> Document {
        Document { document in
            for name in shape {
                let times = [0, 1, 1, 1, 1, 1, 1, 1, 1, 2].randomElement(using: &random) ?? 1
                for _ in 0..<times { append(name, to: &document, &random) }
            }
        }
    }

    private static func append(
        _ name: String, to document: inout DocumentWriter, _ random: inout some RandomNumberGenerator
    ) {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: document[name] = ["x", "y", ""].randomElement(using: &random) ?? "x"
        case 1: document[name] = Double.random(in: 0..<3, using: &random)
        case 2: document[name] = Null()
        case 3: document[name] = [1 as Int32]
        case 4: document[name] = Int64.random(in: 0..<3, using: &random)
        case 5: document[name] = Decimal128(high: 0x3040_0000_0000_0000, low: UInt64.random(in: 0..<3, using: &random))
        default: document[name] = Int32.random(in: 0..<3, using: &random)
        }
    }
}
