// Identities: text, bytes, order, freshness.

import BSON
import Testing

@Suite("ObjectID") struct ObjectIDTests {
    @Test("reads and writes 24 hexadecimal digits")
    func text() throws {
        let identity = try #require(ObjectID("0102030405060708090a0bff"))
        #expect(identity == ObjectID(seconds: 0x0102_0304, low: 0x0506_0708_090A_0BFF))
        #expect(identity.description == "0102030405060708090a0bff")
        #expect(ObjectID("0102030405060708090A0BFF") == identity)
    }

    @Test(
        "refuses what is not 24 hexadecimal digits",
        arguments: [
            "", "0102030405060708090a0bf", "0102030405060708090a0bfff", "0102030405060708090a0bfg",
            " 102030405060708090a0bff", "+102030405060708090a0bff", "０102030405060708090a0b",
        ])
    func refused(text: String) {
        #expect(ObjectID(text) == nil)
    }

    @Test("lends its bytes and is read from them")
    func bytes() {
        let identity = ObjectID(seconds: 0x0102_0304, random: 0x05_0607_0809, counter: 0xFF0A_0B0C)
        let bytes = identity.withBytes { $0.withUnsafeBytes { Array($0) } }
        #expect(bytes == Array(1...12))
        #expect(ObjectID(bytes: bytes.span.bytes) == identity)
    }

    @Test("orders as its bytes do")
    func order() {
        let sorted = ["000000000000000000000001", "00000000ff00000000000000", "010000000000000000000000"]
            .compactMap(ObjectID.init)
        #expect(sorted.shuffled().sorted() == sorted)
    }

    @Test("fresh ones differ, share the process and count up")
    func fresh() {
        let fresh = (0..<1000).map { _ in ObjectID() }
        #expect(Set(fresh).count == 1000)
        #expect(Set(fresh.map { $0.low >> 24 }).count == 1)
        let now = UInt32(Datetime.now().millisecondsSinceEpoch / 1000)
        #expect(fresh.allSatisfy { now - 60...now ~= $0.seconds })
    }
}
