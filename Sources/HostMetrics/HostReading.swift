// Everything read of this host at one moment.
internal import Glibc

/// Everything read of a host at one moment.
///
/// What the system does not offer is nil or empty.
public struct HostReading: Hashable, Sendable {
    /// A file system and its space.
    public struct FileSystem: Hashable, Sendable {
        /// What is mounted where.
        public var mount: Mount
        /// Its space.
        public var space: Space

        /// Joins the two.
        public init(mount: Mount, space: Space) {
            self.mount = mount
            self.space = space
        }
    }

    /// When, on a clock that never jumps.
    public var time: Duration
    /// Processors.
    public var cpu: CPUReading?
    /// Load.
    public var load: LoadReading?
    /// Memory.
    public var memory: MemoryReading?
    /// Open files.
    public var files: FilesReading?
    /// Block devices.
    public var devices: [DeviceReading] = []
    /// File systems on local disks.
    public var fileSystems: [FileSystem] = []
    /// Network interfaces.
    public var interfaces: [InterfaceReading] = []
    /// Pressure on `cpu`, `memory` and `io`.
    public var pressure: [String: PressureReading] = [:]

    /// A reading of nothing.
    public init(time: Duration) { self.time = time }
}

extension HostReading {
    /// Reads this host now.
    ///
    /// - Parameter root: Where the proc file system is.
    public static func now(proc root: String = "/proc") -> HostReading {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        var reading = HostReading(time: .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec)))
        func text(_ name: String) -> String? { contents(of: root + "/" + name) }
        reading.cpu = text("stat").flatMap { CPUReading(stat: $0) }
        reading.load = text("loadavg").flatMap { LoadReading(loadavg: $0) }
        reading.memory = text("meminfo").flatMap { MemoryReading(meminfo: $0) }
        reading.files = text("sys/fs/file-nr").flatMap { FilesReading(fileNumbers: $0) }
        reading.devices = text("diskstats").map { DeviceReading.all(diskstats: $0) } ?? []
        reading.fileSystems = (text("self/mountinfo").map { Mount.local(mountinfo: $0) } ?? []).compactMap { mount in
            space(of: mount.path).map { FileSystem(mount: mount, space: $0) }
        }
        reading.interfaces = text("net/dev").map { InterfaceReading.all(dev: $0) } ?? []
        for resource in ["cpu", "memory", "io"] {
            reading.pressure[resource] = text("pressure/\(resource)").flatMap { PressureReading(pressure: $0) }
        }
        return reading
    }

    /// The name of this host.
    public static var hostName: String {
        var name = [CChar](repeating: 0, count: Int(HOST_NAME_MAX) + 1)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func space(of path: String) -> Space? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Space(
            blocks: UInt64(status.f_blocks), free: UInt64(status.f_bfree), available: UInt64(status.f_bavail),
            blockSize: UInt64(status.f_frsize))
    }

    /// The most that is read of one file; `/proc/stat` of a very large machine has some hundred kilobytes.
    private static let sizeLimit = 4 << 20

    private static func contents(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < sizeLimit {
            let count = withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                bytes.append(contentsOf: buffer[..<max(0, count)])
                return count
            }
            if count < 0 { return nil }
            if count == 0 { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
