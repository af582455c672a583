// Fuzzes what comes over TCP: syslog in either framing, in pieces.
//
// An input is the length of the pieces and what a client sends. No line may be longer than the limit, all of them
// together are no more than was sent, and it makes no difference in which pieces it came.
import CFuzzer
import Glibc
import LogParsing

@main
enum FuzzStream {
    private static let maximumLine = 100
    nonisolated(unsafe) private static var tail: Tail = {
        var options = Tail.Options()
        options.maximumLine = maximumLine
        guard let listener = try? LogListener("tcp:127.0.0.1:0") else { fatalError("no socket") }
        port = listener.port
        return Tail([], options: options, listeners: [listener])
    }()
    nonisolated(unsafe) private static var port = 0

    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            FuzzStream.take(Array(UnsafeRawBufferPointer(start: data, count: size)))
            return 0
        }
    }

    private static func take(_ input: [UInt8]) {
        guard let first = input.first else { return }
        let bytes = Array(input.dropFirst())
        let whole = send(bytes, pieces: max(1, bytes.count))
        precondition(whole.lines.allSatisfy { $0.count <= maximumLine })
        precondition(whole.lines.reduce(0) { $0 + $1.count } <= bytes.count)
        let length = Int(first % 32) + 1
        // Every piece costs two system calls.
        guard bytes.count / length < 64 else { return }
        precondition(send(bytes, pieces: length) == whole, "the pieces made a difference")
    }

    private static func send(_ bytes: [UInt8], pieces length: Int) -> Recorder {
        _ = tail.counts  // opens the socket
        let client = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var on: CInt = 1
        setsockopt(client, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        precondition(isConnected)
        var recorder = Recorder()
        var start = 0
        while start < bytes.count {
            let end = min(start + length, bytes.count)
            bytes[start..<end].withUnsafeBytes {
                _ = Glibc.send(client, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            start = end
            while tail.read(into: &recorder) == .more {}
        }
        close(client)
        while tail.read(into: &recorder) == .more {}
        return recorder
    }
}

/// What came.
private struct Recorder: LineHandler, Hashable {
    var lines: [[UInt8]] = []
    var skipped = 0

    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        lines.append(line.withUnsafeBytes { Array($0) })
        return true
    }

    mutating func skip(at place: LinePlace) { skipped += 1 }
}
