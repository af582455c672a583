// Who comes in: cookies, passwords, and what each may do.

import BSON

/// Decides who somebody is; lets everybody do everything where there are no users.
struct Gate {
    private(set) var users: UserList?
    /// Where the users are read from again.
    private let path: String?
    private let isSecure: Bool
    private var sessions = Sessions()
    /// Passwords of programs that were found right lately, so that they are not hashed for each request.
    private var known: [String: (user: User, until: Int64)] = [:]

    /// Milliseconds that a program's password is known to be right.
    static let memory: Int64 = 300_000
    /// Bytes of a form: a name and a password.
    static let formBytes = 4 << 10

    init(path: String?, isSecure: Bool) throws(LiveError) {
        self.path = path
        self.isSecure = isSecure
        if let path { users = try UserList(path: path) }
    }

    /// Without users.
    init() { (path, isSecure) = (nil, false) }

    var hasUsers: Bool { users != nil }

    /// Reads the users again; goes on with the old ones if that fails, and tells why.
    mutating func reload() -> LiveError? {
        guard let path else { return nil }
        do throws(LiveError) {
            let fresh = try UserList(path: path)
            users = fresh
            sessions.keep(fresh)
            known.removeAll()
            return nil
        } catch {
            return error
        }
    }

    /// Whether somebody who came in may stay: a user who is gone or has changed has to come in again.
    func stillKnows(_ user: User?) -> Bool {
        guard let users, let user else { return users == nil }
        return users.users[user.name] == user
    }

    /// What came with a request.
    struct Credentials {
        var cookie: String?
        var authorization: String?
    }

    /// Who somebody is, and what they may do; nil if they have to show a password first.
    mutating func rights(_ shown: Credentials, now: Int64) -> (user: User?, rights: UserRights)? {
        guard let users else { return (nil, .all) }
        if let secret = shown.cookie.flatMap({ Sessions.secret(inCookie: $0) }),
            let user = sessions.user(secret, now: now)
        {
            return (user, user.rights)
        }
        guard let header = shown.authorization else { return nil }
        if let found = known[header], found.until > now { return (found.user, found.user.rights) }
        guard let (name, password) = Self.basic(header), sessions.mayTry(now: now),
            let user = users.find(name, password: password)
        else { return nil }
        if known.count > 100 { known.removeAll() }
        known[header] = (user, now + Self.memory)
        return (user, user.rights)
    }

    /// Lets somebody in who shows a password in a form.
    mutating func enter(_ form: [UInt8], now: Int64) -> Answer {
        guard let users else { return .elsewhere("/") }
        guard sessions.mayTry(now: now) else {
            return .refusal(429, "Too Many Requests", "too many attempts, wait a second", headers: ["Retry-After: 1"])
        }
        let fields = Form.fields(form)
        var shown = fields["token"].flatMap { Self.token($0) }
        if let name = fields["name"], let password = fields["password"] { shown = (name, password) }
        guard let (name, password) = shown, let user = users.find(name, password: password) else {
            return .elsewhere("/login?wrong")
        }
        let secret = sessions.begin(user, now: now)
        let age = Sessions.lifetime / 1_000
        return .elsewhere("/", headers: ["Set-Cookie: \(cookie(secret)); Max-Age=\(age)"])
    }

    /// Ends a session.
    mutating func leave(_ shown: Credentials) -> Answer {
        if let secret = shown.cookie.flatMap({ Sessions.secret(inCookie: $0) }) { sessions.end(secret) }
        return .elsewhere("/login", headers: ["Set-Cookie: \(cookie("")); Max-Age=0"])
    }

    private func cookie(_ secret: String) -> String {
        "\(Sessions.cookie)=\(secret); Path=/; HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")"
    }

    /// The name and the password in a header of RFC 7617, or in a token `NAME.PASSWORD` (RFC 6750).
    static func basic(_ header: String) -> (name: String, password: String)? {
        let words = header.split(separator: " ")
        if words.count == 2, words[0].lowercased() == "bearer" { return token(words[1]) }
        guard words.count == 2, words[0].lowercased() == "basic", let bytes = decodeBase64(words[1].utf8),
            !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }

    /// The name and the password of a token.
    static func token(_ text: some StringProtocol) -> (name: String, password: String)? {
        guard let dot = text.firstIndex(of: "."), dot > text.startIndex else { return nil }
        return (String(text[..<dot]), String(text[text.index(after: dot)...]))
    }

    private static func decodeBase64(_ text: Substring.UTF8View) -> [UInt8]? {
        var bytes: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for character in text {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="): continue
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
