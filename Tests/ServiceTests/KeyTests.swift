// Keys: files with pairs, lists of clients, and which endpoints are encrypted by them.

import Glibc
import Testing
import ZeroMQ

@testable import Eventstorm
@testable import Service

/// A directory that is removed in the end, with what it holds.
private final class KeyDirectory {
    let path: String

    init() throws {
        var name = Array("/tmp/es-keys-XXXXXX".utf8CString)
        try #require(mkdtemp(&name) != nil)
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for file in Files.matching(path + "/*") { unlink(file) }
        rmdir(path)
    }

    func write(_ text: String, to name: String, mode: mode_t = 0o600) -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        writeAll(descriptor, text)
        fchmod(descriptor, mode)
        close(descriptor)
        return file
    }
}

private func mode(of path: String) -> mode_t {
    var facts = stat()
    return stat(path, &facts) == 0 ? facts.st_mode & 0o777 : 0
}

@Suite("Keys and lists of clients")
struct KeyTests {
    private static let key = "JInERZQ]&e)cB(+wN<ejr)]gr7ZDWfBBp0AYd$uU"

    @Test("a pair is written with safe modes, read back, and never overwritten")
    func files() throws {
        let directory = try KeyDirectory()
        let before = umask(0o077)
        defer { umask(before) }
        let made = try KeyFile.create("web1", in: directory.path)
        #expect(mode(of: made.secretPath) == 0o600 && mode(of: made.publicPath) == 0o644)
        #expect(try KeyFile.pair(at: made.secretPath).publicKey == made.key)
        #expect(try KeyFile.publicKey(made.publicPath) == made.key)
        #expect(try KeyFile.publicKey(made.key.description) == made.key)
        #expect(throws: Failure.self) { try KeyFile.create("web1", in: directory.path) }
        unlink(made.secretPath)
        // Half a pair is no pair: the secret goes again where the public file is there already.
        #expect(throws: Failure.self) { try KeyFile.create("web1", in: directory.path) }
        #expect(access(made.secretPath, F_OK) != 0)
        #expect(try KeyFile.publicKey(made.publicPath) == made.key)
    }

    @Test("a secret that others can use is refused, whatever it holds", arguments: [0o644, 0o640, 0o604, 0o660, 0o610])
    func openSecret(_ bits: Int) throws {
        let directory = try KeyDirectory()
        let made = try KeyFile.create("web1", in: directory.path)
        chmod(made.secretPath, mode_t(bits))
        let failure = #expect(throws: Failure.self) { try KeyFile.pair(at: made.secretPath) }
        #expect(failure?.description.contains("a secret that others can use") == true)
    }

