// The names of operators and types, and which of them was meant.

internal import BSON

/// The names that queries know.
enum Operators {
    /// What stands where a field's name would.
    static let top = ["$and", "$or", "$nor", "$expr", "$comment"]
    /// What stands in a field's condition.
    static let field = [
        "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$not", "$exists", "$type", "$regex", "$options",
        "$mod", "$size", "$all", "$elemMatch", "$bitsAllSet", "$bitsAnySet", "$bitsAllClear", "$bitsAnyClear", "$cidr",
    ]

    /// Returns the error about a name that is none of `names`.
    static func unknown(_ name: String, among names: [String], _ element: ElementView) -> QueryError {
        let meant = nearest(name, among: names).map { ", did you mean '\($0)'?" } ?? ""
        return QueryError("unknown or unsupported operator '\(name)'\(meant)", at: element)
    }

    /// Returns the name that differs least, if it differs little.
    static func nearest(_ name: String, among names: [String]) -> String? {
        let rated = names.map { ($0, distance($0, name)) }.min { $0.1 < $1.1 }
        guard let (nearest, distance) = rated, distance <= max(1, name.count / 3) else { return nil }
        return nearest
    }

    /// The least number of letters to insert, remove, replace or exchange with their neighbour.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased().utf8)
        let right = Array(right.lowercased().utf8.prefix(64))
        var before: [Int] = []
        var last = Array(0...right.count)
        for (row, one) in left.enumerated() {
            var next = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(last[column] + (one == other ? 0 : 1), last[column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, one == right[column - 1], left[row - 1] == other {
                    best = min(best, before[column - 1] + 1)
                }
                next.append(best)
            }
            (before, last) = (last, next)
        }
        return last[right.count]
    }
}

extension BSONType {
    private static let named: [(BSONType, String)] = [
        (.double, "double"), (.string, "string"), (.document, "object"), (.array, "array"), (.binary, "binData"),
        (.undefined, "undefined"), (.objectID, "objectId"), (.bool, "bool"), (.datetime, "date"), (.null, "null"),
        (.regex, "regex"), (.dbPointer, "dbPointer"), (.javascript, "javascript"), (.symbol, "symbol"),
        (.javascriptWithScope, "javascriptWithScope"), (.int32, "int"), (.timestamp, "timestamp"), (.int64, "long"),
        (.decimal128, "decimal"), (.minKey, "minKey"), (.maxKey, "maxKey"),
    ]

    /// MongoDB's names of all types.
    static var names: [String] { named.map(\.1) }

    /// The type that MongoDB calls so.
    init?(name: String) {
        guard let type = Self.named.first(where: { $0.1 == name })?.0 else { return nil }
        self = type
    }

    /// What MongoDB calls the type.
    var name: String { Self.named.first { $0.0 == self }?.1 ?? "unknown" }
}
