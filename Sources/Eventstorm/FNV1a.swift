// A hash that is the same on every machine.

/// FNV-1a with 64 bits (Fowler, Noll and Vo): for names that outlive a process, not against anybody.
package enum FNV1a {
    /// The hash of some bytes.
    package static func hash(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash
    }
}
