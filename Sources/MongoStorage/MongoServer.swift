// Servers behind libmongoc.

internal import BSON
internal import CMongo
internal import Glibc
internal import Service

/// A pool of connections to servers that are one.
final class MongoPool: @unchecked Sendable {
    let address: ServerAddress
    private let pool: OpaquePointer
    /// `{writeConcern: …}`, or nothing.
    let writeOptions: Document
    /// Whether the server is to answer.
    let isConfirmed: Bool

    init(_ address: ServerAddress, concern: WriteConcern = WriteConcern(), connections: Int) throws(NameError) {
        self.address = address
        var message = [CChar](repeating: 0, count: 504)
        guard let pool = CMongo_pool(address.uri, &message) else {
            throw NameError(address.secrets.hidden(in: ServerAddress.text(message)))
        }
        mongoc_client_pool_max_size(pool, UInt32(connections))
        self.pool = pool
        let wanted = mongoc_write_concern_copy(mongoc_uri_get_write_concern(address.uri))
        defer { mongoc_write_concern_destroy(wanted) }
        switch concern.w {
        case nil: break
        case "majority"?: mongoc_write_concern_set_w(wanted, Int32(MONGOC_WRITE_CONCERN_W_MAJORITY))
        case let text?:
            if let number = Int32(text) {
                mongoc_write_concern_set_w(wanted, number)
            } else {
                mongoc_write_concern_set_wtag(wanted, text)
            }
        }
        if let journal = concern.journal { mongoc_write_concern_set_journal(wanted, journal) }
        if !mongoc_write_concern_is_valid(wanted) {
            mongoc_client_pool_destroy(pool)
            throw NameError("w: 0 does not go with journal: nobody answers")
        }
        isConfirmed = mongoc_write_concern_is_acknowledged(wanted)
        writeOptions = MongoPool.options(wanted)
    }

    deinit { mongoc_client_pool_destroy(pool) }

    private static func options(_ concern: OpaquePointer?) -> Document {
        guard !mongoc_write_concern_is_default(concern), let holder = bson_new() else { return Document() }
        defer { bson_destroy(holder) }
        mongoc_write_concern_append(concern, holder)
        guard let data = bson_get_data(holder) else { return Document() }
        let length = Int(Int32(littleEndian: UnsafeRawPointer(data).loadUnaligned(as: Int32.self)))
        return Document(copying: DocumentView(unchecked: UnsafeRawBufferPointer(start: data, count: length).bytes))
    }

    /// Lends a connection; waits while all are lent.
    func connect() -> MongoServer { MongoServer(self, mongoc_client_pool_pop(pool)) }

    fileprivate func giveBack(_ client: OpaquePointer?) { mongoc_client_pool_push(pool, client) }
}

/// A connection of a pool, which it goes back to; belongs to one thread.
final class MongoServer: Server {
    private let pool: MongoPool
    let client: OpaquePointer?

    fileprivate init(_ pool: MongoPool, _ client: OpaquePointer?) {
        self.pool = pool
        self.client = client
    }

    deinit { pool.giveBack(client) }

    func insert(_ command: UnsafeRawBufferPointer, database: String) -> CommandOutcome {
        var result = CMongo_result()
        pool.writeOptions.bytes.withUnsafeBytes {
            CMongo_write_command(
                client, database, command.baseAddress, command.count, $0.baseAddress, $0.count, &result)
        }
        return outcome(result, isConfirmed: pool.isConfirmed)
    }

    func run(_ command: Document, database: String) -> CommandOutcome {
        var result = CMongo_result()
        command.bytes.withUnsafeBytes { CMongo_command(client, database, $0.baseAddress, $0.count, &result) }
        return outcome(result, isConfirmed: true)
    }

    private func outcome(_ result: CMongo_result, isConfirmed: Bool) -> CommandOutcome {
        defer { bson_free(result.bytes) }
        if let reply = reply(result), reply.view["ok"] != nil { return .answered(reply) }
        if result.succeeded { return isConfirmed ? .interrupted("no answer") : .sent }
        return MongoServer.failure(result)
    }

    private func reply(_ result: CMongo_result) -> Document? {
        guard let bytes = result.bytes else { return nil }
        let view = DocumentView(unchecked: UnsafeRawBufferPointer(start: bytes, count: Int(result.length)).bytes)
        return Document(copying: view)
    }

    /// What the driver's own words mean, where no server answered.
    static func failure(_ result: CMongo_result) -> CommandOutcome {
        let message = text(result)
        let code = mongoc_error_code_t(rawValue: result.code)
        switch mongoc_error_domain_t(rawValue: result.domain) {
        case MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SASL, MONGOC_ERROR_SCRAM: return .notSent(message)
        case MONGOC_ERROR_SERVER where ServerCode.rights.contains(Int(result.code)): return .notSent(message)
        case MONGOC_ERROR_CLIENT:
            return code == MONGOC_ERROR_CLIENT_TOO_BIG ? .unsendable(message) : .notSent(message)
        case MONGOC_ERROR_STREAM:
            let isBefore = code == MONGOC_ERROR_STREAM_CONNECT || code == MONGOC_ERROR_STREAM_NAME_RESOLUTION
            return isBefore ? .notSent(message) : .interrupted(message)
        case MONGOC_ERROR_BSON: return .unsendable(message)
        case MONGOC_ERROR_COMMAND where code == MONGOC_ERROR_COMMAND_INVALID_ARG: return .unsendable(message)
        default: return .interrupted(message)
        }
    }

    private static func text(_ result: CMongo_result) -> String {
        withUnsafeBytes(of: result.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
