// How many different values there are, in little memory: HyperLogLog.

import Glibc

/// Estimates how many different values were added; two of them can be merged without loss.
///
/// Up to 128 different values are counted exactly. Beyond, 4,096 registers estimate with a standard error of 1.63 per
/// cent: 95 of 100 estimates are within 3.3 per cent.
///
/// Source: Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog"; the estimator is that of Ertl, "New cardinality estimation
/// algorithms for HyperLogLog sketches", which needs no corrections for small or large numbers.
struct DistinctSketch: Sendable {
    /// Bits of a hash that choose the register.
    static let precision = 12
    static let registers = 1 << precision
    /// Values that are counted exactly.
    static let mostExact = 128
    /// What an estimate may be off, as one standard deviation.
    static let standardError = 1.04 / 64

    /// The hashes while they are few; not sorted.
    private var hashes: [UInt64] = []
    /// For each register one more than the most leading zeros that were seen; empty while ``hashes`` counts.
    private var zeros: [UInt8] = []

    /// Bytes that it takes beside itself.
    var bytes: Int { hashes.capacity * 8 + zeros.capacity }

    var isEmpty: Bool { hashes.isEmpty && zeros.isEmpty }

    /// Adds a value by its hash.
    @inline(__always)
    mutating func add(_ hash: UInt64) {
        if zeros.isEmpty { addExactly(hash) } else { note(hash) }
    }

    @inline(never)
    private mutating func addExactly(_ hash: UInt64) {
        if hashes.contains(hash) { return }
        if hashes.count < Self.mostExact {
            hashes.append(hash)
            return
        }
        zeros = [UInt8](repeating: 0, count: Self.registers)
        for known in hashes { note(known) }
        hashes = []
        note(hash)
    }

    @inline(__always)
    private mutating func note(_ hash: UInt64) {
        let register = Int(hash >> UInt64(64 - Self.precision))
        // The bits below, with one behind them, so that there are never more than 52 zeros.
        let rest = hash << UInt64(Self.precision) | 1 << UInt64(Self.precision - 1)
        let rank = UInt8(truncatingIfNeeded: rest.leadingZeroBitCount + 1)
        if zeros[register] < rank { zeros[register] = rank }
    }

    mutating func merge(_ other: DistinctSketch) {
        if other.zeros.isEmpty {
            for hash in other.hashes { add(hash) }
        } else if zeros.isEmpty {
            let own = hashes
            self = other
            for hash in own { note(hash) }
        } else {
            for index in zeros.indices { zeros[index] = max(zeros[index], other.zeros[index]) }
        }
    }

    /// The estimate; exact up to 128.
    var count: Double {
        if zeros.isEmpty { return Double(hashes.count) }
        var multiplicity = [Double](repeating: 0, count: 66 - Self.precision)
        for rank in zeros { multiplicity[Int(rank)] += 1 }
        let registers = Double(Self.registers)
        let highest = 64 - Self.precision
        var sum = registers * Self.tau(1 - multiplicity[highest + 1] / registers)
        for rank in (1...highest).reversed() { sum = 0.5 * (sum + multiplicity[rank]) }
        sum += registers * Self.sigma(multiplicity[0] / registers)
        return registers * registers / (2 * log(2) * sum)
    }

    private static func sigma(_ start: Double) -> Double {
        if start == 1 { return .infinity }
        var (x, y, sum) = (start, 1.0, start)
        while true {
            x *= x
            let before = sum
            sum += x * y
            y += y
            if sum == before { return sum }
        }
    }

    private static func tau(_ start: Double) -> Double {
        if start == 0 || start == 1 { return 0 }
        var (x, y, sum) = (start, 1.0, 1 - start)
        while true {
            x = x.squareRoot()
            let before = sum
            y *= 0.5
            sum -= (1 - x) * (1 - x) * y
            if sum == before { return sum / 3 }
        }
    }
}
