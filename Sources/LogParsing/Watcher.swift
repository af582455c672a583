// inotify: what changed in directories and files, without looking.
internal import Glibc

/// Watches directories and open files for changes.
///
/// Where inotify is missing or its limits are reached, watching says so by returning nil, and the owner looks from
/// time to time instead.
struct Watcher: ~Copyable {
    /// What the kernel reports of one watch.
    struct Change {
        /// A name that was moved within or between directories.
        enum Move {
            case from
            case to
        }

        /// The watch, or -1 when changes were lost because too many came at once.
        let watch: CInt
        /// Whether the change is one half of a renaming, and which.
        let move: Move?
        /// The same for both halves.
        let cookie: UInt32
        /// The name in the directory, for a renaming.
        let name: String
    }

    /// Readable when something changed; -1 without inotify.
    let fileDescriptor: CInt
    private let buffer: UnsafeMutableRawBufferPointer

    init() {
        fileDescriptor = inotify_init1(CInt(IN_NONBLOCK) | CInt(IN_CLOEXEC))
        buffer = .allocate(byteCount: 16 << 10, alignment: 8)
    }

    deinit {
        if fileDescriptor >= 0 { close(fileDescriptor) }
        buffer.deallocate()
    }

    /// Watches the names in a directory.
    func watch(directory: String) -> CInt? {
        add(directory, IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR)
    }

    /// Watches the contents of an open file, whatever its name is by now.
    func watch(descriptor: CInt) -> CInt? { add("/proc/self/fd/\(descriptor)", IN_MODIFY) }

    private func add(_ path: String, _ events: Int32) -> CInt? {
        let watch = inotify_add_watch(fileDescriptor, path, UInt32(bitPattern: events))
        return watch >= 0 ? watch : nil
    }

    /// Ends a watch.
    func remove(_ watch: CInt) { _ = inotify_rm_watch(fileDescriptor, watch) }

    /// Reports all that changed since the last call; never waits.
    func drain(_ body: (Change) -> Void) {
        guard fileDescriptor >= 0, let base = buffer.baseAddress else { return }
        while true {
            let count = read(fileDescriptor, base, buffer.count)
            guard count > 0 else { return }
            var offset = 0
            while offset + MemoryLayout<inotify_event>.size <= count {
                let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                let start = offset + MemoryLayout<inotify_event>.size
                body(change(event, name: buffer[min(start, count)..<min(start + Int(event.len), count)]))
                offset += MemoryLayout<inotify_event>.size + Int(event.len)
            }
        }
    }

    private func change(_ event: inotify_event, name: Slice<UnsafeMutableRawBufferPointer>) -> Change {
        let move: Change.Move? =
            switch event.mask & UInt32(IN_MOVED_FROM | IN_MOVED_TO) {
            case UInt32(IN_MOVED_FROM): .from
            case UInt32(IN_MOVED_TO): .to
            default: nil
            }
        return Change(
            watch: event.wd, move: move, cookie: event.cookie,
            name: move == nil ? "" : String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
    }
}
