// Decimal numbers as text, with libbson beside.

import BSON
import CBSON
import Testing

@Suite("Decimal128") struct Decimal128Tests {
    @Test(
        "is read from text and written as its canonical text",
        arguments: [
            ("0", "0"), ("-0", "-0"), ("1", "1"), ("+1.50", "1.50"), ("0.001", "0.001"), (".5", "0.5"), ("5.", "5"),
            ("1E3", "1E+3"), ("1e+3", "1E+3"), ("12E-7", "0.0000012"), ("12E-8", "1.2E-7"), ("1E-7", "1E-7"),
            ("00012.30", "12.30"), ("inf", "Infinity"), ("-Infinity", "-Infinity"), ("NAN", "NaN"), ("-nan", "NaN"),
            ("9999999999999999999999999999999999", "9999999999999999999999999999999999"),
            ("1000000000000000000000000000000000000", "1.000000000000000000000000000000000E+36"),
            ("1E6144", "1.000000000000000000000000000000000E+6144"), ("1E-6176", "1E-6176"), ("10E-6177", "1E-6176"),
            ("0E7000", "0E+6111"), ("0E-7000", "0E-6176"), ("0.000000", "0.000000"), ("0.0000000", "0E-7"),
        ])
    func text(text: String, canonical: String) {
        #expect(Decimal128(text)?.description == canonical)
        #expect(Decimal128(canonical)?.description == canonical)
    }

    @Test(
        "refuses what is no number, or not exactly one",
        arguments: [
            "", "-", ".", "E5", "1E", "1E+", "1.2.3", "1 ", " 1", "0x1", "1e5e5", "--1", "infinit", "NaN1", "1,5",
            "10000000000000000000000000000000001", "1E6145", "1E-6177", "1E99999999999999999999", "１",
        ])
    func refused(text: String) {
        #expect(Decimal128(text) == nil)
    }

    // Coefficients of more than 34 digits are left out: they stand for zero, but libbson writes them as they are.
    @Test("random numbers have the text that libbson gives them", arguments: [1, UInt64.random(in: 2...UInt64.max)])
    func sameAsLibbson(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            var coefficient = UInt128(generator.next()) << 49 | UInt128(generator.next() >> 15)
            for _ in 0..<Int.random(in: 1...34, using: &generator) { coefficient /= 10 }
            let exponent = Int.random(in: -6176...6111, using: &generator) / Int.random(in: 1...500, using: &generator)
            let number = try #require(
                Decimal128(negative: Bool.random(using: &generator), coefficient: coefficient, exponent: exponent))
            var theirs = bson_decimal128_t(low: number.low, high: number.high)
            var buffer = [CChar](repeating: 0, count: Int(BSON_DECIMAL128_STRING))
            bson_decimal128_to_string(&theirs, &buffer)
            let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            #expect(number.description == text, "seed \(seed)")
            #expect(Decimal128(text) == number, "seed \(seed)")
        }
    }

    @Test("has parts, and is built of them exactly or not at all")
    func parts() throws {
        let number = try #require(Decimal128("-12.50"))
        let parts = try #require(number.parts)
        #expect(parts == (true, 1250, -2))
        #expect(Decimal128(negative: true, coefficient: 1250, exponent: -2) == number)
        #expect(Decimal128(negative: false, coefficient: 10, exponent: -6177) == Decimal128("1E-6176"))
        #expect(Decimal128(negative: false, coefficient: 11, exponent: -6177) == nil)
        #expect(Decimal128(negative: false, coefficient: UInt128.max, exponent: 0) == nil)
        #expect(Decimal128.nan.parts == nil && Decimal128.infinity.parts == nil)
        #expect(Decimal128.nan.isNaN && Decimal128.infinity.isInfinite && !Decimal128.nan.isInfinite)
    }
}
