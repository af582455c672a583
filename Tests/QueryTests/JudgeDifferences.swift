// Where we differ from mongod on purpose, or because nobody could tell: each with its reason.

import BSON
import Foundation

/// A way in which we differ from mongod and mean to.
struct KnownDifference: Sendable {
    /// What it is called where it is counted.
    let name: String
    /// Why.
    let why: String
    /// Whether this case is one.
    let applies: @Sendable (JudgeCase, Difference) -> Bool

    /// All there are; `docs/query.md` tells them to people.
    static let all = [
        KnownDifference(
            name: "conditions beside $expr",
            why: "Which of several conditions is looked at first is mongod's secret; if an earlier one decides, the "
                + "expression is not computed and cannot fail.",
            applies: { judged, difference in
                judged.kind == .match && difference.isOnlyFailures && judged.hasConditionsBesideExpression
                    || judged.kind == .pipeline && judged.isRefused && judged.operators.contains("$expr")
            }),
        KnownDifference(
            name: "positional operator",
            why: "'$' in a path of a projection or an update needs the query that found the document; there is none "
                + "here, so it is refused by name.",
            applies: { judged, difference in
                (judged.kind == .project || judged.kind == .update)
                    && difference.refusal?.hasPrefix("the positional operator '$") == true
            }),
        KnownDifference(
            name: "powers of decimals",
            why: "$pow, $exp, $ln, $log and $log10 of decimals are refused by name: 34 correct digits of them are not "
                + "built.",
            applies: { _, difference in
                difference.ours.contains(" of a decimal is not supported")
                    || difference.refusal?.contains(" of a decimal is not supported") == true
            }),
        KnownDifference(
            name: "values that nobody needs",
            why: "mongod leaves out stages and fields that have no influence on the result, and selects first where it "
                + "can; then nothing fails there.",
            applies: { judged, difference in
                judged.kind == .pipeline && !judged.isRefused && difference.ours.hasPrefix("failed")
            }),
        KnownDifference(
            name: "order of fields, type of equal numbers",
            why: "In mongod a field that is removed and set again keeps its old place, and which of equal numbers of "
                + "different types $min and $max give depends on the engine.",
            applies: { $0.kind == .pipeline && $1.isOnlyForm }),
        KnownDifference(
            name: "names with a dollar sign",
            why: "mongod 6.0 stores fields whose names begin with '$'; a mistyped operator is more likely here, so an "
                + "update refuses them.",
            applies: { judged, difference in
                judged.kind == .update
                    && difference.refusal?.hasPrefix("a field of an update cannot begin with '$'") == true
            }),
        KnownDifference(
            name: "nothing replaced between bytes",
            why: "$replaceAll that looks for an empty text puts the replacement between the bytes of a character in "
                + "mongod 6.0, and what comes out is no UTF-8; here it is put between characters.",
            applies: { judged, _ in judged.replacesNothing }),
        KnownDifference(
            name: "free forms of dates",
            why: "mongod guesses dates in any text by a library of its own, where a letter is a military time zone; "
                + "here the forms of ISO 8601 are read and a few that are like them.",
            applies: { _, difference in
                difference.ours.contains(" is not a date: ")
                    || difference.refusal?.contains(" is not a date: ") == true
            }),
        KnownDifference(
            name: "what $rename finds",
            why: "mongod looks for what it renames after other operators of the same update have worked, in the order "
                + "of the names; here an update takes from the document as it was.",
            applies: { $0.kind == .update && $0.operators.contains("$rename") && $1.isOnlyFailures }),
        KnownDifference(
            name: "numeric names in $top and $bottom",
            why: "mongod 6.0 keeps what `sortBy` names in an array, and then takes a field named 0 or 1 of a document "
                + "in it for an element.",
            applies: { judged, _ in
                judged.kind == .pipeline && judged.message.contains("Ambiguous field name found in array")
                    && !judged.operators.isDisjoint(with: ["$top", "$topN", "$bottom", "$bottomN"])
            }),
    ]
}

extension JudgeCase {
    /// Whether `$replaceAll` looks for an empty text.
    fileprivate var replacesNothing: Bool {
        func replaces(_ element: ElementView) -> Bool {
            if element.key == "$replaceAll", element.document?["find"]?.string == "" { return true }
            guard let nested = element.nested else { return false }
            var elements = nested.makeIterator()
            while let inner = elements.next() { if replaces(inner) { return true } }
            return false
        }
        return withQuestion { replaces($0) }
    }

    /// Whether the query is more than one `$expr`.
    fileprivate var hasConditionsBesideExpression: Bool {
        withQuestion { question in
            guard operators.contains("$expr"), let query = question.document else { return false }
            var elements = query.makeIterator()
            while let element = elements.next() { if element.key != "$expr" { return true } }
            return false
        }
    }
}
