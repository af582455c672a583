// Beats and status: written, read, split, and refused.
import BSON
import Testing

@testable import Eventstorm

@Suite("Beat")
struct BeatTests {
    private func beat(rows: Int = 2) throws -> Beat {
        Beat(
            origin: 0xDEAD_BEEF_0000_0001,
            process: ProcessIdentity(
                role: "source", name: "shop", host: "alpha", pid: 17, version: "1.0",
                started: Datetime(millisecondsSinceEpoch: 1000)),
            at: Datetime(millisecondsSinceEpoch: 2000), generation: 3, full: true,
            topics: try (0..<rows).map {
                Beat.Row(
                    try Topic("topic.number\($0)"),
                    SendCounts(next: UInt64($0), emitted: UInt64($0 + 6), unwanted: 1, refused: 2, queued: 3))
            })
    }

    @Test("a beat is read as it was written, and zero counters are left out")
    func roundTrip() throws {
        let beat = try beat()
        var writer = DocumentWriter()
        #expect(beat.write(into: &writer) == 1)
        let document = try Document(validating: writer.take())
        #expect(try Beat(document.view) == beat)
        let first = document.view.find(path: "topics.0")?.document
        let hasNext = first?["next"] != nil
        let hasUnwanted = first?["unwanted"]?.int64 == 1
        #expect(!hasNext && hasUnwanted)
        #expect(document.view["origin"]?.string == "deadbeef00000001")
    }

    @Test("a long list is split, and all parts but the last say more", arguments: [0, 1, 2, 7, 4096])
    func splits(rows: Int) throws {
        let beat = try beat(rows: rows)
        var writer = DocumentWriter()
        let documents = beat.write(into: &writer, splittingAt: 300)
        let bytes = writer.take()
        #expect(try BSONValidator.validateSequence(bytes.span.bytes, count: documents) == documents)
        var read: [Beat] = []
        var offset = 0
        while offset < bytes.count {
            let view = DocumentView(unchecked: bytes.span.bytes.extracting(offset..<bytes.count))
            offset += view.bytes.byteCount
            read.append(try Beat(view))
        }
        #expect(read.flatMap(\.topics) == beat.topics)
        #expect(read.map(\.more) == Array(repeating: true, count: documents - 1) + [false])
        #expect(rows < 3 || documents > 1)
    }

