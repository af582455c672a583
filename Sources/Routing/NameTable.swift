// Topics that fields made, found by their bytes.

/// Names of topics and a number for each, found by their bytes without making a string.
struct NameTable {
    private var places: [UInt64: Int] = [:]
    private var names: [[UInt8]] = []
    private(set) var numbers: [Int] = []
    private static let seed = UInt64.random(in: .min ... .max)

    var count: Int { names.count }

    /// The number of a name, if it was added.
    func number(of name: [UInt8]) -> Int? {
        var key = NameTable.hash(name)
        while let place = places[key] {
            if names[place] == name { return numbers[place] }
            key &+= 1
        }
        return nil
    }

    /// Adds a name that is not there.
    mutating func add(_ name: [UInt8], _ number: Int) {
        var key = NameTable.hash(name)
        while places[key] != nil { key &+= 1 }
        places[key] = names.count
        names.append(name)
        numbers.append(number)
    }

    /// FNV-1a from a secret start, so that nobody can make up names that collide.
    private static func hash(_ name: [UInt8]) -> UInt64 {
        var hash = seed
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return FastRandom.mixed(hash)
    }
}
