// Where a socket binds or connects.

/// A ZeroMQ endpoint and what to do with it.
///
/// Its text is `tcp://HOST:PORT`, `ipc://PATH` or `inproc://NAME`, with `bind:` or `connect:` before it when the role's
/// usual action is not meant, and `curve:` or `plain:` when it is to be encrypted, or not, whatever the program's other
/// endpoints are. `?key=` behind an address to connect to names the server's public key. Several are joined by commas.
public struct Endpoint: Sendable {
    /// What to do with the address.
    public enum Action: String, Hashable, Sendable {
        /// Wait there for peers.
        case bind
        /// Go there.
        case connect
    }

    /// Whether the text says that the links are encrypted.
    public enum Encryption: String, Hashable, Sendable {
        /// They are not.
        case plain
        /// They are, by CURVE.
        case curve
    }

    /// What to do with the address.
    public let action: Action

    /// The address, as libzmq takes it.
    public let address: String

    /// What the text says about encryption; nil if it leaves it open.
    public let encryption: Encryption?

    /// The public key of the server to connect to, or the name of a file with it, as the text says.
    public let serverKey: String?

    /// How the links are secured; plain until ``secured(by:)`` says otherwise.
    public private(set) var security = LinkSecurity.plain

    /// Makes an endpoint of a text; `usual` is meant when the text does not say what to do.
    public init(_ text: String, usual: Action) throws(EndpointError) {
        if text.isEmpty { throw EndpointError(text: text, reason: "it is empty; \(EndpointError.example)") }
        let words = EndpointWords(text)
        let action = words.action ?? usual
        let reason =
            words.fault(action: action) ?? Endpoint.fault(in: words.address, action: action)
        if let reason { throw EndpointError(text: text, reason: reason) }
        self.action = action
        address = String(words.address)
        encryption = words.encryption ?? (words.key == nil ? nil : .curve)
        serverKey = words.key.map { String($0) }
    }

    /// The same endpoint with links of this security.
    public func secured(by security: LinkSecurity) -> Endpoint {
        var endpoint = self
        endpoint.security = security
        return endpoint
    }

    /// Whether it never leaves the process, where there is nothing to encrypt.
    public var isInProcess: Bool { address.hasPrefix("inproc://") }

