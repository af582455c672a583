// Where we differ from mongod on purpose, or because nobody could tell: each with its reason.

/// A way in which we differ from mongod and mean to.
struct KnownDifference: Sendable {
    /// What it is called where it is counted.
    let name: String
    /// Why.
    let why: String
    /// Whether this case is one.
    let applies: @Sendable (JudgeCase, Difference) -> Bool

    /// All there are; `docs/query.md` tells them to people.
    static let all: [KnownDifference] = []
}
