// The calls on the file system, gathered so that tests can let them fail.

internal import Glibc
internal import Service

/// A call on the file system that failed.
public struct DiskError: Error, Hashable, CustomStringConvertible {
    /// The C function's name.
    public var call: String
    /// On what.
    public var path: String
    /// The system's error number.
    public var code: CInt

    init(_ call: String, _ path: String, code: CInt = errno) {
        self.call = call
        self.path = path
        self.code = code
    }

    /// `write /var/lib/x.bson.part: No space left on device`.
    public var description: String { "\(call) \(path): \(systemErrorText(code))" }

    /// Whether the same call can succeed later, once somebody made room or set the rights.
    ///
    /// Everything else is about this one file, and waiting for it would hold up all others.
    var isWorthWaiting: Bool {
        [
            ENOSPC, EDQUOT, EROFS, EACCES, EPERM, EIO, ENOMEM, EMFILE, ENFILE, ENOENT, ENOTDIR, ESTALE, ENXIO, ENODEV,
        ].contains(code)
    }
}

/// The calls on the file system.
struct Disk: Sendable {
    /// Opens a file to append to it; creates it if `isNew`, and fails if it is there already.
    var open: @Sendable (_ path: String, _ isNew: Bool) throws(DiskError) -> CInt = { path, isNew throws(DiskError) in
        let flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (isNew ? O_CREAT | O_EXCL : 0)
        // What people did is in these files: not for everybody to read.
        let descriptor = Glibc.open(path, flags, 0o640)
        if descriptor < 0 { throw DiskError("open", path) }
        return descriptor
    }

    /// Writes some of the bytes, one at least.
    var write: @Sendable (CInt, UnsafeRawBufferPointer, _ path: String) throws(DiskError) -> Int = {
        descriptor, bytes, path throws(DiskError) in
        while true {
            let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            if count > 0 { return count }
            if count == 0 { throw DiskError("write", path, code: EIO) }
            if errno != EINTR { throw DiskError("write", path) }
        }
    }

    /// Cuts a file to a length.
    var truncate: @Sendable (CInt, Int64, _ path: String) throws(DiskError) -> Void = {
        descriptor, length, path throws(DiskError) in
        if ftruncate(descriptor, off_t(length)) != 0 { throw DiskError("ftruncate", path) }
    }

    /// Gives a file its final name.
    var rename: @Sendable (_ from: String, _ to: String) throws(DiskError) -> Void = { from, to throws(DiskError) in
        if Glibc.rename(from, to) != 0 { throw DiskError("rename", from) }
    }

    /// Whether something has this name.
    func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Creates a directory and those above it, unless they exist.
    func makeDirectories(_ path: String) throws(DiskError) {
        if mkdir(path, 0o750) == 0 { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectories(String(path[..<slash]))
            if mkdir(path, 0o750) == 0 { return }
        }
        let code = errno
        var status = stat()
        if code == EEXIST, stat(path, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { return }
            throw DiskError("mkdir", path, code: ENOTDIR)
        }
        throw DiskError("mkdir", path, code: code)
    }

    /// The names in a directory, in order, without those that begin with a dot.
    func names(in path: String) throws(DiskError) -> [String] {
        guard let names = Files.names(in: path) else { throw DiskError("opendir", path) }
        return names
    }
}
