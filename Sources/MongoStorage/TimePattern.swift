// Parts of a time as strftime writes them, in UTC.

internal import BSON
internal import Eventstorm
internal import Glibc

/// What stands behind the colon of `{timestamp:%Y_%m}`.
struct TimePattern: Hashable, Sendable {
    /// The directives of strftime that are numbers: those of weekdays and months depend on a language.
    static let directives = "YmdHMSjGVuyCe%"

    private let pattern: String

    /// Reads a pattern: text and directives such as `%Y`.
    init(_ text: String) throws(NameError) {
        var rest = text[...]
        while let percent = rest.firstIndex(of: "%") {
            let next = rest.index(after: percent)
            guard next < rest.endIndex, TimePattern.directives.contains(rest[next]) else {
                let shown = next < rest.endIndex ? "%\(rest[next])" : "%"
                throw NameError("'\(shown)' is no part of a time; known are %Y %m %d %H %M %S %j %G %V %u %y %C %e")
            }
            rest = rest[rest.index(after: next)...]
        }
        let isPlain = text.utf8.allSatisfy {
            ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 >= 0x30 && $0 <= 0x39
                || "%_-+".utf8.contains($0)
        }
        if text.isEmpty || !isPlain {
            throw NameError("'\(text)' is no pattern of a time: parts such as %Y and %m, letters, digits, _ - +")
        }
        pattern = text
    }

    /// Appends the parts of a time.
    func write(_ time: Datetime, to name: inout [UInt8]) {
        var milliseconds = time.millisecondsSinceEpoch
        milliseconds -= milliseconds % 1000 < 0 ? 1000 : 0
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        // Beyond the years that an int holds.
        guard gmtime_r(&seconds, &parts) != nil else { return name.append(contentsOf: Topic.noValue) }
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress else { return }
            let count = strftime(start, buffer.count, pattern, &parts)
            for place in 0..<count { name.append(UInt8(bitPattern: buffer[place])) }
        }
    }
}
