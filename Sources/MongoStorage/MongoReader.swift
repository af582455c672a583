// Reading stored events back by their time, also while others are stored.

internal import BSON
internal import CMongo
public import Eventstorm
internal import Glibc
internal import ZeroMQ

/// Says why events cannot be read back, without secrets.
public struct MongoReadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public let description: String
}

/// Reads the events of some topics out of collections that are named by them, and later those stored meanwhile.
///
///     let reader = try MongoReader("mongodb://127.0.0.1/events", topics: patterns, from: from, to: to, late: 10_000)
///     while try reader.next({ topic, documents in … }) {}
///
/// That is how `eventstorm-sink-mongo` names collections if it is not told otherwise. Where an index begins with
/// `timestamp`, and in time-series collections, the newest events come first. Belongs to one thread.
public final class MongoReader {
    /// Events whose `_id` is remembered, so that each is lent once.
    static let mostRemembered = 2_000_000
    /// Bytes that are lent at once.
    private static let pieceBytes = 256 << 10
    /// Parts into which the time is cut that is read newest first.
    private static let slices: Int64 = 8

    /// A query that is still to be done.
    private struct Part {
        var collection: String
        var topic: Topic
        var from: Int64
        var to: Int64
    }

    private let server: MongoServer
    private let secrets: Secrets
    private let database: String
    private let patterns: Set<Pattern>
    private let from: Int64
    private let to: Int64
    private let late: Int64
    private let now: () -> Int64
    private var parts: [Part] = []
    private var cursor: OpaquePointer?
    private var collection: OpaquePointer?
    private var topic: Topic?
    /// What is older need not be looked at again; nil before the first reading.
    private var recent: Int64?
    private var remembered: Set<Int> = []
    private var isPrepared = false

    /// Connects when it is first read from.
    ///
    /// - Parameters:
    ///   - uri: `mongodb://…/DATABASE`. A password in it is overwritten on the command line.
    ///   - patterns: The topics.
    ///   - from: Milliseconds since 1970: what happened earlier is not read.
    ///   - to: Milliseconds since 1970: what happened then or later is not read.
    ///   - late: Milliseconds after which nothing is stored of a time any more.
    public convenience init(
        _ uri: String, topics patterns: Set<Pattern>, from: Int64, to: Int64, late: Int64
    ) throws(MongoReadError) {
        try self.init(uri, topics: patterns, from: from, to: to, late: late, now: realtimeMilliseconds)
    }

    init(
        _ uri: String, topics patterns: Set<Pattern>, from: Int64, to: Int64, late: Int64, now: @escaping () -> Int64
    ) throws(MongoReadError) {
        Secrets.scrubCommandLine()
        let address: ServerAddress
        do throws(NameError) {
            address = try ServerAddress(uri, applicationName: "eventstorm history")
            server = try MongoPool(address, connections: 1).connect()
        } catch {
            throw MongoReadError(description: error.description)
        }
        guard let database = address.database else {
            throw MongoReadError(description: "which database? mongodb://HOST/DATABASE names one")
        }
        secrets = address.secrets
        self.database = database
        self.patterns = patterns
        // Times beyond the year 100,000 are none that a query needs.
        self.from = max(from, -1 << 51)
        self.to = min(to, 1 << 51)
        self.late = late
        self.now = now
    }

    deinit { closeCursor() }

    /// Lends the next events; each once.
    ///
    /// - Parameter take: Gets documents of one topic, one after another: some hundred kilobytes.
    /// - Returns: False when there is nothing more at present; later calls go on with what was stored since.
    /// - Throws: What the server says.
    public func next(_ take: (Topic, RawSpan) -> Void) throws(MongoReadError) -> Bool {
        if !isPrepared { try prepare() }
        while true {
            if cursor != nil {
                let piece = try readPiece()
                if let topic, !piece.isEmpty {
                    take(topic, piece.span.bytes)
                    return true
                }
            } else if let part = parts.popLast() {
                try open(part)
            } else {
                isPrepared = false
                return false
            }
        }
    }

    // MARK: What there is

    private func prepare() throws(MongoReadError) {
        let begin = recent ?? from
        // What is stored from now on may have happened so long ago.
        if recent == nil { recent = now() - late }
        isPrepared = true
        for (name, isOrdered) in try collections() {
            guard let topic = try? Topic(name), patterns.contains(where: { $0.matches(topic) }) else { continue }
            let step = isOrdered && begin == from ? max((to - begin) / Self.slices, 10_000) : to - begin
            var start = begin
            while start < to {
                parts.append(Part(collection: name, topic: topic, from: start, to: min(start + step, to)))
                start += step
            }
        }
        // The last part is read first: the newest of each collection.
        parts.sort { $0.from < $1.from }
    }

