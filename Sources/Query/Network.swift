// Internet addresses in text, and the networks they belong to.

internal import Glibc

/// An IPv4 or IPv6 address.
struct InternetAddress: Sendable, Equatable {
    /// The address as a number; IPv4 addresses are those of ::ffff:0:0/96.
    let value: UInt128
    /// Whether the text was that of an IPv4 address.
    let isVersion4: Bool

    /// Reads an address as people write them (RFC 4291 section 2.2); `nil` if the text is none.
    init?(_ text: RawSpan) {
        guard text.byteCount <= 45, text.byteCount > 1 else { return nil }
        if let address = Self.version4(text) {
            value = 0xFFFF_0000_0000 | UInt128(address)
            isVersion4 = true
            return
        }
        var address = in6_addr()
        let isRead = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { buffer in
            for index in 0..<text.byteCount {
                let byte = text.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                if byte == 0 { return false }
                buffer[index] = CChar(bitPattern: byte)
            }
            buffer[text.byteCount] = 0
            return buffer.baseAddress.map { inet_pton(AF_INET6, $0, &address) } == 1
        }
        guard isRead else { return nil }
        value = withUnsafeBytes(of: &address) { $0.reduce(0) { $0 << 8 | UInt128($1) } }
        isVersion4 = false
    }

    /// Reads four decimal numbers without zeros in front.
    private static func version4(_ text: RawSpan) -> UInt32? {
        var value: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in 0..<text.byteCount {
            let byte = text.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            if (0x30...0x39).contains(byte) {
                if digits > 0 && part == 0 { return nil }
                part = part * 10 + UInt32(byte - 0x30)
                digits += 1
                if part > 255 { return nil }
            } else if byte == UInt8(ascii: ".") && digits > 0 && dots < 3 {
                value = value << 8 | part
                (part, digits, dots) = (0, 0, dots + 1)
            } else {
                return nil
            }
        }
        return dots == 3 && digits > 0 ? value << 8 | part : nil
    }
}

/// A network in CIDR notation (RFC 4632), such as `192.0.2.0/24`, `2001:db8::/32` or a single address.
///
/// An IPv4 network holds an IPv6 address that maps one of its own (::ffff:192.0.2.1), too.
struct Network: Sendable {
    private let prefix: UInt128
    private let mask: UInt128

    /// `nil` if the text is no network, or has bits set behind its prefix.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = InternetAddress(String(first).utf8Span.span.bytes) else {
            return nil
        }
        var length = 128
        if parts.count == 2 {
            let digits = String(parts[1])
            let longest = address.isVersion4 ? 32 : 128
            guard let number = Int(digits), String(number) == digits, (0...longest).contains(number) else { return nil }
            length = number + (address.isVersion4 ? 96 : 0)
        }
        mask = length == 0 ? 0 : UInt128.max << UInt128(128 - length)
        prefix = address.value
        if prefix & ~mask != 0 { return nil }
    }

    func contains(_ address: InternetAddress) -> Bool { address.value & mask == prefix }
}
