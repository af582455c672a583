// The `_id` that a router adds.
import BSON
import Eventstorm
import Testing

@testable import Routing

@Suite("Identities that a router adds")
struct IdentitiesTests {
    private let stamp = Stamp(origin: 7, sequence: 100, count: 4)

    private func ids(_ payload: [UInt8]?) -> [ObjectID?] {
        guard let payload else { return [] }
        var ids: [ObjectID?] = []
        var offset = 0
        while offset < payload.count {
            let event = DocumentView(unchecked: payload.span.bytes.extracting(offset..<payload.count))
            ids.append(event["_id"]?.objectID)
            offset += event.bytes.byteCount
        }
        return ids
    }

    private func events(_ numbers: [Int], identified: Set<Int> = []) -> [UInt8] {
        numbers.flatMap { number in
            Document {
                if identified.contains(number) { $0["_id"] = ObjectID(seconds: 1, low: UInt64(number)) }
                $0["n"] = number
            }.bytes
        }
    }

    @Test("are the same wherever they are made, also of a part of the message, and those of a sink")
    func same() throws {
        let topic = try Topic("a")
        let all = ids(Identities.fill(events([0, 1, 2, 3]).span.bytes, topic, stamp, nil))
        let some = ids(Identities.fill(events([1, 3]).span.bytes, topic, stamp, [1..<2, 3..<4]))
        #expect(all.count == 4 && Set(all).count == 4 && !all.contains(nil))
        #expect(some == [all[1], all[3]])
        #expect(all[2] == DerivedIdentity(origin: 7, topic: topic).id(sequence: 102, time: nil))
    }

    @Test("are added only where there is none, never to what is the library's own")
    func missing() throws {
        let mixed = events([0, 1], identified: [1])
        let filled = ids(Identities.fill(mixed.span.bytes, try Topic("a"), stamp, nil))
        #expect(filled.count == 2 && filled[1] == ObjectID(seconds: 1, low: 1))
        let complete = events([0, 1], identified: [0, 1])
        #expect(Identities.fill(complete.span.bytes, try Topic("a"), stamp, nil) == nil)
        #expect(Identities.fill(mixed.span.bytes, .status, stamp, nil) == nil)
        #expect(Set(ids(Identities.fill(events([0, 1]).span.bytes, try Topic("a"), nil, nil))).count == 2)
    }

    @Test("leave a message alone that would become too large")
    func tooLarge() throws {
        let large = Document { $0["text"] = String(repeating: "x", count: (8 << 20) - 20) }.bytes
        #expect(large.count <= Limits.payloadBytes)
        #expect(Identities.fill(large.span.bytes, try Topic("a"), stamp, nil) == nil)
    }
}
