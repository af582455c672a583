// HOST:PORT, where something is served.

/// Where something is served: `127.0.0.1:8080`, `[::1]:8080`, `:8080`, `8080`.
public struct Listen: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets; `*` for all addresses.
    public var host: String
    /// 0 lets the system choose.
    public var port: UInt16

    /// Reads `HOST:PORT`; without a host, 127.0.0.1 is meant.
    public init?(_ text: String) {
        var host = "127.0.0.1"
        var port = text[...]
        if let colon = text.lastIndex(of: ":") {
            let before = String(text[..<colon])
            port = text[text.index(after: colon)...]
            if before.hasPrefix("["), before.hasSuffix("]") {
                host = String(before.dropFirst().dropLast())
                guard host.contains(":") else { return nil }
            } else if !before.isEmpty {
                guard !before.contains(where: { $0 == ":" || $0 == "/" || $0 == "[" || $0 == "]" || $0 == " " })
                else { return nil }
                host = before
            }
        }
        guard !port.isEmpty, port.allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt16(port) else {
            return nil
        }
        self.host = host
        self.port = number
    }

    /// `HOST:PORT`, with brackets around an IPv6 address.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only this machine can reach it.
    public var isLoopback: Bool { isLoopbackHost(host) }
}

/// Whether a host is this machine seen from itself.
func isLoopbackHost(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" || host == "lo" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
}
