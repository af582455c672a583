// A cable that can be cut: what passes a relay passes between two ports of this host.
import Foundation
@testable import Service
import Synchronization
import Testing
import ZeroMQ

/// Passes the bytes of connections on to another port, until it is told to break them.
final class Relay: Sendable {
    /// What can happen to a cable.
    enum Fault: String, CaseIterable, Sendable {
        /// Connections are reset, with what is under way; new ones are reset at once.
        case cut
        /// Nothing passes either way, and nobody is told.
        case dead
        /// Connections are reset and nobody listens.
        case refused
    }

    let port: Int
    private let target: Int
    private let state = Mutex<(fault: Fault?, isOver: Bool)>((nil, false))
    private let thread = Mutex<OSThread?>(nil)
    private let seen = Mutex<(bytes: [UInt8], connections: Int)>(([], 0))
    /// Bytes kept at most.
    private static let keeps = 1 << 20

    init(to target: Int) throws {
        port = try freePort()
        self.target = target
        try thread.withLock { slot in slot = try OSThread(name: "relay") { [self] in run() } }
    }

    var fault: Fault? {
        get { state.withLock { $0.fault } }
        set { state.withLock { $0.fault = newValue } }
    }

    /// What passed both ways, its first part at least.
    var recorded: [UInt8] { seen.withLock { $0.bytes } }
    /// Connections that came so far.
    var accepted: Int { seen.withLock { $0.connections } }

    /// Ends the thread; must be called.
    func stop() {
        state.withLock { $0.isOver = true }
        thread.withLock { $0.take() }?.join()
    }

    // MARK: The relay's thread

    /// Two sockets, and the bytes read from each that the other has not taken.
    private struct Pair {
        var ends: (Int32, Int32)
        var waiting: ([UInt8], [UInt8]) = ([], [])

        /// Closes both with a reset: nothing under way arrives.
        func reset() {
            for end in [ends.0, ends.1] {
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(end, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                close(end)
            }
        }
    }

    private func run() {
        var listener: Int32 = listen()
        var pairs: [Pair] = []
        var fault: Fault?
        while true {
            let (wanted, isOver) = state.withLock { $0 }
            if isOver { break }
            if wanted != fault {
                fault = wanted
                if fault == .cut || fault == .refused {
                    for pair in pairs { pair.reset() }
                    pairs = []
                }
                if fault == .refused {
                    close(listener)
                    listener = -1
                } else if listener < 0 {
                    listener = listen()
                }
            }
            if fault == .dead || listener < 0 {
                usleep(5_000)
                continue
            }
            accept(listener, into: &pairs, isCut: fault == .cut)
            pass(&pairs, listener)
        }
        for pair in pairs { pair.reset() }
        if listener >= 0 { close(listener) }
    }

    private func accept(_ listener: Int32, into pairs: inout [Pair], isCut: Bool) {
        while true {
            let near = Glibc.accept(listener, nil, nil)
            if near < 0 { return }
            seen.withLock { $0.connections += 1 }
            let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let pair = Pair(ends: (near, far))
            if isCut || withAddress(of: target, { connect(far, $0, $1) }) != 0 {
                pair.reset()
                continue
            }
            for end in [near, far] { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
            pairs.append(pair)
        }
    }

    /// Waits for what can be read or written, 5 ms at most, and passes it on.
    private func pass(_ pairs: inout [Pair], _ listener: Int32) {
        let limit = 1 << 20  // beyond, a side that is not taken from is not read from: that is what a cable does
        var items = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        for pair in pairs {
            for (end, own, others) in [
                (pair.ends.0, pair.waiting.0.count, pair.waiting.1.count),
                (pair.ends.1, pair.waiting.1.count, pair.waiting.0.count),
            ] {
                let events = (own < limit ? POLLIN : 0) | (others > 0 ? POLLOUT : 0)
                items.append(pollfd(fd: end, events: Int16(events), revents: 0))
            }
        }
        guard poll(&items, nfds_t(items.count), 5) > 0 else { return }
        pairs = pairs.compactMap { pair in
            var pair = pair
            let isAlive =
                move(from: pair.ends.0, to: pair.ends.1, &pair.waiting.0, limit)
                && move(from: pair.ends.1, to: pair.ends.0, &pair.waiting.1, limit)
            // Whoever closed had its last bytes passed on; a reset would take them away again.
            if !isAlive { for end in [pair.ends.0, pair.ends.1] { close(end) } }
            return isAlive ? pair : nil
        }
    }

    /// Reads once and writes what can be written; false if the connection is at its end.
    private func move(from source: Int32, to sink: Int32, _ waiting: inout [UInt8], _ limit: Int) -> Bool {
        if waiting.count < limit {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = read(source, &bytes, bytes.count)
            if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return false }
            if count > 0 {
                waiting += bytes[..<count]
                seen.withLock { if $0.bytes.count < Relay.keeps { $0.bytes += bytes[..<count] } }
            }
        }
        if waiting.isEmpty { return true }
        let written = send(sink, waiting, waiting.count, Int32(MSG_NOSIGNAL))
        if written < 0 { return errno == EAGAIN || errno == EINTR }
        waiting.removeFirst(written)
        return true
    }

    private func listen() -> Int32 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout.size(ofValue: yes)))
        _ = fcntl(listener, F_SETFL, O_NONBLOCK)
        let isListening = withAddress(of: port) { bind(listener, $0, $1) } == 0 && Glibc.listen(listener, 16) == 0
        precondition(isListening, "port \(port) was taken in between")
        return listener
    }

    private func withAddress(of port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
