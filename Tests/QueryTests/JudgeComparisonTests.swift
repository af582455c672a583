// What the judge takes for the same answer, and what not.

import BSON
import Testing

@Suite("Comparison of answers") struct JudgeComparisonTests {
    private let sum = judged("pipeline", field: "pipeline", operators: "$sum")
    private let plain = judged("match", field: "query", operators: "$gt")

    @Test("numbers of different types are different answers, however exact")
    func types() {
        #expect(!same(sum, Document { $0["a"] = 1 as Int32 }, Document { $0["a"] = 1 as Int64 }))
        #expect(!same(sum, Document { $0["a"] = 1 as Int32 }, Document { $0["a"] = 1.0 }))
        #expect(same(sum, Document { $0["a"] = 1.0 }, Document { $0["a"] = 1.0 }))
    }

    @Test("the order and the number of fields count")
    func fields() {
        let ab = Document {
            $0["a"] = 1
            $0["b"] = 2
        }
        let ba = Document {
            $0["b"] = 2
            $0["a"] = 1
        }
        #expect(!same(sum, ab, ba))
        #expect(!same(sum, ab, Document { $0["a"] = 1 }) && !same(sum, Document { $0["a"] = 1 }, ab))
    }

    @Test(
        "doubles of sums may differ by one part in a million millions, others not at all",
        arguments: [(0.1 + 0.2, 0.3, true), (1.0, 1.000000001, false), (0.0, -0.0, true), (1.0, .infinity, false)])
    func doubles(one: Double, other: Double, areNear: Bool) {
        let (left, right) = (Document { $0["a"] = one }, Document { $0["a"] = other })
        #expect(same(sum, left, right) == areNear)
        #expect(!same(plain, left, right) && same(plain, left, left))
    }

    @Test("a NaN is another only where nothing is computed")
    func notANumber() {
        let (left, right) = (Document { $0["a"] = Double.nan }, Document { $0["a"] = -Double.nan })
        #expect(same(sum, left, right) && !same(plain, left, right) && !same(sum, left, Document { $0["a"] = 0.0 }))
    }

    @Test("arrays have an order, unless their names say that they are sets")
    func sets() {
        for (name, matters) in [("list", true), ("set_a", false)] {
            let left = Document { $0.array(key: name) { for item in [1, 2, 2] { $0.append(item) } } }
            let right = Document { $0.array(key: name) { for item in [2, 1, 2] { $0.append(item) } } }
            let other = Document { $0.array(key: name) { for item in [1, 1, 2] { $0.append(item) } } }
            #expect(same(sum, left, right) == !matters)
            #expect(!same(sum, left, other))
        }
    }

    @Test("lists in any order are the same if each document has one of its own in the other")
    func lists() {
        let documents = [0.1 + 0.2, 1, 1, 2].map { value in Document { $0["a"] = value } }
        let near = [1, 0.3, 2, 1].map { value in Document { $0["a"] = value } }
        let exactness = Exactness(sum)
        #expect(exactness.areSame(set: documents, near) && !exactness.areSame(list: documents, near))
        #expect(!exactness.areSame(set: documents, Array(near.dropLast())))
        #expect(!exactness.areSame(set: documents, near.map { _ in documents[1] }))
    }

    private func same(_ judged: JudgeCase, _ one: Document, _ other: Document) -> Bool {
        Exactness(judged).areSame(Outcome.value(one), .value(other))
    }
}

private func judged(_ kind: String, field: StaticString, operators: StaticString) -> JudgeCase {
    let document = Document {
        $0["kind"] = kind
        $0["number"] = 1
        $0["set"] = 1
        $0["refused"] = false
        $0.document(field) { $0[operators] = 1 }
    }
    guard let judged = JudgeCase(document) else { preconditionFailure("no case") }
    return judged
}
