// Key pairs in files, in the form that CZMQ and pyzmq read too.

internal import BSON
internal import Glibc
public import ZeroMQ

/// Reads and writes CURVE keys as the certificates of CZMQ (ZPL, https://rfc.zeromq.org/spec/4).
///
///     metadata
///         name = "web1"
///     curve
///         public-key = "…40 characters of Z85…"
///         secret-key = "…"
///
/// A file with a secret is refused if anybody but its owner can read it.
public enum KeyFile {
    /// What the file with the secret is called behind the name of the pair.
    public static let secretSuffix = ".secret"
    /// What the file that others may have is called behind the name of the pair.
    public static let publicSuffix = ".pub"
    /// The largest file that is read.
    private static let byteLimit = 1 << 16

    /// Reads a pair of keys; the text of the failure says what is wrong with the file.
    public static func pair(at path: String) throws(Failure) -> CurveKeyPair {
        let text = try contents(of: path, isSecret: true)
        guard let value = value(of: "secret-key", in: text) else {
            throw .configuration("\(quoted(path)) has no secret-key; 'eventstorm keygen NAME' makes a pair")
        }
        guard let secret = CurveSecret(value), let pair = try? CurveKeyPair(secret: secret) else {
            throw .configuration("the secret-key in \(quoted(path)) is none: 40 characters of Z85 are wanted")
        }
        if let said = Self.value(of: "public-key", in: text), CurveKey(said) != pair.publicKey {
            throw .configuration("the public-key in \(quoted(path)) does not belong to its secret-key")
        }
        return pair
    }

    /// Reads a public key: of a file, or from its 40 characters themselves.
    public static func publicKey(_ text: String) throws(Failure) -> CurveKey {
        if access(text, F_OK) != 0, let key = CurveKey(text) { return key }
        guard let value = value(of: "public-key", in: try contents(of: text, isSecret: false)) else {
            throw .configuration("\(quoted(text)) has no public-key; 'eventstorm keygen NAME' makes a pair")
        }
        guard let key = CurveKey(value) else {
            throw .configuration("the public-key in \(quoted(text)) is none: 40 characters of Z85 are wanted")
        }
        return key
    }

    /// Writes a new pair into `directory` as `NAME.secret` (mode 0600) and `NAME.pub` (0644); never over another file.
    ///
    /// - Returns: Both paths and the public key.
    public static func create(
        _ name: String, in directory: String
    ) throws -> (secretPath: String, publicPath: String, key: CurveKey) {
        let pair = try CurveKeyPair.generate()
        let base = directory + "/" + name
        let head = "metadata\n    name = \"\(name)\"\n    created = \"\(Datetime.now())\"\ncurve\n"
        let publicLine = "    public-key = \"\(pair.publicKey)\"\n"
        let secret =
            "#   The secret CURVE key of \(name). Whoever has it is \(name): it stays on its machine.\n" + head
            + publicLine + "    secret-key = \"\(pair.secret.reveal())\"\n"
        let known = "#   The public CURVE key of \(name), for those who talk with it.\n" + head + publicLine
        try write(secret, to: base + secretSuffix, mode: 0o600)
        do {
            try write(known, to: base + publicSuffix, mode: 0o644)
        } catch {
            unlink(base + secretSuffix)
            throw error
        }
        return (base + secretSuffix, base + publicSuffix, pair.publicKey)
    }

    private static func write(_ text: String, to path: String, mode: mode_t) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw .failed("\(quoted(path)) is there already, and is not overwritten") }
            throw .failed("\(quoted(path)): \(systemErrorText(errno))")
        }
        writeAll(descriptor, text)
        // The umask may have taken from the mode; it never adds to it.
        let isWritten = fchmod(descriptor, mode) == 0 && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        if isWritten { return }
        unlink(path)
        throw .failed("\(quoted(path)): \(systemErrorText(code))")
    }

    private static func contents(of path: String, isSecret: Bool) throws(Failure) -> String {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw .configuration("\(quoted(path)): \(systemErrorText(errno))") }
        if facts.st_mode & S_IFMT == S_IFDIR { throw .configuration("\(quoted(path)) is a directory, no key file") }
        if isSecret, let problem = problem(withSecret: path, facts) { throw .configuration(problem) }
        guard let text = readFile(path, limit: byteLimit) else {
            throw .configuration("\(quoted(path)) cannot be read as a key file")
        }
        return text
    }

    private static func problem(withSecret path: String, _ facts: stat) -> String? {
        if facts.st_mode & 0o077 != 0 {
            let mode = String(facts.st_mode & 0o777, radix: 8)
            return "\(quoted(path)) is a secret that others can use (mode 0\(mode)); chmod 600 \(path)"
        }
        if facts.st_uid != geteuid() && facts.st_uid != 0 {
            return "\(quoted(path)) is a secret that belongs to another user (\(facts.st_uid))"
        }
        return nil
    }

    /// The value of `name = "value"` on a line of its own; the last one counts.
    private static func value(of name: String, in text: String) -> String? {
        var found: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop { $0 == " " || $0 == "\t" }
            guard !line.hasPrefix("#"), line.hasPrefix(name) else { continue }
            let rest = line.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }
            guard rest.first == "=" else { continue }
            let value = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            guard let quote = value.first, quote == "\"" || quote == "'" else { continue }
            let end = value.dropFirst().firstIndex(of: quote) ?? value.endIndex
            found = String(value[value.index(after: value.startIndex)..<end])
        }
        return found
    }
}
