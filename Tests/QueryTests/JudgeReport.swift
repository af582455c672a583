// What came of many cases: how many agree, and each disagreement with what is needed to repeat it.

import BSON
import BSONText
import Foundation

/// What we answer.
enum Answer {
    /// We refuse it whatever the documents are, and say why.
    case refused(String)
    /// For each document of the set.
    case outcomes([Outcome])
    /// What comes out of a pipeline.
    case results([Document])
    /// The pipeline fails on these documents, and why.
    case failed(String)
}

/// Counts cases and keeps disagreements.
struct JudgeReport {
    let kind: JudgeCase.Kind
    private(set) var judged = 0
    private(set) var refused = 0
    private(set) var known: [String: Int] = [:]
    private(set) var disagreements: [Disagreement] = []

    /// A case in which mongod and we differ.
    struct Disagreement {
        var operators: Set<String>
        var text: String
        /// Why we refuse it, if only we do.
        var refusal: String?
    }

    /// How many disagreements are shown.
    static let shown = 20

    init(_ kind: JudgeCase.Kind) { self.kind = kind }

    /// Compares our answer with mongod's.
    mutating func add(_ judged: JudgeCase, about documents: [Document], _ answer: Answer) {
        self.judged += 1
        if judged.isRefused { refused += 1 }
        guard let difference = Difference(judged, documents, answer) else { return }
        if judged.alternatives.contains(where: { Difference($0, documents, answer) == nil }) {
            known["mongod itself differs", default: 0] += 1
            return
        }
        if let reason = KnownDifference.all.first(where: { $0.applies(judged, difference) }) {
            known[reason.name, default: 0] += 1
            return
        }
        disagreements.append(
            Disagreement(
                operators: judged.operators, text: difference.text(of: judged), refusal: difference.refusal))
    }

    /// Counts a question that ends mongod, so that there is no answer.
    mutating func addDeath() {
        judged += 1
        known["mongod ends by a failed invariant of its own", default: 0] += 1
    }

    /// One line for people.
    var summary: String {
        let differences = known.sorted { $0.key < $1.key }.map { ", \($0.value) known to differ: \($0.key)" }.joined()
        return "mongod judged \(judged) cases of \(kind.rawValue), seed \(Judge.seed): \(refused) refused by it, "
            + "\(disagreements.count) disagreements\(differences)"
    }

    /// The shortest disagreements, and how often each operator occurs in all.
    var text: String {
        var counts: [String: Int] = [:]
        for name in disagreements.flatMap(\.operators) { counts[name, default: 0] += 1 }
        let table = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
        let shortest = disagreements.map(\.text).sorted { $0.count < $1.count }.prefix(Self.shown)
        return "\(summary)\n" + shortest.joined(separator: "\n") + "\noperators in all: "
            + table.joined(separator: ", ")
    }

    /// Writes all disagreements into a file, for work on them: what only we refuse by our reasons, the others by the
    /// operators that occur; of each group the shortest.
    func write(to folder: String) throws {
        let groups = Dictionary(grouping: disagreements) { disagreement in
            disagreement.refusal.map { "~ refused: \($0)" }
                ?? (disagreement.operators.isEmpty
                    ? "no operator" : disagreement.operators.sorted().joined(separator: " "))
        }
        let sorted = groups.sorted {
            ($0.key.first == "~" ? 1 : 0, $0.key.count, $0.key) < ($1.key.first == "~" ? 1 : 0, $1.key.count, $1.key)
        }
        let body = sorted.map { group in
            let texts = group.value.map(\.text).sorted { $0.count < $1.count }.prefix(3)
            return "== \(group.key): \(group.value.count)\n" + texts.joined(separator: "\n")
        }
        let text = "\(summary)\n\n" + body.joined(separator: "\n\n") + "\n"
        try text.write(toFile: folder + "/disagreements-\(kind.rawValue).txt", atomically: true, encoding: .utf8)
    }
}

/// In what mongod and we differ in one case.
struct Difference {
    let theirs: String
    let ours: String
    /// The first of the documents that the answers differ for.
    var about: Document?
    /// Why we refuse, if we do.
    var refusal: String?
    /// Whether one fails on each document that the answers differ for, and the other does not.
    var isOnlyFailures = false
    /// Whether the answers are the same but for the order of fields and the types of equal numbers.
    var isOnlyForm = false

