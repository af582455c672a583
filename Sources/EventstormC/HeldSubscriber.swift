// A subscriber on a thread of its own, whose events go to a callback or wait in a queue.
internal import BSON
internal import CEventstorm
internal import Eventstorm
internal import Glibc
internal import Synchronization
internal import ZeroMQ

/// Where events go.
struct Receiver: @unchecked Sendable {
    let callback: @convention(c) (UnsafePointer<CChar>?, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?) -> Void
    let context: UnsafeMutableRawPointer?

    /// Passes one event on.
    func take(_ topic: [CChar], _ event: UnsafeRawBufferPointer) {
        topic.withUnsafeBufferPointer { callback($0.baseAddress, event.baseAddress, event.count, context) }
    }
}

/// A subscriber that C holds.
final class HeldSubscriber: Sendable {
    let owner = Owner()
    let bound: CTexts
    private let inbox: Inbox
    private let thread: Mutex<OSThread?>

    /// A subscriber on its way to its thread.
    private struct Handed: ~Copyable, @unchecked Sendable {
        var subscriber: Subscriber
    }

    /// Opens it and starts its thread.
    ///
    /// - Parameter receiver: Gets the events on that thread; without one they wait in a queue.
    init(_ name: String, from endpoints: [Endpoint], patterns: [Pattern], receiver: Receiver?) throws(ZMQError) {
        let inbox = try Inbox(hasQueue: receiver == nil)
        let subscriber = try Subscriber(name, from: endpoints, patterns: patterns)
        bound = CTexts(subscriber.bound)
        self.inbox = inbox
        thread = Mutex(
            try OSThread(name: "es-subscriber", handing: Handed(subscriber: subscriber)) { handed in
                HeldSubscriber.run(handed, inbox, receiver)
            })
    }

    /// Receives until told to stop.
    private static func run(_ handed: consuming Handed, _ inbox: Inbox, _ receiver: Receiver?) {
        var handed = handed
        handed.subscriber.adoptByCurrentThread()
        var names: [Topic: [CChar]] = [:]
        while !inbox.isOver {
            _ = handed.subscriber.receive(within: .milliseconds(500), watching: [inbox.stop.fileDescriptor]) {
                delivery in
                let topic = delivery.topic
                let name = names[topic] ?? topic.utf8.map { CChar(bitPattern: $0) } + [0]
                if names[topic] == nil, names.count < Limits.ledgerRows { names[topic] = name }
                delivery.forEachDocument { event in
                    event.bytes.withUnsafeBytes { bytes in
                        if let receiver { receiver.take(name, bytes) } else { inbox.put(name, bytes) }
                    }
                }
            }
            inbox.note(handed.subscriber.ledger.total, unstamped: handed.subscriber.ledger.unstamped)
        }
        handed.subscriber.close()
    }

    /// Ends the thread.
    func close() {
        inbox.end()
        thread.withLock { $0.take() }?.join()
    }

    /// Readable while events wait; nil if they do not wait.
    var fileDescriptor: CInt? { inbox.filled?.fileDescriptor }

    /// What became of the events.
    var counts: es_received_t { inbox.counts }

    /// Passes the events that wait on, or those that come within a time; returns how many they were.
    func take(within milliseconds: CInt, for receiver: Receiver) -> Int {
        guard let descriptor = fileDescriptor else { return 0 }
        var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&item, 1, milliseconds) > 0 else { return 0 }
        return inbox.empty { receiver.take($0, $1) }
    }
}
