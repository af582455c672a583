// One log by its name: the file that bears the name now, and those that bore it and are not read to their ends.
internal import Glibc

/// The files of one name, oldest first; all but the last were rotated away.
final class FollowedLog {
    /// The most rotated files that wait to be read.
    static let fileLimit = 256

    let path: String
    /// Number of the log among the inputs.
    let input: Int
    /// Whether a pattern found it, so that it is forgotten when it is gone.
    let isFound: Bool
    private(set) var files: [FollowedFile] = []
    /// The last reason why the name could not be opened.
    var problem: CInt?
    /// Whether it stands in the queue of those to be read.
    var isReady = false

    init(path: String, input: Int, isFound: Bool) {
        self.path = path
        self.input = input
        self.isFound = isFound
    }

    /// The oldest file with something to read.
    var next: FollowedFile? { files.first { $0.mayHaveMore } }

    /// Puts a new file behind the others, which it replaces.
    ///
    /// One that has lost the name already comes behind the others that have.
    func add(_ file: FollowedFile) {
        if file.isRenamed, let last = files.last, !last.isRenamed {
            files.insert(file, at: (files.lastIndex { $0.isRenamed } ?? files.count - 2) + 1)
        } else {
            files.append(file)
        }
        for file in files.dropLast() { file.isReplaced = true }
    }

    /// Puts the copy of a truncated file before it.
    func add(copy: FollowedFile, before file: FollowedFile) {
        files.insert(copy, at: files.firstIndex { $0 === file } ?? 0)
    }

    func remove(_ file: FollowedFile) { files.removeAll { $0 === file } }
}

// MARK: - Copies of truncated files

extension FollowedLog {
    /// Names in the directory that are looked at for a copy.
    private static let candidateLimit = 1000

    /// Finds the copy that was made of a file before it was truncated (logrotate's `copytruncate`).
    ///
    /// The copy stands beside the log under a name that begins like it, begins with the same line, and holds before the
    /// position what the file held.
    func findCopy(of file: FollowedFile) -> FollowedFile? {
        let (directory, name) = Path.split(path)
        let stem = name.prefix { $0 != "." }
        var found: (file: FollowedFile, time: timespec)?
        for other in Path.names(in: directory, limit: Self.candidateLimit)
        where other != name && other.hasPrefix(stem) {
            let candidate = Path.join(directory, other)
            var status = stat()
            guard stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG, FileKey(status) != file.key,
                found.map({ $0.time < status.st_mtim }) ?? true
            else { continue }
            guard case .success(let copy) = FollowedFile.open(candidate), copy.takesOver(from: file) else { continue }
            found = (copy, status.st_mtim)
        }
        return found?.file
    }
}

extension timespec {
    fileprivate static func < (left: timespec, right: timespec) -> Bool {
        (left.tv_sec, left.tv_nsec) < (right.tv_sec, right.tv_nsec)
    }
}

/// Names of files.
enum Path {
    /// The directory and the name in it.
    static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let directory = path[..<slash]
        return (directory.isEmpty ? "/" : String(directory), String(path[path.index(after: slash)...]))
    }

    static func join(_ directory: String, _ name: String) -> String {
        directory == "." ? name : directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    /// Whether a path is a pattern for `glob`.
    static func isPattern(_ path: String) -> Bool { path.utf8.contains { "*?[".utf8.contains($0) } }

    /// What a pattern matches now, in order.
    static func matching(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, GLOB_NOSORT, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }.sorted()
    }

    /// The names in a directory, at most `limit`.
    static func names(in directory: String, limit: Int) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < limit, let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
                })
        }
        return names
    }
}
