// Endpoints with their keys: which are encrypted, and how.

public import Eventstorm
internal import ZeroMQ

extension Options {
    /// The endpoints of a list, each with its security; reads the key files.
    ///
    /// - Throws: A failure with status 78 if a key is missing or wrong; it names the setting.
    public func links(_ name: String) throws(Failure) -> [Endpoint] {
        var links: [Endpoint] = []
        for endpoint in endpoints(name) {
            links.append(isEncrypted(endpoint) ? endpoint.secured(by: try security(of: endpoint)) : endpoint)
        }
        return links
    }

    /// Whether an endpoint is encrypted: it says so, or the program has keys and the endpoint does not say `plain:`.
    func isEncrypted(_ endpoint: Endpoint) -> Bool {
        if let encryption = endpoint.encryption { return encryption == .curve }
        if endpoint.isInProcess || command.setting(named: Setting.keys.name) == nil { return false }
        return has(Setting.keys.name)
            || has(endpoint.action == .bind ? Setting.clients.name : Setting.serverKey.name)
    }

    private func security(of endpoint: Endpoint) throws(Failure) -> LinkSecurity {
        switch endpoint.action {
        case .bind:
            let keys = try reading(Setting.keys) { path throws(Failure) in try KeyFile.pair(at: path) }
            let clients = try reading(Setting.clients) { path throws(Failure) in try ClientsFiles.shared.list(path) }
            guard let keys, let clients else { throw .configuration("\(endpoint.address) needs keys and clients") }
            return .server(keys, clients)
        case .connect:
            let server: CurveKey?
            if let text = endpoint.serverKey {
                server = try KeyFile.publicKey(text)
            } else {
                server = try reading(Setting.serverKey) { text throws(Failure) in try KeyFile.publicKey(text) }
            }
            guard let server else { throw .configuration("\(endpoint.address) needs the server's key") }
            if let keys = try reading(Setting.keys, { path throws(Failure) in try KeyFile.pair(at: path) }) {
                return .client(keys, server: server)
            }
            do throws(ZMQError) {
                // Known to nobody: lets in only where the list has a "*".
                return .client(try CurveKeyPair.generate(), server: server)
            } catch {
                throw .failed("\(error)")
            }
        }
    }

    private func reading<Value>(
        _ setting: Setting, _ read: (String) throws(Failure) -> Value
    ) throws(Failure) -> Value? {
        guard let text = textIfGiven(setting.name) else { return nil }
        do throws(Failure) {
            return try read(text)
        } catch {
            throw failure(setting.name, error.messages.joined(separator: "; "))
        }
    }

    /// What is missing for the endpoints that are to be encrypted.
    func securityProblems() -> [Problem] {
        guard command.setting(named: Setting.keys.name) != nil else { return [] }
        var problems: [Problem] = []
        for setting in command.allSettings {
            guard case .endpoints(let kind) = setting.kind else { continue }
            for value in values(setting.name) {
                for endpoint in (try? kind.parts(of: value.text))?.endpoints ?? [] where isEncrypted(endpoint) {
                    if let problem = missing(for: endpoint, value.origin) { problems.append(problem) }
                }
            }
        }
        return problems
    }

    private func missing(for endpoint: Endpoint, _ origin: Origin) -> Problem? {
        func name(_ setting: Setting) -> String { origin.isConfiguration ? setting.key : "--\(setting.name)" }
        var missing: [String] = []
        switch endpoint.action {
        case .bind:
            if !has(Setting.keys.name) { missing.append("\(name(.keys)) (its own key)") }
            if !has(Setting.clients.name) { missing.append("\(name(.clients)) (who may come in)") }
        case .connect:
            if endpoint.serverKey == nil && !has(Setting.serverKey.name) {
                missing.append("\(name(.serverKey)) (the key of the server), or ?key= behind it")
            }
        }
        if missing.isEmpty { return nil }
        return origin.problem("\(endpoint.address) is encrypted and needs \(list(missing, "and")); or write plain:")
    }
}

extension Setting {
    /// `--keys`: the program's own key pair.
    public static let keys = Setting(
        "keys", .keys(.pair), "FILE", "own keys, made by 'eventstorm keygen'; encrypts what is not marked plain:")
    /// `--clients`: who may come in at bound endpoints.
    public static let clients = Setting("clients", .keys(.clients), "FILE", "which keys may come in where it binds")
    /// `--server-key`: whom to talk with at connected endpoints.
    public static let serverKey = Setting(
        "server-key", .keys(.server), "KEY", "public key, or its file, of the servers it connects to")

    /// What a setting about keys names.
    public enum Keys: Sendable {
        /// A file with a key pair.
        case pair
        /// A public key, or a file with one.
        case server
        /// A file with a list of clients.
        case clients

        /// What is wrong with what `text` names; nil if nothing is.
        func problem(with text: String) -> String? {
            do throws(Failure) {
                switch self {
                case .pair: _ = try KeyFile.pair(at: text)
                case .server: _ = try KeyFile.publicKey(text)
                case .clients: _ = try ClientsFile(path: text)
                }
                return nil
            } catch {
                return error.messages.joined(separator: "; ")
            }
        }
    }
}
