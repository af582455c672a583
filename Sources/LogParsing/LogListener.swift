// Sockets that programs send their lines to.
internal import Glibc

/// A socket on which programs hand in lines, as syslog has them: UDP, TCP, or a datagram socket with a name.
///
/// What comes must be taken at once, since whoever sends it cannot wait.
public final class LogListener {
    /// Why a socket cannot be opened.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        /// The address, and what is wrong with it.
        public let description: String
    }

    /// Clients of a TCP socket at once; beyond, the one that was silent for longest has to go.
    public static let clientLimit = 256
    /// Datagrams or clients' pieces that are taken before others have their turn.
    private static let turn = 256
    private static let receiveBuffer: CInt = 4 << 20

    /// As it was given.
    public let address: String
    /// The port, which the system chose if none was given; 0 for a socket with a name.
    public private(set) var port = 0
    private let isStream: Bool
    private let descriptor: CInt
    private var clients: [StreamClient] = []
    private let identity = FileIdentity.unrepeatable()
    private var offset: UInt64 = 0
    private var turns: UInt64 = 0
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    /// Whether a client had to go since that was told last.
    private var hasEvicted = false
    /// What the kernel said last of datagrams for which it had no room; it counts up to 2^32.
    private var drops: UInt32 = 0

    /// Opens a socket.
    ///
    /// - Parameters:
    ///   - text: `udp:HOST:PORT`, `tcp:HOST:PORT` or `unix:PATH`; hosts are numeric, or `localhost`.
    ///   - insecure: Whether other machines may reach it.
    public init(_ text: String, insecure: Bool = false) throws(Problem) {
        address = text
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, ["udp", "tcp", "unix"].contains(parts[0]), !parts[1].isEmpty else {
            throw Problem(description: "\(text): udp:HOST:PORT, tcp:HOST:PORT or unix:PATH is wanted")
        }
        isStream = parts[0] == "tcp"
        let place = try parts[0] == "unix" ? SocketPlace(path: parts[1], text) : SocketPlace(address: parts[1], text)
        guard place.isLocal || insecure else {
            throw Problem(description: "\(text): other machines could reach it, which needs --insecure")
        }
        let kind = isStream ? SOCK_STREAM : SOCK_DGRAM
        let flags = CInt(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = socket(place.family, CInt(kind.rawValue) | flags, 0)
        var on: CInt = 1
        var size = Self.receiveBuffer
        let length = socklen_t(MemoryLayout<CInt>.size)
        if isStream { setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, length) }
        if !isStream { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, length) }
        guard descriptor >= 0, place.bind(descriptor), !isStream || listen(descriptor, 64) == 0 else {
            throw Problem(description: "\(text): \(String(cString: strerror(errno)))")
        }
        port = SocketPlace.port(of: descriptor)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What becomes readable when there is something to do.
    var descriptors: [CInt] { [descriptor] + clients.map(\.descriptor) }

    /// Takes what has come and hands it out; never waits.
    ///
    /// - Returns: Whether there was something.
    func step<Handler: LineHandler & ~Copyable>(
        maximumLine: Int, input: Int, to handler: inout Handler
    ) -> Bool {
        isStream
            ? stepStream(maximumLine: maximumLine, input: input, to: &handler)
            : stepDatagrams(maximumLine: maximumLine, input: input, to: &handler)
    }

    private func stepDatagrams<Handler: LineHandler & ~Copyable>(
        maximumLine: Int, input: Int, to handler: inout Handler
    ) -> Bool {
        for number in 0..<Self.turn {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 { return number > 0 }
            var end = count
            while end > 0, [10, 13, 0].contains(buffer[end - 1]) { end -= 1 }
            let place = LinePlace(file: identity, offset: offset, input: input)
            offset += UInt64(count) + 1
            if end > maximumLine {
                handler.skip(at: place)
            } else {
                let bytes = buffer.span.bytes
                _ = handler.take(bytes.extracting(0..<end), at: place)
            }
        }
        return true
    }

    private func stepStream<Handler: LineHandler & ~Copyable>(
        maximumLine: Int, input: Int, to handler: inout Handler
    ) -> Bool {
        turns += 1
        var hasWorked = false
        while clients.count <= Self.clientLimit {
            let client = accept(descriptor, nil, nil)
            if client < 0 { break }
            if clients.count == Self.clientLimit { evict() }
            clients.append(StreamClient(client, turn: turns))
            hasWorked = true
        }
        for client in clients {
            if client.step(&buffer, turn: turns, maximumLine: maximumLine, input: input, to: &handler) {
                hasWorked = true
            }
        }
        clients.removeAll { $0.isEnded }
        return hasWorked
    }

    private func evict() {
        guard let oldest = clients.indices.min(by: { clients[$0].lastTurn < clients[$1].lastTurn }) else { return }
        clients.remove(at: oldest)
        hasEvicted = true
    }

    /// Datagrams for which the kernel had no room since the last call, since they came faster than they were taken.
    func takeDrops() -> UInt64 {
        guard !isStream else { return 0 }
        // SO_MEMINFO of Linux 4.12: nine numbers, the last of which is SK_MEMINFO_DROPS.
        var numbers = [UInt32](repeating: 0, count: 9)
        var length = socklen_t(numbers.count * MemoryLayout<UInt32>.size)
        let wanted = length
        guard getsockopt(descriptor, SOL_SOCKET, 55, &numbers, &length) == 0, length >= wanted else { return 0 }
        defer { drops = numbers[8] }
        return UInt64(numbers[8] &- drops)
    }

    /// Whether a client had to go since the last call.
    func takeEviction() -> Bool {
        defer { hasEvicted = false }
        return hasEvicted
    }
}

extension Tail {
    var hasListeners: Bool { !listeners.isEmpty }

    mutating func add(_ listener: LogListener) {
        listeners.append((listener, inputs.count))
        liveInputs.insert(inputs.count)
        inputs.append(listener.address)
    }

    /// Counts the datagrams that the kernel could not keep; to be called now and then.
    mutating func countDrops() {
        for (listener, _) in listeners {
            let count = listener.takeDrops()
            if count > 0 { notices.append(.dropped(address: listener.address, datagrams: count)) }
            totals.dropped += count
        }
    }

    mutating func readListeners<Handler: LineHandler & ~Copyable>(into handler: inout Handler) -> Bool {
        var hasWorked = false
        for (listener, input) in listeners {
            if listener.step(maximumLine: options.maximumLine, input: input, to: &handler) { hasWorked = true }
            if listener.takeEviction() { notices.append(.evicted(address: listener.address)) }
        }
        return hasWorked
    }
}
