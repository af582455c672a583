// The MongoDB sink of a program: a queue, a thread that makes batches, threads that store them.

internal import BSON
public import Eventstorm
internal import Glibc
public import Service
internal import Synchronization
internal import ZeroMQ

/// Stores events in MongoDB.
///
/// Receiving never waits: events go through a queue to a thread that files them in batches by their collections, and
/// from there to threads that each have a connection. When the server is slow or gone, batches are tried again until
/// it is back; the queue fills, gives way as ``Service/OnFull`` says, and counts.
///
///     let sink = try MongoSink(options)
///     sink.receive(delivery)
///     let left = sink.close(within: .seconds(2))
public final class MongoSink: Sendable {
    private let state: SinkState
    private let outbox: Outbox
    private let health: Health
    private let waits: WaitTimes
    /// Where events go, for people: the servers, without secrets.
    public let place: String
    private let hasSaidSlow = Atomic<Bool>(false)

    /// A server that takes longer is worth a line.
    private static let slow = Duration.seconds(5)

    /// Reads the settings, and starts the threads; does not wait for a server.
    ///
    /// - Throws: A ``Service/Failure`` about a setting that is wrong.
    public convenience init(_ options: Options) throws {
        let rules = try StorageRules(options)
        let pool = try MongoSink.pool(options)
        let address = pool.address
        let health = Health(hiding: address.secrets) { level, message in Log.write(level) { message } }
        var limits = BatchLimits()
        limits.events = options.integer("batch")
        limits.bytes = options.size("batch-size")
        limits.time = options.duration("batch-time")
        limits.collections = options.integer("max-collections")
        try self.init(
            rules.rules, limits: limits, database: address.database ?? "eventstorm", place: address.description,
            queueLimit: options.size("queue"), onFull: OnFull(rawValue: options.text("on-full")) ?? .dropOldest,
            health: health, deadLetters: try MongoSink.deadLetters(options, address),
            writers: options.integer("writers")
        ) { pool.connect() }
    }

    init(
        _ rules: [StorageRule], limits: BatchLimits, database: String, place: String, queueLimit: Int, onFull: OnFull,
        health: Health, deadLetters: DeadLetters? = nil, writers: Int, parkingTime: Duration = .seconds(1),
        connect: @escaping @Sendable () -> any Server
    ) throws {
        let state = try SinkState(queueLimit: queueLimit, onFull: onFull)
        let outbox = Outbox(limit: writers)
        let waits = WaitTimes(writers)
        self.state = state
        self.outbox = outbox
        self.health = health
        self.waits = waits
        self.place = place
        let work = WriterWork(
            state: state, outbox: outbox, health: health, deadLetters: deadLetters, parkingLimit: queueLimit / 4,
            parkingTime: parkingTime, waits: waits)
        state.begin(writers + 1)
        _ = try OSThread(name: "es-batches") {
            MongoSink.assemble(rules, limits, database, state, outbox, health)
        }
        for number in 0..<writers {
            _ = try OSThread(name: "es-mongo-\(number)") {
                WriterLoop(number: number, server: connect(), work: work).run()
            }
        }
    }

    private static func assemble(
        _ rules: [StorageRule], _ limits: BatchLimits, _ database: String, _ state: SinkState, _ outbox: Outbox,
        _ health: Health
    ) {
        defer {
            outbox.close()
            state.end()
        }
        let assembler = Assembler(
            rules, limits: limits, database: database, state: state, report: { health.say($0, $1) }
        ) { outbox.put($0) }
        while true {
            let now = ContinuousClock.now
            let left = assembler.due.map { $0 - now } ?? .milliseconds(500)
            let items = state.queue.take(upTo: 1 << 20, within: max(.zero, left))
            for item in items { assembler.take(item) }
            if items.isEmpty, state.queue.isFinished { break }
            assembler.flush(dueAt: .now)
        }
        assembler.flush()
    }

    /// Takes the events of a message, which are copied.
    public func receive(_ delivery: Delivery) {
        let origin = delivery.stamp.map { (id: $0.origin, sequence: $0.sequence) }
        let bytes = delivery.payload.withUnsafeBytes { [UInt8]($0) }
        state.receive(
            SinkState.Item(
                topic: delivery.topic, documents: bytes, events: delivery.count, origin: origin,
                positions: delivery.positions))
    }

    func receive(_ item: SinkState.Item) { state.receive(item) }

    /// What became of all events.
    public var counts: FateCounts { state.counts }
    /// What became of the events of each topic; of 10,000 topics at most.
    public var countsByTopic: [Topic: FateCounts] { state.countsByTopic }
    /// Why events failed, and how many.
    public var reasons: [String: UInt64] { state.reasons }
    /// Bytes that wait in the queue.
    public var queuedBytes: Int { state.queue.bytes }

    /// Says so, once, when the server does not answer; to be called about once a second.
    public func tend() {
        let time = waits.longest
        if time >= Self.slow {
            if !hasSaidSlow.exchange(true, ordering: .relaxed) {
                health.say(.warning, "no answer from \(place) for 5 s: events wait")
            }
        } else if time < .seconds(1), hasSaidSlow.exchange(false, ordering: .relaxed) {
            health.say(.info, "\(place) answers again")
        }
    }

    /// Ends the sink: goes on storing what waits for a while; what then is left has failed.
    ///
    /// - Returns: How many events were not stored because the time was over.
    public func close(within duration: Duration) -> UInt64 {
        state.queue.close()
        if !state.waitUntilEnded(within: duration) { outbox.abort() }
        let left = state.closeBooks()
        if left > 0 { health.say(.error, "\(left) events were not stored before the end") }
        return left
    }
}

// MARK: - From settings

extension MongoSink {
    private static func pool(_ options: Options) throws(Failure) -> MongoPool {
        let uri = try URISource.uri(options)
        let setting = options.has("uri-file") ? "uri-file" : "uri"
        do throws(NameError) {
            let address = try ServerAddress(uri, applicationName: options.textIfGiven("name") ?? options.command.name)
            let concern = WriteConcern(
                w: options.textIfGiven("write-concern"), journal: options.flag("journal") ? true : nil)
            return try MongoPool(address, concern: concern, connections: options.integer("writers"))
        } catch {
            throw options.failure(setting, "\(error)")
        }
    }

    private static func deadLetters(_ options: Options, _ address: ServerAddress) throws(Failure) -> DeadLetters? {
        guard let text = options.textIfGiven("dead-letter") else { return nil }
        let report: @Sendable (Log.Level, String) -> Void = { level, message in Log.write(level) { message } }
        if text.hasPrefix("bson:") {
            if text.utf8.count == 5 { throw options.failure("dead-letter", "bson:FILE needs the name of a file") }
            return DeadLetters(.file(String(text.dropFirst(5))), report: report)
        }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let database = parts.count == 2 ? parts[0] : address.database ?? "eventstorm"
        let collection = parts.count == 2 ? parts[1] : parts[0]
        do throws(NameError) {
            for (name, use) in [(database, NameTemplate.Use.database), (collection, .collection)] {
                if name.contains("{") { throw NameError("is the name of one collection, such as events.refused") }
                _ = try NameTemplate(name, for: use)
            }
        } catch {
            throw options.failure("dead-letter", "\(error)")
        }
        return DeadLetters(.collection(Target(database: database, collection: collection)), report: report)
    }
}
