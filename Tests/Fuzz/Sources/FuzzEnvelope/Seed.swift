// An input to begin with: messages as they really travel.
import BSON
import Eventstorm
import Glibc

enum Seed {
    /// Writes the input into a corpus directory.
    static func write(into directory: String) {
        guard let file = fopen(directory + "/seed", "w") else { return }
        defer { fclose(file) }
        let bytes = (try? messages()) ?? []
        fwrite(bytes, 1, bytes.count, file)
    }

    private static func messages() throws -> [UInt8] {
        let topic = try Topic("a.b")
        let beat = Beat(
            origin: 7, process: ProcessIdentity(role: "source", name: "s"), at: Datetime(millisecondsSinceEpoch: 1),
            full: true, topics: [Beat.Row(topic, SendCounts(next: 3, emitted: 9, unwanted: 6))])
        var writer = DocumentWriter()
        beat.write(into: &writer)
        let payload = writer.take()
        let stamp = Stamp(origin: 7, sequence: 0, count: 1)
        let messages: [(envelope: [UInt8], payload: [UInt8])] = [
            ([1], []),  // '*' and its nonce, see `subscribe`
            (Envelope.bytes(topic: topic, stamp: stamp), [1]),
            (Envelope.bytes(fence: FenceNonce(value: 1), stamp: stamp), payload),
            (Envelope.bytes(topic: topic, stamp: Stamp(origin: 7, sequence: 9, count: 4)), []),
            (Envelope.bytes(topic: .beat, stamp: stamp), payload),
        ]
        return messages.flatMap { message in
            [UInt8(message.envelope.count)] + message.envelope
                + [UInt8(truncatingIfNeeded: message.payload.count), UInt8(message.payload.count >> 8)]
                + message.payload
        }
    }
}
