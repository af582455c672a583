// What the kernel knows of a process: time used, memory held.

internal import Glibc

/// What the kernel knows of a process.
public struct ProcessFacts: Sendable, Equatable {
    /// CPU time used since the start, user and system, in seconds.
    public var cpuSeconds: Double
    /// Memory in RAM, in bytes.
    public var residentBytes: Int
    /// The number of threads.
    public var threads: Int

    /// Facts of a process, by default this one; nil if there is none of that number.
    public init?(of process: Int32? = nil) {
        guard let text = readFile("/proc/\(process.map(String.init) ?? "self")/stat") else { return nil }
        self.init(stat: text, ticksPerSecond: sysconf(CInt(_SC_CLK_TCK)), pageSize: sysconf(CInt(_SC_PAGESIZE)))
    }

    /// Reads a line of `/proc/PID/stat`; the program's name in it may hold spaces and parentheses.
    init?(stat: String, ticksPerSecond: Int, pageSize: Int) {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[end...].split(separator: " ")
        // Field 3 of proc(5) is fields[1]: utime 14, stime 15, num_threads 20, rss 24.
        guard fields.count > 22, let user = Double(fields[12]), let system = Double(fields[13]),
            let threads = Int(fields[18]), let pages = Int(fields[22]), ticksPerSecond > 0
        else { return nil }
        cpuSeconds = (user + system) / Double(ticksPerSecond)
        residentBytes = pages * pageSize
        self.threads = threads
    }
}

/// The text of a small file, nil if it cannot be read, is no UTF-8 or larger than `limit` bytes.
func readFile(_ path: String, limit: Int = 1 << 20) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    let size = 16384
    while bytes.count <= limit {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: size))
        let count = bytes.withUnsafeMutableBytes { buffer in
            retrying { read(descriptor, buffer.baseAddress?.advanced(by: start), size) }
        }
        bytes.removeLast(size - max(0, count))
        if count < 0 { return nil }
        if count == 0 { return String(validating: bytes, as: UTF8.self) }
    }
    return nil
}
