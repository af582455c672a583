// Random documents from a seed.

import BSON

/// A generator that a printed seed repeats (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Builds documents with elements of every type.
struct RandomDocuments {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() -> [UInt8] {
        var writer = DocumentWriter()
        writer.beginDocument()
        fill(&writer, levels: 3)
        _ = writer.endDocument()
        return writer.take()
    }

    private mutating func fill(_ writer: inout DocumentWriter, levels: Int) {
        for _ in 0..<Int.random(in: 0...5, using: &generator) {
            let key = text(upTo: 11)
            if levels > 0 && Int.random(in: 0..<4, using: &generator) == 0 {
                nested(key, &writer, levels: levels - 1)
            } else {
                scalar(key, &writer)
            }
        }
    }

    private mutating func nested(_ key: String, _ writer: inout DocumentWriter, levels: Int) {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: writer.document(key: key) { fill(&$0, levels: levels) }
        case 1:
            writer.array(key: key) { list in
                for _ in 0..<Int.random(in: 0...4, using: &generator) { list.append(text(upTo: 9)) }
                list.document { fill(&$0, levels: levels) }
            }
        default: writer.javascriptWithScope(key, text(upTo: 20)) { fill(&$0, levels: levels) }
        }
    }

    private mutating func scalar(_ key: String, _ writer: inout DocumentWriter) {
        let number = generator.next()
        let short = UInt32(truncatingIfNeeded: number)
        switch Int.random(in: 0..<18, using: &generator) {
        case 0: writer[key] = Double(bitPattern: number)
        case 1: writer[key] = text(upTo: 30)
        case 2: writer[key] = Binary(Array(text(upTo: 20).utf8), subtype: UInt8(truncatingIfNeeded: number % 8))
        case 3: writer.undefined(key)
        case 4: writer[key] = ObjectID(seconds: short, low: number)
        case 5: writer[key] = number % 2 == 0
        case 6: writer[key] = Datetime(millisecondsSinceEpoch: Int64(bitPattern: number))
        case 7: writer.null(key)
        case 8: writer.regex(key, text(upTo: 12), options: "imx")
        case 9: writer.dbPointer(key, text(upTo: 12), id: ObjectID(seconds: short, low: number))
        case 10: writer.javascript(key, text(upTo: 30))
        case 11: writer.symbol(key, text(upTo: 12))
        case 12: writer[key] = Int32(bitPattern: short)
        case 13: writer.timestamp(key, seconds: short, increment: UInt32(number >> 32))
        case 14: writer[key] = Int64(bitPattern: number)
        case 15: writer[key] = Decimal128(high: number, low: ~number)
        case 16: writer.minKey(key)
        default: writer.maxKey(key)
        }
    }

    /// Text of up to `count` characters that take one to four bytes each.
    private mutating func text(upTo count: Int) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...count, using: &generator) {
            text.append(
                ["a", "b", ".", "$", "0", " ", "é", "ß", "€", "漢", "🌩"].randomElement(using: &generator) ?? "a")
        }
        return text
    }
}
