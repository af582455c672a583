// What a program tells the service manager that started it: sd_notify(3), without its library.

internal import CSystem
internal import Glibc
internal import Synchronization
internal import ZeroMQ

/// The service manager that started this program, such as systemd, and what it is told.
///
/// A message is one datagram to the socket that `NOTIFY_SOCKET` names. A manager that does not read is waited for a
/// moment and then forgotten: a program does its work whether anybody hears of it or not.
final class ServiceManager: Sendable {
    private enum Phase {
        case starting
        case running
        case reloading
        case stopping
    }

    /// How long to wait for a manager that does not read.
    private static let patience = timeval(tv_sec: 0, tv_usec: 500_000)

    private let socket: CInt
    private let phase = Mutex(Phase.starting)
    /// How often to say that the program's loop goes round; nil if nobody asked.
    let interval: Duration?

    /// Connects to the socket of the environment; nil if there is none.
    ///
    /// The variables are taken out of the environment, so that no child speaks for this program.
    convenience init?() {
        let names = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]
        let values = names.map { environmentValue($0) }
        for name in names { unsetenv(name) }
        guard let path = values[0] else { return nil }
        let isMeant = values[2].map { $0 == String(getpid()) } ?? true
        let limit = isMeant ? values[1].flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil } : nil
        self.init(path: path, limit: limit.map { .microseconds($0) })
    }

    /// Connects to a socket.
    ///
    /// - Parameters:
    ///   - path: An absolute path, or `@` and the name of an abstract socket.
    ///   - limit: After what silence the manager takes the program for dead.
    init?(path: String, limit: Duration?) {
        // Three chances, should one come late.
        interval = limit.map { max($0 / 3, .milliseconds(1)) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = [UInt8](path.utf8)
        guard bytes.first == UInt8(ascii: "/") || bytes.first == UInt8(ascii: "@"), bytes.count > 1,
            bytes.count < MemoryLayout.size(ofValue: address.sun_path)
        else { return nil }
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        // The length counts, since an abstract name ends where it says.
        let length = MemoryLayout<sa_family_t>.size + bytes.count + (bytes[0] == 0 ? 0 : 1)
        socket = Glibc.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        var patience = Self.patience
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(length)) }
        }
        if connected != 0 { Log.warning("NOTIFY_SOCKET: \(systemErrorText(errno))") }
    }

    deinit { close(socket) }

    /// The program's loop has come round: it is ready, or ready again after reading its configuration.
    func comeRound() {
        let isNews = phase.withLock { phase in
            defer { if phase == .starting || phase == .reloading { phase = .running } }
            return phase == .starting || phase == .reloading
        }
        if isNews { tell("READY=1") }
    }

    /// The program is alive.
    func keepAlive() { tell("WATCHDOG=1") }

    /// The program begins to read its configuration again.
    func reload() {
        phase.withLock { if $0 == .running { $0 = .reloading } }
        tell("RELOADING=1\nMONOTONIC_USEC=\(monotonicNanoseconds() / 1_000)")
    }

    /// The program begins to end: how long that may take is the manager's business, not the watchdog's.
    func stop() {
        phase.withLock { $0 = .stopping }
        tell(interval == nil ? "STOPPING=1" : "STOPPING=1\nWATCHDOG_USEC=0")
    }

    private func tell(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            _ = retrying { send(socket, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL)) }
        }
    }
}
