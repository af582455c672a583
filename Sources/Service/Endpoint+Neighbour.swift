// How programs on the same machine reach a bound endpoint.

internal import Eventstorm

extension Endpoint {
    /// Host and port of a TCP address.
    var hostAndPort: (host: String, port: String)? {
        guard address.hasPrefix("tcp://"), let colon = address.lastIndex(of: ":") else { return nil }
        let rest = address[address.index(address.startIndex, offsetBy: 6)..<colon]
        let host = rest.hasPrefix("[") && rest.hasSuffix("]") ? rest.dropFirst().dropLast() : rest
        return (String(host), String(address[address.index(after: colon)...]))
    }

    /// The address that programs on the same machine connect to; nil if only the system knows it, or only one process.
    var neighbour: String? {
        guard let (host, port) = hostAndPort else { return address.hasPrefix("ipc://") ? address : nil }
        guard port != "*" else { return nil }
        switch host {
        case "*", "0.0.0.0": return "tcp://127.0.0.1:\(port)"
        case "::": return "tcp://[::1]:\(port)"
        default: return address
        }
    }
}

extension Options {
    /// What another program of the same file and machine writes to reach this one, as its first endpoint of a list.
    ///
    /// If both have keys, an encrypted endpoint is preferred, and the key of this program is pinned.
    func neighbour(_ name: String, for other: Options) -> String? {
        let bound = endpoints(name).filter { $0.action == .bind && $0.neighbour != nil }
        let wantsEncryption = other.command.setting(named: Setting.keys.name) != nil && other.has(Setting.keys.name)
        guard let endpoint = bound.first(where: { isEncrypted($0) == wantsEncryption }) ?? bound.first,
            let address = endpoint.neighbour
        else { return nil }
        if !isEncrypted(endpoint) { return wantsEncryption ? "plain:\(address)" : address }
        let suffix = KeyFile.secretSuffix
        guard !other.has(Setting.serverKey.name), let path = textIfGiven(Setting.keys.name), path.hasSuffix(suffix)
        else { return "curve:\(address)" }
        return "curve:\(address)?key=\(path.dropLast(suffix.count))\(KeyFile.publicSuffix)"
    }
}
