// What is opened before reading begins: the directory of positions, and sockets.
import Glibc
import LogParsing
import Service

/// Opens the directory of `--state`, or the one that systemd gives a service with `StateDirectory=`.
func positionStore(_ options: Options) throws -> PositionStore? {
    let usual = getenv("STATE_DIRECTORY").map { String(cString: $0) }
    // systemd joins several directories by colons.
    let given = options.textIfGiven("state") ?? usual?.split(separator: ":").first.map(String.init)
    guard let directory = given, !directory.isEmpty else { return nil }
    do {
        return try PositionStore(directory: directory)
    } catch {
        throw Failure.failed(error.description)
    }
}

/// Opens the sockets of `--listen`.
func openListeners(_ options: Options) throws -> [LogListener] {
    do {
        return try options.texts("listen").map { try LogListener($0, insecure: options.flag("insecure")) }
    } catch let problem as LogListener.Problem {
        throw options.failure("listen", problem.description)
    }
}
