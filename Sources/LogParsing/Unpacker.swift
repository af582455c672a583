// Compressed files, gzip and zstd, decoded piece by piece.
internal import CZlib
internal import CZstd
internal import Glibc

/// How a file is compressed, told by its first bytes whatever its name.
enum Compression {
    case gzip
    case zstd

    init?(of descriptor: CInt) {
        var bytes: UInt32 = 0
        guard pread(descriptor, &bytes, 4, 0) == 4 else { return nil }
        let magic = UInt32(littleEndian: bytes)
        if magic & 0xFF_FFFF == 0x08_8B1F {  // RFC 1952: the two bytes of gzip, and "deflate"
            self = .gzip
        } else if magic == 0xFD2F_B528 || magic & 0xFFFF_FFF0 == 0x184D_2A50 {  // RFC 8878: a frame, a skippable one
            self = .zstd
        } else {
            return nil
        }
    }
}

/// Decodes a compressed file from its beginning.
///
/// Memory is bounded whatever the file holds: a piece is decoded at a time, and zstd's window is at most 128 MiB, which
/// is what `zstd -d` allows itself.
final class Unpacker {
    /// What came of decoding a piece.
    enum Step: Hashable {
        /// So many bytes were decoded.
        case bytes(Int)
        /// The file ends where it cannot end: it is still being written, or was cut.
        case cut
        /// All was decoded.
        case end
        /// What follows is not of the format: nothing more can be decoded, now or later.
        case damaged
        /// The file could not be read, with errno.
        case failed(CInt)
    }

    /// Bytes of the header of a block of zstd.
    private static let blockHeader = 3

    private enum Engine {
        case gzip(UnsafeMutablePointer<z_stream>)
        case zstd(OpaquePointer)
    }

    private let descriptor: CInt
    private let engine: Engine
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 8)
    /// Bytes of the file that were read.
    private(set) var offset: UInt64 = 0
    /// The part of `input` that was not decoded yet.
    private var left = 0..<0
    /// Whether one member or frame has ended and the next has not begun.
    private var isBetween = true
    /// Whether a member has ended: zeros that follow it are padding.
    private var hasMember = false
    /// Whether decoded bytes may wait within the decoder, because there was no room.
    private var isFull = false
    /// Whether something was not of the format; a decoder that went on behind it would decode anything.
    private var isDamaged = false
    /// Bytes that zstd asked for, so that it gets no more than it decodes at once.
    private var wanted = 5

    /// Bytes of the file that were decoded: where the damage is, if there is any.
    var place: UInt64 { offset - UInt64(left.count) }

    /// Begins; nil without memory.
    init?(_ compression: Compression, descriptor: CInt) {
        self.descriptor = descriptor
        switch compression {
        case .gzip:
            // zlib keeps the address of the stream.
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            engine = .gzip(stream)
            if CZlib_begin_gzip(stream) != Z_OK { return nil }
        case .zstd:
            guard let context = ZSTD_createDCtx() else {
                input.deallocate()
                return nil
            }
            engine = .zstd(context)
        }
    }

    deinit {
        switch engine {
        case .gzip(let stream):
            inflateEnd(stream)
            stream.deallocate()
        case .zstd(let context): ZSTD_freeDCtx(context)
        }
        input.deallocate()
    }

    /// Decodes until `output` is full or nothing is left.
    ///
    /// What comes before a damage is decoded, and the same however it is divided into pieces.
    func read(into output: UnsafeMutableRawBufferPointer) -> Step {
        var produced = 0
        while produced < output.count, !isDamaged {
            if isBetween && hasMember { dropPadding() }
            if left.isEmpty && !isFull {
                if let stop = fill() { return produced > 0 ? .bytes(produced) : stop }
                continue
            }
            let room = UnsafeMutableRawBufferPointer(rebasing: output[produced...])
            let before = (left: left.count, wasFull: isFull)
            let count =
                switch engine {
                case .gzip(let stream): inflate(stream, into: room)
                case .zstd(let context): decompress(context, into: room)
                }
            isFull = count == room.count
            produced += count
            // No progress is none ever: both had input and room.
            if count == 0, left.count == before.left, !before.wasFull { isDamaged = true }
        }
        return produced > 0 || !isDamaged ? .bytes(produced) : .damaged
    }

    /// Leaves out zeros behind a member, as tapes have them: they are no damage.
    private func dropPadding() {
        while left.first.map({ input[$0] == 0 }) ?? false { left = left.lowerBound + 1..<left.upperBound }
    }

    /// Reads the next bytes of the file; why there are none, if there are none.
    private func fill() -> Step? {
        while true {
            let count = pread(descriptor, input.baseAddress, input.count, off_t(offset))
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return .failed(errno) }
            if count == 0 { return isBetween && hasMember ? .end : .cut }
            offset += UInt64(count)
            left = 0..<count
            return nil
        }
    }

    /// Decodes once and says how many bytes came of it, also before a damage.
    private func inflate(_ stream: UnsafeMutablePointer<z_stream>, into room: UnsafeMutableRawBufferPointer) -> Int {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: input[left])
        stream.pointee.next_in = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(bytes.count)
        stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: room.count)
        let before = stream.pointee.avail_out
        let result = CZlib.inflate(stream, Z_NO_FLUSH)
        left = left.upperBound - Int(stream.pointee.avail_in)..<left.upperBound
        switch result {
        case Z_OK: isBetween = false
        case Z_STREAM_END:
            (isBetween, hasMember) = (true, true)
            inflateReset(stream)
        case Z_BUF_ERROR: break
        default: isDamaged = true
        }
        return Int(before - stream.pointee.avail_out)
    }

    /// Decodes no more than one block, since of a call that fails zstd does not say how much came before.
    private func decompress(_ context: OpaquePointer, into room: UnsafeMutableRawBufferPointer) -> Int {
        let count = isFull ? 0 : min(left.count, wanted)
        let bytes = UnsafeMutableRawBufferPointer(rebasing: input[left.lowerBound..<left.lowerBound + count])
        var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
        let result = ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(result) == 0 else {
            isDamaged = true
            return 0
        }
        left = left.lowerBound + source.pos..<left.upperBound
        if source.pos > 0 || target.pos > 0 { isBetween = result == 0 }
        if isBetween { hasMember = true }
        // What it asks for has the header of the next block at its end.
        wanted = result > Self.blockHeader ? result - Self.blockHeader : max(1, result)
        return target.pos
    }
}
