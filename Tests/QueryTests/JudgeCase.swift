// A question to the query language, and what mongod answers.

import BSON

/// A question to the query language, and what mongod answers.
struct JudgeCase {
    /// What is asked: a document of the judge's stream.
    let document: Document
    let kind: Kind
    let number: Int
    let set: Int
    /// Whether mongod refuses it whatever the documents are.
    let isRefused: Bool

    enum Kind: String, CaseIterable {
        case match, project, update, expression, pipeline

        /// The field that holds the question.
        var field: String {
            switch self {
            case .match: "query"
            case .project: "projection"
            case .update, .expression, .pipeline: rawValue
            }
        }
    }

    /// Reads a document of the stream.
    init?(_ document: Document) {
        let view = document.view
        guard let kind = view["kind"]?.string.flatMap(Kind.init), let number = view["number"]?.integer,
            let set = view["set"]?.integer
        else { return nil }
        self.init(document, kind, number: Int(number), set: Int(set))
    }

    private init?(_ document: Document, _ kind: Kind, number: Int, set: Int) {
        let view = document.view
        guard let refused = view["refused"]?.bool else { return nil }
        self.document = document
        self.kind = kind
        self.number = number
        self.set = set
        isRefused = refused
    }

    /// The case with other answers that mongod gives as well: its engines, and its optimizer, do not always agree.
    var alternatives: [JudgeCase] {
        let view = document.view
        var others: [JudgeCase] = []
        view["alternatives"]?.array?.forEach { element in
            guard let other = element.document else { return }
            if let other = JudgeCase(Document(copying: other), kind, number: number, set: set) { others.append(other) }
        }
        return others
    }

    /// Lends the question.
    func withQuestion<R, E: Error>(_ body: (ElementView) throws(E) -> R) throws(E) -> R {
        let view = document.view
        guard let question = view.find(path: kind.field) else { preconditionFailure("a case without a question") }
        return try body(question)
    }

    /// What mongod says, where it refuses.
    var message: String {
        let view = document.view
        return view["message"]?.string ?? ""
    }

    /// All words with a dollar that occur as keys of the question.
    var operators: Set<String> {
        var found: Set<String> = []
        func collect(_ element: ElementView) {
            let key = element.key
            if key.hasPrefix("$") { found.insert(key) }
            element.nested?.forEach { collect($0) }
        }
        withQuestion { $0.nested?.forEach { collect($0) } }
        return found
    }
}

/// What comes of a question about one document.
enum Outcome: Hashable {
    /// The query hits or not; mongod's `ids` tell.
    case hit(Bool)
    /// A document with the field `value`, which is missing where there is none.
    case value(Document)
    /// It cannot be answered for this document, and why.
    case failed(String)

    /// Whether it cannot be answered.
    var isFailure: Bool { if case .failed = self { true } else { false } }
}

extension JudgeCase {
    /// What mongod answers about each document of the set, by its number.
    func outcomes(of documents: Int) -> [Outcome] {
        let view = document.view
        if kind == .match {
            let hits = integers("ids")
            let failed = integers("failed")
            return (0..<documents).map { failed.contains($0) ? .failed("") : .hit(hits.contains($0)) }
        }
        var outcomes: [Outcome] = []
        view["results"]?.array?.forEach { element in
            guard let result = element.document else { return }
            outcomes.append(
                result["failed"]?.bool == true
                    ? .failed("")
                    : .value(
                        Document { writer in
                            if let value = result["value"] { writer.append(value) }
                        }))
        }
        return outcomes
    }

    /// The results of a pipeline.
    var results: [Document] {
        let view = document.view
        var results: [Document] = []
        view["results"]?.array?.forEach { element in
            if let result = element.document { results.append(Document(copying: result)) }
        }
        return results
    }

    /// Whether the order of a pipeline's results is defined.
    var isOrdered: Bool {
        let view = document.view
        return view["ordered"]?.bool ?? true
    }

    private func integers(_ key: String) -> Set<Int> {
        let view = document.view
        var found: Set<Int> = []
        view.find(path: key)?.array?.forEach { if let value = $0.integer { found.insert(Int(value)) } }
        return found
    }
}
