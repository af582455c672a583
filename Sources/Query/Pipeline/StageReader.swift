// Compiles the stages of pipelines.

internal import BSON

/// Reads stages; refuses what is wrong or not supported, by name.
struct StageReader {
    /// Whether something occurred that MongoDB does not have.
    private(set) var usesExtensions = false

    /// The names of all stages.
    static let names = [
        "$match", "$project", "$addFields", "$set", "$unset", "$group", "$sort", "$limit", "$skip", "$count", "$unwind",
        "$bucket", "$sortByCount", "$replaceRoot", "$replaceWith",
    ]

    /// Reads an element of the pipeline's array.
    mutating func stages(_ element: ElementView) throws(QueryError) -> [any Stage] {
        guard let document = element.document else {
            throw QueryError("a stage is a document such as {$match: …}, found \(element.type.name)", at: element)
        }
        var elements = document.makeIterator()
        guard let stage = elements.next() else {
            throw QueryError("a stage is a document with one field, this one has none", at: element)
        }
        if let more = elements.next() {
            throw QueryError("a stage is a document with one field, this one has '\(more.key)', too", at: more)
        }
        return try self.stage(stage)
    }

    private mutating func stage(_ stage: ElementView) throws(QueryError) -> [any Stage] {
        switch stage.key {
        case "$match":
            let match = try Match(try document(stage))
            usesExtensions = usesExtensions || match.usesExtensions
            return [MatchStage(match: match)]
        case "$project":
            let projection = try Projection(try document(stage), in: .stage)
            return [
                ReshapeStage { document, now, writer throws(QueryError) in
                    try projection.apply(document, now: now, to: &writer)
                }
            ]
        case "$addFields", "$set":
            let fields = try AddedFields(try document(stage))
            return [
                ReshapeStage { document, now, writer throws(QueryError) in
                    try fields.apply(document, now: now, to: &writer)
                }
            ]
        case "$unset":
            let projection = try Projection(unset: stage)
            return [
                ReshapeStage { document, now, writer throws(QueryError) in
                    try projection.apply(document, now: now, to: &writer)
                }
            ]
        case "$replaceRoot":
            var elements = try document(stage).makeIterator()
            guard let root = elements.next(), root.key == "newRoot" else {
                throw QueryError("$replaceRoot needs newRoot: an expression that is a document", at: stage)
            }
            if let more = elements.next() { throw Operators.unknown(more.key, among: ["newRoot"], more) }
            return [try replaceRoot(root, "$replaceRoot")]
        case "$replaceWith": return [try replaceRoot(stage, "$replaceWith")]
        case "$group": return [try GroupReader(stage).group(try document(stage))]
        case "$count": return try GroupReader(stage).count()
        case "$sortByCount": return try GroupReader(stage).sortByCount()
        case "$bucket": return try GroupReader(stage).bucket(try document(stage))
        case "$sort": return [SortStage(order: try SortOrder(try document(stage), of: stage))]
        case "$limit":
            guard let limit = ValueView(stage).number?.asInteger, limit > 0 else {
                throw QueryError("$limit needs a positive integer", at: stage)
            }
            return [LimitStage(limit: limit)]
        case "$skip":
            guard let count = ValueView(stage).number?.asInteger, count >= 0 else {
                throw QueryError("$skip needs an integer that is not negative", at: stage)
            }
            return [SkipStage(count: count)]
        case "$unwind": return [try unwind(stage)]
        case let name: throw Operators.unknown(name, among: Self.names, stage)
        }
    }

    @_lifetime(copy element)
    private func document(_ element: ElementView) throws(QueryError) -> DocumentView {
        guard let document = element.document else {
            throw QueryError("\(element.key) needs a document, found \(element.type.name)", at: element)
        }
        return document
    }

    private func replaceRoot(_ element: ElementView, _ name: String) throws(QueryError) -> any Stage {
        let expression = try Expression(element)
        return ReshapeStage { document, now, writer throws(QueryError) in
            let value = try expression.evaluate(document, now: now)
            guard case .document(let root) = value else {
                throw QueryError("\(name) needs a document, found \(value.type?.name ?? "nothing")")
            }
            if !writer.appendDocument(root.view) { throw QueryError("\(name) made a document that is too large") }
        }
    }

    // MARK: - $unwind

    private func unwind(_ stage: ElementView) throws(QueryError) -> any Stage {
        if stage.type == .string { return UnwindStage(path: try path(stage), indexName: nil, keepsEmpty: false) }
        var unwound: FieldPath?
        var indexName: String?
        var keepsEmpty = false
        var elements = try document(stage).makeIterator()
        while let element = elements.next() {
            switch element.key {
            case "path": unwound = try path(element)
            case "preserveNullAndEmptyArrays":
                guard let keeps = element.bool else {
                    throw QueryError("preserveNullAndEmptyArrays is true or false", at: element)
                }
                keepsEmpty = keeps
            case "includeArrayIndex":
                guard let name = element.string, !name.isEmpty, !name.hasPrefix("$"), !name.utf8.contains(0),
                    !FieldPath(name.utf8Span.span.bytes).hasEmptySegment
                else { throw QueryError("includeArrayIndex needs the name of a field", at: element) }
                indexName = name
            case let name:
                let names = ["path", "preserveNullAndEmptyArrays", "includeArrayIndex"]
                throw Operators.unknown(name, among: names, element)
            }
        }
        guard let unwound else { throw QueryError("$unwind needs a path", at: stage) }
        return UnwindStage(path: unwound, indexName: indexName, keepsEmpty: keepsEmpty)
    }

    private func path(_ element: ElementView) throws(QueryError) -> FieldPath {
        guard let text = element.string, text.hasPrefix("$"), !text.hasPrefix("$$"), text.utf8.count > 1 else {
            throw QueryError("$unwind needs a path such as '$tags'", at: element)
        }
        let path = FieldPath(String(text.dropFirst()).utf8Span.span.bytes)
        if path.hasEmptySegment || path.segments.contains(where: { $0.first == UInt8(ascii: "$") }) {
            throw QueryError("'\(text)' is no path", at: element)
        }
        return path
    }
}
