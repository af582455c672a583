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
