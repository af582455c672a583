// The queue between a loop and a thread.

import Glibc
import Service
import Testing
import ZeroMQ

@Suite("A queue bounded in bytes", .timeLimit(.minutes(1)))
struct ByteBoundedQueueTests {
    @Test(
        "when full, the elements that the policy names give way",
        arguments: [
            (OnFull.dropOldest, [1, 2], [3, 4, 5]),
            (OnFull.dropNewest, [4, 5], [1, 2, 3]),
        ])
    func giveWay(policy: OnFull, dropped: [Int], kept: [Int]) throws {
        let queue = try ByteBoundedQueue<Int>(limit: 30, onFull: policy)
        #expect((1...5).flatMap { queue.put($0, bytes: 10) } == dropped)
        #expect(queue.bytes == 30)
        #expect(queue.take(upTo: .max, within: .zero) == kept)
        #expect(queue.bytes == 0)
    }

    @Test("an element larger than the limit is dropped and displaces nothing", arguments: OnFull.allCases)
    func tooLarge(policy: OnFull) throws {
        let queue = try ByteBoundedQueue<String>(limit: 30, onFull: policy)
        #expect(queue.put("small", bytes: 30).isEmpty)
        #expect(queue.put("large", bytes: 31) == ["large"])
        #expect(queue.take(upTo: .max, within: .zero) == ["small"])
    }

    @Test("one that is larger than what is free makes all the room it needs")
    func manyGiveWay() throws {
        let queue = try ByteBoundedQueue<Int>(limit: 100)
        for element in 1...10 { #expect(queue.put(element, bytes: 10).isEmpty) }
        #expect(queue.put(11, bytes: 35) == [1, 2, 3, 4])
    }

    @Test("taking stops once the bytes are reached, and takes one at least")
    func portions() throws {
        let queue = try ByteBoundedQueue<Int>(limit: 1_000)
        for element in 1...5 { #expect(queue.put(element, bytes: 10).isEmpty) }
        #expect(queue.take(upTo: 1, within: .zero) == [1])
        #expect(queue.take(upTo: 20, within: .zero) == [2, 3])
        #expect(queue.take(upTo: 21, within: .zero) == [4, 5])
        #expect(queue.take(upTo: 1, within: .milliseconds(1)).isEmpty)
    }

    @Test("a closed queue refuses elements and still gives what it holds")
    func closing() throws {
        let queue = try ByteBoundedQueue<Int>(limit: 100)
        #expect(queue.put(1, bytes: 1).isEmpty)
        #expect(!queue.waitForClose(within: .milliseconds(1)))
        queue.close()
        #expect(queue.put(2, bytes: 1) == [2])
        #expect(queue.isClosed && !queue.isFinished)
        #expect(queue.take(upTo: .max, within: .seconds(60)) == [1])
        #expect(queue.isFinished)
        #expect(queue.take(upTo: .max, within: .seconds(60)).isEmpty)
        #expect(queue.waitForClose(within: .seconds(60)))
    }

    @Test("what one thread puts arrives on another in order, complete")
    func twoThreads() throws {
        let queue = try ByteBoundedQueue<Int>(limit: 1 << 20, onFull: .dropNewest)
        let producer = try OSThread(name: "producer") {
            for element in 0..<200_000 {
                while !queue.put(element, bytes: 8).isEmpty { sched_yield() }
            }
            queue.close()
        }
        var taken: [Int] = []
        while !queue.isFinished { taken += queue.take(upTo: 4_096, within: .seconds(60)) }
        producer.join()
        #expect(taken == Array(0..<200_000))
    }
}
