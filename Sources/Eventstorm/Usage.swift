// What this process uses of its machine.
import CSystem
import Glibc

extension StatusDocument.Usage {
    /// What this process uses now.
    ///
    /// - Parameter queuedBytes: Bytes that wait in its queues.
    public static func current(queuedBytes: UInt64 = 0) -> StatusDocument.Usage {
        var usage = rusage()
        getrusage(0, &usage)  // RUSAGE_SELF, whose type glibc and Swift disagree on
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        return StatusDocument.Usage(
            cpuSeconds: Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1e6,
            residentBytes: residentBytes, queuedBytes: queuedBytes)
    }

    /// The second number of /proc/self/statm, in pages; 0 where there is no /proc.
    private static var residentBytes: UInt64 {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        if file < 0 { return 0 }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = read(file, &text, text.count)
        let fields = text.prefix(max(count, 0)).split(separator: 0x20)
        guard fields.count > 1, let pages = UInt64(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
        return pages * UInt64(sysconf(CInt(_SC_PAGESIZE)))
    }
}
