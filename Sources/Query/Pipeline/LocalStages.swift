// Stages that look at one document at a time.

internal import BSON

/// `$match`.
struct MatchStage: Stage {
    let match: Match
    var isLocal: Bool { true }
    var isMergeable: Bool { true }

    func run(_ environment: Environment) -> StageRun { Run(self, environment) }

    private final class Run: StageRun {
        private let match: Match

        init(_ stage: MatchStage, _ environment: Environment) {
            match = stage.match
            super.init(environment)
        }

        override func add(_ document: DocumentView) throws(QueryError) -> Bool {
            try match.matches(document) ? try pass(document) : true
        }
    }
}

/// A stage that makes one document of another: `$project`, `$set`, `$unset`, `$replaceRoot`.
struct ReshapeStage: Stage {
    /// Appends the new document to the writer.
    let reshape: @Sendable (DocumentView, Datetime, inout DocumentWriter) throws(QueryError) -> Void
    var isLocal: Bool { true }
    var isMergeable: Bool { true }

    func run(_ environment: Environment) -> StageRun { Run(self, environment) }

    private final class Run: StageRun {
        private let stage: ReshapeStage
        private var writer = DocumentWriter(capacity: 1_024, limit: Limits.documentBytes)

        init(_ stage: ReshapeStage, _ environment: Environment) {
            self.stage = stage
            super.init(environment)
        }

        override func add(_ document: DocumentView) throws(QueryError) -> Bool {
            writer.removeAll()
            try stage.reshape(document, environment.now, &writer)
            return try passWritten()
        }

        private func passWritten() throws(QueryError) -> Bool {
            try writer.withBytes { bytes throws(QueryError) in try pass(DocumentView(unchecked: bytes)) }
        }
    }
}

/// Sizes of what queries make.
enum Limits {
    /// Bytes of a document that a query makes: 16 MiB and a little, as in MongoDB.
    static let documentBytes = 16 << 20 + 16 << 10
}

/// `$unwind`.
struct UnwindStage: Stage {
    let path: FieldPath
    let indexName: String?
    let keepsEmpty: Bool
    var isLocal: Bool { true }
    var isMergeable: Bool { true }

    func run(_ environment: Environment) -> StageRun { Run(self, environment) }

    private final class Run: StageRun {
        private let stage: UnwindStage
        private var writer = DocumentWriter(capacity: 1_024, limit: Limits.documentBytes)

        init(_ stage: UnwindStage, _ environment: Environment) {
            self.stage = stage
            super.init(environment)
        }

        override func add(_ document: DocumentView) throws(QueryError) -> Bool {
            guard let element = stage.path.field(of: document) else { return try passEmpty(document) }
            guard let array = element.array else {
                if element.type == .null || element.type == .undefined { return try passEmpty(document) }
                if stage.indexName == nil { return try pass(document) }
                return try put(document, with: element, index: nil)
            }
            if array.isEmpty { return try stage.keepsEmpty ? put(document, with: nil, index: nil) : true }
            var elements = array.makeIterator()
            var index: Int64 = 0
            while let value = elements.next() {
                if try !put(document, with: value, index: index) { return false }
                index += 1
            }
            return true
        }

        private func passEmpty(_ document: DocumentView) throws(QueryError) -> Bool {
            if !stage.keepsEmpty { return true }
            if stage.indexName == nil { return try pass(document) }
            return try put(document, with: stage.path.field(of: document), index: nil)
        }

        /// Hands on a document in which the value stands in place of the array; without a value there is no field.
        private func put(_ document: DocumentView, with value: ElementView?, index: Int64?) throws(QueryError) -> Bool {
            writer.removeAll()
            writer.beginDocument()
            writer.append(document, replacing: stage.path.segments[...], with: value)
            if !writer.endDocument() { throw QueryError("$unwind made a document that is too large") }
            guard let name = stage.indexName else {
                return try writer.withBytes { bytes throws(QueryError) in try pass(DocumentView(unchecked: bytes)) }
            }
            let unwound = writer.withBytes { Document(copying: DocumentView(unchecked: $0)) }
            let number: Value = index.map { .int64($0) } ?? .null
            let path = FieldPath(name.utf8Span.span.bytes)
            let numbered = try unwound.setting(path.segments[...], to: number)
            return try pass(numbered.view)
        }
    }
}

extension FieldPath {
    /// Returns the element that the path leads to through documents, without a look into arrays.
    @_lifetime(copy document)
    func field(of document: DocumentView) -> ElementView? {
        var view = document
        for segment in segments.dropLast() {
            guard let element = view.first(segment.span.bytes), let inner = element.document else { return nil }
            view = inner
        }
        let last = segments[segments.count - 1]
        return view.first(last.span.bytes)
    }
}

extension DocumentWriter {
    /// Appends the fields of a document, of which the one at the path gets another value, or is left out.
    mutating func append(_ document: DocumentView, replacing path: ArraySlice<[UInt8]>, with value: ElementView?) {
        guard let name = path.first else { return }
        var elements = document.makeIterator()
        while let element = elements.next() {
            if Order.bytes(element.keyBytes, name.span.bytes) != 0 {
                append(element)
            } else if path.count == 1 {
                if let value { append(value, key: element.keyBytes) }
            } else if let inner = element.document {
                self.document(key: element.keyBytes) { $0.append(inner, replacing: path.dropFirst(), with: value) }
            } else {
                append(element)
            }
        }
    }
}

extension Document {
    /// Returns a copy with a value at a path; documents on the way are made where there are none.
    ///
    /// - Throws: ``QueryError`` if that makes too many levels.
    func setting(_ path: ArraySlice<[UInt8]>, to value: Value) throws(QueryError) -> Document {
        var writer = DocumentWriter(limit: Limits.documentBytes)
        writer.beginDocument()
        Document.set(path, to: value, of: view, &writer)
        return try writer.endedDocument()
    }

    private static func set(
        _ path: ArraySlice<[UInt8]>, to value: Value, of document: DocumentView, _ writer: inout DocumentWriter
    ) {
        guard let name = path.first else { return }
        var isFound = false
        var elements = document.makeIterator()
        while let element = elements.next() {
            if isFound || Order.bytes(element.keyBytes, name.span.bytes) != 0 {
                writer.append(element)
                continue
            }
            isFound = true
            if let inner = element.document, path.count > 1 {
                writer.document(key: name.span.bytes) { set(path.dropFirst(), to: value, of: inner, &$0) }
            } else {
                append(name, path.dropFirst(), value, &writer)
            }
        }
        if !isFound { append(name, path.dropFirst(), value, &writer) }
    }

    private static func append(
        _ name: [UInt8], _ rest: ArraySlice<[UInt8]>, _ value: Value, _ writer: inout DocumentWriter
    ) {
        guard let next = rest.first else { return value.append(to: &writer, key: name.span.bytes) }
        writer.document(key: name.span.bytes) { append(next, rest.dropFirst(), value, &$0) }
    }
}
