// Decimals are added, multiplied, divided and rounded as mongod does, to the last bit.

import BSON
import Testing

@testable import Query

private func decimal(_ text: String) throws -> Decimal128 { try #require(Decimal128(text)) }

@Suite("arithmetic of decimals") struct Decimal128ArithmeticTests {
    @Test(
        "a sum has the lesser exponent, as far as 34 digits allow",
        arguments: [
            ("1", "1.00", "2.00"), ("1E+10", "0", "10000000000"), ("0E-10", "0E+10", "0E-10"),
            ("1E+40", "0", "1.000000000000000000000000000000000E+40"), ("-0", "-0", "-0"), ("1", "-1.0", "0.0"),
            ("9999999999999999999999999999999999", "0.5", "1.000000000000000000000000000000000E+34"),
            ("1E+33", "-1E-50", "1000000000000000000000000000000000"),
            ("1E+34", "-0.6", "9999999999999999999999999999999999"),
            ("1", "1E-6176", "1.000000000000000000000000000000000"), ("Infinity", "-Infinity", "NaN"),
            ("9.999999999999999999999999999999999E+6144", "1E+6111", "Infinity"),
        ])
    func sums(one: String, other: String, sum: String) throws {
        #expect(Decimal128.add(try decimal(one), try decimal(other)).description == sum)
        #expect(Decimal128.add(try decimal(other), try decimal(one)).description == sum)
    }

    @Test(
        "a quotient that is exact has the exponent nearest to the difference",
        arguments: [
            ("6.00", "3", "2.00"), ("6", "3.00", "2"), ("600", "3.00", "2E+2"), ("1", "8", "0.125"),
            ("1", "3", "0.3333333333333333333333333333333333"), ("2", "3", "0.6666666666666666666666666666666667"),
            ("0.00", "5E+3", "0.00000"), ("5", "Infinity", "0E-6176"), ("1", "0", "Infinity"), ("0", "0", "NaN"),
        ])
    func quotients(one: String, other: String, quotient: String) throws {
        #expect(Decimal128.divide(try decimal(one), try decimal(other)).description == quotient)
    }

    @Test(
        "a product rounds halves to even, and becomes subnormal, zero or infinite",
        arguments: [
            ("1.5", "1.50", "2.250"),
            ("9999999999999999999999999999999999", "10", "9.999999999999999999999999999999999E+34"),
            ("1E-6176", "0.5", "0E-6176"), ("1E-6176", "1.5", "2E-6176"), ("1E+6111", "1E+34", "Infinity"),
            ("-0", "5", "-0"), ("Infinity", "0", "NaN"),
        ])
    func products(one: String, other: String, product: String) throws {
        #expect(Decimal128.multiply(try decimal(one), try decimal(other)).description == product)
    }

    @Test(
        "a remainder has the sign of the dividend and is exact",
        arguments: [
            ("7", "3.00", "1.00"), ("-6.0", "3", "-0.0"), ("1E+300", "7", "1"), ("7000", "3E+3", "1000"),
            ("7", "3E+3", "7"), ("5", "Infinity", "5"), ("Infinity", "3", "NaN"), ("0E-5", "3", "0.00000"),
        ])
    func remainders(one: String, other: String, remainder: String) throws {
        #expect(Decimal128.remainder(try decimal(one), try decimal(other)).description == remainder)
    }

    @Test(
        "a square root is rounded once",
        arguments: [
            ("2", "1.414213562373095048801688724209698"), ("4.00", "2.0"),
            ("1E+7", "3162.277660168379331998893544432719"),
            ("9E+6", "3E+3"), ("0E-5", "0.000"), ("1E-6176", "1E-3088"), ("1.60E+3", "40"),
        ])
    func roots(number: String, root: String) throws {
        #expect(try decimal(number).squareRoot?.description == root)
        #expect(try decimal("-1").squareRoot == nil)
    }

    @Test(
        "a double is exact, or has 34 digits; where it is shortened it has 15",
        arguments: [
            (0.1, "0.1000000000000000055511151231257827", "0.100000000000000"), (1, "1", "1.00000000000000"),
            (0.125, "0.125", "0.125000000000000"), (1e22, "10000000000000000000000", "1.00000000000000E+22"),
            (1e40, "1.000000000000000030378602842700367E+40", "1.00000000000000E+40"),
            (Double.leastNonzeroMagnitude, "4.940656458412465441765687928682214E-324", "4.94065645841247E-324"),
            (999_999_999_999_999.9, "999999999999999.875", "1.00000000000000E+15"), (-0.0, "-0", "-0"),
        ])
    func doubles(double: Double, exact: String, short: String) {
        #expect(Decimal128(double).description == exact)
        #expect(Decimal128(shortening: double).description == short)
    }

    @Test(
        "a number is rounded to a place, or is NaN where 34 digits are not enough",
        arguments: [
            ("2.5", 0, "2"), ("-2.5", 0, "-2"), ("1.25", -1, "1.2"), ("1E+10", 0, "10000000000"), ("1E+40", 0, "NaN"),
            ("0.001", 2, "0E+2"), ("1E-6176", 0, "0"),
        ])
    func places(number: String, exponent: Int, result: String) throws {
        #expect(try decimal(number).quantized(to: exponent, .nearest).description == result)
    }

    @Test("digits behind the 34th of a text are cut, and what is out of range is refused")
    func texts() {
        #expect(Decimal128(parsing: "1.23456789012345678901234567890123456789")?.description.count == 35)
        #expect(Decimal128(parsing: "9999999999999999999999999999999999.9")?.description.last == "9")
        for text in ["1.5E-6176", "1E+7000", "1E", "", "1 ", "0x1", "1.2.3", "1E+99999999999999999999"] {
            #expect(Decimal128(parsing: text) == nil, "\(text)")
        }
    }

    @Test("256 bits are divided and rooted exactly")
    func wide() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let factor = UInt128.random(in: 1...(.max), using: &generator)
            let other = UInt128.random(in: 1...(.max), using: &generator)
            let product = WideInteger(factor, times: other)
            let (quotient, remainder) = product.dividing(by: factor)
            #expect(quotient == WideInteger(low: other) && remainder == 0)
            let square = WideInteger(factor, times: factor)
            #expect(square.squareRoot == (factor, true))
            #expect((square + WideInteger(low: 1)).squareRoot == (factor, false))
        }
    }
}
