// Events as documents one after another in a file, at full speed.
internal import Glibc
public import BSON

/// Writes events into a file, as documents one after another, which is what `bsondump` and `mongorestore` read.
public final class BSONFileOutput: EventOutput, BlockOutput {
    /// Why the file could not be written.
    public struct Problem: Error, CustomStringConvertible, Sendable {
        /// The file.
        public let path: String
        /// The errno.
        public let code: CInt

        /// The file and what the system says.
        public var description: String { "\(path): \(String(cString: strerror(code)))" }
    }

    /// Bytes gathered before they are written.
    private static let pieceSize = 256 << 10

    /// Events that exceeded the limits of a document.
    public private(set) var refused: UInt64 = 0
    /// What went wrong with the file; nothing is wanted any more then.
    public private(set) var problem: Problem? {
        didSet { isWanted = problem == nil }
    }
    /// Whether the file can be written.
    public private(set) var isWanted = true
    /// Nothing is left out.
    public let start: Datetime? = nil
    private let path: String
    private let descriptor: CInt
    // Behind a pointer, because a stored property would be checked for exclusive use at every event.
    private let events: UnsafeMutablePointer<DocumentWriter>

    /// Creates the file, or empties it; `-` is the standard output.
    public init(path: String) throws(Problem) {
        self.path = path
        events = .allocate(capacity: 1)
        events.initialize(to: DocumentWriter(capacity: Self.pieceSize + (64 << 10)))
        descriptor = path == "-" ? dup(1) : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw Problem(path: path, code: errno) }
    }

    deinit {
        Glibc.close(descriptor)
        events.deinitialize(count: 1)
        events.deallocate()
    }

    /// Whether the file can be written.
    public func wants(topic: Int) -> Bool { isWanted }

    /// Appends an event.
    public func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) {
        events.pointee.beginDocument()
        build(&events.pointee)
        if !events.pointee.endDocument() { refused += 1 }
        if events.pointee.count >= Self.pieceSize { flush() }
    }

    /// Writes what was gathered.
    public func note() { flush() }

    /// Writes what was gathered, so that the file of a quiet log is not empty for hours.
    public func letGo() { flush() }

    /// Whether the file could be written.
    public var isNotedGone: Bool { problem == nil }

    /// Itself.
    public var blocks: (any BlockOutput)? { self }

    /// Unparsed lines have no place in a file of events; they are in the counts.
    public func report(_ unparsed: Unparsed, path: String) {}

    /// Writes what was gathered.
    public func flush() {
        if events.pointee.count == 0 { return }
        events.pointee.withBytes { put($0) }
        events.pointee.removeAll()
    }

    /// Writes events behind those that were gathered.
    public func append(_ documents: RawSpan, leftOut: UInt64) {
        if documents.byteCount < Self.pieceSize / 4 {
            events.pointee.append(documents: documents)
            if events.pointee.count >= Self.pieceSize { flush() }
        } else {
            flush()
            put(documents)
        }
    }

    private func put(_ bytes: RawSpan) {
        let failure: CInt? = bytes.withUnsafeBytes { pointer in
            var offset = 0
            while offset < pointer.count {
                let count = write(descriptor, pointer.baseAddress.map { $0 + offset }, pointer.count - offset)
                if count < 0 && errno == EINTR { continue }
                if count < 0 { return errno }
                offset += count
            }
            return nil
        }
        if let failure { problem = Problem(path: path, code: failure) }
    }
}
