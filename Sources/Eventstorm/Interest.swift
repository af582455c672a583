// What the subscribers of one publisher want: the prefixes they sent.

/// The subscriptions that a publisher's peers have sent, and which topics they ask for.
///
/// Fences and `_es.beat` are the library's own and never count as interest. libzmq matches by prefix, so a foreign
/// subscriber may send any bytes; a prefix that reaches into the stamp counts as interest in its topic.
struct Interest {
    /// Prefixes without the library's own, and how many peers hold each.
    private var holders: [[UInt8]: Int] = [:]
    /// Fences whose subscriber is still there.
    ///
    /// Each Eventstorm subscriber holds one.
    private var fences: Set<FenceNonce> = []
    /// Whether the socket reports each peer's subscription and its end (XPUB_MANUAL).
    ///
    /// Otherwise it reports the end of a prefix only once, when the last peer is gone.
    let countsPeers: Bool
    /// Subscriptions refused because the table was full.
    private(set) var refused = 0

    init(countsPeers: Bool) { self.countsPeers = countsPeers }

    /// What one subscription message changed.
    enum Change: Equatable {
        case none
        case wanted
        case unwanted
        case fence(FenceNonce)
        case refused
    }

    /// How many Eventstorm subscribers are there.
    var fenceCount: Int { fences.count }

    /// The prefixes that are wanted.
    var prefixes: some Collection<[UInt8]> { holders.keys }

    /// Takes in one message as an XPUB socket delivers it: whether it subscribes, and the prefix.
    mutating func apply(subscribe: Bool, prefix: [UInt8]) -> Change {
        if prefix.first == FenceNonce.firstByte {
            guard let nonce = FenceNonce(subscription: prefix.span.bytes) else { return .refused }
            guard subscribe else {
                fences.remove(nonce)
                return .none
            }
            guard hasRoom || fences.contains(nonce) else { return refuse() }
            fences.insert(nonce)
            return .fence(nonce)
        }
        if prefix == Interest.beat { return .none }
        guard let count = holders[prefix] else {
            if !subscribe { return .none }
            guard hasRoom else { return refuse() }
            holders[prefix] = 1
            return .wanted
        }
        if subscribe {
            holders[prefix] = count + 1
            return .none
        }
        if countsPeers && count > 1 {
            holders[prefix] = count - 1
            return .none
        }
        holders[prefix] = nil
        return .unwanted
    }

    private var hasRoom: Bool { holders.count + fences.count < Limits.subscriptionsPerPublisher }

    private mutating func refuse() -> Change {
        refused += 1
        return .refused
    }

    /// Whether anybody asked for the topic.
    ///
    /// - Complexity: O(*n*) look-ups in the topic's length.
    func wants(_ topic: [UInt8]) -> Bool {
        let internalTopic = topic.starts(with: Interest.internalPrefix)
        if holders.isEmpty { return false }
        var key = topic
        key.append(0)
        var length = key.count
        // The empty prefix and shorter ones than `_es.` mean everything but the library's own topics.
        let shortest = internalTopic ? Interest.internalPrefix.count : 0
        while length >= shortest {
            if holders[Array(key[..<length])] != nil { return true }
            length -= 1
        }
        // A foreign prefix longer than the topic: it selects by stamp, so its topic is wanted.
        return holders.keys.contains { $0.count > key.count && $0.starts(with: key) }
    }

    /// The bytes a subscriber of all beats sends.
    static let beat: [UInt8] = Array("_es.beat".utf8) + [0]
    /// What the library's own topics begin with.
    static let internalPrefix: [UInt8] = Array("_es.".utf8)
}

extension Interest {
    /// Whether a change of this prefix can change whether the topic is wanted.
    static func concerns(prefix: [UInt8], topic: [UInt8]) -> Bool {
        let common = min(prefix.count, topic.count)
        return prefix.prefix(common).elementsEqual(topic.prefix(common))
    }
}
