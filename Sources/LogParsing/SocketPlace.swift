// Where a socket is bound.
internal import Glibc

/// A numeric address and a port, or the name of a socket.
struct SocketPlace {
    /// The address family.
    let family: CInt
    /// Whether only this machine can reach it.
    let isLocal: Bool
    private let bytes: [UInt8]

    /// A socket with a name; one that was left there is removed.
    init(path: String, _ text: String) throws(LogListener.Problem) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard name.count < room, !name.contains(0) else {
            throw LogListener.Problem(description: "\(text): the name is longer than \(room - 1) bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
        family = AF_UNIX
        isLocal = true
        bytes = withUnsafeBytes(of: &address) { Array($0) }
    }

    /// `127.0.0.1:514`, `[::1]:514`, `localhost:514`; `*:514` is every address.
    init(address text: String, _ whole: String) throws(LogListener.Problem) {
        guard let colon = text.lastIndex(of: ":") else {
            throw LogListener.Problem(description: "\(whole): a port is missing")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host == "localhost" { host = "127.0.0.1" }
        if host == "*" { host = "0.0.0.0" }
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let port = String(text[text.index(after: colon)...])
        guard let number = UInt16(port), getaddrinfo(host, String(number), &hints, &found) == 0, let found else {
            throw LogListener.Problem(description: "\(whole): a numeric address and a port are wanted")
        }
        defer { freeaddrinfo(found) }
        family = found.pointee.ai_family
        bytes = Array(UnsafeRawBufferPointer(start: found.pointee.ai_addr, count: Int(found.pointee.ai_addrlen)))
        isLocal = host.hasPrefix("127.") || host == "::1"
    }

    /// Binds a socket; everybody may write to one with a name, as to /dev/log.
    func bind(_ descriptor: CInt) -> Bool {
        bytes.withUnsafeBytes { bytes in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            guard Glibc.bind(descriptor, address, socklen_t(bytes.count)) == 0 else { return false }
            guard family == AF_UNIX else { return true }
            let path = bytes.dropFirst(MemoryLayout<sa_family_t>.size).prefix { $0 != 0 }
            return chmod(String(decoding: path, as: UTF8.self), 0o666) == 0
        }
    }

    /// The port of a bound socket.
    static func port(of descriptor: CInt) -> Int {
        var address = sockaddr_in6()  // the port of both families stands at the same place
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        let isInternet = address.sin6_family == sa_family_t(AF_INET) || address.sin6_family == sa_family_t(AF_INET6)
        return result == 0 && isInternet ? Int(UInt16(bigEndian: address.sin6_port)) : 0
    }
}
