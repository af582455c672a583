// From messages to batches.

import BSON
import Eventstorm
import Query
import Synchronization
import Testing

@testable import MongoStorage
@testable import Service

@Suite("From messages to batches")
struct AssemblerTests {
    private let state: SinkState
    private let sent = Sent()

    init() throws { state = try SinkState(queueLimit: 1 << 20, onFull: .dropOldest) }

    private func assembler(_ rules: [StorageRule], _ limits: BatchLimits = BatchLimits()) -> Assembler {
        Assembler(rules, limits: limits, database: "db", state: state, report: { _, _ in }) { [sent] batch in
            sent.batches.append(batch)
            return true
        }
    }

    private func take(_ assembler: Assembler, _ item: SinkState.Item) {
        state.receive(item)
        assembler.take(item)
    }

    @Test("a command is a document that the server reads, with the received bytes in it")
    func command() throws {
        let assembler = assembler([try rule()])
        let numbers = events(0..<1_234)
        take(assembler, try item("a", numbers))
        assembler.flush()
        let batch = try #require(sent.batches.first)
        let command = batch.withCommand { try? DocumentView(validating: $0.bytes).copy }
        let view = try #require(command)
        #expect(view.view["insert"]?.string == "a" && view.view["ordered"]?.bool == false)
        var found: [Document] = []
        view.view["documents"]?.array?.forEach { element in
            #expect(element.key == "\(found.count)")
            if let document = element.document { found.append(Document(copying: document)) }
        }
        #expect(found == numbers)
        #expect(batch.part([3, 5]).withDocument(1) { Document(copying: DocumentView(unchecked: $0)) } == numbers[5])
    }

    @Test("an _id is added where there is none, the same by every sink, also when a part of the message is left")
    func identities() throws {
        let stored = try [nil, nil, [1..<2, 3..<4] as [Range<Int>]?].map { positions in
            sent.batches = []
            let assembler = assembler([try rule()])
            let count = positions == nil ? 5 : 2
            let documents = (0..<count).map { number in Document { $0["n"] = number } }
            take(assembler, try item("a", documents, sequence: 100, positions: positions))
            assembler.flush()
            return sent.documents.map { $0.view["_id"]?.objectID }
        }
        #expect(stored[0] == stored[1] && stored[0].count == 5 && Set(stored[0]).count == 5)
        #expect(stored[2] == [stored[0][1], stored[0][3]])
        #expect(state.counts[.unidentified] == 0)
    }

    @Test("events with no _id from publishers that do not stamp are unidentified")
    func unidentified() throws {
        let assembler = assembler([try rule()])
        take(assembler, try item("a", [Document { $0["n"] = 1 }], origin: nil))
        take(assembler, try item("a", events(0..<1), origin: nil))
        assembler.flush()
        #expect(state.counts[.unidentified] == 1)
        let first = sent.documents[0]
        #expect(first.view["_id"]?.objectID != nil)
    }

    @Test("the topic is added as kind where a collection has more than one and the event says nothing")
    func kinds() throws {
        let assembler = assembler([try rule("all")])
        let named = Document {
            $0["_id"] = 1
            $0["kind"] = "mine"
        }
        take(assembler, try item("a.b", [named] + events(2..<3)))
        assembler.flush()
        #expect(sent.documents[0] == named)
        #expect(
            sent.documents[1]
                == Document {
                    $0["_id"] = 2
                    $0["kind"] = "a.b"
                })
    }

    @Test("the first rule that takes an event says where it goes; what none takes is filtered")
    func rules() throws {
        var first = try rule("large")
        first.match = try Match("{_id: {$gte: 5}}")
        first.addsKind = false
        var second = try rule("{topic}")
        second.patterns = [try Pattern("a")]
        second.projection = try Projection("{_id: 0, n: {$add: [1, 1]}}")
        let assembler = assembler([first, second])
        take(assembler, try item("a", events(3..<7)))
        take(assembler, try item("b", events(3..<7)))
        assembler.flush()
        #expect(Set(sent.batches.map(\.target.name)) == ["db.large", "db.a"])
        let small = sent.batches.first { $0.target.collection == "a" }
        #expect(small?.count == 2)
        let projected = try #require(small?.withDocument(0) { Document(copying: DocumentView(unchecked: $0)) })
        #expect(projected.view["n"]?.integer == 2 && projected.view["_id"]?.objectID != nil)
        #expect(state.counts[.filtered] == 2 && state.counts[.queued] == 6)
    }

    @Test("batches end by count, by bytes and by time")
    func limits() throws {
        var limits = BatchLimits()
        limits.events = 10
        limits.bytes = 2_000
        let assembler = assembler([try rule()], limits)
        take(assembler, try item("a", events(0..<25)))
        #expect(sent.batches.map(\.count) == [10, 10])
        let due = try #require(assembler.due)
        assembler.flush(dueAt: due)
        #expect(sent.batches.map(\.count) == [10, 10, 5] && assembler.due == nil)
        let large = (0..<4).map { number in
            Document {
                $0["_id"] = number
                $0["text"] = String(repeating: "x", count: 900)
            }
        }
        sent.batches = []
        take(assembler, try item("a", large))
        assembler.flush()
        #expect(sent.batches.map(\.count).reduce(0, +) == 4 && sent.batches.allSatisfy { $0.byteCount < 2_100 })
    }

    @Test("names make no more collections than permitted")
    func collections() throws {
        var limits = BatchLimits()
        limits.collections = 3
        let assembler = assembler([try rule("c_{n}")], limits)
        for number in 0..<10 {
            take(assembler, try item("a", [Document { $0["n"] = number }], sequence: UInt64(number)))
        }
        assembler.flush()
        #expect(Set(sent.batches.map(\.target.collection)) == ["c_0", "c_1", "c_2", "c__other"])
    }
}

/// What an assembler sent.
private final class Sent {
    var batches: [Batch] = []
    var documents: [Document] {
        batches.flatMap { batch in
            (0..<batch.count).map { batch.withDocument($0) { Document(copying: DocumentView(unchecked: $0)) } }
        }
    }
}

extension DocumentView {
    fileprivate var copy: Document { Document(copying: self) }
}
