// A real mongod judges the query language: same answer to the same question, or same refusal.
//
// Thousands of generated questions about generated documents, from a printed seed. By hand, longer or again:
//
//     ES_JUDGE_CASES=100000 ES_JUDGE_SEED=7 swift test --filter MongodJudgeTests
//     ES_JUDGE_ONLY=1234 ES_JUDGE_SEED=7 ES_JUDGE_KINDS=match swift test --filter MongodJudgeTests

import BSON
import Foundation
import Testing

@Suite(
    "mongod as the judge", .serialized,
    .enabled(if: Judge.isThere, "python3 and mongod 6.0 (.build/mongod/mongod or ES_MONGOD) are not installed"))
struct MongodJudgeTests {
    @Test("the query language answers as a real mongod does", arguments: Judge.kinds)
    func judge(kind: JudgeCase.Kind) throws {
        var report = JudgeReport(kind)
        var sets: [Int: [Document]] = [:]
        try Judge.run(kind) { document in
            if document.view["died"]?.bool == true { return report.addDeath() }
            guard let judged = JudgeCase(document) else {
                let (number, documents) = documentSet(document)
                sets[number] = documents
                return
            }
            let documents = try #require(sets[judged.set])
            if Judge.traces { FileHandle.standardError.write(Data("case \(judged.number)\n".utf8)) }
            report.add(judged, about: documents, answer(to: judged, about: documents))
        }
        print(report.summary)
        if let folder = Judge.report { try report.write(to: folder) }
        #expect(report.judged == (Judge.only == nil ? Judge.cases : 1))
        if !report.disagreements.isEmpty { Issue.record("\(report.text)") }
    }
}

/// Documents that the following cases are about, and their set's number.
private func documentSet(_ document: Document) -> (Int, [Document]) {
    let view = document.view
    var documents: [Document] = []
    view["documents"]?.array?.forEach { element in
        if let member = element.document { documents.append(Document(copying: member)) }
    }
    return (Int(view["set"]?.integer ?? -1), documents)
}
