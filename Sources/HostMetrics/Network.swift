// Network interfaces: /proc/net/dev; pressure: /proc/pressure.

/// What a network interface has moved since it appeared.
public struct InterfaceReading: Hashable, Sendable {
    /// One direction.
    public struct Traffic: Hashable, Sendable {
        /// Bytes moved.
        public var bytes: UInt64
        /// Packets moved.
        public var packets: UInt64
        /// Packets that were broken.
        public var errors: UInt64
        /// Packets there was no room for.
        public var dropped: UInt64
    }

    /// Its name, such as `eth0`.
    public var name: String
    /// What it received.
    public var received: Traffic
    /// What it sent.
    public var sent: Traffic

    /// Reads one line of `/proc/net/dev`.
    public init?(_ line: Substring) {
        // The name may end right before the first number, without a blank, and may hold colons.
        guard let colon = line.lastIndex(of: ":"),
            let numbers = ProcText.numbers(ProcText.words(line[line.index(after: colon)...])),
            numbers.count >= 16
        else { return nil }
        name = String(line[..<colon].drop { $0 == " " })
        received = Traffic(bytes: numbers[0], packets: numbers[1], errors: numbers[2], dropped: numbers[3])
        sent = Traffic(bytes: numbers[8], packets: numbers[9], errors: numbers[10], dropped: numbers[11])
    }

    /// Reads `/proc/net/dev`: the interfaces that ever moved a packet.
    ///
    /// Lines that are none are left out.
    public static func all(dev text: String) -> [InterfaceReading] {
        ProcText.lines(text).compactMap { InterfaceReading($0) }.filter { $0.received.packets | $0.sent.packets > 0 }
    }
}

/// How long work was held up for want of a resource, in microseconds since the start.
public struct PressureReading: Hashable, Sendable {
    /// At least one thread waited.
    public var some: UInt64
    /// All threads that were not idle waited; not known of everything.
    public var full: UInt64?

    /// Reads one of the files in `/proc/pressure`: `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`.
    public init?(pressure text: String) {
        var totals: [Substring: UInt64] = [:]
        for line in ProcText.lines(text) {
            let words = ProcText.words(line)
            guard let kind = words.first, let total = words.first(where: { $0.hasPrefix("total=") }) else { continue }
            totals[kind] = UInt64(total.dropFirst(6))
        }
        guard let some = totals["some"] else { return nil }
        self.some = some
        full = totals["full"]
    }
}
