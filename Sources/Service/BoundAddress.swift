// An address that a program of a fabric binds.

internal import Eventstorm
internal import Glibc

/// An address that a program of a fabric binds.
struct BoundAddress {
    /// A host and a port; a path in the file system has no port.
    let host: String
    let port: UInt16?
    /// As it is written.
    let text: String
    /// Whose it is: `sinks[0].live.listen`.
    let label: String
    let origin: Origin

    /// An endpoint whose address is known before it is bound.
    init?(_ endpoint: Endpoint, _ section: Configuration.Section, _ setting: String) {
        if let (host, port) = endpoint.hostAndPort {
            guard let number = UInt16(port) else { return nil }
            self.host = host
            self.port = number
        } else {
            host = endpoint.address
            port = nil
        }
        text = endpoint.address
        label = "\(section.label).\(setting)"
        origin = section.options.values(setting).first?.origin ?? section.origin
    }

    init?(_ listen: Listen, _ section: Configuration.Section, _ setting: String) {
        guard listen.port != 0 else { return nil }
        host = listen.host
        port = listen.port
        text = listen.description
        label = "\(section.label).\(setting)"
        origin = section.options.values(setting).first?.origin ?? section.origin
    }

    /// Whether both cannot be bound at the same time.
    func overlaps(_ other: BoundAddress) -> Bool {
        guard port == other.port else { return false }
        if port == nil { return host == other.host }
        return isAny || other.isAny || numericHost == other.numericHost
    }

    private var isAny: Bool { ["*", "0.0.0.0", "::"].contains(host) }
    private var numericHost: String { host == "localhost" ? "127.0.0.1" : host }

    /// Binds the address for an instant; 0, or the system's error number.
    func trial() -> CInt {
        guard let port else { return 0 }
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        // A name that only the program itself understands, such as that of a network interface, is left to it.
        guard getaddrinfo(isAny && host == "*" ? nil : host, String(port), &hints, &list) == 0, let list else {
            return 0
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(list.pointee.ai_family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var on: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
        return bind(descriptor, list.pointee.ai_addr, list.pointee.ai_addrlen) == 0 ? 0 : errno
    }
}

extension Configuration.Section {
    /// What the program binds.
    var boundAddresses: [BoundAddress] {
        var result: [BoundAddress] = []
        for setting in options.command.allSettings {
            switch setting.kind {
            case .endpoints:
                let bound = options.endpoints(setting.name).filter { $0.action == .bind }
                result += bound.compactMap { BoundAddress($0, self, setting.name) }
            case .listen:
                if let address = BoundAddress(options.listen(setting.name), self, setting.name) {
                    result.append(address)
                }
            default: break
            }
        }
        return result
    }
}
