// Random documents from a seed that failures print.

import BSON

/// SplitMix64: the same numbers for the same seed.
struct Random: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64
    private let isTame: Bool

    /// Begins the numbers of `seed`.
    ///
    /// Tame documents keep to what libbson 1.23 does right: no NUL in code and pointers, neither of these in arrays
    /// and scopes, and dates that ISO-8601 has a form for.
    init(seed: UInt64, isTame: Bool = false) {
        self.seed = seed
        state = seed
        self.isTame = isTame
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

    /// A string of ASCII, controls, accents, surrogate pairs; without NUL unless `allowsNUL`.
    mutating func string(allowsNUL: Bool = true) -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "b", "z", " ", "\"", "\\", "/", "<", "\n", "\u{1}", "\u{7F}", "é", "€", "\u{2028}", "😀", "\0",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<below(20) {
            let scalar = alphabet[below(allowsNUL ? 16 : 15)]
            text.append(below(3) == 0 ? scalar : "x")
        }
        return String(text)
    }

    /// Writes random fields of all types, with keys that differ.
    mutating func fields(_ writer: inout DocumentWriter, depth: Int = 0) {
        for index in 0..<below(depth == 0 ? 20 : 6) {
            let key = below(8) == 0 ? "$\(index)" : "\(string(allowsNUL: false))\(index)"
            field(key, &writer, depth)
        }
    }

    private mutating func field(_ key: String, _ writer: inout DocumentWriter, _ depth: Int) {
        let kind = below(depth < 5 ? 24 : 20)
        switch isTame && depth > 0 && [11, 12, 21].contains(kind) ? 19 : kind {
        case 0:
            // Text has one NaN only.
            let value = Double(bitPattern: next())
            writer[key] = value.isNaN ? .nan : value
        case 1: writer[key] = Double(below(1000)) / 100
        case 2: writer[key] = [Double.nan, .infinity, -.infinity, -0.0][below(4)]
        case 3: writer[key] = string()
        case 4:
            writer[key] = Binary(
                (0..<below(20)).map { _ in UInt8(truncatingIfNeeded: next()) }, subtype: UInt8(below(256)))
        case 5: writer.undefined(key)
        case 6: writer[key] = ObjectID(seconds: UInt32(truncatingIfNeeded: next()), low: next())
        case 7: writer[key] = below(2) == 0
        case 8:
            let shift = isTame ? 17 + below(47) : below(64)
            writer[key] = Datetime(millisecondsSinceEpoch: Int64(truncatingIfNeeded: next() >> UInt64(shift)))
        case 9: writer.null(key)
        case 10: writer[key] = BSON.Regex(string(allowsNUL: false), options: ["", "i", "imx"][below(3)])
        case 11: writer[key] = DBPointer(string(allowsNUL: !isTame), id: ObjectID(seconds: 1, low: next()))
        case 12: writer[key] = JavaScript(string(allowsNUL: !isTame))
        case 13: writer[key] = Symbol(string())
        case 14: writer[key] = Int32(truncatingIfNeeded: next())
        case 15:
            writer[key] = Timestamp(
                seconds: UInt32(truncatingIfNeeded: next()), increment: UInt32(truncatingIfNeeded: next()))
        case 16: writer[key] = Int64(truncatingIfNeeded: next() >> UInt64(below(64)))
        case 17: writer[key] = Decimal128("\(below(2) == 0 ? "-" : "")\(next())E\(below(6000) - 3000)")
        case 18: if below(2) == 0 { writer.minKey(key) } else { writer.maxKey(key) }
        case 19: writer[key] = string()
        case 20: writer.document(key: key) { fields(&$0, depth: depth + 1) }
        case 21:
            var scope = DocumentWriter()
            scope.beginDocument()
            fields(&scope, depth: depth + 1)
            scope.endDocument()
            let variables = Document(copying: DocumentView(unchecked: scope.bytes))
            writer[key] = JavaScriptWithScope(string(allowsNUL: !isTame), scope: variables)
        default: array(key, &writer, depth)
        }
    }

    private mutating func array(_ key: String, _ writer: inout DocumentWriter, _ depth: Int) {
        // Elements are made as fields first: an array takes copies of any of them.
        var values = DocumentWriter()
        values.beginDocument()
        fields(&values, depth: depth + 1)
        values.endDocument()
        writer.array(key: key) { list in
            var elements = DocumentView(unchecked: values.bytes).makeIterator()
            while let element = elements.next() { list.append(element) }
        }
    }

    /// A random document.
    mutating func document() -> Document {
        var writer = DocumentWriter()
        writer.beginDocument()
        fields(&writer)
        writer.endDocument()
        return Document(copying: DocumentView(unchecked: writer.bytes))
    }
}
