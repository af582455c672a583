// A server in memory that stores, refuses and breaks as a test says.

import BSON
import Eventstorm
import Synchronization

@testable import MongoStorage
@testable import Service

/// What all connections to a fake server share.
final class FakeWorld: Sendable {
    /// What happens to one insert.
    enum Event: Sendable {
        case works
        /// Nothing is done, and the connection breaks.
        case breaksBefore
        /// It is done, but the answer is lost.
        case breaksAfter
        /// Some of it is done, and the connection breaks.
        case breaksWithin
        /// There is no server.
        case isGone
        /// The server says this, with this number.
        case says(Int)
    }

    struct State {
        /// The numbers of how often each `_id` is there, by collection.
        var stored: [String: [Document: Int]] = [:]
        var documents: [String: [Document]] = [:]
        var commands: [Document] = []
        var inserts = 0
        /// What happens to inserts, in their order; then all works.
        var script: [Event] = []
        /// Documents with this field are refused, with its value as the number.
        var refusedField = "refuse"
        /// Collections that say no.
        var forbidden: Set<String> = []
        /// Whether a document with the field "poison" spoils the command.
        var hasUniqueID = true
        /// What happens by chance.
        var chance: (@Sendable () -> Event)?
        var existing: [String: Document] = [:]
    }

    let state = Mutex(State())

    func connect() -> FakeServer { FakeServer(self) }

    var count: Int { state.withLock { $0.documents.values.reduce(0) { $0 + $1.count } } }
    func documents(_ collection: String) -> [Document] { state.withLock { $0.documents[collection] ?? [] } }
    func script(_ events: FakeWorld.Event...) { state.withLock { $0.script = events } }
}

/// A connection to a fake server.
final class FakeServer: Server {
    let world: FakeWorld

    init(_ world: FakeWorld) { self.world = world }

    func insert(_ command: UnsafeRawBufferPointer, database: String) -> CommandOutcome {
        guard let view = try? DocumentView(validating: command.bytes) else { return .unsendable("no document") }
        let command = Document(copying: view)
        return world.state.withLock { state in
            state.inserts += 1
            let event = state.script.isEmpty ? state.chance?() ?? .works : state.script.removeFirst()
            let name = command.view["insert"]?.string ?? ""
            if state.forbidden.contains(name) { return .answered(failure(13, "not authorized")) }
            switch event {
            case .isGone: return .notSent("No suitable servers found")
            case .breaksBefore: return .interrupted("socket error")
            case .says(let code): return .answered(failure(code, "so it is"))
            case .breaksWithin:
                _ = store(command, name, &state, half: true)
                return .interrupted("socket error")
            case .breaksAfter:
                _ = store(command, name, &state)
                return .interrupted("socket error")
            case .works: return store(command, name, &state)
            }
        }
    }

    private func failure(_ code: Int, _ message: String) -> Document {
        Document {
            $0["ok"] = 0.0
            $0["code"] = code
            $0["codeName"] = "Code\(code)"
            $0["errmsg"] = message
        }
    }

    private func store(
        _ command: Document, _ name: String, _ state: inout FakeWorld.State, half: Bool = false
    ) -> CommandOutcome {
        var documents: [Document] = []
        command.view["documents"]?.array?.forEach { element in
            if let document = element.document { documents.append(Document(copying: document)) }
        }
        if documents.contains(where: { $0.view["poison"] != nil }) {
            return .answered(failure(22, "it cannot be read"))
        }
        var faults: [(Int, Int)] = []
        for (index, document) in documents.enumerated() {
            if half, index % 2 == 1 { continue }
            if let code = document.view[state.refusedField]?.integer {
                faults.append((index, Int(code)))
                continue
            }
            let id = Document { if let id = document.view["_id"] { $0.append(id) } }
            if state.hasUniqueID, state.stored[name]?[id] != nil {
                faults.append((index, 11000))
                continue
            }
            state.stored[name, default: [:]][id, default: 0] += 1
            state.documents[name, default: []].append(document)
        }
        return .answered(
            Document { reply in
                reply["ok"] = 1.0
                reply["n"] = documents.count - faults.count
                guard !faults.isEmpty else { return }
                reply.array("writeErrors") { array in
                    for (index, code) in faults {
                        array.document {
                            $0["index"] = index
                            $0["code"] = code
                            $0["errmsg"] = "refused"
                        }
                    }
                }
            })
    }

    func run(_ command: Document, database: String) -> CommandOutcome {
        world.state.withLock { state in
            state.commands.append(command)
            var found: [Document] = []
            if let name = command.view["listCollections"] != nil ? command.view.find(path: "filter.name")?.string : nil,
                let document = state.existing[name]
            {
                found.append(document)
            }
            if let name = command.view["create"]?.string {
                let options = Document { options in
                    command.view.forEach { if $0.key != "create" { options.append($0) } }
                }
                state.existing[name] = Document { $0.document("options", copying: options.view) }
                if command.view["timeseries"] != nil { state.hasUniqueID = false }
            }
            return .answered(
                Document { reply in
                    reply["ok"] = 1.0
                    reply.document("cursor") { cursor in
                        cursor.array("firstBatch") { array in
                            for document in found { array.document { $0.append(contentsOf: document.view) } }
                        }
                    }
                })
        }
    }
}

/// What a sink said.
final class Said: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func say(_ level: Log.Level, _ message: String) { lines.withLock { $0.append("\(level): \(message)") } }
}

/// A rule for all topics.
func rule(_ collection: String = "{topic}", layout: CollectionLayout = CollectionLayout()) throws -> StorageRule {
    var rule = StorageRule(collection: try NameTemplate(collection, for: .collection))
    rule.patterns = [try Pattern("*")]
    rule.layout = layout
    rule.addsKind = rule.collection.joinsTopics
    return rule
}

/// A sink on a fake server.
func sink(
    _ world: FakeWorld, _ rules: [StorageRule]? = nil, _ said: Said = Said(), queue: Int = 64 << 20,
    onFull: OnFull = .dropOldest, batch: Int = 100, deadLetters: DeadLetters? = nil
) throws -> MongoSink {
    var limits = BatchLimits()
    limits.events = batch
    limits.time = .milliseconds(1)
    return try MongoSink(
        rules ?? [try rule()], limits: limits, database: "test", place: "fake", queueLimit: queue, onFull: onFull,
        health: Health(hiding: Secrets(in: "")) { said.say($0, $1) }, deadLetters: deadLetters, writers: 2,
        parkingTime: .milliseconds(20)
    ) { world.connect() }
}

/// A message of events.
func item(
    _ topic: String, _ documents: [Document], origin: UInt64? = 7, sequence: UInt64 = 0, positions: [Range<Int>]? = nil
) throws -> SinkState.Item {
    SinkState.Item(
        topic: try Topic(topic), documents: documents.flatMap(\.bytes), events: documents.count,
        origin: origin.map { ($0, sequence) }, positions: positions)
}

/// Events with numbers as their `_id`.
func events(_ numbers: Range<Int>) -> [Document] { numbers.map { number in Document { $0["_id"] = number } } }
