// The names of operators and types, and which of them was meant.

internal import BSON
internal import BSONText

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
        let meant = Spelling.nearest(to: name, among: names).map { ", did you mean '\($0)'?" } ?? ""
        return QueryError("unknown or unsupported operator '\(name)'\(meant)", at: element)
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
