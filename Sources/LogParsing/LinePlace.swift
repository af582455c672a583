// Where a line stands, and the `_id` that follows from it.
public import BSON

/// Which file a line was read from, told apart by more than its name.
///
/// A rotated file keeps its identity under its new name; a truncated file gets a new one with its new first line.
public struct FileIdentity: Hashable, Sendable {
    /// The bytes at the start of a file that count towards its identity, up to its first line's end if that is sooner.
    public static let headLimit = 1024

    /// Everything that tells files apart, mixed into 64 bits.
    public let seed: UInt64

    /// Identifies a file by where it is stored and how it begins.
    ///
    /// - Parameter head: The first line without its end, at most ``headLimit`` bytes of it. It must be complete:
    ///   were the identity taken from half a line, it would change when the rest is written.
    public init(device: UInt64, inode: UInt64, head: RawSpan) {
        var hash = Hash64(seed: 0x45_76_65_6E_74_73_74_6F)  // any constant, for ever the same
        hash.add(device)
        hash.add(inode)
        hash.add(head)
        seed = hash.value
    }

    /// Identifies input that cannot be read twice, such as a pipe: different each time.
    public static func unrepeatable() -> FileIdentity { FileIdentity(seed: .random(in: .min ... .max)) }

    init(seed: UInt64) { self.seed = seed }
}

/// Where one line stands: the same line, read again, has the same place and so the same `_id`.
public struct LinePlace: Hashable, Sendable {
    /// The file of the line.
    public let file: FileIdentity
    /// Bytes before the line in its file.
    public let offset: UInt64
    /// Number of the input among those a reader follows, for messages; no part of the identity.
    public let input: Int

    /// Makes the place of a line.
    public init(file: FileIdentity, offset: UInt64, input: Int = 0) {
        self.file = file
        self.offset = offset
        self.input = input
    }

    /// The `_id` of the line's event: four bytes of event time, eight of a hash of the file and the offset.
    ///
    /// Two lines of one file never share it: for a given file the hash is a bijection of the offset.
    public func id(seconds: UInt32) -> ObjectID {
        // The second use of the seed keeps files whose seeds differ in few bits from sharing whole runs of values.
        ObjectID(seconds: seconds, low: Hash64.finish(file.seed ^ offset) ^ file.seed)
    }
}

/// A 64-bit hash whose value is the same on every machine and in every version.
struct Hash64 {
    var value: UInt64

    init(seed: UInt64) { value = seed }

    mutating func add(_ word: UInt64) { value = Self.finish(value ^ word) }

    /// Adds bytes and their number, so that `a`, `bc` and `ab`, `c` differ.
    mutating func add(_ bytes: RawSpan) {
        var index = 0
        while index + 8 <= bytes.byteCount {
            add(bytes.word(at: index))
            index += 8
        }
        var last: UInt64 = 0
        while index < bytes.byteCount {
            last = last << 8 | UInt64(bytes.byte(at: index))
            index += 1
        }
        add(last)
        add(UInt64(bytes.byteCount))
    }

    /// Spreads every bit of `word` over all 64; no two words give the same (David Stafford's thirteenth mixer).
    static func finish(_ word: UInt64) -> UInt64 {
        var word = word &+ 0x9E37_79B9_7F4A_7C15
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
