// Curve: keys, and which side of an encrypted link a socket is.
internal import CZeroMQ

/// A public key of 32 bytes, written as 40 characters of Z85.
public struct CurveKey: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Takes 32 bytes; nil for any other number.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Reads 40 characters of Z85; nil if they are none.
    public init?(_ text: String) {
        guard let bytes = Z85.decode(text) else { return nil }
        self.bytes = bytes
    }

    /// The key as 40 characters of Z85.
    public var description: String { Z85.encode(bytes) }
}

/// The secret half of a key pair; it shows itself only when asked by name.
public struct CurveSecret: Sendable, CustomStringConvertible {
    let bytes: [UInt8]

    /// Reads 40 characters of Z85; nil if they are none.
    public init?(_ text: String) {
        guard let bytes = Z85.decode(text) else { return nil }
        self.bytes = bytes
    }

    /// The secret as 40 characters of Z85, to be stored where nobody else can read.
    public func reveal() -> String { Z85.encode(bytes) }

    /// Hides the secret from logs.
    public var description: String { "(secret)" }
}

/// A public key and its secret.
public struct CurveKeyPair: Sendable {
    /// What others may know.
    public let publicKey: CurveKey
    /// What nobody else may know.
    public let secret: CurveSecret

    /// Makes a new pair of random keys.
    public static func generate() throws(ZMQError) -> CurveKeyPair {
        var texts = ([CChar](repeating: 0, count: 41), [CChar](repeating: 0, count: 41))
        if zmq_curve_keypair(&texts.0, &texts.1) != 0 { throw .last("zmq_curve_keypair") }
        guard let secret = CurveSecret(text(texts.1)) else { throw ZMQError(.invalid, call: "zmq_curve_keypair") }
        return try CurveKeyPair(secret: secret)
    }

    /// Derives the public key from a stored secret.
    public init(secret: CurveSecret) throws(ZMQError) {
        var publicText = [CChar](repeating: 0, count: 41)
        if zmq_curve_public(&publicText, secret.reveal()) != 0 { throw .last("zmq_curve_public") }
        guard let key = CurveKey(CurveKeyPair.text(publicText)) else {
            throw ZMQError(.invalid, call: "zmq_curve_public")
        }
        publicKey = key
        self.secret = secret
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// libzmq's text form of binary keys.
private enum Z85 {
    static func decode(_ text: String) -> [UInt8]? {
        // libzmq reads a terminated text, and checks neither its length nor that all is ASCII.
        let utf8 = Array(text.utf8)
        guard utf8.count == 40, utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 32)
        return zmq_z85_decode(&bytes, text) == nil ? nil : bytes
    }

    static func encode(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: 41)
        zmq_z85_encode(&text, bytes, bytes.count)
        return String(decoding: text.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Socket {
    /// Makes this the side whose key the others know, for the endpoints that are bound or connected from now on.
    ///
    /// Which side that is does not depend on who binds. Plain peers are refused. libzmq asks the context's ZAP handler,
    /// telling it `domain`, which keys may come in; without a handler for it, nobody comes in (see ``LinkGate``).
    ///
    /// libzmq takes down a socket's options with each bind and connect, so one socket can have plain and encrypted
    /// endpoints. The plain ones must come first, then those as a client: a domain cannot be taken back.
    public func setCurveServer(_ keys: CurveKeyPair, domain: String) throws(ZMQError) {
        try set(.curveServer, to: true)
        try set(.curveSecretKey, to: keys.secret.bytes)
        try set(.zapDomain, to: domain)
        try set(.zapEnforcesDomain, to: true)
    }

    /// Makes this the side that knows `server`'s key and proves its own, for the endpoints from now on.
    public func setCurveClient(_ keys: CurveKeyPair, server: CurveKey) throws(ZMQError) {
        try set(.curveServerKey, to: server.bytes)
        try set(.curvePublicKey, to: keys.publicKey.bytes)
        try set(.curveSecretKey, to: keys.secret.bytes)
    }
}
