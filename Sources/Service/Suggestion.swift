// The nearest known word to one that is not known, as messages tell it.

internal import BSONText

/// `; did you mean "every"?`, or nothing if no known word is near.
package func suggestion(for word: String, among known: [String], prefix: String = "") -> String {
    Spelling.nearest(to: word, among: known).map { "; did you mean \"\(prefix)\($0)\"?" } ?? ""
}
