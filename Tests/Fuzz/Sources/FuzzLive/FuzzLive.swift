// Feeds the live server's protocol, and the engine behind it, with whatever libFuzzer thinks of.
//
// 1. Up to the first NUL there are messages of a client, one in each line; behind it bytes of documents that were never
//    validated, and that are ingested between them.
// 2. Nothing may trap. What the client is sent must be JSON, whatever it asked and whatever came.
// 3. When the client leaves, nothing may be wanted any more.
import BSON
import BSONText
import CFuzzer
import Eventstorm
import Glibc

@testable import LiveView

@main
enum FuzzLive {
    static func main() {
        if let directory = CommandLine.arguments.last, CommandLine.arguments.count > 1 { seed(directory) }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            guard let data, size > 0 else { return 0 }
            FuzzLive.check(Array(UnsafeBufferPointer(start: data, count: size)))
            return 0
        }
    }

    private static func check(_ bytes: [UInt8]) {
        let end = bytes.firstIndex(of: 0) ?? bytes.count
        let documents = Array(bytes[min(end + 1, bytes.count)...])
        guard let topic = try? Topic("a") else { return }
        var settings = LiveSettings()
        settings.marks = [Pattern(topic)]
        guard let feed = try? LiveFeed(settings: settings, hasHistory: true) else { return }
        var now: Int64 = 1_795_220_593_000
        let board = LiveBoard(feed: feed, settings: settings, now: { now })
        let client = LiveClient(board: board)
        for line in bytes[..<end].split(separator: 10).prefix(20) {
            _ = Array(line).withUnsafeBytes { client.take($0) }
            _ = client.finishMessage()
            feed.ingest(topic, count: 1, payload: documents.span.bytes, now: now)
            // What was stored is the same, an hour ago.
            let wishes = feed.takeWishes()
            readPast(of: wishes, topic, documents, feed, now: now)
            now += 250
            board.advance()
            read(client, documents)
        }
        client.leave()
        precondition(feed.interest(within: [.everything]) == settings.marks, "something is wanted by nobody")
    }

    /// Counts the documents as if they had been stored.
    private static func readPast(
        of wishes: [PastWish], _ topic: Topic, _ documents: [UInt8], _ feed: LiveFeed, now: Int64
    ) {
        var shadows = LiveEngine()
        for wish in wishes { try? shadows.add(shadowOf: wish) }
        shadows.ingest(topic, payload: documents.span.bytes, now: now)
        _ = feed.merge(past: shadows)
        feed.join(past: wishes.map(\.id))
        feed.finishHistory(of: wishes.map(\.id), nil)
    }

    /// Everything that the client is sent must be JSON.
    private static func read(_ client: LiveClient, _ documents: [UInt8]) {
        var messages = 0
        while let message = client.nextMessage() {
            messages += 1
            precondition(messages < 1_000, "messages without end")
            do {
                _ = try BSONText.parse(message.bytes.span.bytes, dialect: .json, extendedJSON: false)
            } catch {
                // Documents that are not valid never come this far; here they do, with any bytes in their keys.
                // Valid ones may have a field twice, or nest too deep to be read again.
                let text = "\(error)"
                let isAsItShould = !isValid(documents) || !text.contains("expected")
                precondition(isAsItShould, "\(text): \(String(decoding: message.bytes, as: UTF8.self))")
            }
        }
    }

    /// Whether all documents are valid, as a subscriber asks before it hands them on.
    private static func isValid(_ documents: [UInt8]) -> Bool {
        let bytes = documents.span.bytes
        let (end, isDocument) = DocumentRun.extent(of: bytes, longest: 1 << 20)
        return isDocument && end == documents.count && DocumentRun.forEachValid(in: bytes) { _ in } == 0
    }

    private static let messages = [
        #"{"type":"watch","id":"w","topic":"*","match":{"s":{"$gte":5}},"group":["p","$topic"],"value":{"p99":"t"}}"#,
        #"{"type":"watch","id":"w","topic":"a","value":[{"top":"p","n":3},{"distinct":"p"},{"histogram":"t"}],"totals":true}"#,
        #"{"type":"watch","id":"v","topic":"a.*","every":"250ms","last":"1m","late":"2s","clock":"arrival","limit":7}"#,
        #"{"type":"tail","topic":"*","match":"{p: /^x/}","rate":8}"#, #"{"type":"tail","topic":null}"#,
        #"{"type":"watch","id":"y","topic":"a","from":1795220500000,"to":1795220600000,"every":"5s","group":"p"}"#,
        #"{"type":"marks","on":true}"#, #"{"type":"alerts","on":true}"#, #"{"type":"unwatch","id":"w"}"#,
        #"{"type":"books","on":true}"#,
    ]

    /// Writes messages with documents, as something to begin with.
    private static func seed(_ directory: String) {
        var writer = DocumentWriter()
        for number in 0..<3 {
            writer.beginDocument()
            writer["timestamp"] = Datetime(millisecondsSinceEpoch: 1_795_220_593_000 + Int64(number))
            writer["p"] = "x\(number)"
            writer["t"] = Double(number) * 0.3
            writer["s"] = Int32(number * 4)
            writer["weight"] = 2.5
            _ = writer.endDocument()
        }
        let documents = writer.withBytes { $0.withUnsafeBytes { Array($0) } }
        for (number, message) in messages.enumerated() {
            let text = Array("\(message)\n\(messages[(number + 1) % messages.count])\n".utf8) + [0] + documents
            guard let file = fopen("\(directory)/seed-\(number)", "wb") else { continue }
            defer { fclose(file) }
            fwrite(text, 1, text.count, file)
        }
    }
}
