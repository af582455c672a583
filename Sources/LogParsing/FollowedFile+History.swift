// Compressed files: read once, under the identity of what was compressed.
internal import Glibc

/// What is decoded of a compressed file and not handed out yet.
final class Unpacked {
    let unpacker: Unpacker
    let buffer: UnsafeMutableRawBufferPointer
    /// Bytes in the buffer.
    private(set) var count = 0
    /// Where the first of them stands in the file that was compressed.
    private(set) var offset: UInt64 = 0

    /// - Parameter room: Bytes that are decoded at once; more than a line may have.
    init?(_ compression: Compression, descriptor: CInt, room: Int) {
        guard let unpacker = Unpacker(compression, descriptor: descriptor) else { return nil }
        self.unpacker = unpacker
        buffer = .allocate(byteCount: room, alignment: 8)
    }

    deinit { buffer.deallocate() }

    /// Decodes more.
    func fill() -> Unpacker.Step {
        let step = unpacker.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
        if case .bytes(let more) = step { count += more }
        return step
    }

    /// Forgets the first bytes.
    func drop(_ length: Int) {
        guard length > 0, let base = buffer.baseAddress else { return }
        memmove(base, base + length, count - length)
        count -= length
        offset += UInt64(length)
    }
}

extension FollowedFile {
    /// How a compressed file begins that has been decoded, for its identity.
    static func unpackedHead(_ descriptor: CInt, _ compression: Compression) -> [UInt8] {
        guard let unpacker = Unpacker(compression, descriptor: descriptor) else { return [] }
        var head = [UInt8](repeating: 0, count: FileIdentity.headLimit)
        var count = 0
        while count < head.count {
            let step = head.withUnsafeMutableBytes {
                unpacker.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
            }
            guard case .bytes(let more) = step else { break }
            count += more
        }
        return Array(head[..<count])
    }

    /// Decodes a piece from the position on and hands its lines out.
    func stepHistory<Handler: LineHandler & ~Copyable>(
        _ compression: Compression, room: Int, maximumLine: Int, input: Int, to handler: inout Handler
    ) -> Step {
        guard let identity else { return isFinal ? .damaged : .end }
        if unpacked == nil { unpacked = Unpacked(compression, descriptor: descriptor, room: room) }
        guard let unpacked else { return .failed(ENOMEM) }
        let filled = unpacked.fill()
        if case .failed(let code) = filled { return .failed(code) }
        guard let start = start(in: unpacked) else {
            if case .bytes = filled { return .more }
            return end(filled)
        }
        let isLast = filled == .end || isFinal && filled == .cut || filled == .damaged
        let splitter = LineSplitter(maximumLine: maximumLine, file: identity, input: input)
        let bytes = UnsafeRawBufferPointer(rebasing: unpacked.buffer[..<unpacked.count]).bytes
        let (consumed, stopped) = splitter.split(
            bytes, from: start, base: unpacked.offset, isSkipping: &isSkipping, isLast: isLast, to: &handler)
        if consumed > start {
            position = unpacked.offset + UInt64(consumed)
            mark = Mark(before: consumed, of: bytes)
        }
        // As much stays as the mark needs.
        unpacked.drop(max(0, consumed - Mark.limit))
        if stopped { return .stopped }
        if case .bytes = filled { return .more }
        return end(filled)
    }

    /// Where the position is among the bytes that are decoded; nil if it is further on.
    ///
    /// Where the bytes before it are others than they were, everything is read, under the identity of the file itself.
    private func start(in unpacked: Unpacked) -> Int? {
        let end = unpacked.offset + UInt64(unpacked.count)
        guard position <= end else {
            unpacked.drop(max(0, unpacked.count - Mark.limit))
            return nil
        }
        let start = Int(position - unpacked.offset)
        let before = UnsafeRawBufferPointer(rebasing: unpacked.buffer[max(0, start - mark.length)..<start]).bytes
        if mark.length > 0, Mark(before) != mark {
            (position, mark, isSkipping, identity) = (0, .none, false, content)
            self.unpacked = nil
            return nil
        }
        return start
    }

    /// What it means that no more can be decoded.
    private func end(_ step: Unpacker.Step) -> Step {
        switch step {
        case .end:
            isFinal = true
            return .end
        // It may be written just now.
        case .cut where !isFinal: return .end
        default: return .damaged
        }
    }

    /// Bytes of the file itself that are done with.
    var done: UInt64 {
        guard compression != nil else { return position }
        return unpacked?.unpacker.offset ?? (isFinal ? size : 0)
    }

    /// Whether all that it holds now is done with.
    var isRead: Bool { compression == nil && position >= size }

    /// When it was changed last, in seconds since 1970.
    var changed: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status.st_mtim.tv_sec : 0
    }

    /// Whether a compressed file says itself that nothing was compressed behind a position: gzip's last four bytes.
    func holds(only position: UInt64) -> Bool {
        guard compression == .gzip, size >= 4 else { return false }
        var length: UInt32 = 0
        return pread(descriptor, &length, 4, off_t(size - 4)) == 4
            && UInt32(littleEndian: length) == UInt32(truncatingIfNeeded: position)
    }
}
