// What to do about what a server or the driver says.

/// Says in a line what to do about a trouble, where that is known.
enum Advice {
    /// The line without a full stop; nil if the message says it all.
    static func line(for trouble: Trouble) -> String? {
        let text = trouble.message.lowercased()
        func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if says("requires authentication") { return "the URI needs a user and a password" }
        switch trouble.code {
        case 13: return "give the user the role readWrite on this database"
        case 18: return "the user or the password is wrong, or authSource in the URI does not name the user's database"
        case 14031: return "the server's disk is full: make room"
        case 20: return "the server does not do this here: retryable writes, for one, need a replica set"
        case 64, 100: return "fewer members are up than the write concern asks for"
        case 166: return "this is a view: name a collection"
        default: break
        }
        if says("authentication failed", "auth error") {
            return "the user or the password is wrong, or authSource in the URI does not name the user's database"
        }
        if says("certificate verify failed", "self-signed", "self signed", "unable to get local issuer") {
            return "the server's certificate is not trusted: name the file of its CA in the URI with tlsCAFile=FILE"
        }
        if says("failed to resolve", "nameresolution", "name or service not known") {
            return "no such host: check the name in the URI"
        }
        if says("tls handshake failed") { return "check the TLS options of the URI, and the name in the certificate" }
        if says("connection refused", "failed to connect to target host", "connection timeout") {
            return "nothing answers there: is mongod running, and is that its port?"
        }
        if says("server closed connection", "connection closed", "failed to read 4 bytes") {
            return "if this does not pass: a server that wants TLS needs tls=true in the URI"
        }
        return nil
    }
}
