// Times and sizes as people write them: 10s, 500ms, 64KiB.
public import BSON

extension Duration {
    /// Whole milliseconds; a part of one is left out.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}

/// Times and sizes as people write them.
public enum Quantity {
    /// The units of time, the longest first, in nanoseconds.
    private static let timeUnits: [(String, Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000), ("us", 1_000), ("µs", 1_000), ("ns", 1),
    ]
    /// The units of size in bytes.
    private static let sizeUnits: [(String, Int64)] = [
        ("", 1), ("B", 1), ("kB", 1_000), ("KB", 1_000), ("KiB", 1 << 10), ("MB", 1_000_000), ("MiB", 1 << 20),
        ("GB", 1_000_000_000), ("GiB", 1 << 30), ("TB", 1_000_000_000_000), ("TiB", 1 << 40),
    ]

    /// Reads `10s`, `500ms`, `1.5h`; nil for anything else, a number without a unit too.
    public static func duration(_ text: String) -> Duration? {
        guard let (mantissa, decimals, unit) = split(text), let factor = timeUnits.first(where: { $0.0 == unit })?.1,
            let value = scale(mantissa, decimals, by: factor)
        else { return nil }
        return .nanoseconds(value)
    }

    /// Reads a time in the past: a date as in ISO 8601, or an age such as `2h`; nil for anything else.
    public static func past(_ text: String, before now: Datetime = .now()) -> Datetime? {
        guard let age = duration(text) else { return Datetime(iso8601: text) }
        return Datetime(millisecondsSinceEpoch: now.millisecondsSinceEpoch - age.components.seconds * 1000)
    }

    /// Reads `64KiB`, `2MB`, `4096`; nil for anything else.
    public static func size(_ text: String) -> Int? {
        guard let (mantissa, decimals, unit) = split(text), let factor = sizeUnits.first(where: { $0.0 == unit })?.1,
            let value = scale(mantissa, decimals, by: factor)
        else { return nil }
        return Int(value)
    }

    /// Writes a time as it is read: the largest unit that leaves no fraction.
    public static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = attoseconds / 1_000_000_000
        if nanoseconds == 0 {
            for (unit, factor) in timeUnits.prefix(4) where seconds != 0 || unit == "s" {
                let count = factor / 1_000_000_000
                if seconds % count == 0 { return "\(seconds / count)\(unit)" }
            }
        }
        let whole = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let total = whole.overflow ? Int64.max : whole.partialValue &+ nanoseconds
        for (unit, factor) in timeUnits where factor < 1_000_000_000 && total % factor == 0 {
            return "\(total / factor)\(unit)"
        }
        return "\(total)ns"
    }

    /// Writes a number of bytes as it is read.
    public static func text(bytes: Int) -> String {
        for (unit, factor) in sizeUnits.reversed() where unit.hasSuffix("iB") {
            if bytes != 0, Int64(bytes) % factor == 0 { return "\(Int64(bytes) / factor)\(unit)" }
        }
        return "\(bytes)B"
    }

    /// `12.5ms` is (125, 1 decimal, "ms").
    private static func split(_ text: String) -> (Int64, Int, String)? {
        var mantissa: Int64 = 0
        var decimals = 0
        var digits = 0
        var sawPoint = false
        var rest = text[...]
        while let character = rest.first {
            if character == ".", !sawPoint, digits > 0 {
                sawPoint = true
            } else if character.isASCII, let digit = character.wholeNumberValue {
                guard digits < 18 else { return nil }
                mantissa = mantissa * 10 + Int64(digit)
                digits += 1
                if sawPoint { decimals += 1 }
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard digits > 0, !sawPoint || decimals > 0 else { return nil }
        return (mantissa, decimals, String(rest))
    }

    /// mantissa × factor ÷ 10^decimals; nil if it overflows or leaves a fraction.
    private static func scale(_ mantissa: Int64, _ decimals: Int, by factor: Int64) -> Int64? {
        var divisor: Int64 = 1
        for _ in 0..<decimals { divisor *= 10 }
        let product = mantissa.multipliedFullWidth(by: factor)
        guard product.high == 0, product.low < UInt64(Int64.max) else { return nil }
        return Int64(product.low) % divisor == 0 ? Int64(product.low) / divisor : nil
    }
}
