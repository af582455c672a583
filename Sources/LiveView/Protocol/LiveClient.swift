// One browser: what it wants, and what it was sent.

import Eventstorm

/// The state of one WebSocket.
///
/// Belongs to the service thread.
///
/// A client is never owed more than the next message: what it wants is kept, what it missed is not.
final class LiveClient {
    /// A message to send, and whether another one waits.
    struct Message {
        var bytes: [UInt8]
        var hasMore = false
    }

    private let board: LiveBoard
    private var incoming: [UInt8] = []
    private var fields: Set<FieldKey> = []
    private var tail: Pattern?
    private var tailSeen: UInt64 = 0
    private var wantsBooks = false
    private var sentBooks = -1
    private var sentTick = -1
    private var wasGreeted = false
    private var complaint: String?
    private var credit = LiveLimits.clientMessagesPerSecond * 10

    init(board: LiveBoard) { self.board = board }

    /// Gives back what it wanted.
    func leave() {
        board.change(fields: fields, to: [])
        board.change(tail: tail, to: nil)
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
            try follow(ClientRequest(incoming))
        } catch {
            complaint = error.message
            return error.isFatal ? error.message : nil
        }
        return nil
    }

    private func follow(_ request: ClientRequest) throws(RequestError) {
        switch request {
        case .fields(let wanted):
            guard board.hasRoom(for: wanted) else {
                throw RequestError("all clients together watch too many fields", isFatal: false)
            }
            board.change(fields: fields, to: wanted)
            fields = wanted
        case .tail(let pattern):
            board.change(tail: tail, to: pattern)
            tail = pattern
            tailSeen = pattern.map { board.matching($0) } ?? 0
        case .books(let isOn):
            wantsBooks = isOn
            sentBooks = -1
        }
    }

    // MARK: Sending

    /// The next message, newest first of all; nil if the client is up to date.
    func nextMessage() -> Message? {
        guard wasGreeted else {
            wasGreeted = true
            return Message(bytes: greeting, hasMore: complaint != nil)
        }
        if let complaint {
            self.complaint = nil
            var bytes: [UInt8] = []
            bytes.json("{\"type\":\"error\",\"message\":")
            bytes.json(string: complaint)
            bytes.json("}")
            return Message(bytes: bytes, hasMore: true)
        }
        if sentTick < board.number {
            return Message(bytes: tick(), hasMore: wantsBooks && sentBooks < board.booksChangedAt)
        }
        if wantsBooks, sentBooks < board.booksChangedAt {
            sentBooks = board.booksChangedAt
            return Message(bytes: BookText.message(board.books))
        }
        return nil
    }

    private var greeting: [UInt8] {
        var bytes: [UInt8] = []
        bytes.json("{\"type\":\"hello\",\"version\":1,\"time\":")
        bytes.json(board.now())
        bytes.json(",\"tick_ms\":")
        bytes.json(LiveLimits.tickMilliseconds)
        bytes.json(",\"limits\":{\"fields\":")
        bytes.json(LiveLimits.fieldsPerClient)
        bytes.json(",\"topics\":")
        bytes.json(LiveLimits.topics)
        bytes.json("}}")
        // It is shown ticks from the next one on: the latest may be long ago.
        sentTick = board.number
        return bytes
    }

    private func tick() -> [UInt8] {
        var bytes = board.head(since: sentAll ? sentTick : 0)
        sentAll = true
        bytes.json(",\"fields\":[")
        board.appendFields(fields, to: &bytes)
        bytes.json("]")
        if let tail { board.appendTail(tail, seen: &tailSeen, to: &bytes) }
        bytes.json("}")
        sentTick = board.number
        credit = min(credit + LiveLimits.clientMessagesPerSecond / 4, LiveLimits.clientMessagesPerSecond * 10)
        return bytes
    }

    /// Whether it was told of every topic once; from then on changes are enough.
    private var sentAll = false
}
