// Events for the tests of this folder.

import BSON
import Eventstorm
@testable import LiveView

extension LiveFeed {
    /// Ingests one message with several events made by the same closure.
    func emit(
        _ topic: String, count: Int = 1, now: Int64? = nil, _ build: (inout DocumentWriter, Int) -> Void = { _, _ in }
    ) throws {
        var writer = DocumentWriter()
        for index in 0..<count {
            writer.beginDocument()
            build(&writer, index)
            _ = writer.endDocument()
        }
        let topic = try Topic(topic)
        writer.withBytes { bytes in
            if let now {
                ingest(topic, count: count, payload: bytes, now: now)
            } else {
                ingest(topic, count: count, payload: bytes)
            }
        }
    }
}
