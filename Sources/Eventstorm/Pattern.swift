// What a subscriber asks for.

/// A pattern of topics: a topic, everything below one, or everything.
///
/// | text | matches |
/// |---|---|
/// | `shop.order` | that topic alone |
/// | `shop.*` | everything below `shop` at any depth, not `shop` itself |
/// | `*` | everything but the library's own `_es.` topics |
public struct Pattern: Hashable, Sendable {
    private enum Kind: Hashable, Sendable {
        case topic(Topic)
        case below(Topic)
        case everything
    }

    private let kind: Kind

    /// The bytes a subscriber hands to its socket: topic and NUL, topic and dot, or none.
    ///
    /// Where that is wider than the pattern (`*` subscribes to `_es.` too), the library drops the surplus.
    public let subscription: [UInt8]

    /// Makes a pattern of a text; throws when it is none of the three forms.
    public init(_ text: String) throws(PatternError) {
        do throws(TopicError) {
            if text == "*" {
                self = .everything
            } else if text.hasSuffix(".*") {
                self.init(below: try Topic(String(text.dropLast(2))))
            } else {
                self.init(try Topic(text))
            }
        } catch {
            throw PatternError(text: text, cause: error)
        }
    }

    /// Makes the pattern that matches `topic` alone.
    public init(_ topic: Topic) {
        kind = .topic(topic)
        subscription = topic.utf8 + [0]
    }

    /// Makes the pattern that matches everything below `topic`.
    public init(below topic: Topic) {
        kind = .below(topic)
        subscription = topic.utf8 + [UInt8(ascii: ".")]
    }

    private init(everything: Void) {
        kind = .everything
        subscription = []
    }

    /// The pattern `*`.
    public static let everything = Pattern(everything: ())

    /// Whether events on `topic` are asked for.
    public func matches(_ topic: Topic) -> Bool { matches(topic.utf8.span.bytes) }

    /// Whether events on the topic of these bytes are asked for.
    public func matches(_ topic: RawSpan) -> Bool {
        switch kind {
        case .topic(let own): topic.byteCount == own.utf8.count && topic.begins(with: own.utf8)
        case .below: topic.byteCount > subscription.count && topic.begins(with: subscription)
        case .everything: !topic.begins(with: Topic.reservedPrefix)
        }
    }

    /// Whether each topic that `other` matches is matched by this pattern too.
    public func covers(_ other: Pattern) -> Bool {
        switch (kind, other.kind) {
        case (_, .topic(let topic)): matches(topic)
        case (.everything, .below(let topic)): !topic.isReserved && topic.utf8 != Topic.reservedPrefix.dropLast()
        case (.everything, .everything): true
        case (.below, .below): other.subscription.starts(with: subscription)
        case (.topic, _), (.below, .everything): false
        }
    }

    /// Whether the pattern can match topics of the library.
    public var reachesReserved: Bool {
        switch kind {
        case .topic(let topic): topic.isReserved
        case .below(let topic): topic.isReserved || topic.utf8.elementsEqual(Topic.reservedPrefix.dropLast())
        case .everything: false
        }
    }
}

extension Pattern: CustomStringConvertible {
    /// The text of the pattern.
    public var description: String {
        switch kind {
        case .topic(let topic): topic.name
        case .below(let topic): topic.name + ".*"
        case .everything: "*"
        }
    }
}

/// Tells why a text is not a pattern.
public struct PatternError: Error, Hashable, CustomStringConvertible {
    /// The text.
    public let text: String

    /// What is wrong with the topic in it.
    public let cause: TopicError

    /// A sentence that names the text and what would be right.
    public var description: String {
        if text.isEmpty { return "a pattern cannot be empty: '*' matches every topic" }
        let isWildcard = if case .character("*", _) = cause.fault { true } else { false }
        let why = isWildcard ? "'*' stands alone or after the last dot" : "\(cause)"
        return
            "pattern '\(text)' is neither a topic ('shop.order'), nor everything below one ('shop.*'), nor '*': \(why)"
    }
}

extension RawSpan {
    /// Whether the bytes begin with `prefix`.
    func begins(with prefix: [UInt8]) -> Bool {
        if byteCount < prefix.count { return false }
        for index in prefix.indices where unsafeLoad(fromByteOffset: index, as: UInt8.self) != prefix[index] {
            return false
        }
        return true
    }
}
