// Who may talk to the live server: the rules for Host and Origin.

/// Decides by Host and Origin whether a request is meant for this server and comes from its own page.
///
/// A page of another site can make a browser send requests here. The browser says so in `Origin`, and after a DNS
/// rebinding in `Host`: neither can be forged by a page, so two comparisons keep strangers out.
struct Doorkeeper: Sendable {
    /// Values of Host that are this server, in lower case, each with the schemes its origins may have.
    private var schemes: [String: [String]] = [:]

    /// Takes the port that was bound and the further names configured for this server.
    ///
    /// The loopback names always count, with the port. A configured name counts as written and with the port; its
    /// origins may be https, since a proxy in front may speak TLS.
    init(port: UInt16, address: String, names: [String], isSecure: Bool = false) {
        for name in ["127.0.0.1", "localhost", "[::1]", address] {
            if port == (isSecure ? 443 : 80) { schemes[name.lowercased()] = [isSecure ? "https" : "http"] }
            schemes["\(name.lowercased()):\(port)"] = [isSecure ? "https" : "http"]
        }
        for name in names {
            schemes[name.lowercased()] = ["http", "https"]
            if !Self.hasPort(name) { schemes["\(name.lowercased()):\(port)"] = ["http", "https"] }
        }
    }

    private static func hasPort(_ name: String) -> Bool {
        guard let colon = name.lastIndex(of: ":") else { return false }
        return !name.hasSuffix("]") && colon != name.startIndex
    }

    /// Returns why a request is refused, or nil if it may pass.
    ///
    /// A WebSocket must bear an Origin, because the same-origin rule of browsers does not cover WebSockets.
    func refusal(host: String?, origin: String?, upgrading: Bool) -> String? {
        guard let host = host?.lowercased(), let allowed = schemes[host] else { return "this is not that host" }
        guard let origin else { return upgrading ? "a WebSocket needs an Origin" : nil }
        return allowed.contains { origin.lowercased() == "\($0)://\(host)" } ? nil : "another site's page may not ask"
    }
}
