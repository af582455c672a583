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
        #expect(next(of: client)?.hasPrefix(#"{"type":"hello","version":2,"time":1000,"tick_ms":250"#) == true)
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

    /// Milliseconds since 1970, the same for all that the test does.
    private func emit(_ topic: String, count: Int = 1, _ build: (inout DocumentWriter, Int) -> Void = { _, _ in })
        throws
    {
        try feed.emit(topic, count: count, now: 1_000, build)
    }

    @Test("a watch begins with a snapshot; then only buckets that changed are sent")
    func watch() throws {
        let client = client()
        #expect(
            tell(client, #"{"type":"watch","id":"w","topic":"a","group":"x","value":["count",{"max":"n"}]}"#) == nil)
        #expect(
            next(of: client)
                == #"{"type":"snapshot","id":"w","time":1000,"every":1000,"last":300000,"since":1000,"groups":[],"#
                + #""buckets":[]}"#)
        try emit("a", count: 3) {
            $0["x"] = $1 < 2 ? "p" : "q"
            $0["n"] = Int32($1)
        }
        board.advance()
        #expect(
            next(of: client)
                == #"{"type":"change","id":"w","time":1000,"groups":[[1,["p"]],[2,["q"]]],"buckets":"#
                + #"[{"time":1000,"received":3,"rows":[[1,2,1],[2,1,2]]}]}"#)
        #expect(next(of: client)?.hasPrefix(#"{"type":"tick","time":1000,"events":3,"bytes":"#) == true)
        #expect(next(of: client) == nil)
        board.advance()
        #expect(next(of: client)?.hasPrefix(#"{"type":"tick""#) == true)
        #expect(next(of: client) == nil)
        #expect(tell(client, #"{"type":"unwatch","id":"w"}"#) == nil)
        try emit("a")
        board.advance()
        #expect(next(of: client)?.hasPrefix(#"{"type":"tick""#) == true)
        #expect(!feed.isWatched)
    }

    @Test("one who comes later is sent what there is, and the watch is shared")
    func shared() throws {
        let one = client()
        #expect(tell(one, #"{"type":"watch","id":"w","topic":"a"}"#) == nil)
        try emit("a", count: 3)
        board.advance()
        let two = client()
        #expect(tell(two, #"{"type":"watch","id":"other","topic":"a"}"#) == nil)
        #expect(try value("buckets", in: next(of: two)) == #"[{"time":1000,"received":3,"rows":[[0,3]]}]"#)
        one.leave()
        #expect(feed.isWatched)
        two.leave()
        #expect(!feed.isWatched)
    }

    @Test("a client that missed ticks gets one message with everything that changed since, and after long a snapshot")
    func slowClient() throws {
        let slow = client()
        #expect(tell(slow, #"{"type":"watch","id":"w","topic":"a"}"#) == nil)
        #expect(next(of: slow)?.hasPrefix(#"{"type":"snapshot""#) == true)
        for _ in 0..<3 {
            try emit("a")
            board.advance()
        }
        #expect(try value("buckets", in: next(of: slow)) == #"[{"time":1000,"received":3,"rows":[[0,3]]}]"#)
        #expect(next(of: slow)?.hasPrefix(#"{"type":"tick""#) == true)
        #expect(next(of: slow) == nil)
        for _ in 0...LiveLimits.keptTicks {
            try emit("a")
            board.advance()
        }
        let message = next(of: slow)
        #expect(try value("type", in: message) == #""snapshot""#)
        #expect(try value("buckets.0.received", in: message) == "44")
    }

    @Test("a long past comes in several messages, the newest first, each bucket once")
    func parts() throws {
        let one = client()
        let watch = #"{"type":"watch","id":"w","topic":"a","group":"x","every":"100ms","last":"10m","late":"10m"}"#
        #expect(tell(one, watch) == nil)
        for bucket in 0..<600 {
            try feed.emit("a", count: 20, now: Int64(bucket) * 100 + 1_000) {
                $0["x"] = Int32($1)
                $0["timestamp"] = Datetime(millisecondsSinceEpoch: Int64(bucket) * 100 + 1_000)
            }
        }
        board.advance()
        let two = client()
        #expect(tell(two, watch) == nil)
        var times: [Int64] = []
        var messages = 0
        while let message = next(of: two) {
            #expect(message.utf8.count < LiveLimits.partBytes * 2)
            let parsed = try BSONText.parse(message, extendedJSON: false)
            let view = parsed.document.view
            guard let list = view["buckets"]?.array else { continue }
            var part: [Int64] = []
            list.forEach { if let time = $0.document?["time"]?.integer { part.append(time) } }
            #expect(part == part.sorted())
            if let first = times.first, let last = part.last { #expect(last < first) }
            times = part + times
            messages += 1
        }
        #expect(times == (0..<600).map { $0 * 100 + 1_000 })
        #expect(messages > 1)
    }

    @Test("watches beyond the limit are refused by name, and a mistake ends only the watch that it is in")
    func limits() throws {
        let client = client()
        for number in 0...LiveSettings().watchesPerClient {
            #expect(tell(client, #"{"type":"watch","id":"w\#(number)","topic":"a"}"#) == nil)
        }
        #expect(next(of: client) == #"{"type":"error","id":"w64","message":"64 watches are the limit"}"#)
        #expect(tell(client, #"{"type":"watch","id":"w1","topic":"a","every":"1ms"}"#) == nil)
        #expect(next(of: client)?.hasPrefix(#"{"type":"error","id":"w1","message":"\"every\" is"#) == true)
        #expect(feed.isWatched)
        client.leave()
        #expect(!feed.isWatched)
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

    @Test("the books are summed in every tick; their rows, worst first, only for those who ask")
    func books() throws {
        let client = client()
        feed.record(books: [
            LiveBook(origin: 1, name: "fine", topic: "a", received: 1000),
            LiveBook(
                origin: 2, name: "poor", topic: "b", received: 5, lost: 3, malformed: 1, absent: 2, unknown: 4,
                state: "gone"),
        ])
        board.advance()
        let totals = #"{"received":1005,"lost":3,"malformed":1,"absent":2,"unknown":4,"silent":0,"gone":1}"#
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
        let taken = (0..<6).map { _ in piece.withUnsafeBytes { client.take($0) } }
        #expect(taken == [true, true, true, true, true, false])
    }
}
