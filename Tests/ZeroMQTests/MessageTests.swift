// Message: who owns the bytes, and when they are freed.
import Glibc
import Synchronization
import Testing
import ZeroMQ

/// Counts how often bytes were freed; passed through C as the hint.
private final class FreeCount: Sendable {
    let count = Atomic(0)

    /// A message of bytes that this object counts the freeing of.
    func message(_ count: Int, filledWith byte: UInt8 = 1) -> Message {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 8)
        bytes.initializeMemory(as: UInt8.self, repeating: byte, count: count)
        return Message(
            takingOwnership: bytes, count: count,
            free: { bytes, hint in
                guard let bytes, let hint else { return }
                bytes.deallocate()
                Unmanaged<FreeCount>.fromOpaque(hint).takeRetainedValue().count.add(
                    1, ordering: .sequentiallyConsistent)
            }, hint: Unmanaged.passRetained(self).toOpaque())
    }

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    /// Waits until the count is reached; the I/O thread frees when it gets to it.
    func reaches(_ number: Int) -> Bool {
        for _ in 0..<10_000 {
            if value >= number { return true }
            usleep(1_000)
        }
        return false
    }
}

@Suite("Messages", .timeLimit(.minutes(1)))
struct MessageTests {
    @Test("bytes of any size come back as they went in", arguments: [0, 1, 33, 34, 4_095, 100_000])
    func copies(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let message = Message(copying: bytes)
        let copy = message.copy()
        var moved = Message()
        moved.replace(sharing: message)
        #expect(message.array() == bytes && copy.array() == bytes && moved.array() == bytes)
        moved.clear()
        #expect(moved.count == 0 && copy.array() == bytes)
        let zeros = Message(zeros: count)
        #expect(zeros.array() == [UInt8](repeating: 0, count: count))
    }

    @Test("bytes stay in place when the message moves", arguments: [5, 5_000])
    func stable(count: Int) {
        let message = Message(copying: [UInt8](repeating: 1, count: count))
        let before = message.address()
        let elsewhere: Message? = consume message
        let after = elsewhere?.address()
        #expect(before == after)
    }

    @Test("handed over bytes are freed once when the message is dropped, cleared or replaced")
    func freedUnsent() {
        let frees = FreeCount()
        do { _ = frees.message(10) }
        #expect(frees.value == 1)
        var message = frees.message(10)
        message.clear()
        #expect(frees.value == 2)
        message = frees.message(10)
        let copy = message.copy()
        message.replace(copying: [1].span.bytes)
        #expect(frees.value == 2 && copy.count == 10)
        _ = consume copy
        #expect(frees.value == 3)
    }

    @Test("a handed over payload is sent from where it lies and freed once", arguments: [100, 8 << 20])
    func freedSent(count: Int) throws {
        let link = try Link()
        let frees = FreeCount()
        var message = frees.message(count, filledWith: 6)
        try link.publisher.send(copying: [1], more: true)
        try link.publisher.send(&message)
        let frames = try #require(try link.subscriber.receiveFrames())
        #expect(frames.count == 2 && frames[1].count == count && frames[1].allSatisfy { $0 == 6 })
        #expect(frees.reaches(1))
        #expect(frees.value == 1)
    }

    @Test("inside one process a payload is not copied at all")
    func zeroCopy() throws {
        let context = try Context()
        let one = try Socket(.pair, in: context)
        let endpoint = try one.bind("inproc://zero-copy")
        let other = try Socket(.pair, in: context)
        try other.connect(endpoint)
        let frees = FreeCount()
        var message = frees.message(1 << 20)
        let place = message.address()
        try one.send(&message)
        let received = try other.receive()
        #expect(received?.address() == place)
        #expect(frees.value == 0)
        _ = consume received
        #expect(frees.value == 1)
    }

    @Test("a payload nobody wants is freed by sending it")
    func unwanted() throws {
        let context = try Context()
        let publisher = try Socket.linkPublisher(in: context)
        let frees = FreeCount()
        var message = frees.message(100)
        try publisher.send(&message, wait: false)
        #expect(frees.value == 1 && message.count == 0)
    }

    @Test("a payload for a peer that never reads is freed when the socket's linger is over")
    func freedAtTheEnd() throws {
        let frees = FreeCount()
        do {
            var options = LinkOptions()
            options.linger = .zero
            let link = try Link(publisherOptions: options)
            for _ in 0..<400 {
                var message = frees.message(64 << 10)
                try link.publisher.send(&message, wait: false)
            }
        }
        #expect(frees.value == 400)
    }
}
