// Where refused events are kept.

internal import BSON
internal import Eventstorm
internal import Glibc
internal import Service
internal import Synchronization

/// Keeps the events that were refused, with the reason, in a file or a collection.
///
/// Keeping one never holds up the others: where that fails too, it is said once and counted.
final class DeadLetters: Sendable {
    /// Where they are kept.
    enum Place: Sendable {
        case file(String)
        case collection(Target)
    }

    private struct State {
        var descriptor: CInt = -1
        var lost = 0
    }

    private let place: Place
    private let state = Mutex(State())
    private let report: @Sendable (Log.Level, String) -> Void

    init(_ place: Place, report: @escaping @Sendable (Log.Level, String) -> Void) {
        self.place = place
        self.report = report
    }

    deinit { state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

    /// Keeps one document of a batch.
    func keep(_ batch: Batch, _ index: Int, _ topic: Topic, _ trouble: Trouble, _ server: any Server) {
        let letter = batch.withDocument(index) { document in
            var writer = DocumentWriter(limit: 16 << 20)
            writer.beginDocument()
            writer["_id"] = ObjectID()
            writer["at"] = Datetime.now()
            writer["topic"] = topic.name
            writer["collection"] = batch.target.name
            writer["reason"] = trouble.reason
            writer["code"] = trouble.code
            writer["message"] = trouble.message
            writer.document("event", copying: DocumentView(unchecked: document))
            return writer.endDocument() ? writer.take() : []
        }
        let isKept =
            switch place {
            case .file(let path): !letter.isEmpty && write(letter, to: path)
            case .collection(let target): !letter.isEmpty && insert(letter, into: target, topic, server)
            }
        if isKept { return }
        let isFirst = state.withLock { state in
            state.lost += 1
            return state.lost == 1
        }
        if isFirst { report(.error, "a refused event could not be kept as a dead letter, nor perhaps later ones") }
    }

    private func write(_ letter: [UInt8], to path: String) -> Bool {
        state.withLock { state in
            if state.descriptor < 0 {
                state.descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
            }
            guard state.descriptor >= 0 else { return false }
            return writeAll(state.descriptor, letter)
        }
    }

    private func insert(_ letter: [UInt8], into target: Target, _ topic: Topic, _ server: any Server) -> Bool {
        let batch = Batch(target)
        batch.append(letter.span.bytes, topic)
        switch Verdict(batch.withCommand({ server.insert($0, database: target.database) })) {
        case .stored(let faults): return faults.isEmpty
        case .unconfirmed: return true
        default: return false
        }
    }
}
