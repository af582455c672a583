// Keeps a second process out of an archive.

internal import Glibc

/// Keeps a second process out of an archive while it lives: both would finish each other's files.
///
/// The system lets go of the lock when the process ends, however it ends.
final class ArchiveLock: Sendable {
    private let descriptor: CInt

    init(_ directory: String) throws(DiskError) {
        let path = "\(directory)/.lock"
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        if descriptor < 0 { throw DiskError("open", path) }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            Glibc.close(descriptor)
            if code == EWOULDBLOCK {
                throw DiskError("another process archives into \(directory): flock", path, code: code)
            }
            throw DiskError("flock", path, code: code)
        }
    }

    deinit { Glibc.close(descriptor) }
}