    @Test("a beat with one required field less or a field of another type is refused by name")
    func refuses() throws {
        func reason(_ build: (inout DocumentWriter) -> Void) -> String? {
            let document = Document(build)
            do throws(RecordError) {
                _ = try Beat(document.view)
                return nil
            } catch {
                return error.field
            }
        }
        func base(_ writer: inout DocumentWriter, except left: String = "") {
            if left != "v" { writer["v"] = Int32(1) }
            if left != "origin" { writer["origin"] = "00000000000000fF" }
            if left != "full" { writer["full"] = false }
            if left != "topics" { writer.array("topics") { _ in } }
        }
        #expect(reason { base(&$0) } == nil)
        for field in ["v", "origin", "full", "topics"] { #expect(reason { base(&$0, except: field) } == field) }
        #expect(reason { $0["v"] = Int32(2) } == "v")
        #expect(reason { $0["v"] = 1.0 } == "v")
        #expect(
            reason {
                base(&$0, except: "origin"); $0["origin"] = "00000000000000g1"
            } == "origin")
        #expect(
            reason {
                base(&$0, except: "origin"); $0["origin"] = "1"
            } == "origin")
        #expect(
            reason {
                base(&$0); $0["name"] = Int32(3)
            } == "name")
        #expect(
            reason {
                base(&$0); $0["name"] = String(repeating: "n", count: 256)
            } == "name")
        #expect(
            reason {
                base(&$0); $0["pid"] = Int32(-1)
            } == "pid")
        #expect(
            reason {
                base(&$0); $0["started"] = 5
            } == "started")
        #expect(
            reason {
                base(&$0); $0["more"] = 1
            } == "more")
        #expect(
            reason {
                base(&$0); $0["unknown"] = "is passed over"
            } == nil)
        func rows(_ build: @escaping (inout DocumentWriter) -> Void) -> String? {
            reason {
                base(&$0, except: "topics"); $0.array("topics") { $0.document(build) }
            }
        }
        #expect(rows { $0["topic"] = "a" } == nil)
        #expect(rows { $0["next"] = 5 } == "topic")
        #expect(rows { $0["topic"] = "a b" } == "topic")
        #expect(
            rows {
                $0["topic"] = "a"; $0["next"] = -1
            } == "next")
        #expect(
            rows {
                $0["topic"] = "a"; $0["next"] = 1.5
            } == "next")
        #expect(
            rows {
                $0["topic"] = "a"; $0["unwanted"] = "1"
            } == "unwanted")
        #expect(
            reason {
                base(&$0, except: "topics"); $0.array("topics") { $0.append(1) }
            } == "topics")
        #expect(
            reason {
                base(&$0, except: "topics");
                $0.array("topics") { for _ in 0...4096 { $0.document { $0["topic"] = "a" } } }
            }
                == "topics")
    }

    @Test("a beat message is taken whole or not at all")
    func message() throws {
        let beat = try beat()
        var writer = DocumentWriter()
        beat.write(into: &writer)
        let good = writer.take()
        func take(_ payload: [UInt8], count: UInt16, origin: UInt64) throws -> MalformedCounts {
            let bench = try LedgerBench()
            let stamp = Stamp(origin: origin, sequence: 0, count: count)
            bench.ledger.observe(beats: payload.span.bytes, stamp: stamp, fence: bench.nonce, now: 5)
            return bench.ledger.malformed
        }
        #expect(try take(good, count: 1, origin: beat.origin).total == 0)
        #expect(try take(good, count: 2, origin: beat.origin)[.payload] == 1)
        #expect(try take(good + [0], count: 1, origin: beat.origin)[.payload] == 1)
        #expect(try take(good, count: 1, origin: 5)[.beat] == 1)
        #expect(try take(good + [5, 0, 0, 0, 0], count: 2, origin: beat.origin)[.beat] == 1)
        #expect(try take([UInt8](repeating: 0, count: (8 << 20) + 1), count: 1, origin: beat.origin)[.size] == 1)
        for cut in 0..<good.count {
            #expect(try take(Array(good[..<cut]), count: 1, origin: beat.origin)[.payload] == 1, "cut at \(cut)")
        }
        for index in good.indices {
            var flipped = good
            flipped[index] ^= 1 << UInt8(index % 8)
            _ = try take(flipped, count: 1, origin: beat.origin)
        }
    }

    @Test("the counts of a source add up or do not")
    func balanced() {
        #expect(SendCounts(next: 3, emitted: 10, unwanted: 4, refused: 2, queued: 1).isBalanced)
        #expect(!SendCounts(next: 3, emitted: 11, unwanted: 4, refused: 2, queued: 1).isBalanced)
        #expect(!SendCounts(next: .max, emitted: 1, unwanted: 2).isBalanced)
    }
}

@Suite("Status")
struct StatusTests {
    @Test("a status is read as it was written")
    func roundTrip() throws {
        var status = StatusDocument(
            Beat(
                origin: 7, process: ProcessIdentity(role: "router", name: "r"), at: Datetime(millisecondsSinceEpoch: 5),
                full: true, final: true, topics: [Beat.Row(try Topic("a"), SendCounts(next: 1, emitted: 1))]))
        let bench = try LedgerBench()
        try bench.answer([("a", 3, 9), ("b", 4, 0)])
        try bench.stamp("a", 4, 2)
        try bench.stamp("a", 0)
        try bench.stamp("c", 1, fault: .payload)
        status.takeUpstream(bench.ledger)
        status.overflow = 5
        var fates = FateCounts()
        fates.add(3, to: .received)
        fates.add(2, to: .forwarded)
        fates.add(9, to: .copies)
        #expect(!fates.isBalanced)
        fates.add(1, to: .filtered)
        #expect(fates.isBalanced)
        status.fates = [.init(try Topic("a"), fates)]
        status.usage = .init(cpuSeconds: 1.5, residentBytes: 1 << 20)
        status.refusedPeers.unknown = 3
        status.refusedPeers.failed = 4
        status.routes = .init(overflowed: 5, forgotten: 6)
        let document = Document { status.write(into: &$0) }
        let read = try StatusDocument(document.view)
        #expect(read.refusedPeers == status.refusedPeers && read.routes == status.routes)
        #expect(read.beat == status.beat && read.upstream == status.upstream && read.fates == status.fates)
        #expect(read.usage == status.usage && read.malformed == status.malformed && read.overflow == 5)
        #expect(read.upstream.allSatisfy(\.isBalanced) && read.upstream.count == 3)
    }
}
