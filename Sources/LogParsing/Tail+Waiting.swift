// Waiting until there may be something to read, and keeping up with rotation meanwhile.
internal import Glibc

extension Tail {
    /// Waits until there may be lines to read, at most for a time.
    ///
    /// - Parameters:
    ///   - limit: The longest time.
    ///   - descriptors: Descriptors that end the wait as well when they become readable.
    ///   - forLines: `false` when lines are not wanted now: then growing files do not end the wait.
    public mutating func wait(atMost limit: Duration, watching descriptors: [CInt] = [], forLines: Bool = true) {
        if forLines && (!ready.isEmpty || streams.contains { $0.hasLines }) { return }
        let now = Monotonic.now
        let time = max(.zero, min(limit, nextLook - now))
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        // What comes there cannot wait, wanted or not.
        for (listener, _) in listeners {
            for descriptor in listener.descriptors {
                polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            }
        }
        if forLines {
            polled.append(pollfd(fd: watcher.fileDescriptor, events: Int16(POLLIN), revents: 0))
            for stream in streams where !stream.isEnded {
                polled.append(pollfd(fd: stream.descriptor, events: Int16(POLLIN), revents: 0))
            }
        }
        _ = poll(&polled, nfds_t(polled.count), CInt(clamping: time.roundedUpMilliseconds))
        notice(reading: forLines)
    }

    /// Takes in what changed, without waiting and without reading.
    private mutating func notice(reading: Bool) {
        var changed: [CInt] = []
        var isLost = false
        watcher.drain { change in
            if change.watch < 0 { isLost = true }
            if changed.last != change.watch { changed.append(change.watch) }
            if change.move != nil, case .directory(let directory)? = watched[change.watch] {
                renamings.note(change, in: directory) { logs[$0] != nil }
            }
        }
        for (path, log) in renamings.takeMoved() { look(atRenamed: path, of: log) }
        for watch in changed { note(watch, reading: reading) }
        if isLost || Monotonic.now >= nextLook {
            if !reading { for log in logs.values { checkTruncation(of: log) } }
            return lookAtAll()
        }
        lookAtNames()
    }

    private mutating func note(_ watch: CInt, reading: Bool) {
        switch watched[watch] {
        case .directory(let directory):
            for index in patterns.indices where patterns[index].directory == directory {
                patterns[index].isDirty = true
            }
        case .file(let log, let file):
            file.mayHaveMore = true
            enqueue(log)
            if !reading { checkTruncation(of: log) }
        case nil: break
        }
    }

    /// Finds a truncation while nothing is read, before the copy is gone.
    private mutating func checkTruncation(of log: FollowedLog) {
        for file in log.files where !file.isReplaced && file.isRewritten { follow(rewritten: file, of: log) }
    }
}

extension Duration {
    /// Whole milliseconds, so that waiting for a time never ends before it.
    var roundedUpMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
