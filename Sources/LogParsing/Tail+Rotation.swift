// Which files bear the names that are followed: opening, rotation, truncation, closing.
internal import Glibc

extension Tail {
    /// Looks at every name and every file, whether or not a change was reported.
    mutating func lookAtAll() {
        for index in patterns.indices { patterns[index].isDirty = true }
        lookAtNames()
        for log in logs.values {
            for file in log.files { file.mayHaveMore = true }
            enqueue(log)
        }
        nextLook = Monotonic.now + (isBlind ? min(options.lookEvery, Self.lookBlindlyEvery) : options.lookEvery)
    }

    /// Whether the kernel cannot report every change, because inotify's limits are reached.
    private var isBlind: Bool {
        patterns.contains { !$0.isWatched }
            || logs.values.contains { $0.files.contains { $0.watch == nil && !$0.isFinal } }
    }

    /// Looks at the names whose directories changed.
    mutating func lookAtNames() {
        for index in patterns.indices where patterns[index].isDirty {
            patterns[index].isDirty = false
            let pattern = patterns[index]
            if !pattern.isWatched && !options.once { patterns[index].isWatched = watchDirectory(of: pattern.path) }
            let paths = pattern.isPattern ? Path.matching(pattern.path) : [pattern.path]
            for path in paths { look(at: path, isFound: pattern.isPattern) }
            if paths.isEmpty && options.once { notices.append(.missing(path: pattern.path)) }
            if pattern.isPattern { forgetGone() }
        }
    }

    private mutating func watchDirectory(of path: String) -> Bool {
        let directory = Path.split(path).directory
        guard !Path.isPattern(directory), let watch = watcher.watch(directory: directory) else { return false }
        watched[watch] = .directory(directory)
        return true
    }

    /// Looks at which file bears a name, and follows it if it is another than before.
    private mutating func look(at path: String, isFound: Bool) {
        let log = logs[path]
        var status = stat()
        guard stat(path, &status) == 0 else { return report(errno, path, isFound: isFound) }
        let key = FileKey(status)
        if let last = log?.files.last, last.key == key { return }
        // A pattern that matches the rotated names too finds the file under its new one.
        if keys.contains(key) || isFinished(status) { return }
        if status.st_mode & S_IFMT == S_IFIFO || status.st_mode & S_IFMT == S_IFCHR { return openStream(path) }
        switch FollowedFile.open(path) {
        case .failure(let problem): report(problem.code, path, isFound: isFound)
        case .success(let file):
            // Another file may have got the name since it was looked at.
            if !keys.contains(file.key) { follow(file, in: log ?? add(path, isFound: isFound)) }
        }
    }

    /// Looks at a file that bore a followed name since the last look, and may never have been seen under it.
    mutating func look(atRenamed path: String, of name: String) {
        guard let log = logs[name] else { return }
        var status = stat()
        guard stat(path, &status) == 0 else { return }  // renamed again, which will be noticed
        if keys.contains(FileKey(status)) {
            log.files.first { $0.key == FileKey(status) }?.isRenamed = true
        } else if case .success(let file) = FollowedFile.open(path), !keys.contains(file.key) {
            file.isRenamed = true
            follow(file, in: log)
        }
    }

    mutating func add(_ path: String, isFound: Bool) -> FollowedLog {
        let log = FollowedLog(path: path, input: inputs.count, isFound: isFound)
        inputs.append(path)
        logs[path] = log
        return log
    }

    mutating func follow(_ file: FollowedFile, in log: FollowedLog) {
        if file.compression != nil {
            guard isNews(file, path: log.path), !isOld(file, in: log) else { return remember(finished: file) }
            file.isReplaced = true
        } else if let identity = file.identity, let saved = positions[identity] {
            file.go(to: saved)
        } else if !log.files.isEmpty {
            totals.rotations += 1
        } else if isOld(file, in: log) {
            file.goToEnd(buffer, maximumLine: options.maximumLine)
        }
        for old in log.files { old.mayHaveMore = true }
        if !file.isRenamed {
            if log.problem != nil { notices.append(.opened(path: log.path)) }
            log.problem = nil
        }
        file.lastGrowth = Monotonic.now
        log.add(file)
        keys.insert(file.key)
        if !options.once, let watch = watcher.watch(descriptor: file.descriptor) {
            file.watch = watch
            watched[watch] = .file(log, file)
        }
        enqueue(log)
        if log.files.count > FollowedLog.fileLimit { giveUpOne(of: log) }
    }

