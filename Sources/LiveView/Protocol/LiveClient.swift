// One browser: what it wants, and what it was sent.

import Eventstorm

/// The state of one WebSocket.
///
/// Belongs to the service thread.
///
/// A client is never owed more than the next message: what it wants is kept, what it missed is not.
final class LiveClient {
    /// A message to send, and whether another one may wait.
    struct Message {
        var bytes: [UInt8]
        var hasMore = true
    }

    /// What a client was sent of a watch.
    private struct Watching {
        var name: String
        var id: Int
        /// The tick up to which it was sent everything; nil before the first message.
        var seen: Int?
        /// What is older than this bucket is still to be sent.
        var older: Int64?
    }

    private let board: LiveBoard
    private var incoming: [UInt8] = []
    private var watches: [Watching] = []
    private var tail: (id: Int, seen: UInt64)?
    private var wantsBooks = false
    private var sentBooks = -1
    /// The number of the last mark that it was sent; nil if it wants none.
    private var sentMark: UInt64?
    private var isFirstMark = true
    /// The version of the alerts that it was sent; nil if it wants none.
    private var sentAlerts: Int?
    private var sentTick = -1
    private var wasGreeted = false
    private var complaints: [(message: String, id: String?)] = []
    private var credit = LiveLimits.clientMessagesPerSecond * 10

    let user: User?
    private let rights: UserRights

    init(board: LiveBoard, user: User? = nil, rights: UserRights = .all) {
        self.board = board
        self.user = user
        self.rights = rights
    }

    /// Gives back what it wanted.
    func leave() {
        for watch in watches { board.remove(watch: watch.id) }
        watches = []
        if let tail { board.remove(tail: tail.id) }
        tail = nil
    }

    // MARK: Receiving