    /// Makes endpoints of a text in which they are joined by commas.
    public static func list(_ text: String, usual: Action) throws(EndpointError) -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let trimmed = trim(part)
            if trimmed.isEmpty {
                throw EndpointError(text: text, reason: "an endpoint is missing; \(EndpointError.example)")
            }
            let endpoint = try Endpoint(String(trimmed), usual: usual)
            if endpoints.contains(where: { $0.address == endpoint.address && $0.action == endpoint.action }) {
                throw EndpointError(text: text, reason: "\(endpoint.address) stands in it twice")
            }
            endpoints.append(endpoint)
        }
        return endpoints
    }

    /// Whether only this machine can reach the endpoint.
    ///
    /// A bound `*` and any host other than `127.…`, `localhost` and `[::1]` are taken for reachable from elsewhere.
    public var isLocal: Bool {
        guard let rest = Endpoint.rest(of: address[...], after: "tcp://") else { return true }
        guard let host = Endpoint.hostAndPort(rest)?.host else { return false }
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension Endpoint: Hashable {
    /// Whether both texts mean the same.
    public static func == (left: Endpoint, right: Endpoint) -> Bool { left.description == right.description }

    /// Takes in what makes it what it is.
    public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

extension Endpoint: CustomStringConvertible {
    /// The text of the endpoint, with the words that say what to do.
    public var description: String {
        let words = action.rawValue + ":" + (encryption.map { $0.rawValue + ":" } ?? "")
        return words + address + (serverKey.map { "?key=" + $0 } ?? "")
    }
}

/// The words before an address and what stands behind it.
private struct EndpointWords {
    var action: Endpoint.Action?
    var encryption: Endpoint.Encryption?
    var address: Substring
    var key: Substring?

    init(_ text: String) {
        address = text[...]
        var isWord = true
        while isWord {
            isWord = false
            for word in [Endpoint.Action.bind, .connect] where action == nil && address.hasPrefix(word.rawValue + ":") {
                action = word
                address = address.dropFirst(word.rawValue.count + 1)
                isWord = true
            }
            for word in [Endpoint.Encryption.curve, .plain]
            where encryption == nil && address.hasPrefix(word.rawValue + ":") {
                encryption = word
                address = address.dropFirst(word.rawValue.count + 1)
                isWord = true
            }
        }
        if let (before, after) = address.cut(at: "?key=") {
            key = after
            address = before
        }
    }

    /// What is wrong with the words together; nil if nothing is.
    func fault(action: Endpoint.Action) -> String? {
        if address.hasPrefix("inproc://"), encryption == .curve || key != nil {
            return "inproc never leaves the process and is never encrypted"
        }
        guard let key else { return nil }
        if key.isEmpty { return "the key is missing behind '?key='; write the server's public key or its file" }
        if encryption == .plain { return "a plain endpoint has no key" }
        return action == .bind ? "'?key=' is the server's key, for those who connect; who binds has its own" : nil
    }
}

/// Tells why a text is not an endpoint.
public struct EndpointError: Error, Hashable, CustomStringConvertible {
    /// The text.
    public let text: String

    /// What is wrong and what would be right.
    public let reason: String

    /// A sentence that names the text and what would be right.
    public var description: String { "endpoint '\(text)': \(reason)" }

    static let example = "write it as 'tcp://127.0.0.1:5570', with 'bind:' or 'connect:' before it if needed"
}

// MARK: - Reading the address

extension Endpoint {
    /// Returns what is wrong with `address`, nil if nothing is.
    private static func fault(in address: Substring, action: Action) -> String? {
        if address.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return "it has a space or control character in it"
        }
        if let rest = rest(of: address, after: "tcp://") { return tcpFault(rest, action: action) }
        if let path = rest(of: address, after: "ipc://") {
            if path.isEmpty { return "the path is missing; write 'ipc:///run/eventstorm/in'" }
            // sockaddr_un holds 108 bytes with the NUL.
            return path.utf8.count > 107 ? "the path has more than 107 bytes" : nil
        }
        if let name = rest(of: address, after: "inproc://") {
            if name.isEmpty { return "the name is missing; write 'inproc://name'" }
            return name.utf8.count > 255 ? "the name has more than 255 bytes" : nil
        }
        if let (transport, _) = address.cut(at: "://") {
            return "unknown transport '\(transport)'; known are tcp, ipc and inproc"
        }
        return "the transport is missing; \(EndpointError.example)"
    }

    private static func tcpFault(_ rest: Substring, action: Action) -> String? {
        guard let (host, port) = hostAndPort(rest), !port.isEmpty else {
            return "the port is missing; write 'tcp://127.0.0.1:5570'"
        }
        if host.isEmpty { return "the host is missing; write 'tcp://127.0.0.1:\(port)'" }
        if host.hasPrefix("[") != host.hasSuffix("]") || (host.contains(":") && !host.hasPrefix("[")) {
            return "an IPv6 address stands in brackets, as in 'tcp://[::1]:5570'"
        }
        if host.contains("/") || host.contains(";") { return "'\(host)' is not a host" }
        if action == .connect && host == "*" { return "'*' can be bound, not connected to; name the host" }
        if port == "*" { return action == .bind ? nil : "port '*' can be bound, not connected to; name the port" }
        let isNumber = port.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        if !isNumber || (UInt16(port) ?? 0) == 0 {
            return "'\(port)' is not a port; write a number from 1 to 65535"
                + (action == .bind ? " or '*' for any" : "")
        }
        return nil
    }

    private static func rest(of address: Substring, after prefix: String) -> Substring? {
        address.hasPrefix(prefix) ? address.dropFirst(prefix.count) : nil
    }

    /// Splits at the last colon that is not within brackets.
    private static func hostAndPort(_ text: Substring) -> (host: Substring, port: Substring)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        if let bracket = text.lastIndex(of: "]"), bracket > colon { return nil }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    private static func trim(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension Substring {
    /// What stands before and behind the first `mark`, of ASCII; nil if there is none.
    ///
    /// `firstRange(of:)` does the same and links the regular expressions with it, which are larger than this module.
    fileprivate func cut(at mark: String) -> (before: Substring, after: Substring)? {
        for start in utf8.indices where self[start...].utf8.starts(with: mark.utf8) {
            return (self[..<start], self[utf8.index(start, offsetBy: mark.utf8.count)...])
        }
        return nil
    }
}
