// Poller: waits for several sockets and file descriptors at once.
internal import CZeroMQ
internal import Glibc

/// What to wait for, or what came.
public struct PollEvents: OptionSet, Sendable {
    /// The C constants' bits.
    public let rawValue: Int16
    /// Wraps bits.
    public init(rawValue: Int16) { self.rawValue = rawValue }
    /// Something can be received (`ZMQ_POLLIN`).
    public static let readable = PollEvents(rawValue: Int16(ZMQ_POLLIN))
    /// Something can be sent (`ZMQ_POLLOUT`).
    public static let writable = PollEvents(rawValue: Int16(ZMQ_POLLOUT))
    /// A descriptor is broken or hung up (`ZMQ_POLLERR`).
    public static let failed = PollEvents(rawValue: Int16(ZMQ_POLLERR))
}

/// Waits for sockets and file descriptors; no allocation per wait.
///
///     var poller = Poller()
///     let incoming = poller.add(socket)
///     let wakeup = poller.add(fileDescriptor: wakeup.fileDescriptor)
///     while try poller.wait(.seconds(1)) >= 0 {
///         if poller.isReady(incoming) { … }
///     }
///
/// The poller belongs to the thread that owns its sockets. A socket that is closed must not be waited for any more.
public struct Poller: ~Copyable, @unchecked Sendable {
    /// The place of one socket or descriptor; stays the same until it is removed.
    public struct Place: Hashable, Sendable {
        let index: Int
    }

    private var items: UnsafeMutablePointer<zmq_pollitem_t>
    private var handles: [SocketHandle?] = []
    private var capacity: Int

    /// Makes a poller with room for `capacity` entries; it grows when more are added.
    public init(capacity: Int = 8) {
        self.capacity = max(capacity, 1)
        items = .allocate(capacity: self.capacity)
        handles.reserveCapacity(self.capacity)
    }

    deinit { items.deallocate() }

    /// The number of entries.
    public var count: Int { handles.count }

    /// Adds a socket, which must stay open as long as the poller waits for it.
    @discardableResult
    public mutating func add(_ socket: borrowing Socket, for events: PollEvents = .readable) -> Place {
        append(zmq_pollitem_t(socket: socket.handle.use(), fd: 0, events: events.rawValue, revents: 0), socket.handle)
    }

    /// Adds a file descriptor.
    @discardableResult
    public mutating func add(fileDescriptor: CInt, for events: PollEvents = .readable) -> Place {
        append(zmq_pollitem_t(socket: nil, fd: fileDescriptor, events: events.rawValue, revents: 0), nil)
    }

    private mutating func append(_ item: zmq_pollitem_t, _ handle: SocketHandle?) -> Place {
        if count == capacity {
            let grown = UnsafeMutablePointer<zmq_pollitem_t>.allocate(capacity: capacity * 2)
            grown.moveInitialize(from: items, count: count)
            items.deallocate()
            items = grown
            capacity *= 2
        }
        (items + count).initialize(to: item)
        handles.append(handle)
        return Place(index: count - 1)
    }

    /// Removes all entries but the first `count`; their places end.
    public mutating func keepFirst(_ count: Int) {
        if count < handles.count { handles.removeLast(handles.count - count) }
    }

    /// Changes what an entry waits for; an empty set switches it off.
    public mutating func setInterest(_ place: Place, to events: PollEvents) {
        precondition(place.index < count, "no such place in the poller")
        items[place.index].events = events.rawValue
        items[place.index].revents = 0
    }

    /// Waits until an entry is ready or the time is over.
    ///
    /// - Parameters:
    ///   - timeout: Rounded up to milliseconds; zero only looks, nil waits for ever.
    ///   - retryingAfterSignals: Whether a signal is ignored (the rest of the time is waited) or thrown as
    ///     ``ZMQError/Code/interrupted``.
    /// - Returns: How many entries are ready.
    @discardableResult
    public mutating func wait(_ timeout: Duration? = nil, retryingAfterSignals: Bool = true) throws(ZMQError) -> Int {
        for index in 0..<handles.count {
            // Traps for a socket that was closed: its address is free memory to libzmq.
            _ = handles[index]?.use()
        }
        var milliseconds = timeout.map { max($0.millisecondsRoundedUp, 0) } ?? -1
        let start = milliseconds > 0 ? monotonicNanoseconds() : 0
        while true {
            let ready = zmq_poll(items, CInt(count), Int(milliseconds))
            if ready >= 0 { return Int(ready) }
            let error = ZMQError.last("zmq_poll")
            guard error.code == .interrupted, retryingAfterSignals else { throw error }
            if let timeout, milliseconds > 0 {
                let waited = Duration.nanoseconds(Int64(clamping: monotonicNanoseconds() - start))
                milliseconds = max((timeout - waited).millisecondsRoundedUp, 0)
            }
        }
    }

    /// What the last wait found at a place.
    public func ready(_ place: Place) -> PollEvents {
        precondition(place.index < count, "no such place in the poller")
        return PollEvents(rawValue: items[place.index].revents)
    }

    /// True if the last wait found anything at a place.
    public func isReady(_ place: Place) -> Bool { !ready(place).isEmpty }
}
