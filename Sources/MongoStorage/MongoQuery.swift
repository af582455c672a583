// Reading back: a query that the server does.

public import BSON
internal import BSONText
internal import CMongo
internal import Glibc
public import Service

/// A query or an aggregation that a server does; what it finds comes as it is found.
///
/// The text is read by our own reader, so that it may be written as anywhere here, but the server alone decides what
/// of it is known.
public final class MongoQuery {
    private let server: MongoServer
    private let secrets: Secrets
    private let collection: OpaquePointer
    private let filter: Document
    private let pipeline: Document?

    /// Reads what is asked; asks nothing yet.
    ///
    /// - Parameters:
    ///   - uri: `mongodb://…/database.collection`. A password in it is overwritten on the command line.
    ///   - match: A query.
    ///   - pipeline: Stages behind it.
    ///   - failure: Makes a failure about the option named `match`, `pipeline` or `file`.
    public init(
        _ uri: String, match: String?, pipeline: String?, failure: (String, String) -> Failure
    ) throws {
        Secrets.scrubCommandLine()
        let address: ServerAddress
        do throws(NameError) {
            address = try ServerAddress(uri, takesCollection: true, applicationName: "eventstorm query")
            server = try MongoPool(address, connections: 1).connect()
        } catch {
            throw failure("file", "\(error)")
        }
        secrets = address.secrets
        guard let database = address.database, let name = address.collection, !name.isEmpty,
            let collection = mongoc_client_get_collection(server.client, database, name)
        else {
            throw failure("file", "which collection? mongodb://HOST/DATABASE.COLLECTION names one")
        }
        self.collection = collection
        filter = try MongoQuery.read(match ?? "{}", "match", failure)
        guard let pipeline else {
            self.pipeline = nil
            return
        }
        let holder = try MongoQuery.read("{v: \(pipeline)}", "pipeline", failure)
        guard let stages = holder.view["v"]?.array else {
            throw failure("pipeline", "a list of stages is wanted, such as [{$count: 'n'}]")
        }
        let first = filter
        self.pipeline = Document { writer in
            var number = 0
            writer.document("0") { $0.document("$match", copying: first.view) }
            stages.forEach { stage in
                number += 1
                writer.append(stage, key: "\(number)")
            }
        }
    }

    deinit { mongoc_collection_destroy(collection) }

    private static func read(_ text: String, _ option: String, _ failure: (String, String) -> Failure) throws
        -> Document
    {
        do throws(TextError) {
            return try BSONText.parse(text, dialect: .query).document
        } catch {
            throw failure(option, "\(error)")
        }
    }

    /// Asks the server; `output` gets each document, and says whether it wants more.
    ///
    /// - Throws: What the server says, without secrets: status 1.
    public func run(_ output: (DocumentView) -> Bool) throws(Failure) {
        let cursor: OpaquePointer?
        if let pipeline {
            cursor = pipeline.bytes.withUnsafeBytes { CMongo_aggregate(collection, $0.baseAddress, $0.count) }
        } else {
            cursor = filter.bytes.withUnsafeBytes { CMongo_find(collection, $0.baseAddress, $0.count) }
        }
        guard let cursor else { throw .failed("the query is no document") }
        defer { mongoc_cursor_destroy(cursor) }
        var length: UInt32 = 0
        while let bytes = CMongo_next(cursor, &length) {
            let raw = UnsafeRawBufferPointer(start: bytes, count: Int(length))
            if !output(DocumentView(unchecked: raw.bytes)) { return }
        }
        var result = CMongo_result()
        if CMongo_failed(cursor, &result) {
            let message = withUnsafeBytes(of: result.message) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            let trouble = Trouble(reason: "", message: message, code: Int(result.code))
            let advice = Advice.line(for: trouble).map { "; \($0)" } ?? ""
            throw .failed(secrets.hidden(in: message) + advice)
        }
    }
}
