// Who subscribed through an encrypted endpoint, and what it may read.
import Glibc
import ZeroMQ

/// The subscribers of one publisher that have keys: what each asked for, and what it was granted.
///
/// libzmq tells each subscription with its key and connection, but the end of a connection only as a bare
/// unsubscription of each prefix, which may be anybody's. So those of restricted readers are set aside for a second;
/// whose connection is closed by then has left.
struct Readers {
    private struct Reader {
        let key: CurveKey
        let rights: ClientRights
        var asked: Set<[UInt8]> = []
        var granted: Set<[UInt8]> = []
        var nonce: FenceNonce?
    }

    /// What to do with a subscription.
    enum Ruling: Equatable {
        /// Not this table's affair: it stands as it is.
        case asAsked
        /// These prefixes are to be set or taken back instead, for the peer whose message was read last.
        case instead([[UInt8]])
        /// Nothing now; the end of it may be told by ``settle(now:)``.
        case nothing
    }

    private let clients: ClientList
    private var generation: Int
    private var readers: [PeerConnection: Reader] = [:]
    /// Prefixes that restricted readers asked for, and how many of them.
    private var restricted: [[UInt8]: Int] = [:]
    /// Ends of prefixes that are still to be told for readers that have left; they mean nothing.
    private var owed: [[UInt8]: Int] = [:]
    private var setAside: [(prefix: [UInt8], due: UInt64)] = []
    /// What readers held that were found to have left.
    private var left: [[UInt8]] = []
    private var sweepAt = 64

    /// Prefixes a restricted reader may ask for.
    private static let mostAsked = 4_096

    /// Nanoseconds within which libzmq closes a connection after it told of its end.
    private static let patience: UInt64 = 1_000_000_000

    init(_ clients: ClientList) {
        self.clients = clients
        generation = clients.generation
    }

    /// Rules on one message of a publisher's socket.
    mutating func rule(_ message: borrowing Message, subscribe: Bool, prefix: [UInt8], now: UInt64) -> Ruling {
        guard let user = message.userID, !user.isEmpty else {
            // A plain peer's, or the end of a connection.
            if subscribe || message.connection != nil || (restricted[prefix] == nil && owed[prefix] == nil) {
                return .asAsked
            }
            if setAside.count < Limits.subscriptionsPerPublisher { setAside.append((prefix, now + Readers.patience)) }
            return .nothing
        }
        guard let connection = message.connection, let key = CurveKey(user), let rights = clients.rights(of: key) else {
            // Closed already, or not welcome any more; libzmq tells the end of what was never granted too.
            message.connection?.cut()
            if subscribe { owed[prefix, default: 0] += 1 }
            return .nothing
        }
        if readers[connection] == nil {
            if readers.count >= sweepAt { left = sweep() }
            readers[connection] = Reader(key: key, rights: rights)
        }
        guard let allowed = readers[connection]?.rights.subscribe else { return .asAsked }
        return subscribe ? grant(prefix, to: connection, allowed) : takeBack(prefix, from: connection, allowed)
    }

    private mutating func grant(_ prefix: [UInt8], to connection: PeerConnection, _ allowed: [Pattern]) -> Ruling {
        guard readers[connection].map({ $0.asked.count < Readers.mostAsked }) == true else {
            owed[prefix, default: 0] += 1
            return .nothing
        }
        guard readers[connection]?.asked.insert(prefix).inserted == true else { return .nothing }
        restricted[prefix, default: 0] += 1
        if let nonce = FenceNonce(subscription: prefix.span.bytes) {
            readers[connection]?.nonce = nonce
            readers[connection]?.granted.insert(prefix)
            return .instead([prefix])
        }
        let fresh = Readers.narrowed(prefix, to: allowed).subtracting(readers[connection]?.granted ?? [])
        readers[connection]?.granted.formUnion(fresh)
        return .instead(Array(fresh))
    }

    private mutating func takeBack(_ prefix: [UInt8], from connection: PeerConnection, _ allowed: [Pattern]) -> Ruling {
        guard readers[connection]?.asked.remove(prefix) != nil else { return .nothing }
        release(prefix)
        guard let reader = readers[connection] else { return .nothing }
        var still: Set<[UInt8]> = []
        for other in reader.asked {
            if FenceNonce(subscription: other.span.bytes) != nil { still.insert(other) }
            still.formUnion(Readers.narrowed(other, to: allowed))
        }
        let over = reader.granted.subtracting(still)
        readers[connection]?.granted.subtract(over)
        if reader.nonce?.subscription == prefix { readers[connection]?.nonce = nil }
        return .instead(Array(over))
    }

    private mutating func release(_ prefix: [UInt8]) {
        guard let count = restricted[prefix] else { return }
        restricted[prefix] = count > 1 ? count - 1 : nil
    }

    /// The prefixes that select what both the prefix and the patterns select; never other subscribers' fences or the
    /// beats that tell of all topics.
    static func narrowed(_ prefix: [UInt8], to allowed: [Pattern]) -> Set<[UInt8]> {
        if prefix.first == FenceNonce.firstByte || prefix == Interest.beat { return [] }
        var result: Set<[UInt8]> = []
        for pattern in allowed {
            if prefix.starts(with: pattern.subscription) { return [prefix] }
            if pattern.subscription.starts(with: prefix) { result.insert(pattern.subscription) }
        }
        return result
    }

    /// The prefixes that nobody holds any more because their readers have left, once for each holder.
    ///
    /// Cuts off those whose rights have changed. To be called at least once a second.
    mutating func settle(now: UInt64) -> [[UInt8]] {
        if clients.generation != generation {
            generation = clients.generation
            for (connection, reader) in readers where clients.rights(of: reader.key) != reader.rights {
                connection.cut()
            }
        }
        let due = setAside.prefix { $0.due <= now }
        if due.isEmpty && left.isEmpty { return [] }
        setAside.removeFirst(due.count)
        var ended = sweep()
        for next in due {
            if let count = owed[next.prefix] {
                owed[next.prefix] = count > 1 ? count - 1 : nil
            } else {
                ended.append(next.prefix)
            }
        }
        return ended
    }

    /// Forgets the readers whose connections are closed; returns what the restricted among them held.
    private mutating func sweep() -> [[UInt8]] {
        var ended = left
        left = []
        for (connection, reader) in readers where !connection.isOpen {
            readers[connection] = nil
            for prefix in reader.asked {
                release(prefix)
                owed[prefix, default: 0] += 1
            }
            ended += reader.granted
        }
        sweepAt = max(64, 2 * readers.count)
        return ended
    }

    /// The restricted readers' fences, by what they may read.
    var restrictedFences: [[Pattern]: [FenceNonce]] {
        var result: [[Pattern]: [FenceNonce]] = [:]
        for reader in readers.values {
            if let nonce = reader.nonce, let allowed = reader.rights.subscribe {
                result[allowed, default: []].append(nonce)
            }
        }
        return result
    }

    /// What the reader with this fence may read; nil for everything.
    func allowed(_ nonce: FenceNonce) -> [Pattern]? {
        readers.values.first { $0.nonce == nonce }?.rights.subscribe
    }
}

extension Beat {
    /// What of the beat somebody may know who may read only these topics.
    func only(_ allowed: [Pattern]) -> Beat {
        var beat = self
        beat.topics = topics.filter { row in allowed.contains { $0.matches(row.topic) } }
        beat.only = allowed
        return beat
    }
}