    /// Closes the oldest rotated file that is read to its end, or if there is none the oldest of all.
    private mutating func giveUpOne(of log: FollowedLog) {
        let rotated = log.files.dropLast()
        guard let file = rotated.first(where: { $0.isRead }) ?? rotated.first else { return }
        if !file.isRead {
            notices.append(.abandoned(path: log.path, bytes: file.size - min(file.size, file.done)))
        }
        close(file, of: log)
    }

    /// Whether what a file holds at the start is not wanted.
    private func isOld(_ file: FollowedFile, in log: FollowedLog) -> Bool {
        if isStarted || file.position > 0 { return false }
        if let since = options.since, file.changed < since { return true }
        return !options.fromStart && !options.once && !wasFollowed(log.path)
    }

    /// Says once that a name cannot be opened.
    private mutating func report(_ code: CInt, _ path: String, isFound: Bool) {
        if isFound && code == ENOENT { return }  // gone between matching and opening
        let log = logs[path] ?? add(path, isFound: isFound)
        // A deleted file keeps its disk space as long as it is open.
        if code == ENOENT, let last = log.files.last, last.isDeleted { last.isReplaced = true }
        // Between the renaming of a file and its successor's creation nothing bears the name, which is no news.
        guard log.files.isEmpty, log.problem != code else { return }
        log.problem = code
        notices.append(code == ENOENT ? .missing(path: path) : .unreadable(path: path, code: code))
    }

    /// A file was truncated or written anew: what was not read of it is in its copy, and it starts over.
    mutating func follow(rewritten file: FollowedFile, of log: FollowedLog) {
        totals.truncations += 1
        let copy = log.findCopy(of: file)
        notices.append(.truncated(path: log.path, offset: file.position, copyFound: copy != nil))
        if let copy {
            log.add(copy: copy, before: file)
            keys.insert(copy.key)
        }
        file.restart()
        enqueue(log)
    }

    /// A file was read to its end.
    mutating func finish(_ file: FollowedFile, of log: FollowedLog) {
        file.mayHaveMore = false
        if file.isFinal { return close(file, of: log) }
        if unpacking === file { unpacking = nil }
        // What is left is a partial line: it is one now.
        if options.once {
            file.isFinal = true
            file.mayHaveMore = true
        }
    }

    /// A compressed file cannot be decoded any further.
    mutating func giveUp(_ file: FollowedFile, of log: FollowedLog) {
        totals.damaged += 1
        let place = file.unpacked?.unpacker.place ?? 0
        notices.append(.damaged(path: log.path, place: place, offset: file.position))
        close(file, of: log)
    }

    /// A file could not be read.
    ///
    /// It is tried again with the next look at everything.
    mutating func fail(_ file: FollowedFile, of log: FollowedLog, _ code: CInt) {
        file.mayHaveMore = false
        if log.problem != code { notices.append(.unreadable(path: log.path, code: code)) }
        log.problem = code
        if options.once { close(file, of: log) }
    }

    /// Gives up rotated files that have not grown for long, and files of names that are gone.
    mutating func settle(_ log: FollowedLog) {
        let now = Monotonic.now
        for file in log.files where file.isReplaced && !file.isFinal {
            guard now - file.lastGrowth >= options.keepRotated else { continue }
            file.isFinal = true
            file.mayHaveMore = true
            enqueue(log)
        }
    }

    mutating func close(_ file: FollowedFile, of log: FollowedLog) {
        if let watch = file.watch {
            watcher.remove(watch)
            watched[watch] = nil
        }
        totals.closed &+= file.done
        if file.compression != nil { remember(finished: file) }
        file.unpacked = nil
        if unpacking === file { unpacking = nil }
        if positions.count >= Self.positionLimit { positions.removeAll() }
        if !options.once || options.keepsPositions, let saved = file.saved(as: log.path, isDone: true) {
            positions[saved.identity] = saved
        }
        keys.remove(file.key)
        log.remove(file)
    }

    /// Forgets logs that a pattern found, whose names are gone.
    private mutating func forgetGone() {
        for log in logs.values where log.isFound && access(log.path, F_OK) != 0 {
            if log.files.isEmpty { logs[log.path] = nil }
            log.files.last?.isReplaced = true
        }
    }

    mutating func enqueue(_ log: FollowedLog) {
        guard !log.isReady else { return }
        log.isReady = true
        ready.append(log)
    }

    /// Lets the next log have its turn.
    mutating func rotateQueue() {
        guard ready.count > 1 else { return }
        ready.append(ready.removeFirst())
    }
}
