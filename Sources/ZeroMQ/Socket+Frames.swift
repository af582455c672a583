// Socket: sending and receiving frames, subscriptions.
internal import CZeroMQ
internal import Glibc

extension Socket {
    /// Sends a frame; afterwards the message is empty and can be filled again.
    ///
    /// - Parameters:
    ///   - message: Stays as it is when it could not be sent.
    ///   - more: True if another frame of the same message follows.
    ///   - wait: Whether to wait while the queue is full. Publishers never wait unless they have `noDrop`.
    /// - Returns: False if it would have to wait. A publisher with `noDrop` refuses only at a message's first frame.
    @discardableResult
    public func send(_ message: inout Message, more: Bool = false, wait: Bool = true) throws(ZMQError) -> Bool {
        let flags = (more ? ZMQ_SNDMORE : 0) | (wait ? 0 : ZMQ_DONTWAIT)
        let pointer = handle.use()
        while true {
            if zmq_msg_send(message.cell, pointer, flags) >= 0 { return true }
            if try !retry("zmq_msg_send") { return false }
        }
    }

    /// Sends a frame and gives up the message.
    ///
    /// - Returns: Nil if it was sent, else the message, which would have to wait.
    public func send(
        consuming message: consuming Message, more: Bool = false, wait: Bool = true
    ) throws(ZMQError) -> Message? {
        if try send(&message, more: more, wait: wait) { return nil }
        return message
    }

    /// Sends a frame with a copy of `bytes`; up to 33 bytes without any allocation.
    ///
    /// - Returns: False if it would have to wait; see ``send(_:more:wait:)``.
    @discardableResult
    public func send(copying bytes: RawSpan, more: Bool = false, wait: Bool = true) throws(ZMQError) -> Bool {
        let flags = (more ? ZMQ_SNDMORE : 0) | (wait ? 0 : ZMQ_DONTWAIT)
        let pointer = handle.use()
        while true {
            let result = bytes.withUnsafeBytes { zmq_send(pointer, $0.baseAddress, $0.count, flags) }
            if result >= 0 { return true }
            if try !retry("zmq_send") { return false }
        }
    }

    /// Sends a frame with a copy of `bytes`.
    @discardableResult
    public func send(copying bytes: [UInt8], more: Bool = false, wait: Bool = true) throws(ZMQError) -> Bool {
        try send(copying: bytes.span.bytes, more: more, wait: wait)
    }

    /// Receives a frame into `message`, whose former content is dropped.
    ///
    /// - Returns: False if none is there and it should not wait; or none came within the `receiveTimeout`.
    @discardableResult
    public func receive(into message: inout Message, wait: Bool = true) throws(ZMQError) -> Bool {
        let pointer = handle.use()
        while true {
            if zmq_msg_recv(message.cell, pointer, wait ? 0 : ZMQ_DONTWAIT) >= 0 { return true }
            if try !retry("zmq_msg_recv") { return false }
        }
    }

    /// Receives a frame into a new message; nil if none is there and it should not wait.
    public func receive(wait: Bool = true) throws(ZMQError) -> Message? {
        var message = Message()
        if try receive(into: &message, wait: wait) { return message }
        return nil
    }

    /// Receives and drops the rest of a message, of which `message` is the last frame received.
    ///
    /// - Returns: How many frames were dropped. `message` holds the last of them, if any.
    @discardableResult
    public func discardRest(after message: inout Message) throws(ZMQError) -> Int {
        var dropped = 0
        while message.more {
            // A message is received whole or not at all, so this never waits.
            if try !receive(into: &message, wait: false) { break }
            dropped += 1
        }
        return dropped
    }

    /// Says after a failed call whether to try again: true after a signal, false if it would have to wait.
    private func retry(_ call: String) throws(ZMQError) -> Bool {
        switch zmq_errno() {
        case EINTR: return true
        case EAGAIN: return false
        default: throw handle.lastError(call)
        }
    }

    /// Asks for messages whose first frame begins with `prefix`; only a subscriber can.
    public func subscribe(_ prefix: RawSpan) throws(ZMQError) {
        try set(ZMQ_SUBSCRIBE, prefix, "zmq_setsockopt(ZMQ_SUBSCRIBE)")
    }

    /// Asks for messages whose first frame begins with `prefix`; only a subscriber can.
    public func subscribe(_ prefix: [UInt8]) throws(ZMQError) { try subscribe(prefix.span.bytes) }

    /// Takes one ``subscribe(_:)-(RawSpan)`` of the same prefix back; libzmq counts them.
    public func unsubscribe(_ prefix: RawSpan) throws(ZMQError) {
        try set(ZMQ_UNSUBSCRIBE, prefix, "zmq_setsockopt(ZMQ_UNSUBSCRIBE)")
    }

    /// Takes one subscription of the same prefix back; libzmq counts them.
    public func unsubscribe(_ prefix: [UInt8]) throws(ZMQError) { try unsubscribe(prefix.span.bytes) }

    /// Lets the peer whose subscription message was received last have messages that begin with `prefix`.
    ///
    /// Only for a publisher with `manual`, right after that message was received. Does nothing if the peer is gone.
    public func acceptSubscription(_ prefix: RawSpan) throws(ZMQError) {
        try set(ZMQ_SUBSCRIBE, prefix, "zmq_setsockopt(ZMQ_SUBSCRIBE)")
    }

    /// Takes an accepted subscription away from the peer whose unsubscription was received last.
    public func acceptUnsubscription(_ prefix: RawSpan) throws(ZMQError) {
        try set(ZMQ_UNSUBSCRIBE, prefix, "zmq_setsockopt(ZMQ_UNSUBSCRIBE)")
    }

    private func set(_ option: CInt, _ bytes: RawSpan, _ call: String) throws(ZMQError) {
        let pointer = handle.use()
        let result = bytes.withUnsafeBytes { zmq_setsockopt(pointer, option, $0.baseAddress, $0.count) }
        if result != 0 { throw handle.lastError(call) }
    }
}
