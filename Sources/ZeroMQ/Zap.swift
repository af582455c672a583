// Zap: the handler that decides which keys may come in (ZAP 1.0, https://rfc.zeromq.org/spec/27).
internal import CZeroMQ
internal import Synchronization

/// What libzmq asks about a peer that wants to come in.
public struct ZAPRequest: Hashable, Sendable {
    /// The peer's address without its port; empty if it has none.
    public let address: String
    /// How it wants to prove who it is: `CURVE`, `PLAIN`, `NULL`.
    public let mechanism: String
    /// The key it has proved to own; nil for another mechanism.
    public let key: CurveKey?
}

/// Decides who may come in, and hears of peers that do not; called on the handler's thread.
public protocol ZAPAuthority: AnyObject, Sendable {
    /// The name by which messages of this peer shall be known, nil to refuse it.
    func admit(_ request: ZAPRequest) -> String?

    /// Something happened to a link of the guarded socket.
    func note(_ event: LinkEvent)
}

/// Guards the encrypted endpoints of one socket: asks an authority about each peer and tells it of broken handshakes.
///
/// All gates of a context share one thread, `es-zap`. A refused peer is told nothing (status 300): libzmq then tries
/// again by itself, where after status 400 it would give up for ever; the list of keys may have changed by then.
public final class LinkGate: Sendable {
    /// What the socket's `ZMQ_ZAP_DOMAIN` must be.
    public let domain: String
    private let context: Context
    private let monitored: Mutex<SocketHandle?>

    /// Opens a gate; on the socket's thread, before it is bound or connected.
    public init(_ socket: borrowing Socket, in context: Context, authority: any ZAPAuthority) throws(ZMQError) {
        domain = "es-" + String(randomUInt64(), radix: 16)
        self.context = context
        let handler = try context.zap.enter(context)
        handler.add(authority, domain: domain)
        let watched: WatchedLinks
        do throws(ZMQError) {
            watched = try WatchedLinks(socket, authority)
        } catch {
            handler.remove(domain: domain)
            context.zap.leave()
            throw error
        }
        monitored = Mutex(watched.monitor.lend())
        handler.watch(watched)
    }

    deinit { end() }

    /// Lets nobody in any more; on the socket's thread, before it is closed.
    public func end() {
        guard let socket = monitored.withLock({ $0.take() }) else { return }
        // Tells the handler's thread by an event that the monitor is over.
        if let pointer = socket.pointer { zmq_socket_monitor(pointer, nil, 0) }
        context.zap.handler?.remove(domain: domain)
        context.zap.leave()
    }
}

/// A socket's monitor, read by the handler's thread.
final class WatchedLinks: @unchecked Sendable {
    // Only one thread at a time has it: the one that makes it hands it over.
    var monitor: SocketMonitor
    let authority: any ZAPAuthority

    init(_ socket: borrowing Socket, _ authority: any ZAPAuthority) throws(ZMQError) {
        monitor = try SocketMonitor(socket)
        self.authority = authority
    }

    /// Passes on what happened, in portions, so that questions do not wait; false once the monitor is over.
    func read() throws(ZMQError) -> Bool {
        for _ in 0..<100 {
            guard let event = try monitor.next() else { break }
            authority.note(event)
        }
        return !monitor.isStopped
    }
}

/// Holds a context's handler as long as there is a gate.
final class ZAPSlot: Sendable {
    private struct State: ~Copyable {
        var gates = 0
        var handler: ZAPHandler?
        var thread: OSThread?
    }

    private let state = Mutex(State())

    var handler: ZAPHandler? { state.withLock { $0.handler } }

    func enter(_ context: Context) throws(ZMQError) -> ZAPHandler {
        try state.withLock { state throws(ZMQError) in
            if let handler = state.handler {
                state.gates += 1
                return handler
            }
            let handler = try ZAPHandler()
            state.thread = try handler.start(in: context)
            state.handler = handler
            state.gates = 1
            return handler
        }
    }

    func leave() {
        state.withLock { state in
            state.gates -= 1
            if state.gates > 0 { return }
            state.handler?.stop()
            state.handler = nil
            state.thread.take()?.join()
        }
    }
}

/// The one socket and thread of a context that answer libzmq's questions.
final class ZAPHandler: Sendable {
    private struct State {
        var authorities: [String: any ZAPAuthority] = [:]
        var arriving: [WatchedLinks] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let wakeup: Wakeup

    init() throws(ZMQError) { wakeup = try Wakeup() }

