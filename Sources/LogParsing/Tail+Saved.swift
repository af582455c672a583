// Going on where reading stood before: which files they were, whatever they are called now.
internal import Glibc

extension Tail {
    /// Names in a directory that are looked at for rotated files.
    private static let candidateLimit = 1000

    /// Where reading stands.
    ///
    /// - Parameter held: Places of lines that were read and became no event yet; they are to be read again.
    public func positions(holding held: [LinePlace] = []) -> SavedPositions {
        var saved = SavedPositions()
        saved.patterns = patterns.map(\.path)
        saved.files = positions.values.sorted { ($0.path, $0.identity.seed) < ($1.path, $1.identity.seed) }
        for path in logs.keys.sorted() {
            for file in logs[path]?.files ?? [] {
                guard var position = file.saved(as: path) else { continue }
                for place in held where place.file == position.identity && place.offset < position.position {
                    position.position = place.offset
                    position.mark = .none
                }
                saved.files.append(position)
            }
        }
        return saved
    }

    /// Whether a name was followed before this process began, so that a new file of that name is read as a whole.
    func wasFollowed(_ path: String) -> Bool {
        resumedPaths.contains(path)
            || options.resuming.patterns.contains { $0 == path || fnmatch($0, path, 0) == 0 }
    }

    /// Finds the files that were not read to their ends and have lost their names since, and then those that came after
    /// them and have lost their names too.
    mutating func resumeRotated() {
        let open = Set(logs.values.flatMap { log in log.files.compactMap(\.identity) })
        var beside: [String: [Candidate]] = [:]
        var first: [String: Int64] = [:]
        for saved in options.resuming.files where !saved.isDone && !open.contains(saved.identity) {
            guard patterns.contains(where: { $0.path == saved.path || fnmatch($0.path, saved.path, 0) == 0 })
            else { continue }
            let isFound = !patterns.contains { $0.path == saved.path }
            let log = logs[saved.path] ?? add(saved.path, isFound: isFound)
            let candidates = beside[log.path] ?? candidates(for: log)
            beside[log.path] = candidates
            var time = resume(saved, in: log, from: candidates)
            if time == nil {
                notices.append(.gone(path: saved.path, offset: saved.position))
                // Those that came after it and are there were written since.
                if options.resumingSince > 0 { time = options.resumingSince }
            }
            if let time { first[log.path] = min(time, first[log.path] ?? time) }
        }
        for (path, time) in first.sorted(by: { $0.key < $1.key }) {
            if let log = logs[path], let candidates = beside[path] {
                followSuccessors(of: log, since: time, among: candidates)
            }
        }
    }

    /// Follows a file to its end that has another name now, or the copy of one that was truncated.
    ///
    /// Gives the time when it last changed, or nil if there is none.
    private mutating func resume(
        _ saved: SavedPosition, in log: FollowedLog, from candidates: [Candidate]
    ) -> Int64? {
        for candidate in candidates where candidate.key == saved.key && !keys.contains(candidate.key) {
            guard case .success(let file) = FollowedFile.open(candidate.path), file.key == saved.key,
                file.identity == saved.identity
            else { continue }
            file.isRenamed = true
            follow(file, in: log)
            return candidate.time
        }
        for candidate in candidates where !keys.contains(candidate.key) {
            guard case .success(let file) = FollowedFile.open(candidate.path), !keys.contains(file.key),
                file.become(copyOf: saved)
            else { continue }
            log.add(copy: file, before: log.files.last ?? file)
            keys.insert(file.key)
            enqueue(log)
            return candidate.time
        }
        return nil
    }

    /// Follows the files that came after one that was found and have lost their names too.
    private mutating func followSuccessors(of log: FollowedLog, since time: Int64, among candidates: [Candidate]) {
        for candidate in candidates.sorted(by: { $0.time < $1.time }) where candidate.time >= time {
            guard case .success(let file) = FollowedFile.open(candidate.path), !keys.contains(file.key),
                file.identity.map({ positions[$0] == nil }) ?? true
            else { continue }
            // Copies that were read bear the identity of what they are copies of.
            let size = file.size
            let isRead = positions.values.contains {
                $0.isDone && $0.key == file.key && $0.content == file.content && $0.position == size
            }
            if isRead { continue }
            file.isRenamed = true
            follow(file, in: log)
        }
    }

    /// A file beside a log that may be a rotated one.
    private struct Candidate {
        let path: String
        let key: FileKey
        /// When it last changed, in nanoseconds.
        let time: Int64
    }

    private func candidates(for log: FollowedLog) -> [Candidate] {
        let (directory, name) = Path.split(log.path)
        return Path.names(in: directory, limit: Self.candidateLimit).compactMap { other in
            guard other.hasPrefix(name), other != name else { return nil }
            let path = Path.join(directory, other)
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            return Candidate(
                path: path, key: FileKey(status),
                time: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
        }
    }
}
