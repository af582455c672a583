// The frequent tests of queries, in a form that costs nothing to pass around.

internal import BSON

/// A comparison of a field on the first level with a number or a text.
///
/// Holds plain numbers only: walking over such tests touches no reference counts, which would cost more than the
/// comparison. What a test cannot decide by itself (arrays, decimals, symbols) is left to the condition it was made of.
struct FastTest: Sendable {
    private enum Constant: Sendable {
        case integer(Int64)
        case double(Double)
        /// The value of a string as stored (length, text, NUL), in the bytes that belong to the tests.
        case text(start: Int32, count: Int32)
    }

    let slot: Int
    private let constant: Constant
    private let comparison: Comparison
    private let isNegated: Bool

    /// `nil` if the node is no such comparison.
    ///
    /// - Parameter texts: Gets the bytes of a string.
    init?(_ node: MatchNode, texts: inout [UInt8]) {
        var inner = node
        if case .not(let negated) = node { inner = negated }
        guard case .path(let path, let slot, .compares(let comparison, let constant)) = inner,
            path.segments.count == 1
        else { return nil }
        if case .not = node { isNegated = true } else { isNegated = false }
        self.slot = slot
        self.comparison = comparison
        switch constant.simple {
        case .integer(let value): self.constant = .integer(value)
        case .double(let value): self.constant = .double(value)
        case .text(let bytes):
            self.constant = .text(start: Int32(texts.count), count: Int32(bytes.count))
            texts += bytes
        case nil: return nil
        }
    }

    /// Whether the test holds for the value of a field that was found; `nil` if it cannot tell.
    @inline(__always)
    func holds(_ bytes: RawSpan, _ field: FoundField, texts: RawSpan) -> Bool? {
        let type = bytes.byte(at: Int(field.start))
        let value = Int(field.value)
        let end = Int(field.end)
        let order: Int
        switch (constant, type) {
        case (.integer(let constant), 0x10): order = Number.order(Int64(bytes.int32(at: value)), constant)
        case (.integer(let constant), 0x12): order = Number.order(bytes.int64(at: value), constant)
        case (.integer(let constant), 0x01):
            let double = Double(bitPattern: UInt64(bitPattern: bytes.int64(at: value)))
            if double.isNaN { return isNegated }
            order = -Number.order(constant, double)
        case (.double(let constant), 0x01):
            let double = Double(bitPattern: UInt64(bitPattern: bytes.int64(at: value)))
            if double.isNaN { return isNegated }
            order = Number.order(double, constant)
        case (.double(let constant), 0x10): order = Number.order(Double(bytes.int32(at: value)), constant)
        case (.double(let constant), 0x12): order = Number.order(bytes.int64(at: value), constant)
        case (.text(let start, let count), 0x02):
            let text = texts.extracting(Int(start)..<Int(start) + Int(count))
            if comparison == .equal {
                return (end - value == text.byteCount && bytes.holds(text, at: value)) != isNegated
            }
            order = Order.bytes(
                bytes.extracting(value + 4..<end - 1), text.extracting(4..<text.byteCount - 1))
        case (_, 0x04), (_, 0x13), (_, 0x0E): return nil
        default: return isNegated  // of another kind
        }
        return comparison.holds(order) != isNegated
    }

    /// What a missing field means.
    var holdsForNothing: Bool { isNegated }
}
