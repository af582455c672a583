// Who may come in through encrypted endpoints, and what each may publish and subscribe to.
import Synchronization
public import ZeroMQ

/// One key that may come in.
public struct Client: Hashable, Sendable {
    /// What people call it.
    public let name: String
    /// Its public key.
    public let key: CurveKey
    /// What it may do.
    public let rights: ClientRights

    /// Makes an entry.
    public init(_ name: String, key: CurveKey, rights: ClientRights = ClientRights()) {
        self.name = name
        self.key = key
        self.rights = rights
    }
}

/// What a client may publish and subscribe to.
///
/// `*` means everything here, the library's own topics included.
public struct ClientRights: Hashable, Sendable {
    /// The topics it may publish; nil for all.
    public let publish: [Pattern]?
    /// The topics it may subscribe to; nil for all.
    public let subscribe: [Pattern]?

    /// Makes rights; nil and `*` stand for everything, an empty list for nothing.
    public init(publish: [Pattern]? = nil, subscribe: [Pattern]? = nil) {
        self.publish = publish?.contains(.everything) == true ? nil : publish
        self.subscribe = subscribe?.contains(.everything) == true ? nil : subscribe
    }
}

/// A peer that did not come in.
public enum RefusedPeer: Hashable, Sendable, CustomStringConvertible {
    /// Its key is on no list.
    case unknown(address: String, key: CurveKey)
    /// Its handshake broke; the address, with the port, may be unknown by then.
    case failed(address: String?, endpoint: String, HandshakeFailure)

    /// A sentence for people.
    public var description: String {
        switch self {
        case .unknown(let address, let key):
            "refused a peer at \(address): its key \(key) is not on the list of clients"
        case .failed(let address, let endpoint, let failure):
            "a peer at \(address ?? "an unknown address") did not come in at \(endpoint): \(failure)"
        }
    }
}

/// Peers that did not come in, by reason.
public struct RefusedPeers: Hashable, Sendable {
    /// Those whose key is on no list.
    public var unknown: UInt64 = 0
    /// Those that broke off or failed the handshake: plain ones, wrong server keys, no ZeroMQ.
    public var failed: UInt64 = 0

    /// Makes counts of zero.
    public init() {}
}

/// The keys that may come in through the encrypted endpoints of a program; can be replaced while they are open.
///
/// A key that is not on it is refused; a list without keys lets nobody in.
public final class ClientList: Sendable {
    private struct State {
        var clients: [CurveKey: Client] = [:]
        var others: ClientRights?
        var refused = RefusedPeers()
        /// Addresses whose handshakes were refused and are about to end.
        var ending: [String: Int] = [:]
    }

    /// Addresses remembered at most, so that a flood of peers takes no memory.
    private static let mostEnding = 1_024

    private let state: Mutex<State>
    private let version = Atomic<Int>(0)
    private let report: @Sendable (RefusedPeer) -> Void

    /// Makes a list.
    ///
    /// - Parameters:
    ///   - clients: The keys; of two entries with the same key the last one counts.
    ///   - others: What keys may do that are not on the list; nil keeps them out.
    ///   - report: Told of each peer that did not come in, on a thread of the library; must be quick.
    public init(
        _ clients: [Client] = [], others: ClientRights? = nil,
        report: @escaping @Sendable (RefusedPeer) -> Void = { _ in }
    ) {
        self.report = report
        state = Mutex(State(clients: ClientList.table(clients), others: others))
    }

    private static func table(_ clients: [Client]) -> [CurveKey: Client] {
        Dictionary(clients.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    }

    /// Takes another list from now on.
    public func replace(with clients: [Client], others: ClientRights? = nil) {
        state.withLock { state in
            state.clients = ClientList.table(clients)
            state.others = others
        }
        version.wrappingAdd(1, ordering: .releasing)
    }

    /// Peers that did not come in so far.
    public var refused: RefusedPeers { state.withLock { $0.refused } }

    /// Peers that did not come in so far by any of these lists; one that stands there twice counts once.
    package static func refused(by lists: [ClientList?]) -> RefusedPeers {
        var sum = RefusedPeers()
        for (place, list) in lists.enumerated() {
            guard let list, !lists[..<place].contains(where: { $0 === list }) else { continue }
            let refused = list.refused
            sum.unknown.saturatingAdd(refused.unknown)
            sum.failed.saturatingAdd(refused.failed)
        }
        return sum
    }

    /// Changes whenever the list does.
    var generation: Int { version.load(ordering: .acquiring) }

    /// What the owner of a key may do; nil if it may not even come in.
    func rights(of key: CurveKey) -> ClientRights? {
        state.withLock { state in state.clients[key]?.rights ?? state.others }
    }

    /// What to call the owner of a key.
    func name(of key: CurveKey) -> String {
        state.withLock { $0.clients[key]?.name } ?? key.description
    }
}

extension ClientList: ZAPAuthority {
    /// Lets a known key in, under its text; for libzmq.
    public func admit(_ request: ZAPRequest) -> String? {
        guard let key = request.key else { return nil }
        if rights(of: key) != nil { return key.description }
        state.withLock { state in
            state.refused.unknown &+= 1
            if state.ending.count < ClientList.mostEnding { state.ending[request.address, default: 0] += 1 }
        }
        report(.unknown(address: request.address, key: key))
        return nil
    }

    /// Counts a link that broke before it was ready; for libzmq.
    public func note(_ event: LinkEvent) {
        guard case .disconnected(let failure?) = event.kind else { return }
        let address = event.peer.flatMap { peer in peer.lastIndex(of: ":").map { String(peer[..<$0]) } } ?? ""
        let isNew = state.withLock { state in
            if case .ended = failure, let count = state.ending[address] {
                // A peer that was refused above ends its handshake too, and was counted.
                state.ending[address] = count > 1 ? count - 1 : nil
                return false
            }
            state.refused.failed &+= 1
            return true
        }
        guard isNew else { return }
        report(.failed(address: event.peer, endpoint: event.endpoint, failure))
    }
}
