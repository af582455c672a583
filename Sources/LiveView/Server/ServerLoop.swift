// The thread that serves: libwebsockets' loop and its callbacks.

internal import CWebSockets
import Service
internal import ZeroMQ

/// Everything that belongs to the service thread: connections, clients, timer and log.
///
/// One object per server. libwebsockets calls back into it on the service thread only; nothing here is locked.
final class ServerLoop {
    let feed: LiveFeed
    let board: LiveBoard
    let settings: LiveSettings
    let pages: [String: Page.File]
    var doorkeeper: Doorkeeper
    var log: AccessLog?
    var gate: Gate
    var dashboards: DashboardStore?
    /// Whether there is an endpoint that sends back what it is sent: for tests of the WebSockets.
    let echoes: Bool
    var clients: [OpaquePointer: LiveClient] = [:]
    var bodies: [OpaquePointer: Pending] = [:]
    var questions: [OpaquePointer: Question] = [:]
    /// Requests that were let in and are not WebSockets yet.
    var coming: [OpaquePointer: Coming] = [:]
    var echo: [OpaquePointer: Echo] = [:]
    var sentBytes: UInt64 = 0
    var connections = 0
    var isStopping = false
    var context: OpaquePointer?
    /// Where OpenSSL keeps what connections begin with; libwebsockets gives it away once, and lets it live to the end.
    var tls: UnsafeMutableRawPointer?
    private let certificate: String?
    private let timer: UnsafeMutablePointer<CWebSockets_timer>
    private var isTicking = false

    /// Who comes in.
    struct Coming {
        var user: User?
        var rights: UserRights
        var isEcho: Bool
    }

