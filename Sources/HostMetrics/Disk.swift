// Disks: /proc/diskstats for what they do, /proc/self/mountinfo for what is mounted from them.

/// What a block device has done since it appeared.
public struct DeviceReading: Hashable, Sendable {
    /// Its number, as `major:minor`.
    public var number: String
    /// Its name, such as `sda1`.
    public var name: String
    /// Reads that are done.
    public var reads: UInt64
    /// Bytes read.
    public var readBytes: UInt64
    /// Writes that are done.
    public var writes: UInt64
    /// Bytes written.
    public var writtenBytes: UInt64
    /// Operations under way.
    public var inFlight: UInt64
    /// Milliseconds with at least one operation under way.
    public var busyMilliseconds: UInt64

    /// Bytes that /proc/diskstats means by a sector, whatever the device's own sectors are.
    private static let sector: UInt64 = 512

    /// Reads one line of `/proc/diskstats`.
    public init?(_ line: Substring) {
        let words = ProcText.words(line)
        guard words.count >= 14, let numbers = ProcText.numbers(words[3..<14]), UInt64(words[0]) != nil,
            UInt64(words[1]) != nil
        else { return nil }
        number = "\(words[0]):\(words[1])"
        name = String(words[2])
        reads = numbers[0]
        readBytes = numbers[2] &* Self.sector
        writes = numbers[4]
        writtenBytes = numbers[6] &* Self.sector
        inFlight = numbers[8]
        busyMilliseconds = numbers[9]
    }

    /// Reads `/proc/diskstats`: the devices that ever did something.
    ///
    /// Lines that are none are left out.
    public static func all(diskstats text: String) -> [DeviceReading] {
        ProcText.lines(text).compactMap { DeviceReading($0) }.filter { $0.reads | $0.writes > 0 }
    }
}

/// A mounted file system.
public struct Mount: Hashable, Sendable {
    /// The number of its device, as `major:minor`.
    public var number: String
    /// Where it is mounted.
    public var path: String
    /// Its type, such as `ext4`.
    public var type: String
    /// What is mounted, such as `/dev/sda1`.
    public var source: String

    /// Reads one line of `/proc/self/mountinfo`:
    /// `36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue`.
    public init?(_ line: Substring) {
        let words = ProcText.words(line)
        guard words.count >= 9, let dash = words[6...].firstIndex(of: "-"), dash + 2 < words.endIndex else {
            return nil
        }
        number = String(words[2])
        path = Self.unescape(words[4])
        type = String(words[dash + 1])
        source = Self.unescape(words[dash + 2])
    }

    /// Reads `/proc/self/mountinfo`: the file systems on local disks, each once, under its first name.
    ///
    /// Network file systems are left out, because asking for the space of one whose server is gone never returns.
    public static func local(mountinfo text: String) -> [Mount] {
        var seen: Set<String> = []
        return ProcText.lines(text).compactMap { Mount($0) }.filter { $0.isLocal && seen.insert($0.number).inserted }
    }

    /// Types of file systems on disks whose source is no device file.
    private static let diskTypes: Set<String> = ["zfs", "btrfs", "bcachefs"]
    /// Images of packages, which are always full.
    private static let imageTypes: Set<String> = ["squashfs", "iso9660", "erofs"]

    private var isLocal: Bool {
        guard !Self.imageTypes.contains(type) else { return false }
        return path == "/" && !type.hasPrefix("nfs") || source.hasPrefix("/dev/") || Self.diskTypes.contains(type)
    }

    /// Blanks and backslashes stand as three octal digits.
    private static func unescape(_ word: Substring) -> String {
        guard word.contains("\\") else { return String(word) }
        let bytes = Array(word.utf8)
        var plain: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), index + 3 < bytes.count,
                let byte = UInt8(String(decoding: bytes[index + 1...index + 3], as: UTF8.self), radix: 8)
            {
                plain.append(byte)
                index += 4
            } else {
                plain.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}

/// The space of a file system, in bytes.
public struct Space: Hashable, Sendable {
    /// All of it.
    public var size: UInt64
    /// In use.
    public var used: UInt64
    /// Free for ordinary users.
    public var available: UInt64

    /// Makes a space of what statvfs counts in blocks; nil if there is none, as in file systems without a disk.
    public init?(blocks: UInt64, free: UInt64, available: UInt64, blockSize: UInt64) {
        guard blocks > 0 else { return nil }
        size = blocks &* blockSize
        used = (blocks - min(blocks, free)) &* blockSize
        self.available = available &* blockSize
    }
}
