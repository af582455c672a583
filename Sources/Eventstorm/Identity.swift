// Who this process is in beats and status.
import BSON
import Glibc
import ZeroMQ

/// What a program does in the fabric.
public enum Role: String, Sendable, Hashable, CaseIterable {
    /// Emits.
    case source
    /// Subscribes, filters and republishes.
    case router
    /// Stores or shows.
    case sink
    /// Looks at what passes, for a person.
    case tool
}

extension ProcessIdentity {
    /// The version of this library.
    public static let version = "0.1.0"

    /// This process, under the name it was given.
    package init(role: Role, name: String) {
        self.init(
            role: role.rawValue, name: name, host: ProcessIdentity.hostName, pid: Int64(getpid()),
            version: ProcessIdentity.version, started: Datetime(millisecondsSinceEpoch: realtimeMilliseconds()))
    }

    private static let hostName: String = {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
}