    /// The collections that may be read, and whether reading a part of their time is less than reading all.
    private func collections() throws(MongoReadError) -> [(name: String, isOrdered: Bool)] {
        let reply = try run(
            Document { command in
                command["listCollections"] = Int32(1)
                command["authorizedCollections"] = true
                command["nameOnly"] = true
                command.document("cursor") { $0["batchSize"] = Int32(100_000) }
            })
        var found: [(name: String, isOrdered: Bool)] = []
        reply.view["cursor"]?.document?["firstBatch"]?.array?.forEach { element in
            guard let entry = element.document, let name = entry["name"]?.string, !name.hasPrefix("system.") else {
                return
            }
            found.append((name, entry["type"]?.string == "timeseries"))
        }
        for place in found.indices where !found[place].isOrdered {
            found[place].isOrdered = hasIndex(found[place].name)
        }
        return found
    }

    private func hasIndex(_ name: String) -> Bool {
        guard let topic = try? Topic(name), patterns.contains(where: { $0.matches(topic) }) else { return false }
        let command = Document { $0["listIndexes"] = name }
        guard let reply = try? run(command) else { return false }
        var isFound = false
        reply.view["cursor"]?.document?["firstBatch"]?.array?.forEach { element in
            let first = element.document?["key"]?.document?.element(at: 4)
            if first?.key == "timestamp" { isFound = true }
        }
        return isFound
    }

    private func run(_ command: Document) throws(MongoReadError) -> Document {
        switch server.run(command, database: database) {
        case .answered(let reply):
            if let number = reply.view["ok"]?.number, number == 1 { return reply }
            throw MongoReadError(description: secrets.hidden(in: reply.view["errmsg"]?.string ?? "the server refused"))
        case .interrupted(let why), .notSent(let why), .unsendable(let why):
            throw MongoReadError(description: secrets.hidden(in: why))
        case .sent: throw MongoReadError(description: "no answer")
        }
    }

    // MARK: One part

    private func open(_ part: Part) throws(MongoReadError) {
        let filter = Document { filter in
            filter.document("timestamp") { range in
                range["$gte"] = Datetime(millisecondsSinceEpoch: part.from)
                range["$lt"] = Datetime(millisecondsSinceEpoch: part.to)
            }
        }
        topic = part.topic
        collection = mongoc_client_get_collection(server.client, database, part.collection)
        cursor = filter.bytes.withUnsafeBytes { CMongo_find(collection, $0.baseAddress, $0.count) }
        if cursor == nil { throw MongoReadError(description: "the query is no document") }
    }

    private func closeCursor() {
        if let cursor { mongoc_cursor_destroy(cursor) }
        if let collection { mongoc_collection_destroy(collection) }
        (cursor, collection) = (nil, nil)
    }

    /// Documents that were not lent yet; closes the cursor at the end of the part.
    private func readPiece() throws(MongoReadError) -> [UInt8] {
        var piece: [UInt8] = []
        var length: UInt32 = 0
        while let bytes = CMongo_next(cursor, &length) {
            let raw = UnsafeRawBufferPointer(start: bytes, count: Int(length))
            guard try isNew(DocumentView(unchecked: raw.bytes)) else { continue }
            piece.append(contentsOf: raw)
            if piece.count >= Self.pieceBytes { return piece }
        }
        var result = CMongo_result()
        if CMongo_failed(cursor, &result) {
            let message = withUnsafeBytes(of: result.message) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw MongoReadError(description: secrets.hidden(in: message))
        }
        // A cursor at its end may not be asked again.
        closeCursor()
        return piece
    }

    /// Whether an event was not lent yet; those that a later reading will find again are remembered.
    private func isNew(_ event: DocumentView) throws(MongoReadError) -> Bool {
        guard let time = event["timestamp"]?.datetime?.millisecondsSinceEpoch, time >= recent ?? .max else {
            return true
        }
        var hasher = Hasher()
        if let id = event["_id"] {
            hasher.combine(id.typeByte)
            id.valueBytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        } else {
            event.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
        guard remembered.insert(hasher.finalize()).inserted else { return false }
        if remembered.count > Self.mostRemembered {
            throw MongoReadError(
                description: "more than \(Self.mostRemembered) events in \(late / 1_000) s: ask for a smaller `late`")
        }
        return true
    }
}
