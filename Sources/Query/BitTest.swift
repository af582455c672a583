// $bitsAllSet, $bitsAnySet, $bitsAllClear and $bitsAnyClear.

internal import BSON

/// A test of some bits of an integer, or of binary data.
struct BitTest: Sendable {
    enum Kind: Sendable { case allSet, anySet, allClear, anyClear }

    let kind: Kind
    /// The bits that are looked at, counted from the least significant one.
    let positions: [Int]

    func holds(_ element: ElementView) -> Bool {
        if let bytes = element.type == .binary ? element.valueBytes.extracting(droppingFirst: 5) : nil {
            return holds { position in
                let byte = position >> 3
                return byte < bytes.byteCount && bytes.byte(at: byte) >> UInt8(position & 7) & 1 == 1
            }
        }
        guard let number = ValueView(element).number, let value = number.bits else { return false }
        // Beyond the 64 bits there is the sign.
        return holds { value >> Int64(min($0, 63)) & 1 == 1 }
    }

    private func holds(_ isSet: (Int) -> Bool) -> Bool {
        switch kind {
        case .allSet: positions.allSatisfy(isSet)
        case .anySet: positions.contains(where: isSet)
        case .allClear: !positions.contains(where: isSet)
        case .anyClear: !positions.allSatisfy(isSet)
        }
    }
}

extension Number {
    /// The bits of an integer of 64 bits; `nil` for a double that is none.
    ///
    /// Decimals are rounded, and what is out of range has the bits of the least integer, as in MongoDB.
    fileprivate var bits: Int64? {
        if case .decimal(let value) = self { return value.integer(.nearest) ?? .min }
        return asInteger
    }
}
