// A URI of MongoDB, with what is usual here filled in.

internal import BSON
internal import CMongo
internal import Glibc
public import Service

/// Where a URI comes from: an option, a file or the environment.
public enum URISource {
    /// The environment variable that holds a URI, so that its password is not on the command line.
    public static let variable = "EVENTSTORM_MONGO_URI"

    /// The URI of a program: `--uri`, `--uri-file`, the environment, or the usual server of this machine.
    ///
    /// A password on the command line is overwritten there, and a warning says that it could be seen before.
    ///
    /// - Throws: A failure about the option that is wrong; without the URI, which may hold a password.
    public static func uri(_ options: Options) throws(Failure) -> String {
        if Secrets.scrubCommandLine() {
            Log.warning(
                "a password on the command line can be seen by everybody on this machine, until it is overwritten as "
                    + "it is now; \(variable) or uri_file keep it out of sight")
        }
        if let path = options.textIfGiven("uri-file") { return try read(path, options) }
        if let text = options.textIfGiven("uri") { return text }
        if let value = getenv(variable), value.pointee != 0 { return String(cString: value) }
        return "mongodb://127.0.0.1"
    }

    private static func read(_ path: String, _ options: Options) throws(Failure) -> String {
        guard let file = fopen(path, "re") else {
            throw options.failure("uri-file", "\(path): \(systemErrorText(systemError))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        let text = String(decoding: bytes, as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        let uri = line.split(separator: " ").first.map(String.init) ?? ""
        if uri.isEmpty { throw options.failure("uri-file", "\(path) is empty") }
        return uri
    }
}

/// Servers to talk with: a URI that was read, with what is usual here filled in.
final class ServerAddress: @unchecked Sendable {
    let uri: OpaquePointer
    let secrets: Secrets
    /// The collection that followed the database, as in `mongodb://host/logs.web`.
    let collection: String?

    /// Reads a URI.
    ///
    /// - Parameters:
    ///   - text: `mongodb://…` or `mongodb+srv://…`.
    ///   - takesCollection: Whether `/db.collection` names a collection as well.
    /// - Throws: What is wrong, without secrets.
    init(_ text: String, takesCollection: Bool = false, applicationName: String) throws(NameError) {
        _ = ServerAddress.library
        let secrets = Secrets(in: text)
        var text = text
        var collection: String?
        if takesCollection { (text, collection) = ServerAddress.split(text) }
        var message = [CChar](repeating: 0, count: 504)
        guard let uri = CMongo_uri(text, &message) else {
            let reason = secrets.hidden(in: ServerAddress.text(message))
            throw NameError(reason.isEmpty ? "is no URI such as mongodb://127.0.0.1" : reason)
        }
        self.uri = uri
        self.secrets = secrets
        self.collection = collection
        // So that a server that is gone is noticed in time to say so, and one that hangs is given up at last.
        for (option, usual) in [
            ("serverselectiontimeoutms", 3_000), ("connecttimeoutms", 5_000), ("sockettimeoutms", 30_000),
        ]
        where !mongoc_uri_has_option(uri, option) {
            mongoc_uri_set_option_as_int32(uri, option, Int32(usual))
        }
        if mongoc_uri_get_appname(uri) == nil { mongoc_uri_set_appname(uri, applicationName) }
    }

    deinit { mongoc_uri_destroy(uri) }

    /// The database that the URI names.
    var database: String? { mongoc_uri_get_database(uri).map { String(cString: $0) } }

    /// The servers, for people: `mongodb://a:27017,b:27017`.
    var description: String {
        if let service = mongoc_uri_get_srv_hostname(uri) { return "mongodb+srv://" + String(cString: service) }
        var hosts: [String] = []
        var host = mongoc_uri_get_hosts(uri)
        while let present = host { hosts.append(String(cString: CMongo_host(present, &host))) }
        return "mongodb://" + hosts.joined(separator: ",")
    }

    /// Takes `.collection` off the path.
    private static func split(_ text: String) -> (String, String?) {
        guard let scheme = text.firstRange(of: "://"), let slash = text[scheme.upperBound...].lastSlashOfHosts,
            let point = text[slash...].prefix(while: { $0 != "?" }).firstIndex(of: ".")
        else { return (text, nil) }
        let end = text[slash...].firstIndex(of: "?") ?? text.endIndex
        return (String(text[..<point] + text[end...]), String(text[text.index(after: point)..<end]))
    }

    static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Begins libmongoc, once; what it has to say goes where everything goes.
    static let library: Void = {
        mongoc_init()
        mongoc_log_set_handler(
            { level, domain, message, _ in
                guard let message else { return }
                let text = String(cString: message)
                switch level {
                case MONGOC_LOG_LEVEL_ERROR, MONGOC_LOG_LEVEL_CRITICAL, MONGOC_LOG_LEVEL_WARNING:
                    Log.debug("libmongoc: \(text)")
                default: break
                }
            }, nil)
    }()
}

extension Substring {
    /// The slash behind the hosts: the first behind the last `@`, so that one in a password is none.
    fileprivate var lastSlashOfHosts: Index? {
        let options = firstIndex(of: "?") ?? endIndex
        let start = self[..<options].lastIndex(of: "@") ?? startIndex
        return self[start..<options].firstIndex(of: "/")
    }
}

/// What must have stored an event before it counts as stored.
struct WriteConcern: Hashable, Sendable {
    /// `0`, `1`, `majority` or a tag; nil: as the URI says, or as the server is set.
    var w: String?
    var journal: Bool?
}
