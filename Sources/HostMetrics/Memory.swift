// Memory: /proc/meminfo; open files: /proc/sys/fs/file-nr.

/// Memory and swap, in bytes.
public struct MemoryReading: Hashable, Sendable {
    /// All that the kernel manages.
    public var total: UInt64
    /// Used for nothing.
    public var free: UInt64
    /// What programs could still get without swapping.
    public var available: UInt64
    /// Contents of files.
    public var cached: UInt64
    /// Blocks of devices.
    public var buffers: UInt64
    /// Memory that several programs share, and temporary file systems.
    public var shared: UInt64
    /// Data not yet on disk.
    public var dirty: UInt64
    /// Swap space.
    public var swapTotal: UInt64
    /// Swap space used for nothing.
    public var swapFree: UInt64

    /// Reads `/proc/meminfo`; nil without the total and the free memory.
    public init?(meminfo text: String) {
        var values: [Substring: UInt64] = [:]
        for line in ProcText.lines(text) {
            let words = ProcText.words(line)
            guard words.count >= 2, words[0].hasSuffix(":"), let number = UInt64(words[1]) else { continue }
            let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: words.count > 2 ? 1024 : 1)
            if !isTooLarge { values[words[0].dropLast()] = bytes }
        }
        guard let total = values["MemTotal"], let free = values["MemFree"], free <= total else { return nil }
        (self.total, self.free) = (total, free)
        cached = values["Cached"] ?? 0
        buffers = values["Buffers"] ?? 0
        // Kernels before 3.14 do not say.
        available = min(total, values["MemAvailable"] ?? free &+ cached &+ buffers)
        shared = values["Shmem"] ?? 0
        dirty = values["Dirty"] ?? 0
        swapTotal = values["SwapTotal"] ?? 0
        swapFree = min(swapTotal, values["SwapFree"] ?? 0)
    }
}

/// Open files of the whole system.
public struct FilesReading: Hashable, Sendable {
    /// Files that are open.
    public var open: UInt64
    /// How many may be.
    public var limit: UInt64

    /// Reads `/proc/sys/fs/file-nr`: open, unused, limit.
    public init?(fileNumbers text: String) {
        guard let numbers = ProcText.numbers(ProcText.words(text.prefix { $0 != "\n" })), numbers.count == 3 else {
            return nil
        }
        open = numbers[0] - min(numbers[0], numbers[1])
        limit = numbers[2]
    }
}