    @Test(
        "what is no key file is refused by name",
        arguments: [
            "", "curve\n", "secret-key = \"short\"", "secret-key = \"\(String(repeating: "~", count: 40))\"",
            "secret-key \"\(key)\"", "# secret-key = \"\(key)\"", "secret-key = \(key)", "\u{0}\u{1}\u{2}",
            "secret-key = \"\(key)\"\npublic-key = \"\(key)\"",
        ])
    func garbage(_ text: String) throws {
        let directory = try KeyDirectory()
        let path = directory.write(text, to: "x.secret")
        #expect(throws: Failure.self) { try KeyFile.pair(at: path) }
        if !text.contains("\npublic-key") { #expect(throws: Failure.self) { try KeyFile.publicKey(path) } }
    }

    @Test("a list has names with keys and what they may do")
    func list() throws {
        let text = """
            {web1: "\(Self.key)", // bare
             "web-2": {key: "\(try CurveKeyPair.generate().publicKey)", publish: ["a.*", "b"], subscribe: []},
             "*": {publish: [], subscribe: ["public.*"]}}
            """
        let file = try ClientsFile(path: "f", text: text)
        #expect(file.clients.map(\.name) == ["web1", "web-2"])
        #expect(file.clients[0].rights == ClientRights())
        #expect(file.clients[1].rights.publish == [try Pattern("a.*"), try Pattern("b")])
        #expect(file.clients[1].rights.subscribe == [])
        #expect(file.others == ClientRights(publish: [], subscribe: [try Pattern("public.*")]))
        let empty = try ClientsFile(path: "f", text: "{}")
        #expect(empty.clients.isEmpty && empty.others == nil)
    }

    @Test(
        "what is wrong in a list is told with its place",
        arguments: [
            ("{a: 'short'}", "1:2: \"a\" has no public key"),
            ("{a: 5}", "a public key, or {key, publish, subscribe}, is wanted"),
            ("{a: {}}", "has no public key"),
            ("{a: '\(key)', a: '\(key)'}", "f:1:"),
            ("{a: '\(key)', b: '\(key)'}", "\"b\" has the same key as \"a\""),
            ("{a: {key: '\(key)', pubish: []}}", "unknown key \"pubish\" in \"a\""),
            ("{a: {key: '\(key)', publish: 'x'}}", "a list of patterns is wanted"),
            ("{a: {key: '\(key)', publish: ['x.']}}", "publish of \"a\""),
            ("{a: {key: '\(key)', publish: [5]}}", "publish of \"a\""),
            ("{'*': '\(key)'}", "has none itself"), ("{'*': {publish: []}}", "say what they may"),
            ("{'': '\(key)'}", "a name has 1 to 64 bytes"), ("[1]", "f:"), ("{", "f:"), ("nonsense", "f:"),
        ])
    func wrongList(_ text: String, _ message: String) {
        let failure = #expect(throws: Failure.self) { try ClientsFile(path: "f", text: text) }
        #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
    }

    @Test("a list cut or flipped anywhere is read or refused, and never lets a key in that is not in it")
    func brokenLists() throws {
        let text = Array(
            "{a: {key: '\(Self.key)', publish: ['x.*'], subscribe: ['*']}, '*': {publish: [], subscribe: []}}".utf8)
        let known = try #require(CurveKey(Self.key))
        var readable = 0
        for place in text.indices {
            for bit in -1..<8 {
                var bytes = text
                if bit < 0 { bytes.removeLast(text.count - place) } else { bytes[place] ^= 1 << bit }
                guard let file = try? ClientsFile(path: "f", text: String(decoding: bytes, as: UTF8.self)) else {
                    continue
                }
                readable += 1
                #expect(file.clients.count <= 2)
                // A flip within the key names another key; elsewhere it is this one.
                for client in file.clients where !(11..<51).contains(place) { #expect(client.key == known) }
            }
        }
        #expect(readable > 100)
    }

    @Test(
        "with keys every endpoint is encrypted that does not say plain",
        arguments: [
            (["--in", "tcp://127.0.0.1:1"], false),
            (["--in", "plain:tcp://127.0.0.1:1", "--keys", "k", "--clients", "c"], false),
            (["--in", "tcp://127.0.0.1:1", "--keys", "k", "--clients", "c"], true),
            (["--in", "curve:tcp://127.0.0.1:1", "--keys", "k", "--clients", "c"], true),
            (["--in", "connect:tcp://h:1?key=x", "--out", "plain:tcp://127.0.0.1:2"], true),
            (["--in", "connect:tcp://h:1", "--server-key", "x", "--out", "plain:tcp://127.0.0.1:2"], true),
            (["--in", "bind:plain:tcp://127.0.0.1:1,curve:connect:tcp://h:1?key=x"], false),
        ] as [([String], Bool)])
    func encryption(_ words: [String], _ isEncrypted: Bool) throws {
        guard case .run(let options) = try Options.read(.router, ["router"] + words) else { return }
        #expect(options.isEncrypted(options.endpoints("in")[0]) == isEncrypted)
    }

    @Test(
        "what is missing for an encrypted endpoint is named",
        arguments: [
            (
                ["--in", "curve:tcp://*:1"],
                "needs --keys (its own key) and --clients (who may come in); or write plain:"
            ),
            (["--keys", "k"], "needs --clients"), (["--in", "curve:connect:tcp://h:1"], "needs --server-key"),
            (["--in", "curve:inproc://x"], "never leaves the process"),
            (["--in", "tcp://127.0.0.1:1?key=x"], "for those who connect"),
            (["--in", "plain:connect:tcp://h:1?key=x"], "a plain endpoint has no key"),
            (["--in", "connect:tcp://h:1?key="], "the key is missing"),
        ] as [([String], String)])
    func missing(_ words: [String], _ message: String) throws {
        let failure = #expect(throws: Failure.self) { try Options.read(.router, ["router"] + words) }
        #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
    }

    @Test("programs that follow the router of their file take its encryption and pin its key")
    func following() throws {
        let text = """
            {router: {in: "tcp://*:5570", keys: "/k/router.secret", clients: "/k/c"},
             sources: [{host: {keys: "/k/web.secret"}}, {host: {keys: "/k/web.secret", server_key: "/k/other.pub"}}]}
            """
        let configuration = Configuration(path: "f", text: text)
        #expect(configuration.problems == [])
        let sources = configuration.sections.filter { $0.stage == .source }
        #expect(sources[0].options.text("to") == "curve:tcp://127.0.0.1:5570?key=/k/router.pub")
        #expect(sources[1].options.text("to") == "curve:tcp://127.0.0.1:5570")
    }
}
