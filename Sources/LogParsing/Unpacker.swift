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
        /// What follows is not of the format.
        case damaged
        /// The file could not be read, with errno.
        case failed(CInt)
    }

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
    /// Whether a member has ended: what follows it and is none is padding.
    private var hasMember = false
    /// Whether decoded bytes may wait within the decoder, because there was no room.
    private var isFull = false

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
    func read(into output: UnsafeMutableRawBufferPointer) -> Step {
        var produced = 0
        while produced < output.count {
            if left.isEmpty && !isFull, let stop = fill() { return produced > 0 ? .bytes(produced) : stop }
            let room = UnsafeMutableRawBufferPointer(rebasing: output[produced...])
            let had = left.count
            let count =
                switch engine {
                case .gzip(let stream): inflate(stream, into: room)
                case .zstd(let context): decompress(context, into: room)
                }
            // No progress is none ever: both have input and room.
            guard let count, count > 0 || left.count < had || had == 0 else {
                if produced > 0 { return .bytes(produced) }
                // Padding behind the last member, as tapes have it, is no damage.
                return isBetween && hasMember ? .end : .damaged
            }
            isFull = count == room.count
            produced += count
        }
        return .bytes(produced)
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

    /// Decodes once; nil for what is not of the format.
    private func inflate(_ stream: UnsafeMutablePointer<z_stream>, into room: UnsafeMutableRawBufferPointer) -> Int? {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: input[left])
        stream.pointee.next_in = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(bytes.count)
        stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: room.count)
        let before = stream.pointee.avail_out
        let result = CZlib.inflate(stream, Z_NO_FLUSH)
        guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { return nil }
        left = left.upperBound - Int(stream.pointee.avail_in)..<left.upperBound
        if result != Z_BUF_ERROR { isBetween = result == Z_STREAM_END }
        if result == Z_STREAM_END {
            hasMember = true
            inflateReset(stream)
        }
        return Int(before - stream.pointee.avail_out)
    }

    private func decompress(_ context: OpaquePointer, into room: UnsafeMutableRawBufferPointer) -> Int? {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: input[left])
        var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
        let result = ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(result) == 0 else { return nil }
        left = left.lowerBound + source.pos..<left.upperBound
        if source.pos > 0 || target.pos > 0 { isBetween = result == 0 }
        if isBetween { hasMember = true }
        return target.pos
    }
}