    /// `nil` if there is no difference.
    init?(_ judged: JudgeCase, _ documents: [Document], _ answer: Answer) {
        switch answer {
        case .refused(let why):
            if judged.isRefused { return nil }
            self.init(theirs: "answers", ours: "refused, \(why)", refusal: why)
        case _ where judged.isRefused && judged.kind != .pipeline:
            self.init(theirs: "refused, \(judged.message)", ours: "answered")
        case .failed(let why):
            if judged.isRefused { return nil }
            self.init(theirs: "answers", ours: "failed, \(why)", refusal: why)
        case .results(let ours):
            if judged.isRefused {
                self.init(theirs: "refused, \(judged.message)", ours: Difference.text(ours))
                return
            }
            let exactness = Exactness(judged)
            let theirs = judged.results
            let same =
                judged.isOrdered
                ? exactness.areSame(list: theirs, ours) : exactness.areSame(set: theirs, ours)
            if same { return nil }
            let plain = (theirs.map(\.inPlainForm), ours.map(\.inPlainForm))
            defer {
                isOnlyForm =
                    judged.isOrdered
                    ? exactness.areSame(list: plain.0, plain.1) : exactness.areSame(set: plain.0, plain.1)
            }
            if judged.isOrdered, let place = exactness.firstDifference(theirs, ours) {
                self.init(
                    theirs: Difference.text(theirs, from: place), ours: Difference.text(ours, from: place))
            } else {
                self.init(theirs: Difference.text(theirs, without: ours), ours: Difference.text(ours, without: theirs))
            }
        case .outcomes(let ours):
            self.init(Exactness(judged), documents, judged.outcomes(of: documents.count), ours)
        }
    }

    private init(theirs: String, ours: String, refusal: String? = nil) {
        self.theirs = theirs
        self.ours = ours
        self.refusal = refusal
    }

    private init?(_ exactness: Exactness, _ documents: [Document], _ theirs: [Outcome], _ ours: [Outcome]) {
        let different = documents.indices.filter { !exactness.areSame(theirs[$0], ours[$0]) }
        // The smallest document shows best what the matter is.
        guard let first = different.min(by: { documents[$0].bytes.count < documents[$1].bytes.count }) else {
            return nil
        }
        about = documents[first]
        let others = different.count > 1 ? " (and \(different.count - 1) more documents)" : ""
        isOnlyFailures = different.allSatisfy { theirs[$0].isFailure != ours[$0].isFailure }
        self.theirs = Difference.text(theirs[first])
        self.ours = Difference.text(ours[first]) + others
    }

    /// All that is needed to look into it.
    func text(of judged: JudgeCase) -> String {
        let question = judged.withQuestion { BSONText.string(valueOf: $0) }
        let document = about.map { "\n    document \(Difference.text($0))" } ?? ""
        return """
            seed \(Judge.seed), case \(judged.number), set \(judged.set), \(judged.kind.rawValue): \(question)\(document)
                mongod   \(theirs)
                ours     \(ours)
            """
    }

    private static func text(_ document: Document) -> String {
        let view = document.view
        return BSONText.string(view)
    }

    /// The number of documents, and two of them.
    private static func text(_ documents: [Document], from place: Int) -> String {
        "\(documents.count) documents, from \(place) on"
            + documents[place...].prefix(2).map { "\n             \(text($0))" }.joined()
    }

    /// The number of documents, and some: those that others lack, if there are any.
    private static func text(_ documents: [Document], without others: [Document] = []) -> String {
        let special = documents.filter { !others.contains($0) }
        let shown = (special.isEmpty ? documents : special).prefix(4).map { text($0) }
        return "\(documents.count) documents" + shown.map { "\n             \($0)" }.joined()
    }

    private static func text(_ outcome: Outcome) -> String {
        switch outcome {
        case .hit(let hit): hit ? "hits" : "misses"
        case .failed(let why): why.isEmpty ? "fails" : "fails, \(why)"
        case .value(let document):
            document.isEmpty ? "no value" : text(document)
        }
    }
}

extension Document {
    /// The same with its fields sorted by name, and numbers in one type where that changes no value.
    fileprivate var inPlainForm: Document {
        let view = view
        return Document { writer in Document.write(view, to: &writer, isArray: false) }
    }

    private static func write(_ view: DocumentView, to writer: inout DocumentWriter, isArray: Bool) {
        var names: [String] = []
        view.forEach { names.append($0.key) }
        for name in isArray ? names : names.sorted() {
            guard let element = view[name] else { continue }
            if let inner = element.document {
                writer.document(key: name.utf8Span.span.bytes) { write(inner, to: &$0, isArray: false) }
            } else if let inner = element.array {
                writer.document(key: name.utf8Span.span.bytes) { write(inner, to: &$0, isArray: true) }
            } else if let integer = element.integer {
                writer[name] = integer
            } else if let decimal = element.decimal128, let integer = Int64("\(decimal)") {
                writer[name] = integer
            } else if let decimal = element.decimal128, let double = Double("\(decimal)") {
                writer[name] = double
            } else {
                writer.append(element, key: name)
            }
        }
    }
}
