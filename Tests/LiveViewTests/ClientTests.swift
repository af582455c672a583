// What a client is sent, with a clock of our own and without sockets.

import BSON
import BSONText
import Eventstorm
import Testing

@testable import LiveView

@Suite("What a client is sent")
struct ClientTests {
    let feed: LiveFeed
    let board: LiveBoard

    init() throws {
        feed = try LiveFeed()
        board = LiveBoard(feed: feed, now: { 1_000 })
    }

    /// A client that was greeted.
    func client() -> LiveClient {
        let client = LiveClient(board: board)
        #expect(next(of: client)?.hasPrefix(#"{"type":"hello","version":1,"time":1000,"tick_ms":250"#) == true)
        return client
    }

    func next(of client: LiveClient) -> String? {
        client.nextMessage().map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    func tell(_ client: LiveClient, _ text: String) -> String? {
        #expect(Array(text.utf8).withUnsafeBytes { client.take($0) })
        return client.finishMessage()
    }

    /// A field of a message, as text.
    func value(_ path: String, in message: String?) throws -> String {
        let parsed = try BSONText.parse(try #require(message), extendedJSON: false)
        let document = parsed.document
        guard let element = document.view.find(path: path) else { return "" }
        var text: [UInt8] = []
        BSONText.write(valueOf: element, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    @Test("a tick tells totals and the counters of changed topics; the first one tells all topics")
    func tick() throws {
        let early = client()
        try feed.emit("a", count: 2)
        board.advance()
        #expect(try value("topics", in: next(of: early)) == #"[["a",2,10]]"#)
        try feed.emit("b")
        board.advance()
        #expect(try value("topics", in: next(of: early)) == #"[["b",1,5]]"#)
        let late = client()
        board.advance()
        let message = next(of: late)
        #expect(try value("topics", in: message) == #"[["a",2,10],["b",1,5]]"#)
        #expect(try value("events", in: message) == "3")
        #expect(try value("topics", in: next(of: early)) == "[]")
        #expect(next(of: early) == nil)
    }

    @Test("a client that missed ticks gets one message with everything that changed since")
    func slowClient() throws {
        let slow = client()
        for topic in ["a", "b", "c"] {
            try feed.emit(topic)
            board.advance()
        }
        #expect(try value("topics", in: next(of: slow)) == #"[["a",1,5],["b",1,5],["c",1,5]]"#)
        #expect(next(of: slow) == nil)
    }

    @Test("events that are not shown are left out, and the numbers add up for a client that misses ticks")
    func leftOut() throws {
        let client = client()
        try feed.emit("a", count: 5)
        board.advance()
        _ = next(of: client)
        #expect(tell(client, #"{"type":"tail","topic":"*"}"#) == nil)
        var shown = 0
        var leftOut = 0
        for round in 0..<20 {
            try feed.emit("a", count: 100)
            try feed.emit("b")
            board.advance()
            guard round % 3 == 2 || round == 19 else { continue }
            let message = next(of: client)
            let events = try value("tail.events", in: message)
            #expect(events.contains(text: #""topic":"b""#), "the quiet topic is heard beside the loud one")
            shown += events.split(separator: #""topic""#).count - 1
            leftOut += Int(try value("tail.left_out", in: message)) ?? 0
        }
        #expect(shown + leftOut == 20 * 101)
    }

    @Test("a message to a tail is bounded, however many topics are busy")
    func tailLimit() throws {
        let client = client()
        #expect(tell(client, #"{"type":"tail","topic":"*"}"#) == nil)
        for number in 0..<100 { try feed.emit("t.\(number)", count: 50) }
        board.advance()
        let message = next(of: client)
        #expect(try value("tail.left_out", in: message) == "\(5000 - LiveLimits.tailEvents)")
    }

    @Test("a paused tail is sent nothing, and begins anew without counting the pause as left out")
    func pause() throws {
        let client = client()
        #expect(tell(client, #"{"type":"tail","topic":"a"}"#) == nil)
        try feed.emit("a")
        board.advance()
        #expect(
            next(of: client)?.contains(text: #""tail":{"topic":"a","events":[{"topic":"a","event":{}}],"left_out":0}"#)
                == true)
        #expect(tell(client, #"{"type":"tail","topic":null}"#) == nil)
        try feed.emit("a", count: 1000)
        board.advance()
        #expect(next(of: client)?.contains(text: "tail") == false)
        #expect(tell(client, #"{"type":"tail","topic":"a"}"#) == nil)
        board.advance()
        #expect(next(of: client)?.contains(text: #""tail":{"topic":"a","events":[],"left_out":0}"#) == true)
    }

    @Test("each client is sent its own fields, shared ones are counted once")
    func fields() throws {
        let (one, two) = (client(), client())
        #expect(tell(one, #"{"type":"fields","watch":[["a","x"],["a","y"]]}"#) == nil)
        #expect(tell(two, #"{"type":"fields","watch":[["a","y"]]}"#) == nil)
        try feed.emit("a", count: 2) { document, index in
            document["x"] = Int32(7)
            document["y"] = 0.5 + Double(index)
        }
        board.advance()
        #expect(try value("fields.1", in: next(of: one)).isEmpty == false)
        #expect(try value("fields", in: next(of: two)) == #"[["a","y",2,1.0,0.5,1.5,1.5]]"#)
        one.leave()
        try feed.emit("a") { document, _ in
            document["x"] = Int32(7)
            document["y"] = 0.5
        }
        board.advance()
        #expect(try value("fields", in: next(of: two)) == #"[["a","y",1,0.5,0.5,0.5,0.5]]"#)
        two.leave()
    }

    @Test("all clients together watch a bounded number of fields")
    func fieldLimit() throws {
        let clients = (0..<9).map { _ in client() }
        for (number, client) in clients.enumerated() {
            let fields = (0..<64).map { #"["a","f\#(number).\#($0)"]"# }.joined(separator: ",")
            #expect(tell(client, #"{"type":"fields","watch":[\#(fields)]}"#) == nil)
        }
        #expect(next(of: clients[7]) == nil)
        #expect(next(of: clients[8]) == #"{"type":"error","message":"all clients together watch too many fields"}"#)
        for client in clients { client.leave() }
    }

    @Test("the books are summed in every tick; their rows, worst first, only for those who ask")
    func books() throws {
        let client = client()
        feed.record(books: [
            LiveBook(origin: 1, name: "fine", topic: "a", received: 1000),
            LiveBook(origin: 2, name: "poor", topic: "b", received: 5, lost: 3, malformed: 1, absent: 2, unknown: 4),
        ])
        board.advance()
        let totals = #"{"received":1005,"lost":3,"malformed":1,"absent":2,"unknown":4}"#
        #expect(try value("books", in: next(of: client)) == totals)
        #expect(next(of: client) == nil)
        #expect(tell(client, #"{"type":"books","on":true}"#) == nil)
        let message = next(of: client)
        #expect(try value("rows.0.name", in: message) == #""poor""#)
        #expect(try value("rows.0.origin", in: message) == #""0000000000000002""#)
        #expect(try value("rows.1.lost", in: message) == "0")
        #expect(next(of: client) == nil)
    }

    @Test("at most so many rows of the books are sent, and how many more there are")
    func bookLimit() throws {
        feed.record(books: (0..<1000).map { LiveBook(origin: UInt64($0), name: "", topic: "a", lost: UInt64($0)) })
        board.advance()
        let client = client()
        #expect(tell(client, #"{"type":"books","on":true}"#) == nil)
        let message = next(of: client)
        #expect(try value("more", in: message) == "\(1000 - LiveLimits.bookRows)")
        #expect(try value("rows.0.lost", in: message) == "999")
    }

    @Test("markup in names and values stays inside JSON strings")
    func markup() throws {
        let client = client()
        let evil = "</script><script>alert(1)</script>\"\\\u{0}\u{1}\u{7F}\u{2028}"
        #expect(tell(client, #"{"type":"tail","topic":"*"}"#) == nil)
        try feed.emit("a") { document, _ in
            document[evil.filter { $0 != "\u{0}" }] = evil
            document["_id"] = evil
            document["timestamp"] = evil
        }
        feed.record(books: [LiveBook(origin: 1, name: evil, topic: evil)])
        board.advance()
        let parsed = try BSONText.parse(try #require(next(of: client)), extendedJSON: false)
        #expect(parsed.document.view.find(path: "tail.events.0.event._id")?.string == evil)
        #expect(tell(client, #"{"type":"books","on":true}"#) == nil)
        let books = try BSONText.parse(try #require(next(of: client)), extendedJSON: false)
        #expect(books.document.view.find(path: "rows.0.name")?.string == evil)
    }

    @Test("a mistake is told and the client stays; a stranger and a flood are dropped")
    func mistakes() throws {
        let client = client()
        #expect(tell(client, #"{"type":"tail","topic":"a..b"}"#) == nil)
        #expect(next(of: client)?.hasPrefix(#"{"type":"error","message":""#) == true)
        #expect(tell(client, "hello") != nil)
        let flooder = self.client()
        let drops = (0..<1000).map { _ in tell(flooder, #"{"type":"books","on":true}"#) }
        #expect(drops.firstIndex { $0 != nil } == LiveLimits.clientMessagesPerSecond * 10)
    }

    @Test("a message larger than the limit is not taken, in one piece or in many")
    func messageLimit() {
        let client = client()
        let piece = [UInt8](repeating: 32, count: 4096)
        let taken = (0..<5).map { _ in piece.withUnsafeBytes { client.take($0) } }
        #expect(taken == [true, true, true, true, false])
    }
}
