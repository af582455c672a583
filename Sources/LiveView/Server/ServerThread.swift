// The service thread: how it begins, is woken and ends.

internal import CWebSockets
import Glibc
import Service
import Synchronization
import ZeroMQ

/// Owns libwebsockets' context and the thread that runs it.
///
/// `@unchecked`, because the loop belongs to the thread alone from ``start()`` on, and the context is only ever woken
/// from outside, under the lock that also guards its end.
final class ServerThread: @unchecked Sendable {
    private let loop: ServerLoop
    private let protocols: UnsafeMutablePointer<lws_protocols>
    private let name: UnsafeMutablePointer<CChar>
    private let policy: UnsafeMutablePointer<lws_retry_bo_t>
    private let context: OpaquePointer
    private let isAlive = Mutex(true)
    private let isStopping = Atomic(false)
    private let isReopening = Atomic(false)
    private let thread = Mutex<OSThread?>(nil)
    let port: UInt16

    init(
        feed: LiveFeed, options: LiveServer.Options, gate: consuming Gate, log: consuming AccessLog?
    ) throws(LiveError) {
        let dashboards: DashboardStore? =
            if let path = options.settings.dashboards { try DashboardStore(directory: path) } else { nil }
        loop = ServerLoop(
            feed: feed, options: options, gate: gate, doorkeeper: Doorkeeper(port: 0, address: "", names: []), log: log,
            dashboards: dashboards)
        name = strdup("live")
        policy = .allocate(capacity: 1)
        policy.initialize(to: lws_retry_bo_t())
        policy.pointee.secs_since_valid_ping = options.patience.ping
        policy.pointee.secs_since_valid_hangup = options.patience.silence
        // A list that ends with an empty entry, at an address that stays.
        protocols = .allocate(capacity: 2)
        protocols.initialize(repeating: lws_protocols(), count: 2)
        protocols[0].name = UnsafePointer(name)
        protocols[0].callback = Self.onEvent
        protocols[0].rx_buffer_size = 4 << 10
        if let path = options.tls, let mistake = Certificate.use(path, in: nil) {
            throw LiveError("use the certificate in \(path)", mistake)
        }
        guard let context = Self.makeContext(options, protocols, policy, loop) else {
            throw LiveError("listen on \(options.listen)", errno == 0 ? "refused" : String(cString: strerror(errno)))
        }
        port = UInt16(truncatingIfNeeded: lws_get_vhost_listen_port(lws_get_vhost_by_name(context, "default")))
        self.context = context
        loop.context = context
        loop.doorkeeper = Doorkeeper(
            port: port, address: options.listen.bracketedHost, names: options.names, isSecure: options.tls != nil)
    }

    deinit {
        protocols.deallocate()
        policy.deallocate()
        free(name)
    }

    private static func makeContext(
        _ options: LiveServer.Options, _ protocols: UnsafePointer<lws_protocols>,
        _ policy: UnsafePointer<lws_retry_bo_t>,
        _ loop: ServerLoop
    ) -> OpaquePointer? {
        lws_set_log_level(0, nil)  // what strangers send is no news for stderr; our own counts tell it
        var info = lws_context_creation_info()
        let listen = options.listen
        info.port = Int32(listen.port)
        info.protocols = protocols
        info.retry_and_idle_policy = policy
        info.max_http_header_data2 = UInt32(LiveLimits.requestHeaderBytes)
        info.max_http_header_pool2 = UInt32(options.settings.connections)
        info.timeout_secs = options.patience.request
        info.timeout_secs_ah_idle = options.patience.request
        info.keepalive_timeout = Int32(options.patience.request)
        info.fd_limit_per_thread = UInt32(options.settings.connections + 32)
        info.gid = -1
        info.uid = -1
        info.options =
            UInt64(LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND)
            | UInt64(LWS_SERVER_OPTION_VALIDATE_UTF8)
            | (listen.isIPv6 || listen.interface == nil ? 0 : UInt64(LWS_SERVER_OPTION_DISABLE_IPV6))
        info.user = Unmanaged.passUnretained(loop).toOpaque()
        // These must live until the context is made.
        let texts = [listen.interface, options.tls, options.tls, "http/1.1"].map {
            $0.map { strdup($0) }
        }
        defer { for text in texts { free(text ?? nil) } }
        info.iface = texts[0].map { UnsafePointer($0) } ?? nil
        if options.tls != nil {
            info.ssl_cert_filepath = texts[1].map { UnsafePointer($0) } ?? nil
            info.ssl_private_key_filepath = texts[2].map { UnsafePointer($0) } ?? nil
            info.alpn = texts[3].map { UnsafePointer($0) } ?? nil
            info.options |= UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
            info.ssl_options_set = CWebSockets_noOldTLS()
        }
        errno = 0
        return lws_create_context(&info)
    }

    /// The one door through which libwebsockets comes in.
    private static let onEvent:
        @convention(c) (
            OpaquePointer?, lws_callback_reasons, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int
        ) -> CInt = { connection, reason, user, input, length in
            guard let connection, let context = lws_get_context(connection), let owner = lws_context_user(context)
            else { return 0 }
            let loop = Unmanaged<ServerLoop>.fromOpaque(owner).takeUnretainedValue()
            if reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS {
                loop.tls = user
                return 0
            }
            return loop.handle(reason, connection, input, length)
                ?? lws_callback_http_dummy(connection, reason, user, input, length)
        }

    // MARK: The thread

    func start() throws(LiveError) {
        do throws(ZMQError) {
            try thread.withLock { thread throws(ZMQError) in
                thread = try OSThread(name: "live-server") { [self] in run() }
            }
        } catch {
            throw LiveError("start a thread", "\(error)")
        }
    }

    private func run() {
        if !loop.feed.alertNames.isEmpty { loop.keepTicking() }
        while !isStopping.load(ordering: .acquiring), lws_service(context, 0) >= 0 {
            if isReopening.exchange(false, ordering: .acquiringAndReleasing) { loop.reload() }
        }
        loop.isStopping = true
        for connection in loop.clients.keys { lws_callback_on_writable(connection) }
        // Each round serves what is ready; half a second is enough for a goodbye to those who listen.
        let end = lws_now_usecs() + 500_000
        while !loop.clients.isEmpty, lws_now_usecs() < end, lws_service(context, 0) >= 0 {}
        isAlive.withLock { $0 = false }
        lws_context_destroy(context)
    }

    private func wake() {
        isAlive.withLock { if $0 { lws_cancel_service(context) } }
    }

    func reopenLog() {
        isReopening.store(true, ordering: .releasing)
        wake()
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        wake()
        let running = thread.withLock { $0.take() }
        running?.join()
    }
}

extension Listen {
    /// The host as a browser writes it.
    var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

    var isIPv6: Bool { host.contains(":") }

    /// What libwebsockets binds to; nil for every address.
    var interface: String? {
        switch host {
        case "*": nil
        case "localhost": "127.0.0.1"
        default: host
        }
    }
}
