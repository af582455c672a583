// Identities for events that came without one.

import BSON
import Eventstorm
import Testing

@Suite("Derived identities")
struct DerivedIdentityTests {
    @Test("are the same on every machine")
    func vectors() throws {
        let identity = DerivedIdentity(origin: 0x0123_4567_89AB_CDEF, topic: try Topic("http.hit"))
        let time = Datetime(millisecondsSinceEpoch: 1_795_294_800_999)
        #expect(identity.id(sequence: 0, time: time).description.hasPrefix("6b020650"))
        #expect(identity.id(sequence: 0, time: time).description == "6b0206500dbb032422c9bcb5")
        #expect(identity.id(sequence: 5, time: nil).description == "aa6c19040dbb032422c9bcba")
    }

    @Test("differ by origin, topic and sequence")
    func different() throws {
        var seen: Set<ObjectID> = []
        for origin in 0..<30 as Range<UInt64> {
            for topic in ["a", "b", "a.b"] {
                let identity = DerivedIdentity(origin: origin, topic: try Topic(topic))
                for sequence in 0..<100 as Range<UInt64> { seen.insert(identity.id(sequence: sequence, time: nil)) }
            }
        }
        #expect(seen.count == 30 * 3 * 100)
    }
}
