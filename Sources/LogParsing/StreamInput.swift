// Input that cannot be read twice: the standard input, pipes and terminals.
internal import Glibc

/// A stream of lines, read as it comes.
final class StreamInput {
    let descriptor: CInt
    let input: Int
    /// Whether the other side has closed it and all lines were handed out.
    private(set) var isEnded = false
    /// Whether lines were read and not handed out.
    private(set) var hasLines = false

    private let file: FileIdentity
    private let buffer: UnsafeMutableRawBufferPointer
    private let maximumLine: Int
    private var count = 0  // bytes in the buffer
    private var offset: UInt64 = 0  // of the buffer's first byte in the stream
    private var isSkipping = false
    private var isClosed = false
    private let owns: Bool

    /// Reads a descriptor from where it stands.
    init(descriptor: CInt, input: Int, maximumLine: Int, owns: Bool) {
        self.descriptor = descriptor
        self.input = input
        self.maximumLine = maximumLine
        self.owns = owns
        buffer = .allocate(byteCount: max(256 << 10, 2 * maximumLine), alignment: 8)
        file = .unrepeatable()
    }

    deinit {
        buffer.deallocate()
        if owns { close(descriptor) }
    }

    /// Reads what is there and hands its lines out; never waits.
    func step<Handler: LineHandler & ~Copyable>(to handler: inout Handler) -> Tail.Progress {
        if isEnded { return .finished }
        if !hasLines && !isClosed {
            guard fill() else { return .idle }
        }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes
        let splitter = LineSplitter(maximumLine: maximumLine, file: file, input: input)
        let (consumed, stopped) = splitter.split(
            bytes, from: 0, base: offset, isSkipping: &isSkipping, isLast: isClosed, to: &handler)
        if consumed > 0, let base = buffer.baseAddress {
            memmove(base, base + consumed, count - consumed)
            count -= consumed
            offset += UInt64(consumed)
        }
        hasLines = stopped
        if stopped { return .stopped }
        isEnded = isClosed
        return isEnded ? .finished : .more
    }

    /// Reads once; false if nothing is there yet.
    private func fill() -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, 0) > 0, let base = buffer.baseAddress else { return false }
        let read = Glibc.read(descriptor, base + count, buffer.count - count)
        if read < 0 && (errno == EINTR || errno == EAGAIN) { return false }
        if read <= 0 { isClosed = true }
        count += max(0, read)
        return true
    }
}

extension Tail {
    mutating func addStream(path: String, descriptor: CInt, owns: Bool = false) {
        streams.append(
            StreamInput(
                descriptor: descriptor, input: inputs.count, maximumLine: options.maximumLine, owns: owns))
        inputs.append(path)
    }

    /// Opens a pipe or a terminal, once: it cannot be rotated.
    mutating func openStream(_ path: String) {
        guard !inputs.contains(path) else { return }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else {
            notices.append(.unreadable(path: path, code: errno))
            return
        }
        addStream(path: path, descriptor: descriptor, owns: true)
    }

    mutating func readStreams<Handler: LineHandler & ~Copyable>(into handler: inout Handler) -> Progress {
        var result = Progress.idle
        for stream in streams {
            switch stream.step(to: &handler) {
            case .more: result = .more
            case .stopped: return .stopped
            case .idle, .finished: break
            }
        }
        guard result == .idle else { return result }
        let isOver =
            listeners.isEmpty && streams.allSatisfy { $0.isEnded }
            && (options.once || (patterns.isEmpty && !streams.isEmpty))
        return isOver ? .finished : .idle
    }
}
