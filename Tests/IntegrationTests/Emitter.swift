// A source that writes down what it emits, so that books can be held against it, and files that configure routers.
import BSON
import Eventstorm
import Foundation
@testable import Service
import Synchronization
import Testing
import ZeroMQ

/// A configuration that is there for one test, and can be written anew.
final class ConfigurationFile {
    let path: String

    init(_ text: String) throws {
        path = FileManager.default.temporaryDirectory.appending(path: "es-\(UUID().uuidString).json5").path()
        try write(text)
    }

    /// Replaces the file as editors do, by a new one of the same name.
    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Emits ten thousand events a second from a thread of its own, and writes each into a file, which is the truth.
final class Emitter: Sendable {
    let payload = Mutex("x")
    private let isOver = Atomic<Bool>(false)
    private let file: URL
    private let thread = Mutex<OSThread?>(nil)

    init(_ topic: OpenTopic) throws {
        file = FileManager.default.temporaryDirectory.appending(path: "es-emitted-\(UUID().uuidString).bson")
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        try thread.withLock { slot in
            slot = try OSThread(name: "emitter") { [self] in emit(topic, handle) }
        }
    }

    deinit { try? FileManager.default.removeItem(at: file) }

    private func emit(_ topic: OpenTopic, _ handle: FileHandle) {
        let start = monotonicNanoseconds()
        var number: UInt64 = 0
        while !isOver.load(ordering: .relaxed) {
            let due = (monotonicNanoseconds() - start) / 100_000
            let text = payload.withLock { $0 }
            var written = DocumentWriter()
            for number in number..<max(number, due) {
                written.beginDocument()
                written["n"] = Int64(number)
                written.endDocument()
            }
            handle.write(Data(written.take()))
            while number < due {
                topic.emit {
                    $0["n"] = Int64(number)
                    $0["s"] = text
                }
                number += 1
            }
            usleep(500)
        }
        try? handle.close()
    }

    /// Stops, and returns how many events the file holds.
    func stop() -> UInt64 {
        isOver.store(true, ordering: .relaxed)
        let thread = thread.withLock { $0.take() }
        thread?.join()
        guard let bytes = try? Data(contentsOf: file), !bytes.isEmpty else { return 0 }
        let count = try? BSONValidator.validateSequence([UInt8](bytes).span.bytes, maximumDepth: 2)
        return UInt64(count ?? 0)
    }
}
