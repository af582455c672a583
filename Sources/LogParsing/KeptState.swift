// What parsers know of things that go on, as bytes, so that a restart goes on with them.
internal import BSON

/// What parsers remember from line to line, to be kept with the positions in the files.
///
/// One description of each thing serves both ways: what is written is what is read.
public struct KeptState: Sendable {
    /// So that the bytes of another version are not read as if they were of this one.
    private static let version: Int64 = 1

    private(set) var bytes: [UInt8]
    let isReading: Bool
    /// Whether whoever writes forgets what is written, since this process ends.
    let isLast: Bool
    /// Whether the bytes are none that were written by this version.
    private(set) var isDamaged = false
    private var index = 0

    /// Starts to write.
    init(isLast: Bool) {
        (bytes, isReading, self.isLast) = ([], false, isLast)
        checkVersion()
    }

    /// Starts to read.
    init(reading bytes: [UInt8]) {
        (self.bytes, isReading, isLast) = (bytes, true, false)
        checkVersion()
    }

    private mutating func checkVersion() {
        var version = Self.version
        code(&version)
        if version != Self.version { isDamaged = true }
    }

    /// Whether all was read, and all of it was right.
    var isComplete: Bool { !isDamaged && index == bytes.count }

    // MARK: - Values

    /// Writes a number, or reads it; one that was not written is 0.
    mutating func code(_ number: inout Int64) {
        guard isReading else {
            // Seven bits a byte, small ones of either sign in few.
            var rest = UInt64(bitPattern: (number << 1) ^ (number >> 63))
            while rest > 0x7F {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
            return
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while index < bytes.count, shift < 64 {
            let byte = bytes[index]
            index += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                number = Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
                return
            }
            shift += 7
        }
        (number, isDamaged) = (0, true)
    }

    /// Writes or reads a number that is in a range.
    mutating func code(_ number: inout Int, in range: ClosedRange<Int>) {
        var value = Int64(number)
        code(&value)
        number = Int(clamping: value)
        if !range.contains(number) { (number, isDamaged) = (range.lowerBound, true) }
    }

    mutating func code(_ flag: inout Bool) {
        var value = flag ? 1 : 0
        code(&value, in: 0...1)
        flag = value == 1
    }

    mutating func code(_ number: inout Double) {
        var value = Int64(bitPattern: number.bitPattern.byteSwapped)
        code(&value)
        number = Double(bitPattern: UInt64(bitPattern: value).byteSwapped)
    }

    /// Writes or reads where a text stands among `count` bytes.
    mutating func code(_ text: inout TextRange, within count: Int) {
        var (start, end) = (text.start, text.end)
        code(&start, in: 0...count)
        code(&end, in: start...count)
        text = TextRange(start, end)
    }

    /// Writes or reads bytes.
    mutating func code(_ text: inout [UInt8], limit: Int) {
        var count = text.count
        code(&count, in: 0...limit)
        guard isReading else { return bytes.append(contentsOf: text) }
        guard count <= bytes.count - index else {
            (text, isDamaged) = ([], true)
            return
        }
        text = Array(bytes[index..<index + count])
        index += count
    }

    // MARK: - Several

    mutating func code<Value>(_ value: inout Value?, or usual: Value, _ body: (inout KeptState, inout Value) -> Void) {
        var isThere = value != nil
        code(&isThere)
        guard isThere else { return value = nil }
        var known = value ?? usual
        body(&self, &known)
        value = known
    }

    /// Writes or reads a list, to whose end `usual` is put for each item that is read.
    mutating func code<Item>(
        _ list: inout [Item], limit: Int, usual: Item, _ body: (inout KeptState, inout Item) -> Void
    ) {
        var count = list.count
        code(&count, in: 0...limit)
        if isReading { list.removeAll(keepingCapacity: true) }
        for number in 0..<count {
            if isReading { list.append(usual) }
            body(&self, &list[number])
            if isDamaged { return }
        }
    }

    /// Writes or reads a name; reading, another one is a damage.
    mutating func check(_ name: String) {
        var text = Array(name.utf8)
        code(&text, limit: 1024)
        if text != Array(name.utf8) { isDamaged = true }
    }
}
