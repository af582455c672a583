// Which compressed files are history that was read before, and which are to be read.
internal import Glibc

extension Tail {
    /// A compressed file that is done with, as long as it stays as it was.
    struct Finished: Hashable {
        let size: Int64
        let seconds: Int
        let nanoseconds: Int

        init(_ status: stat) {
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    /// Whether a file is compressed and done with.
    func isFinished(_ status: stat) -> Bool { finished[FileKey(status)] == Finished(status) }

    /// Remembers that a compressed file is done with, so that it is not opened with every look.
    mutating func remember(finished file: FollowedFile) {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else { return }
        // Forgetting costs another look into the file.
        if finished.count >= Self.positionLimit { finished.removeAll() }
        finished[file.key] = Finished(status)
    }

    /// Whether a compressed file has something that was not read; it then knows who its lines belong to, and where
    /// reading stood.
    mutating func isNews(_ file: FollowedFile, path: String) -> Bool { isNews(file, with: file.content, path: path) }

    private mutating func isNews(_ file: FollowedFile, with content: FileIdentity?, path: String) -> Bool {
        guard let content else { return true }  // it is being written
        if let known = positions[content] {
            if known.isDone { return false }
            file.go(to: known)
            return true
        }
        let isOpen = logs.values.contains { log in
            log.files.contains { $0.content == content && isKin(log.path, path) }
        }
        if isOpen { return false }
        let kin = positions.values.filter { $0.content == content && isKin($0.path, path) }
        guard let known = kin.max(by: { $0.position < $1.position }) else { return true }
        if known.isDone && (known.key == file.key || file.holds(only: known.position)) { return false }
        file.identity = known.identity
        file.go(to: known)
        return true
    }

    /// Whether a file that was being written turns out to be history that was read before; it is closed then.
    mutating func isKnownNow(_ file: FollowedFile, of log: FollowedLog) -> Bool {
        guard file.identity == nil else { return false }
        file.identify()
        guard file.compression != nil, file.identity != nil else { return false }
        file.isReplaced = true
        // It is not looked for among those that are open while it is.
        let content = file.content
        file.content = nil
        defer { file.content = content }
        let isNews = isNews(file, with: content, path: log.path)
        if !isNews { close(file, of: log) }
        return !isNews
    }

    /// Whether two files may be the same log: they stand in one directory and their names begin alike.
    private func isKin(_ path: String, _ other: String) -> Bool {
        let (left, right) = (Path.split(path), Path.split(other))
        return left.directory == right.directory
            && left.name.prefix { $0 != "." } == right.name.prefix { $0 != "." }
    }

    /// Lets another compressed file have its turn later: one is decoded at a time, since that takes memory.
    ///
    /// - Returns: Whether another log is to be looked at first.
    mutating func postpones(_ file: FollowedFile) -> Bool {
        guard file.compression != nil else { return false }
        guard let unpacking, unpacking !== file, unpacking.unpacked != nil, postponed < ready.count else {
            unpacking = file
            postponed = 0
            return false
        }
        postponed += 1
        rotateQueue()
        return true
    }
}
