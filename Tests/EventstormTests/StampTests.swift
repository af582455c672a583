// Stamps: their bytes, and what is refused.
import Testing

@testable import Eventstorm

@Suite("Stamp")
struct StampTests {
    @Test("a stamp is twenty little-endian bytes")
    func bytes() throws {
        let stamp = Stamp(origin: 0x0102_0304_0506_0708, sequence: 0x1112, count: 0x2122, hops: 3, replayed: true)
        let expected: [UInt8] = [
            1, 0x83, 0x22, 0x21, 8, 7, 6, 5, 4, 3, 2, 1, 0x12, 0x11, 0, 0, 0, 0, 0, 0,
        ]
        #expect(stamp.bytes == expected)
        #expect(try Stamp(parsing: expected.span.bytes) == stamp)
        #expect(stamp.next == 0x1112 + 0x2122)
    }

    @Test("flags that are not known yet are ignored, and hops stop at 15")
    func flags() throws {
        var bytes = Stamp(origin: 1, sequence: 2, count: 3, hops: 200).bytes
        #expect(bytes[1] == 0x0F)
        bytes[1] = 0x72
        let stamp = try Stamp(parsing: bytes.span.bytes)
        #expect(stamp.hops == 2 && !stamp.replayed)
    }

    @Test("a stamp that cannot be counted is refused with its reason")
    func refuses() {
        func reason(_ bytes: [UInt8]) -> MalformedReason? {
            do throws(MalformedReason) {
                _ = try Stamp(parsing: bytes.span.bytes)
                return nil
            } catch {
                return error
            }
        }
        let good = Stamp(origin: 1, sequence: 2, count: 3).bytes
        #expect(reason(good) == nil)
        #expect(reason(Array(good.dropLast())) == .envelope)
        #expect(reason([2] + good.dropFirst()) == .version)
        #expect(reason([0] + good.dropFirst()) == .version)
        #expect(reason(Stamp(origin: 1, sequence: 2, count: 0).bytes) == .count)
        #expect(reason(Stamp(origin: 1, sequence: UInt64(Int64.max) - 3, count: 3).bytes) == nil)
        #expect(reason(Stamp(origin: 1, sequence: UInt64(Int64.max) - 2, count: 3).bytes) == .sequence)
        #expect(reason(Stamp(origin: 1, sequence: .max, count: 3).bytes) == .sequence)
    }
}
