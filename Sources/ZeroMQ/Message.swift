// Message: one frame, received or to be sent, whose bytes stay where they are.
internal import CZeroMQ

/// Holds one frame; the cell is allocated once and reused for any number of frames.
///
/// libzmq keeps frames of up to 33 bytes inside its own message structure, so that moving the structure moves them. The
/// structure therefore lives in a heap cell: ``bytes`` stay in place when the `Message` moves. Sending leaves an empty
/// message, receiving replaces the content, neither allocates a new cell.
public struct Message: ~Copyable, @unchecked Sendable {
    let cell: UnsafeMutablePointer<zmq_msg_t>

    /// Frees bytes that were handed over, given their address and the hint; runs once, on any thread.
    public typealias Free = @convention(c) (_ bytes: UnsafeMutableRawPointer?, _ hint: UnsafeMutableRawPointer?) -> Void

    /// Makes an empty message.
    public init() {
        cell = .allocate(capacity: 1)
        zmq_msg_init(cell)
    }

    /// Makes a message with a copy of `bytes`.
    public init(copying bytes: RawSpan) {
        self.init()
        replace(copying: bytes)
    }

    /// Makes a message with a copy of `bytes`.
    public init(copying bytes: [UInt8]) {
        self.init(copying: bytes.span.bytes)
    }

    /// Makes a message of `count` bytes, which are zero.
    public init(zeros count: Int) {
        cell = .allocate(capacity: 1)
        Message.allocate(cell, count)
        if let data = zmq_msg_data(cell), count > 0 {
            data.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        }
    }

    /// Makes a message of bytes that are handed over, without a copy.
    ///
    /// - Parameters:
    ///   - bytes: Must not change until they are freed.
    ///   - count: How many.
    ///   - free: Called exactly once when the last copy of the message is gone, mostly on libzmq's I/O thread.
    ///   - hint: Passed to `free`.
    public init(
        takingOwnership bytes: UnsafeMutableRawPointer, count: Int, free: @escaping Free,
        hint: UnsafeMutableRawPointer? = nil
    ) {
        self.init()
        replace(takingOwnership: bytes, count: count, free: free, hint: hint)
    }

    deinit {
        zmq_msg_close(cell)
        cell.deallocate()
    }

    /// Drops the content and copies `bytes` in.
    public mutating func replace(copying bytes: RawSpan) {
        zmq_msg_close(cell)
        let count = bytes.byteCount
        Message.allocate(cell, count)
        if count == 0 { return }
        bytes.withUnsafeBytes { source in
            if let data = zmq_msg_data(cell), let address = source.baseAddress {
                data.copyMemory(from: address, byteCount: count)
            }
        }
    }

    /// Drops the content and makes room for `count` bytes, all of which `fill` writes.
    public mutating func replace(count: Int, filling fill: (UnsafeMutableRawBufferPointer) -> Void) {
        zmq_msg_close(cell)
        Message.allocate(cell, count)
        fill(UnsafeMutableRawBufferPointer(start: zmq_msg_data(cell), count: count))
    }

    /// Drops the content and takes over `bytes`; see ``init(takingOwnership:count:free:hint:)``.
    public mutating func replace(
        takingOwnership bytes: UnsafeMutableRawPointer, count: Int, free: @escaping Free,
        hint: UnsafeMutableRawPointer? = nil
    ) {
        zmq_msg_close(cell)
        if zmq_msg_init_data(cell, bytes, count, free, hint) != 0 { fatalError("zmq_msg_init_data: out of memory") }
    }

    /// Drops the content; the message is empty.
    public mutating func clear() {
        zmq_msg_close(cell)
        zmq_msg_init(cell)
    }

    // As everywhere in Swift, running out of memory ends the process: there is nothing a caller could do.
    private static func allocate(_ cell: UnsafeMutablePointer<zmq_msg_t>, _ count: Int) {
        if zmq_msg_init_size(cell, count) != 0 { fatalError("zmq_msg_init_size(\(count)): out of memory") }
    }

    /// The number of bytes.
    public var count: Int { zmq_msg_size(cell) }

    /// True if further frames of the same message follow this received one.
    public var more: Bool { zmq_msg_more(cell) != 0 }

    /// The bytes, where they lie.
    ///
    /// As long as a name for them is in scope the compiler lets nobody change or send the message: name them in a `do`
    /// block, in a closure of ``withBytes(_:)``, or not at all.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = UnsafeRawBufferPointer(start: zmq_msg_data(cell), count: zmq_msg_size(cell)).bytes
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// Lends the bytes, where they lie.
    public borrowing func withBytes<R: ~Copyable, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try body(bytes)
    }

    /// Makes another message of the same content; above 33 bytes both share the bytes.
    public borrowing func copy() -> Message {
        let other = Message()
        if zmq_msg_copy(other.cell, cell) != 0 { fatalError("zmq_msg_copy: out of memory") }
        return other
    }

    /// Replaces the content with that of `source`; above 33 bytes both share the bytes.
    public mutating func replace(sharing source: borrowing Message) {
        if zmq_msg_copy(cell, source.cell) != 0 { fatalError("zmq_msg_copy: out of memory") }
    }

    /// Replaces the content with that of `source`, which is empty afterwards.
    public mutating func replace(moving source: inout Message) {
        zmq_msg_move(cell, source.cell)
    }

    /// The address the frame came from, without the port; nil if it was not received over TCP.
    public var peerAddress: String? { property("Peer-Address") }

    /// The name that the ZAP handler gave the sender; nil without one.
    public var userID: String? { property("User-Id") }

    /// Whether the ZAP handler named the sender like this; an empty name stands for none.
    ///
    /// Much cheaper than ``userID``: nothing is copied.
    public func isUser(_ id: [UInt8]) -> Bool {
        guard let value = zmq_msg_gets(cell, "User-Id") else { return id.isEmpty }
        return value.withMemoryRebound(to: UInt8.self, capacity: id.count + 1) { value in
            for index in id.indices where value[index] != id[index] { return false }
            return value[id.count] == 0
        }
    }

    /// The connection that the message came over; nil if it did not come over one that the system knows.
    public var connection: PeerConnection? {
        let descriptor = zmq_msg_get(cell, ZMQ_SRCFD)
        return descriptor < 0 ? nil : PeerConnection(descriptor)
    }

    private func property(_ name: String) -> String? {
        guard let value = zmq_msg_gets(cell, name) else { return nil }
        return String(cString: value)
    }
}
