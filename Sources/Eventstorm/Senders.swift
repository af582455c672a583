// Who sent a message that came in through an encrypted endpoint, and what it may send.
import ZeroMQ

/// The senders behind one socket: what each may publish, and which origins are whose.
///
/// A peer at a plain endpoint is nobody: it may send everything, but not under an origin that belongs to a key.
struct Senders {
    private struct Sender {
        let user: [UInt8]
        let key: CurveKey?
        var rights: ClientRights?
        /// The origins that are its own, the oldest first.
        var origins: [UInt64] = []
    }

    /// What is wrong with a message of the sender; nil if nothing is.
    enum Fault {
        /// Its key may not come in any more.
        case removed
        /// The origin is another sender's.
        case forged
    }

    private let clients: ClientList
    private var generation: Int
    /// The first one is nobody.
    private var senders = [Sender(user: [], key: nil, rights: ClientRights())]
    private var numbers: [[UInt8]: Int] = [:]
    private var current = 0
    private var owners: [UInt64: Int] = [:]
    private var lastOrigin: (origin: UInt64, owner: Int)?

    /// Senders remembered at most: beyond, all are learnt anew, which lasts one message each.
    private static let most = 16_384

    init(_ clients: ClientList) {
        self.clients = clients
        generation = clients.generation
    }

    /// Finds out who sent the message of this envelope; the questions below are about that sender.
    mutating func identify(_ envelope: borrowing Message) -> Fault? {
        if clients.generation != generation { renew() }
        if !envelope.isUser(senders[current].user) { current = number(envelope.userID ?? "") }
        return senders[current].rights == nil ? .removed : nil
    }

    private mutating func renew() {
        generation = clients.generation
        for number in senders.indices {
            if let key = senders[number].key { senders[number].rights = clients.rights(of: key) }
        }
    }

    private mutating func number(_ text: String) -> Int {
        let user = Array(text.utf8)
        if user.isEmpty { return 0 }
        if let known = numbers[user] { return known }
        if senders.count > Senders.most { forgetAll() }
        let key = CurveKey(text)
        senders.append(Sender(user: user, key: key, rights: key.flatMap { clients.rights(of: $0) }))
        numbers[user] = senders.count - 1
        return senders.count - 1
    }

    private mutating func forgetAll() {
        senders.removeLast(senders.count - 1)
        senders[0].origins.removeAll()
        numbers.removeAll()
        owners.removeAll()
        lastOrigin = nil
    }

    /// Whether the sender may use this origin; one that nobody used before is its own from now on.
    ///
    /// A sender has as many origins as a ledger keeps; then its oldest one is free again.
    mutating func owns(_ origin: UInt64) -> Bool {
        if let last = lastOrigin, last.origin == origin { return last.owner == current }
        if let owner = owners[origin] {
            lastOrigin = (origin, owner)
            return owner == current
        }
        if senders[current].origins.count == Limits.ledgerOrigins {
            owners[senders[current].origins.removeFirst()] = nil
        }
        senders[current].origins.append(origin)
        owners[origin] = current
        lastOrigin = (origin, current)
        return true
    }

    /// Whether the sender's key may come in.
    var isWelcome: Bool { senders[current].rights != nil }

    /// Whether the sender may publish events of the topic.
    func mayPublish(_ topic: Topic) -> Bool {
        guard let patterns = senders[current].rights?.publish else { return senders[current].rights != nil }
        return patterns.contains { $0.matches(topic) }
    }
}
