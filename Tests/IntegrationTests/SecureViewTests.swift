// The live view over TLS, with users: what a browser and what a stranger get.
import Foundation
import Testing

/// A certificate for localhost and a user's password, as the manual has them made.
private struct Secrets: ~Copyable {
    let directory = URL(filePath: NSTemporaryDirectory() + "es-tls-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try renew()
        let hash = try Self.openssl("passwd", "-6", "secret")
        try write("{alice: {password: \"\(hash)\"}}", to: "users.json5")
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// Makes another certificate with another key.
    func renew() throws {
        _ = try Self.openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", path("key.pem"), "-out", path("certificate.pem"))
        try write(try read("certificate.pem") + read("key.pem"), to: "live.pem")
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }

    func path(_ name: String) -> String { directory.appending(path: name).path }

    static let tool = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private static func openssl(_ arguments: String...) throws -> String {
        let said = try output(
            of: URL(filePath: try #require(tool)), arguments, error: FileHandle.nullDevice)
        try #require(said.status == 0)
        return said.text.trimmingCharacters(in: .newlines)
    }
}

/// What the script finds.
private struct Findings: Decodable, Equatable {
    struct Socket: Decodable, Equatable {
        var status: String
        var type: String?
    }

    var page: [String]
    var entered: Int
    var cookie: [String]
    var inside: Int
    var foreign: Int
    var live: Socket
    var stranger: Socket
    var versions: [String?]
    var plain: String
}

@Suite(
    "The live view over TLS", .timeLimit(.minutes(2)),
    .enabled(if: Python.isThere && Secrets.tool != nil, "there is no python3, or no openssl"))
struct SecureViewTests {
    @Test("a password becomes a cookie for https alone, the WebSocket asks for it, and old or no TLS gets nothing")
    func secure() throws {
        let secrets = try Secrets()
        let port = try freePort()
        let live = try RunningProgram(
            "eventstorm-sink-live", "--from", "tcp://127.0.0.1:\(try freePort())", "--listen", "127.0.0.1:\(port)",
            "--report", "tcp://127.0.0.1:1", "--users", secrets.path("users.json5"), "--tls", secrets.path("live.pem"))
        let expected = Findings(
            page: ["303", "/login"], entered: 303, cookie: ["HttpOnly", "Max-Age", "Path", "SameSite", "Secure"],
            inside: 200, foreign: 403, live: .init(status: "101", type: "hello"),
            stranger: .init(status: "401", type: nil), versions: [nil, "TLSv1.2", "TLSv1.3"], plain: "")
        #expect(try ask(port, secrets) == expected)

        // One that cannot be used changes nothing, another one is used from then on.
        try secrets.write("no certificate", to: "live.pem")
        live.signal(SIGHUP)
        #expect(try ask(port, secrets) == expected)
        try secrets.renew()
        live.signal(SIGHUP)
        #expect(try ask(port, secrets) == expected)
        live.signal(SIGTERM)
        #expect(live.waitForEnd() == 0)
    }

    @Test("a certificate that cannot be used is refused with its name and the reason")
    func wrong() throws {
        let secrets = try Secrets()
        let (certificate, key) = (try secrets.read("certificate.pem"), try secrets.read("key.pem"))
        try secrets.renew()
        for (text, reason) in [
            (certificate, "no key in PEM without a password is in it"),
            (key, "no certificate in PEM is in it"),
            (try secrets.read("certificate.pem") + key, "the key is not that of the certificate"),
            (nil, "No such file or directory"),
        ] {
            if let text {
                try secrets.write(text, to: "live.pem")
            } else {
                try FileManager.default.removeItem(atPath: secrets.path("live.pem"))
            }
            let said = Pipe()
            let live = try RunningProgram(
                "eventstorm-sink-live",
                arguments: [
                    "--from", "tcp://127.0.0.1:1", "--listen", "127.0.0.1:0", "--report", "tcp://127.0.0.1:1",
                    "--tls", secrets.path("live.pem"),
                ], output: said.fileHandleForWriting)
            #expect(live.waitForEnd() == 1)
            try said.fileHandleForWriting.close()
            let text = String(decoding: try said.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            #expect(text.contains("cannot use the certificate in \(secrets.path("live.pem")): \(reason)"), "\(text)")
        }
    }

    /// Asks until the server is there and shows the certificate.
    private func ask(_ port: Int, _ secrets: borrowing Secrets) throws -> Findings {
        guard let interpreter = Python.interpreter else { throw PythonIsMissing() }
        let script = Python.root.appending(path: "Tests/IntegrationTests/Browser/secure.py").path
        let said = try output(
            of: interpreter,
            [script, "\(port)", secrets.path("certificate.pem"), "alice", "secret"])
        return try JSONDecoder().decode(Findings.self, from: Data(said.text.utf8))
    }
}