    func start(in context: Context) throws(ZMQError) -> OSThread {
        let socket = try Socket(.reply, in: context)
        try socket.set(.linger, to: .zero)
        try socket.bind("inproc://zeromq.zap.01")
        return try OSThread(name: "es-zap", handing: socket) { [self] socket in
            socket.adoptByCurrentThread()
            var loop = ZAPLoop(socket, wakeup)
            while loop.round(self) {}
        }
    }

    func add(_ authority: any ZAPAuthority, domain: String) {
        state.withLock { $0.authorities[domain] = authority }
    }

    func remove(domain: String) { state.withLock { $0.authorities[domain] = nil } }

    func authority(of domain: String) -> (any ZAPAuthority)? { state.withLock { $0.authorities[domain] } }

    func watch(_ links: WatchedLinks) {
        state.withLock { $0.arriving.append(links) }
        wakeup.signal()
    }

    /// Takes the monitors that arrived; and whether the handler is to end.
    func takeArriving() -> (links: [WatchedLinks], isOver: Bool) {
        state.withLock { state in
            defer { state.arriving.removeAll() }
            return (state.arriving, state.isOver)
        }
    }

    func stop() {
        state.withLock { $0.isOver = true }
        wakeup.signal()
    }
}

/// What the handler's thread does.
private struct ZAPLoop: ~Copyable {
    private let socket: Socket
    private let wakeup: Wakeup
    private var poller = Poller()
    private let question: Poller.Place
    private var watched: [WatchedLinks] = []
    private var isOver = false
    private var message = Message()

    /// Questions answered at once, so that they do not keep the events waiting.
    private static let perRound = 100

    init(_ socket: consuming Socket, _ wakeup: Wakeup) {
        question = poller.add(socket)
        poller.add(fileDescriptor: wakeup.fileDescriptor)
        self.socket = socket
        self.wakeup = wakeup
    }

    /// Waits and does what there is to do; false at the end.
    mutating func round(_ handler: ZAPHandler) -> Bool {
        do throws(ZMQError) {
            try poller.wait()
            if wakeup.drain() {
                let arrived = handler.takeArriving()
                isOver = arrived.isOver
                for links in arrived.links { links.monitor.socket.adoptByCurrentThread() }
                try setWatched(watched + arrived.links)
            }
            if poller.isReady(question) { try answer(handler) }
            var over = false
            for links in watched where try !links.read() { over = true }
            if over { try setWatched(watched.filter { !$0.monitor.isStopped }) }
            return !isOver || !watched.isEmpty
        } catch {
            // Only a context that was shut down ends here; then nobody comes in any more.
            return false
        }
    }

    private mutating func setWatched(_ links: [WatchedLinks]) throws(ZMQError) {
        poller.keepFirst(2)
        watched = links
        for links in watched { poller.add(links.monitor.socket) }
    }

    private mutating func answer(_ handler: ZAPHandler) throws(ZMQError) {
        for _ in 0..<ZAPLoop.perRound {
            guard try socket.receive(into: &message, wait: false) else { return }
            var frames = [ZAPLoop.bytes(message)]
            while message.more, try socket.receive(into: &message, wait: false) {
                if frames.count < 8 { frames.append(ZAPLoop.bytes(message)) }
            }
            let user = ZAPLoop.user(frames, handler)
            let requestID = frames.count > 1 ? frames[1] : []
            let (status, text) = user == nil ? ("300", "not on the list") : ("200", "welcome")
            let reply = [
                Array("1.0".utf8), requestID, Array(status.utf8), Array(text.utf8), Array((user ?? "").utf8), [],
            ]
            for (index, frame) in reply.enumerated() {
                try socket.send(copying: frame, more: index < reply.count - 1, wait: false)
            }
        }
    }

    /// Frames are libzmq's own, but whoever shares the context could send any.
    private static func bytes(_ message: borrowing Message) -> [UInt8] {
        message.withBytes { span in span.withUnsafeBytes { Array($0.prefix(255)) } }
    }

    /// Version, number, domain, address, identity, mechanism and, for CURVE, the key.
    private static func user(_ frames: [[UInt8]], _ handler: ZAPHandler) -> String? {
        guard frames.count >= 6, frames[0] == Array("1.0".utf8) else { return nil }
        func text(_ index: Int) -> String { String(decoding: frames[index], as: UTF8.self) }
        let mechanism = text(5)
        let key = mechanism == "CURVE" && frames.count == 7 ? CurveKey(bytes: frames[6]) : nil
        let request = ZAPRequest(address: text(3), mechanism: mechanism, key: key)
        return handler.authority(of: text(2))?.admit(request)
    }
}
