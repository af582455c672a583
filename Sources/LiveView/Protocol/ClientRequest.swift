// What a client may ask for.

import BSON
import BSONText
import Eventstorm

/// Says what is wrong with a client's message.
struct RequestError: Error, Equatable {
    var message: String
    /// What was asked for by this name cannot be had; the others go on.
    var id: String?
    /// Whether the client does not speak our language and is dropped.
    var isFatal: Bool

    init(_ message: String, id: String? = nil, isFatal: Bool) {
        self.message = message
        self.id = id
        self.isFatal = isFatal
    }
}

/// One message of a client, understood.
///
/// `docs/live.md` describes them.
enum ClientRequest: Equatable {
    /// This shall be computed, under a name that the client chose.
    case watch(String, WatchSpec)
    /// What goes by this name is not wanted any more.
    case unwatch(String)
    /// These events shall be sent; nil while paused.
    case tail(TailSpec?)
    /// Whether the rows of the books shall be sent.
    case books(Bool)
    /// Whether marks shall be sent.
    case marks(Bool)
    /// Whether it shall be told how alerts stand.
    case alerts(Bool)

    /// Reads a message.
    init(_ message: [UInt8], limits: WatchLimits = WatchLimits()) throws(RequestError) {
        let document: Document
        do {
            document = try BSONText.parse(message.span.bytes, dialect: .json).document
        } catch {
            throw RequestError("not JSON: \(error)", isFatal: true)
        }
        let view = document.view
        switch view["type"]?.string {
        case "watch": self = try Self.watch(view, limits)
        case "unwatch": self = .unwatch(try Self.name(view))
        case "tail": self = .tail(try Self.tail(view, limits))
        case "books": self = .books(view["on"]?.bool == true)
        case "marks": self = .marks(view["on"]?.bool == true)
        case "alerts": self = .alerts(view["on"]?.bool == true)
        default: throw RequestError("the type is none of watch, unwatch, tail, books, marks, alerts", isFatal: true)
        }
    }

    private static func watch(_ view: DocumentView, _ limits: WatchLimits) throws(RequestError) -> ClientRequest {
        let name = try name(view)
        do throws(WatchError) {
            return .watch(name, try WatchSpec(view, limits: limits))
        } catch {
            throw RequestError(error.message, id: name, isFatal: false)
        }
    }

    private static func name(_ view: DocumentView) throws(RequestError) -> String {
        guard let name = view["id"]?.string, (1...LiveLimits.nameBytes).contains(name.utf8.count) else {
            throw RequestError("a watch has an \"id\" of 1 to \(LiveLimits.nameBytes) bytes", isFatal: true)
        }
        return name
    }

    private static func tail(_ view: DocumentView, _ limits: WatchLimits) throws(RequestError) -> TailSpec? {
        guard let text = view["topic"]?.string else { return nil }
        let pattern: Pattern
        do throws(PatternError) {
            pattern = try Pattern(text)
        } catch {
            throw RequestError("\(error)", isFatal: false)
        }
        var spec = TailSpec(pattern: pattern)
        if let match = view["match"] {
            do throws(WatchError) {
                spec.match = try WatchSpec.query(match, limits)
            } catch {
                throw RequestError(error.message, isFatal: false)
            }
        }
        if let rate = view["rate"]?.number {
            let perTick = rate * Double(LiveLimits.tickMilliseconds) / 1_000
            spec.perTick = Int(min(Double(LiveLimits.tailEvents), max(1, perTick.rounded(.up))))
        }
        return spec
    }
}
