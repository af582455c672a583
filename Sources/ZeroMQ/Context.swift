// Context: libzmq's I/O threads and the sockets that share them.
internal import CZeroMQ

/// Owns libzmq's I/O threads; every socket is made in one and keeps it alive.
///
/// When the last reference goes, the release waits until the sockets' lingering messages are sent or their linger is
/// over (one second on links, see ``LinkOptions``).
public final class Context: Sendable {
    nonisolated(unsafe) let pointer: UnsafeMutableRawPointer
    /// The context's ZAP handler, while somebody needs it.
    let zap = ZAPSlot()

    /// Starts a context; its threads start with the first socket.
    ///
    /// - Parameters:
    ///   - ioThreads: One is enough for about a gigabyte per second.
    ///   - maximumSockets: Sockets that may be open at once; libzmq reserves a slot for each.
    public init(ioThreads: Int = 1, maximumSockets: Int = 1_023) throws(ZMQError) {
        guard let pointer = zmq_ctx_new() else { throw .last("zmq_ctx_new") }
        self.pointer = pointer
        try set(ZMQ_IO_THREADS, to: ioThreads, "zmq_ctx_set(ZMQ_IO_THREADS)")
        try set(ZMQ_MAX_SOCKETS, to: maximumSockets, "zmq_ctx_set(ZMQ_MAX_SOCKETS)")
    }

    private func set(_ option: CInt, to value: Int, _ call: String) throws(ZMQError) {
        guard let number = CInt(exactly: value) else { throw ZMQError(.invalid, call: call) }
        if zmq_ctx_set(pointer, option, number) != 0 { throw .last(call) }
    }

    deinit {
        // A signal may interrupt the wait for lingering messages; then the context is still there.
        while zmq_ctx_term(pointer) != 0, zmq_errno() == ZMQError.Code.interrupted.rawValue {}
    }

    /// Ends every waiting call in this context with ``ZMQError/Code/terminated``; from any thread.
    ///
    /// Sockets must still be closed by their owners.
    public func shutdown() {
        _ = zmq_ctx_shutdown(pointer)
    }
}
