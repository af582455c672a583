// Sockets for lines: both framings of TCP, datagrams, clients that are slow, many, or not clients at all.
import Glibc
import Testing

@testable import LogParsing

private struct Recorder: LineHandler {
    var lines: [String] = []
    var skipped = 0

    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        lines.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
        return true
    }

    mutating func skip(at place: LinePlace) { skipped += 1 }
}

/// A socket that is connected to a port of this machine, or to a name.
private func connected(to port: Int, stream: Bool) -> CInt {
    let client = socket(AF_INET, CInt((stream ? SOCK_STREAM : SOCK_DGRAM).rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    precondition(result == 0, "connect: errno \(errno)")
    return client
}

private func send(_ text: String, to client: CInt) {
    var text = text
    text.withUTF8 { bytes in
        var offset = 0
        while offset < bytes.count {
            let count = write(client, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            precondition(count > 0, "write: errno \(errno)")
            offset += count
        }
    }
}

@Suite("Sockets for lines", .timeLimit(.minutes(1)))
struct LogListenerTests {
    private let directory = TemporaryDirectory()

    /// Reads until a condition holds, for ten seconds at most.
    private func read(
        _ tail: inout Tail, _ recorder: inout Recorder, until isDone: (Recorder) -> Bool
    ) {
        let end = Monotonic.now + .seconds(10)
        while !isDone(recorder), Monotonic.now < end {
            if tail.read(into: &recorder) != .more { tail.wait(atMost: .milliseconds(100)) }
        }
    }

    private func tail(_ listener: LogListener, maximumLine: Int = 100) -> Tail {
        var options = Tail.Options()
        options.maximumLine = maximumLine
        return Tail([], options: options, listeners: [listener])
    }

    @Test(
        "messages of TCP end with a line end, or have their length before them",
        arguments: [
            ("a\nb\r\nc", ["a", "b", "c"], 0), ("1 a3 b\nc", ["a", "b\nc"], 0), ("5 <1>abc\n", ["<1>ab", "c"], 0),
            ("2026-11-21 x\n17\n", ["2026-11-21 x", "17"], 0), ("\n0 a\n", ["", "0 a"], 0), ("12 short", [], 1),
            ("200 " + String(repeating: "x", count: 200) + "1 a", ["a"], 1),
            (String(repeating: "x", count: 101) + "\nb\n", ["b"], 1),
            (String(repeating: "x", count: 300_000) + "\nb\n", ["b"], 1), ("99999999 x\n", ["99999999 x"], 0),
        ] as [(String, [String], Int)])
    func framing(text: String, lines: [String], skipped: Int) throws {
        for pieces in [1, 2, 7] where text.utf8.count < 1000 || pieces < 7 {
            let listener = try LogListener("tcp:127.0.0.1:0")
            var tail = tail(listener)
            var recorder = Recorder()
            let client = connected(to: listener.port, stream: true)
            let letters = Array(text)
            for start in stride(from: 0, to: letters.count, by: max(1, letters.count / pieces)) {
                send(String(letters[start..<min(letters.count, start + max(1, letters.count / pieces))]), to: client)
                _ = tail.read(into: &recorder)
            }
            close(client)
            read(&tail, &recorder) { $0.lines.count >= lines.count && $0.skipped >= skipped }
            #expect(recorder.lines == lines && recorder.skipped == skipped)
        }
    }

    @Test("a client that stops in the middle of a line holds nobody up")
    func slowClient() throws {
        let listener = try LogListener("tcp:127.0.0.1:0")
        var tail = tail(listener)
        var recorder = Recorder()
        let slow = connected(to: listener.port, stream: true)
        send("begun", to: slow)
        let other = connected(to: listener.port, stream: true)
        for number in 0..<1000 { send("\(number)-\n", to: other) }
        read(&tail, &recorder) { $0.lines.count >= 1000 }
        #expect(recorder.lines == (0..<1000).map { "\($0)-" })
        send(" and ended\n", to: slow)
        read(&tail, &recorder) { $0.lines.count > 1000 }
        #expect(recorder.lines.last == "begun and ended")
        close(slow)
        close(other)
    }

    @Test("of too many clients the one that was silent for longest has to go, and it is told")
    func tooManyClients() throws {
        let listener = try LogListener("tcp:127.0.0.1:0")
        var tail = tail(listener)
        var recorder = Recorder()
        var clients: [CInt] = []
        for number in 0..<LogListener.clientLimit + 3 {
            let client = connected(to: listener.port, stream: true)
            send("\(number)-\n", to: client)
            clients.append(client)
            read(&tail, &recorder) { $0.lines.count > number }
        }
        #expect(recorder.lines.count == LogListener.clientLimit + 3)
        #expect(tail.takeNotices() == Array(repeating: .evicted(address: listener.address), count: 3))
        var byte: UInt8 = 0
        #expect(recv(clients[0], &byte, 1, 0) <= 0)
        for client in clients { close(client) }
    }

    @Test("each datagram is a line")
    func datagrams() throws {
        let listener = try LogListener("udp:127.0.0.1:0")
        var tail = tail(listener)
        var recorder = Recorder()
        let client = connected(to: listener.port, stream: false)
        for text in ["<1>a", "b\n", "c\nd\0", String(repeating: "x", count: 101), "e"] { send(text, to: client) }
        read(&tail, &recorder) { $0.lines.count >= 4 }
        #expect(recorder.lines == ["<1>a", "b", "c\nd", "e"] && recorder.skipped == 1)
        close(client)
    }

    @Test("datagrams that come faster than they are taken are counted")
    func dropped() throws {
        let listener = try LogListener("udp:127.0.0.1:0")
        var tail = tail(listener)
        var recorder = Recorder()
        let client = connected(to: listener.port, stream: false)
        let text = String(repeating: "x", count: 99)
        let count = 100_000  // more than any buffer of a socket here holds
        for _ in 0..<count { send(text, to: client) }
        while tail.read(into: &recorder) == .more {}
        tail.countDrops()
        #expect(recorder.lines.count < count && recorder.lines.count + Int(tail.counts.dropped) == count)
        #expect(tail.takeNotices() == [.dropped(address: listener.address, datagrams: tail.counts.dropped)])
        tail.countDrops()
        #expect(tail.takeNotices().isEmpty)
        close(client)
    }

    @Test("a socket with a name replaces one that was left there, but no file")
    func named() throws {
        let path = directory.path("log")
        do { _ = try LogListener("unix:" + path) }
        let listener = try LogListener("unix:" + path)
        var tail = tail(listener)
        var recorder = Recorder()
        let client = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let sent = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(client, "hello", 5, 0, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(sent == 5)
        read(&tail, &recorder) { !$0.lines.isEmpty }
        #expect(recorder.lines == ["hello"])
        close(client)
        directory.write("x", to: "file")
        #expect(throws: LogListener.Problem.self) { try LogListener("unix:" + directory.path("file")) }
    }

    @Test("lines are taken though nobody wants them: who sends them cannot wait")
    func unwanted() throws {
        let output = Collector()
        output.isWanted = false
        let listener = try LogListener("udp:127.0.0.1:0")
        var tail = tail(listener)
        var pump = LogPump(try LogFormat.plan("syslog"), to: output)
        let client = connected(to: listener.port, stream: false)
        send("<34>1 2003-10-11T22:14:15.003Z host app 1 - - text", to: client)
        let end = Monotonic.now + .seconds(10)
        while pump.counts.read == 0, Monotonic.now < end {
            if pump.read(from: &tail) != .more { tail.wait(atMost: .milliseconds(100)) }
        }
        #expect(pump.counts.emitted == 1 && output.topics.count == 1)
        close(client)
    }

    @Test(
        "what is no address, or open to other machines, is refused",
        arguments: [
            "tcp", "tcp:", "sctp:127.0.0.1:1", "udp:127.0.0.1", "udp:example.org:514", "udp:127.0.0.1:65536",
            "udp:0.0.0.0:0", "tcp:*:0", "tcp:[::]:0", "udp:192.0.2.1:0", "unix:" + String(repeating: "x", count: 108),
        ])
    func refused(text: String) throws {
        #expect(throws: LogListener.Problem.self) { try LogListener(text) }
    }

    @Test("whoever says so opens it to other machines")
    func insecure() throws {
        #expect(try LogListener("udp:0.0.0.0:0", insecure: true).port > 0)
    }
}