    /// Takes a piece of a message; false if the message is too large.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard incoming.count + bytes.count <= LiveLimits.clientMessageBytes else { return false }
        incoming.append(contentsOf: bytes)
        return true
    }

    /// Does what the complete message asks for; returns why the client is to be dropped, if it is.
    func finishMessage() -> String? {
        defer { incoming.removeAll(keepingCapacity: false) }
        credit -= 1
        guard credit >= 0 else { return "too many messages" }
        do throws(RequestError) {
            try follow(ClientRequest(incoming, limits: board.settings.watchLimits))
        } catch {
            complain(error.message, id: error.id)
            return error.isFatal ? error.message : nil
        }
        return nil
    }

    private func complain(_ message: String, id: String? = nil) {
        // Who does not read them is not told them all.
        if complaints.count < 8 { complaints.append((message, id)) }
    }

    private func follow(_ request: ClientRequest) throws(RequestError) {
        switch request {
        case .watch(let name, let spec): try watch(name, spec)
        case .unwatch(let name): unwatch(name)
        case .tail(let spec): try follow(tail: spec)
        case .books(let isOn):
            wantsBooks = isOn
            sentBooks = -1
        case .marks(let isOn): (sentMark, isFirstMark) = (isOn ? 0 : nil, true)
        case .alerts(let isOn): sentAlerts = isOn ? -1 : nil
        }
    }

    /// Begins a watch; one of the same name ends, whether the new one can be had or not.
    private func watch(_ name: String, _ spec: WatchSpec) throws(RequestError) {
        unwatch(name)
        if let refusal = rights.refusal(of: spec) { throw RequestError(refusal, id: name, isFatal: false) }
        guard watches.count < board.settings.watchesPerClient else {
            throw RequestError("\(board.settings.watchesPerClient) watches are the limit", id: name, isFatal: false)
        }
        do throws(WatchError) {
            watches.append(Watching(name: name, id: try board.add(spec)))
        } catch {
            throw RequestError(error.message, id: name, isFatal: false)
        }
    }

    private func unwatch(_ name: String) {
        guard let index = watches.firstIndex(where: { $0.name == name }) else { return }
        board.remove(watch: watches.remove(at: index).id)
    }

    private func follow(tail spec: TailSpec?) throws(RequestError) {
        let old = tail
        tail = nil
        defer { if let old { board.remove(tail: old.id) } }
        guard var spec else { return }
        if let refusal = rights.refusal(of: spec) { throw RequestError(refusal, isFatal: false) }
        spec.hidden = rights.hidden
        do throws(WatchError) {
            let id = try board.add(spec)
            tail = (id, board.matching(tail: id))
        } catch {
            throw RequestError(error.message, isFatal: false)
        }
    }

    // MARK: Sending

    /// The next message, newest first of all; nil if the client is up to date.
    func nextMessage() -> Message? {
        guard wasGreeted else {
            wasGreeted = true
            return Message(bytes: greeting)
        }
        endFailed()
        if !complaints.isEmpty {
            let (message, id) = complaints.removeFirst()
            return Message(bytes: Self.error(message, id: id))
        }
        for index in watches.indices {
            if let bytes = news(of: index) { return Message(bytes: bytes) }
        }
        if sentTick < board.number { return Message(bytes: tick()) }
        if wantsBooks, sentBooks < board.booksChangedAt {
            sentBooks = board.booksChangedAt
            return Message(bytes: BookText.message(board.books))
        }
        if let bytes = newMarks() ?? newAlerts() { return Message(bytes: bytes) }
        for index in watches.indices {
            if let older = watches[index].older { return Message(bytes: part(of: index, before: older)) }
        }
        return nil
    }

    /// Ends what the server could not go on with, and says why.
    private func endFailed() {
        for watch in watches {
            guard let failure = board.failure(ofWatch: watch.id) else { continue }
            complain(failure, id: watch.name)
            unwatch(watch.name)
        }
        if let tail, let failure = board.failure(ofTail: tail.id) {
            complain(failure)
            board.remove(tail: tail.id)
            self.tail = nil
        }
    }

    private static func error(_ message: String, id: String?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.json("{\"type\":\"error\",")
        if let id {
            bytes.json("\"id\":")
            bytes.json(string: id)
            bytes.json(",")
        }
        bytes.json("\"message\":")
        bytes.json(string: message)
        bytes.json("}")
        return bytes
    }

    /// What a client has to be told of one of its watches now; nil if there is nothing new.
    private func news(of index: Int) -> [UInt8]? {
        let watch = watches[index]
        guard let seen = watch.seen, seen > board.number - LiveLimits.keptTicks else {
            return part(of: index, before: nil)
        }
        guard seen < board.number, board.hasChanges(ofWatch: watch.id, since: seen) else {
            watches[index].seen = board.number
            return nil
        }
        watches[index].seen = board.number
        return Self.head("change", watch.name) + board.changes(ofWatch: watch.id, since: seen)
    }

    private func part(of index: Int, before older: Int64?) -> [UInt8] {
        let (text, next) = board.part(ofWatch: watches[index].id, before: older)
        watches[index].older = next
        if older == nil { watches[index].seen = board.number }
        return Self.head(older == nil ? "snapshot" : "change", watches[index].name) + text
    }

    /// Marks that it was not sent yet, some hundred at most; nil if there are none.
    private func newMarks() -> [UInt8]? {
        guard let seen = sentMark, isFirstMark || board.marks.last > seen else { return nil }
        var text: [UInt8] = []
        text.json("{\"type\":\"marks\",\"marks\":[")
        var count = 0
        for mark in board.marks.marks(since: seen) {
            if text.count > LiveLimits.partBytes { break }
            sentMark = mark.number
            // Alerts of topics that somebody may not read are told to nobody but those who may.
            guard rights.mayRead(mark.topic) else { continue }
            if count > 0 { text.json(",") }
            mark.append(to: &text, rights)
            count += 1
        }
        text.json(isFirstMark ? "],\"all\":true}" : "]}")
        if count == 0 && !isFirstMark { return nil }
        isFirstMark = false
        return text
    }

    /// How alerts stand, if that is new; nil otherwise.
    private func newAlerts() -> [UInt8]? {
        guard let seen = sentAlerts, let alerts = board.alerts, alerts.version > seen else { return nil }
        sentAlerts = alerts.version
        return alerts.message(rights)
    }

    private static func head(_ type: StaticString, _ name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.json("{\"type\":\"")
        bytes.json(type)
        bytes.json("\",\"id\":")
        bytes.json(string: name)
        return bytes
    }

    private var greeting: [UInt8] {
        var bytes: [UInt8] = []
        bytes.json("{\"type\":\"hello\",\"version\":2,\"time\":")
        bytes.json(board.now())
        bytes.json(",\"tick_ms\":")
        bytes.json(LiveLimits.tickMilliseconds)
        bytes.json(",\"limits\":{\"watches\":")
        bytes.json(board.settings.watchesPerClient)
        bytes.json(",\"groups\":")
        bytes.json(board.settings.watchLimits.groups)
        bytes.json(",\"message_bytes\":")
        bytes.json(LiveLimits.clientMessageBytes)
        bytes.json("},\"history\":")
        bytes.json(board.feed.hasHistory ? "true" : "false")
        bytes.json(",\"dashboards\":")
        let hasDashboards = board.settings.dashboards != nil
        bytes.json(string: hasDashboards ? (rights.savesDashboards ? "write" : "read") : "no")
        bytes.json(",\"marks\":")
        bytes.json(board.feed.hasMarks ? "true" : "false")
        bytes.json(",\"alerts\":[")
        for (index, name) in board.feed.alertNames.enumerated() {
            if index > 0 { bytes.json(",") }
            bytes.json(string: name)
        }
        bytes.json("]")
        if let user {
            bytes.json(",\"user\":")
            bytes.json(string: user.name)
        }
        bytes.json("}")
        // It is shown ticks from the next one on: the latest may be long ago.
        sentTick = board.number
        return bytes
    }

    private func tick() -> [UInt8] {
        var bytes = board.tickHead
        if let tail {
            var seen = tail.seen
            board.append(tail: tail.id, seen: &seen, to: &bytes)
            self.tail?.seen = seen
        }
        bytes.json("}")
        sentTick = board.number
        credit = min(credit + LiveLimits.clientMessagesPerSecond / 4, LiveLimits.clientMessagesPerSecond * 10)
        return bytes
    }
}
