// Who has shown a password lately.

import Glibc

/// Sessions by the secrets in their cookies, and a limit to guessing.
struct Sessions {
    /// The name of the cookie.
    static let cookie = "es_session"
    /// Milliseconds that a session lasts without being used.
    static let lifetime: Int64 = 12 * 3_600_000
    /// Sessions at most: the one unused for longest makes room.
    static let most = 1_000
    /// Passwords looked at in a second by all together: a hash takes some milliseconds, on the thread that serves.
    static let attemptsPerSecond = 4.0
    /// Attempts that may come at once.
    static let burst = 8.0

    private struct Session {
        var user: User
        var usedAt: Int64
    }

    private var sessions: [String: Session] = [:]
    private var credit = burst
    private var lastAttempt = Int64.min / 2

    /// Whether another password may be looked at now.
    mutating func mayTry(now: Int64) -> Bool {
        let seconds = Double(min(max(0, now - lastAttempt), 60_000)) / 1_000
        credit = min(Self.burst, credit + seconds * Self.attemptsPerSecond)
        lastAttempt = now
        guard credit >= 1 else { return false }
        credit -= 1
        return true
    }

    /// Begins a session; returns its secret.
    mutating func begin(_ user: User, now: Int64) -> String {
        sessions = sessions.filter { now - $0.value.usedAt < Self.lifetime }
        if sessions.count >= Self.most, let oldest = sessions.min(by: { $0.value.usedAt < $1.value.usedAt }) {
            sessions[oldest.key] = nil
        }
        let secret = Self.makeSecret()
        sessions[secret] = Session(user: user, usedAt: now)
        return secret
    }

    /// The user of a session, if it is still good.
    mutating func user(_ secret: String, now: Int64) -> User? {
        guard let session = sessions[secret], now - session.usedAt < Self.lifetime else { return nil }
        sessions[secret]?.usedAt = now
        return session.user
    }

    mutating func end(_ secret: String) { sessions[secret] = nil }

    /// Ends the sessions of users who are gone or have changed.
    mutating func keep(_ users: UserList) {
        sessions = sessions.filter { users.users[$0.value.user.name] == $0.value.user }
    }

    /// 256 bits from the system, which nobody guesses.
    private static func makeSecret() -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        for index in bytes.indices { bytes[index] = UInt8.random(in: .min ... .max) }
        return bytes.map { String(hexadecimal: UInt64($0)).suffix(2) }.joined()
    }

    /// The secret in a Cookie header.
    static func secret(inCookie header: String) -> String? {
        for part in header.split(separator: ";") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2, pair[0] == cookie { return String(pair[1]) }
        }
        return nil
    }
}

/// The fields of a form as browsers send it.
enum Form {
    /// Reads `name=alice&password=secret`; what cannot be read is left out.
    static func fields(_ body: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = decoded(parts[0]), let value = decoded(parts[1]) else { continue }
            fields[name] = value
        }
        return fields
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        var text: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                text.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                text.append(high << 4 | low)
            } else {
                text.append(byte)
            }
        }
        // C would see a shorter password.
        return text.contains(0) ? nil : String(validating: text, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
