// The tz database's files: when clocks of a place were set, and the rule for the future.

internal import Glibc
internal import Synchronization

/// How the clocks of a place are set.
///
/// Source: RFC 8536 (TZif), tzfile(5).
final class ZoneRules: Sendable {
    /// A time during which the clocks are not set.
    struct Period {
        /// Seconds ahead of UTC.
        var offset: Int64
        var isSummer: Bool
        /// When it begins, in seconds since 1970; the least number if it has no beginning.
        var start: Int64 = .min
    }

    private let first: Period
    private let periods: [Period]
    private let future: FutureRule?

    /// Reads the bytes of a file; `nil` if they are not one, or not whole.
    init?(_ bytes: [UInt8]) {
        var reader = FileReader(bytes)
        // The first block has times of 32 bits and is there for old readers.
        guard let old = reader.header(), old.version >= 0x32, reader.skip(old.size(time: 4)),
            let header = reader.header(), header.types > 0, header.times < 10_000, header.types <= 256,
            let block = reader.take(header.size(time: 8))
        else { return nil }
        let indexes = header.times * 8
        let types = indexes + header.times
        let kinds = (0..<header.types).map { type in
            let place = types + 6 * type
            return Period(
                offset: Int64(Int32(truncatingIfNeeded: block.number(place, 4))), isSummer: block[place + 4] != 0)
        }
        var periods: [Period] = []
        for time in 0..<header.times {
            let type = Int(block[indexes + time])
            let start = block.number(8 * time, 8)
            guard type < kinds.count, periods.last.map({ $0.start < start }) ?? true else { return nil }
            periods.append(Period(offset: kinds[type].offset, isSummer: kinds[type].isSummer, start: start))
        }
        self.periods = periods
        first = kinds[0]
        future = reader.footer().flatMap { FutureRule($0) }
    }

    /// Returns how clocks are set at a second since 1970.
    func period(at seconds: Int64) -> Period {
        guard let last = periods.last, seconds < last.start else {
            let known = periods.last ?? first
            return future?.period(at: seconds, after: known) ?? known
        }
        var low = 0
        var high = periods.count
        while low < high {
            let middle = (low + high) / 2
            if periods[middle].start <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : periods[low - 1]
    }
}

// MARK: - Finding them by name

extension ZoneRules {
    private static let directory = "/usr/share/zoneinfo/"
    private static let sizeLimit = 1 << 20
    private static let known = Mutex<[String: ZoneRules]>([:])

    /// Reads the rules of a place, such as `Europe/Berlin`; each is read once.
    static func named(_ name: String) throws(QueryError) -> ZoneRules {
        if let rules = known.withLock({ $0[name] }) { return rules }
        guard isName(name), let bytes = content(of: directory + name), let rules = ZoneRules(bytes) else {
            throw QueryError(
                "unknown time zone '\(name)', expected UTC, an offset such as +02:00, or a name that \(directory) has")
        }
        known.withLock { $0[name] = rules }
        return rules
    }

    /// Whether the name cannot lead to a file elsewhere, or to one that is no place.
    private static func isName(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || "_+-".utf8.contains(byte)
                }
        }
        let isPlace = !["posix", "right", "posixrules", "localtime", "Factory"].contains {
            parts[0].elementsEqual($0.utf8)
        }
        return isPlain && isPlace
    }

    private static func content(of path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, (44...sizeLimit).contains(Int(facts.st_size))
        else { return nil }
        let size = Int(facts.st_size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size, let place = buffer.baseAddress {
                let got = read(file, place + count, size - count)
                if got <= 0 { break }
                count += got
            }
        }
        return bytes.count == size ? bytes : nil
    }
}

// MARK: - The parts of a file

private struct FileReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The counts that a block begins with.
    struct Header {
        var version: UInt8
        var others: Int  // indicators of one byte each
        var leaps: Int
        var times: Int
        var types: Int
        var characters: Int

        func size(time: Int) -> Int {
            times * (time + 1) + types * 6 + characters + leaps * (time + 4) + others
        }
    }

    mutating func header() -> Header? {
        guard let block = take(44), block.prefix(4).elementsEqual("TZif".utf8) else { return nil }
        let counts = (0..<6).map { Int(block.number(20 + 4 * $0, 4)) }
        guard counts.allSatisfy({ $0 <= bytes.count }) else { return nil }
        return Header(
            version: block[4], others: counts[0] + counts[1], leaps: counts[2], times: counts[3], types: counts[4],
            characters: counts[5])
    }

    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count <= bytes.count - place else { return nil }
        defer { place += count }
        return Array(bytes[place..<place + count])
    }

    /// The text between two newlines at the end.
    mutating func footer() -> [UInt8]? {
        let rest = bytes[place...]
        guard rest.count >= 2, rest.first == 0x0A, rest.last == 0x0A else { return nil }
        return Array(rest.dropFirst().dropLast())
    }
}

extension [UInt8] {
    /// The number that begins at `place`, most significant byte first.
    fileprivate func number(_ place: Int, _ count: Int) -> Int64 {
        Int64(bitPattern: self[place..<place + count].reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
    }
}
