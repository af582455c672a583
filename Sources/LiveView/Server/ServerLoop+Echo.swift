// An endpoint that sends back what it is sent: how the WebSockets of this server are tested by others.

internal import CWebSockets

extension ServerLoop {
    /// What is to be sent back.
    struct Echo {
        /// Bytes that may wait: sixteen messages of a megabyte.
        static let mostBytes = 16 << 20

        var incoming: [UInt8] = []
        var waiting: [(bytes: [UInt8], isBinary: Bool)] = []
        var bytes = 0
    }

    /// Takes a piece of a message.
    func takeEcho(_ connection: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> CInt {
        let count = bytes.count
        guard (echo[connection]?.bytes ?? 0) + count <= Echo.mostBytes else {
            return close(connection, .tooLarge, "too much")
        }
        echo[connection]?.incoming.append(contentsOf: bytes)
        echo[connection]?.bytes += count
        guard lws_is_final_fragment(connection) != 0, lws_remaining_packet_payload(connection) == 0 else { return 0 }
        let message = echo[connection]?.incoming ?? []
        echo[connection]?.incoming = []
        echo[connection]?.waiting.append((message, lws_frame_is_binary(connection) != 0))
        lws_callback_on_writable(connection)
        return 0
    }

    /// Sends one message back.
    func sendEcho(_ connection: OpaquePointer) -> CInt {
        guard let first = echo[connection]?.waiting.first else { return 0 }
        echo[connection]?.waiting.removeFirst()
        echo[connection]?.bytes -= first.bytes.count
        let result = write(connection, first.bytes, first.isBinary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT)
        if echo[connection]?.waiting.isEmpty == false { lws_callback_on_writable(connection) }
        return result
    }
}
