// How the links of an endpoint are secured, and how a socket's endpoints are opened.
public import ZeroMQ

/// How the links of an endpoint are secured.
public enum LinkSecurity: Sendable {
    /// Not at all: whoever reaches it reads and forges.
    case plain
    /// By CURVE, as the side whose key the others know, and which knows all of theirs.
    case server(CurveKeyPair, ClientList)
    /// By CURVE, as the side that knows the server's key and proves its own.
    case client(CurveKeyPair, server: CurveKey)

    /// libzmq cannot take a ZAP domain back, so plain endpoints come first, and servers last.
    fileprivate var order: Int {
        switch self {
        case .plain: 0
        case .client: 1
        case .server: 2
        }
    }

    /// The list that a server asks.
    package var clients: ClientList? { if case .server(_, let clients) = self { clients } else { nil } }
}

extension [Endpoint] {
    /// The list that guards the endpoints that are servers; nil if none is.
    ///
    /// A message tells its sender, not its endpoint: all servers of one socket share one list.
    package var clients: ClientList? {
        let lists = compactMap(\.security.clients)
        precondition(
            lists.allSatisfy { $0 === lists[0] }, "the endpoints of one socket have different lists of clients")
        return lists.first
    }
}

extension Socket {
    /// Binds or connects every endpoint, each with its security.
    ///
    /// - Parameter gate: Lets clients in; nil only if no endpoint is a server.
    /// - Returns: The endpoints that were bound, in their order, with the port the system chose for `*`.
    /// - Throws: The error of the first endpoint that fails.
    func open(_ endpoints: [Endpoint], gate: LinkGate?) throws(ZMQError) -> [String] {
        var bound: [(place: Int, address: String)] = []
        for (place, endpoint) in endpoints.enumerated().sorted(by: { $0.element.order < $1.element.order }) {
            switch endpoint.security {
            case .plain:
                // Better no link than one that looks encrypted and is not.
                precondition(endpoint.encryption != .curve, "\(endpoint) was given no keys: see secured(by:)")
            case .client(let keys, let server): try setCurveClient(keys, server: server)
            case .server(let keys, _):
                guard let gate else { preconditionFailure("a server needs a gate") }
                try setCurveServer(keys, domain: gate.domain)
            }
            switch endpoint.action {
            case .bind: bound.append((place, try bind(endpoint.address)))
            case .connect: try connect(endpoint.address)
            }
        }
        return bound.sorted { $0.place < $1.place }.map(\.address)
    }
}

extension Endpoint {
    fileprivate var order: Int { security.order }
}