    init(
        feed: LiveFeed, options: LiveServer.Options, gate: consuming Gate, doorkeeper: Doorkeeper,
        log: consuming AccessLog?, dashboards: DashboardStore? = nil
    ) {
        self.feed = feed
        settings = options.settings
        echoes = options.echoes
        certificate = options.tls
        self.gate = gate
        self.dashboards = dashboards
        board = LiveBoard(feed: feed, settings: settings, now: realtimeMilliseconds)
        self.doorkeeper = doorkeeper
        self.log = log
        pages = Page.files
        timer = .allocate(capacity: 1)
        timer.initialize(to: CWebSockets_timer())
        timer.pointee.owner = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit { timer.deallocate() }

    // MARK: The tick

    /// Sends to every client four times a second while there is one; costs nothing while there is none.
    private func scheduleTick() {
        isTicking = true
        let microseconds = Int64(LiveLimits.tickMilliseconds) * 1_000
        timer.withMemoryRebound(to: lws_sorted_usec_list_t.self, capacity: 1) {
            lws_sul_schedule(context, 0, $0, Self.onTimer, microseconds)
        }
    }

    private static let onTimer: @convention(c) (UnsafeMutablePointer<lws_sorted_usec_list_t>?) -> Void = { timer in
        timer?.withMemoryRebound(to: CWebSockets_timer.self, capacity: 1) {
            guard let owner = $0.pointee.owner else { return }
            Unmanaged<ServerLoop>.fromOpaque(owner).takeUnretainedValue().tick()
        }
    }

    /// Ticks as long as somebody wants something.
    func keepTicking() { if !isTicking { scheduleTick() } }

    private func tick() {
        isTicking = false
        guard
            !clients.isEmpty || !questions.isEmpty || !feed.alertNames.isEmpty
                || feed.isAsked(now: realtimeMilliseconds())
        else { return }
        board.advance()
        answerQuestions()
        for (connection, _) in clients { lws_callback_on_writable(connection) }
        scheduleTick()
    }

    // MARK: Callbacks

    /// Handles one callback; nil lets libwebsockets do what it usually does.
    func handle(
        _ reason: lws_callback_reasons, _ connection: OpaquePointer, _ input: UnsafeMutableRawPointer?, _ length: Int
    ) -> CInt? {
        switch reason {
        case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
            return connections < settings.connections ? 0 : 1
        case LWS_CALLBACK_WSI_CREATE: connections += 1
        case LWS_CALLBACK_WSI_DESTROY:
            connections -= 1
            bodies[connection] = nil
            forgetQuestion(connection)
            coming[connection] = nil
        case LWS_CALLBACK_HTTP_BODY: return takeBody(connection, UnsafeRawBufferPointer(start: input, count: length))
        case LWS_CALLBACK_HTTP_BODY_COMPLETION: return finishBody(connection)
        case LWS_CALLBACK_HTTP: return answer(connection)
        case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return confirmUpgrade(connection, input)
        case LWS_CALLBACK_ESTABLISHED: welcome(connection)
        case LWS_CALLBACK_RECEIVE:
            return receive(connection, UnsafeRawBufferPointer(start: input, count: length))
        case LWS_CALLBACK_SERVER_WRITEABLE: return send(connection)
        case LWS_CALLBACK_CLOSED: forget(connection)
        case LWS_CALLBACK_EVENT_WAIT_CANCELLED: break
        default: return nil
        }
        return 0
    }

    private func welcome(_ connection: OpaquePointer) {
        let coming = coming.removeValue(forKey: connection)
        if coming?.isEcho == true {
            echo[connection] = Echo()
            return
        }
        clients[connection] = LiveClient(board: board, user: coming?.user, rights: coming?.rights ?? .all)
        lws_callback_on_writable(connection)
        keepTicking()
    }

    private func forget(_ connection: OpaquePointer) {
        clients.removeValue(forKey: connection)?.leave()
        echo[connection] = nil
    }

    private func receive(_ connection: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> CInt {
        if echo[connection] != nil { return takeEcho(connection, bytes) }
        guard let client = clients[connection] else { return -1 }
        if lws_frame_is_binary(connection) != 0 { return close(connection, .unsupported, "only text is understood") }
        guard client.take(bytes) else { return close(connection, .tooLarge, "20 KiB are the limit of a message") }
        let isWhole = lws_is_final_fragment(connection) != 0 && lws_remaining_packet_payload(connection) == 0
        if isWhole, let mistake = client.finishMessage() { return close(connection, .policy, mistake) }
        return 0
    }

    /// Sends one message.
    ///
    /// What libwebsockets could not hand to the kernel it keeps, and asks for no other before that is gone: a slow
    /// client has one message under way, and the next one it gets is the newest.
    private func send(_ connection: OpaquePointer) -> CInt {
        if isStopping { return close(connection, .goingAway, "the server ends") }
        if echo[connection] != nil { return sendEcho(connection) }
        guard let client = clients[connection] else { return 0 }
        if !gate.stillKnows(client.user) { return close(connection, .policy, "come in again") }
        guard let message = client.nextMessage() else { return 0 }
        sentBytes &+= UInt64(message.bytes.count)
        let result = write(connection, message.bytes, LWS_WRITE_TEXT)
        if message.hasMore { lws_callback_on_writable(connection) }
        return result
    }

    /// Codes of RFC 6455, section 7.4.1.
    enum CloseCode: UInt32 {
        case goingAway = 1001, unsupported = 1003, policy = 1008, tooLarge = 1009
    }

    func close(_ connection: OpaquePointer, _ code: CloseCode, _ why: String) -> CInt {
        // At most 123 bytes, and no half character.
        var short = why
        while short.utf8.count > 120 { short.removeLast() }
        var why = Array(short.utf8)
        lws_close_reason(connection, lws_close_status(rawValue: code.rawValue), &why, why.count)
        return -1
    }

    /// Writes bytes with the room in front that libwebsockets needs; 0, or -1 if the connection is broken.
    func write(_ connection: OpaquePointer, _ bytes: [UInt8], _ kind: lws_write_protocol) -> CInt {
        let headroom = CWebSockets_headroom()
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: headroom + bytes.count) { buffer in
            guard let start = buffer.baseAddress else { return -1 }
            _ = UnsafeMutableBufferPointer(rebasing: buffer[headroom...]).update(fromContentsOf: bytes)
            return lws_write(connection, start + headroom, bytes.count, kind) < 0 ? -1 : 0
        }
    }
}

extension ServerLoop {
    /// Reads the users and the certificate again, and opens the log again.
    func reload() {
        log?.reopen()
        if let certificate, let tls, let mistake = Certificate.use(certificate, in: tls) {
            Log.error("\(LiveError("use the certificate in \(certificate)", mistake))")
        }
        if let error = gate.reload() { Log.error("\(error)") }
        for connection in clients.keys { lws_callback_on_writable(connection) }
    }
}
