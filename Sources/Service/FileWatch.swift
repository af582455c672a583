// Whether a file's contents are others than they were.

internal import Glibc

/// Looks at a file now and then, to see whether its contents changed.
///
/// Looking at the name and not at an open file suits editors, which write a new file and rename it, as well as those
/// who overwrite. A change counts once the file looks the same twice, so that half of a file is not read; touching it
/// without a change does not count.
public struct FileWatch: Sendable {
    /// What `stat` tells that changes with the contents.
    private struct Look: Equatable {
        var device: UInt64 = 0
        var number: UInt64 = 0
        var size: Int64 = -1
        var seconds: Int = 0
        var nanoseconds: Int = 0
    }

    private let path: String
    private var contents: String?
    private var settled: Look
    private var last: Look

    /// Begins with the file as it is now.
    public init(_ path: String) {
        self.path = path
        settled = Self.look(path)
        last = settled
        contents = readFile(path)
    }

    /// Whether the contents are others than at the last answer that was `true`, or at the beginning.
    ///
    /// To be asked about once a second; costs one system call unless there was a change.
    public mutating func hasChanged() -> Bool {
        let look = Self.look(path)
        defer { last = look }
        guard look != settled, look == last, look.size >= 0 else { return false }
        settled = look
        return takeContents()
    }

    /// Takes the file as it is now for known.
    public mutating func catchUp() {
        settled = Self.look(path)
        last = settled
        _ = takeContents()
    }

    private mutating func takeContents() -> Bool {
        let new = readFile(path)
        defer { contents = new }
        return new != contents
    }

    private static func look(_ path: String) -> Look {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return Look() }
        return Look(
            device: UInt64(facts.st_dev), number: UInt64(facts.st_ino), size: Int64(facts.st_size),
            seconds: facts.st_mtim.tv_sec, nanoseconds: facts.st_mtim.tv_nsec)
    }
}
