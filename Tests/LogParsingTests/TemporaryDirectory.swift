// A directory of a test's own, gone when the test is.
import CZlib
import CZstd
import Glibc

@testable import LogParsing

final class TemporaryDirectory: Sendable {
    let root: String

    init() {
        var template = Array("/tmp/eventstorm-test-XXXXXX".utf8CString)
        root = template.withUnsafeMutableBufferPointer { buffer in
            guard let made = buffer.baseAddress.flatMap({ mkdtemp($0) }) else { fatalError("mkdtemp: errno \(errno)") }
            return String(cString: made)
        }
    }

    deinit {
        if let stream = opendir(root) {
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { unlink(path(name)) }
            }
            closedir(stream)
        }
        rmdir(root)
    }

    func path(_ name: String) -> String { root + "/" + name }

    /// Empties a file, or creates it, and writes a text.
    @discardableResult
    func write(_ text: String, to name: String) -> String {
        put(text, name, O_WRONLY | O_CREAT | O_TRUNC)
        return path(name)
    }

    /// Appends a text to a file.
    func append(_ text: String, to name: String) { put(text, name, O_WRONLY | O_CREAT | O_APPEND) }

    private func put(_ text: String, _ name: String, _ flags: CInt) {
        let file = open(path(name), flags, 0o644)
        precondition(file >= 0, "open \(name): errno \(errno)")
        var text = text
        text.withUTF8 { bytes in precondition(Glibc.write(file, bytes.baseAddress, bytes.count) == bytes.count) }
        close(file)
    }

    func rename(_ old: String, to new: String) { precondition(Glibc.rename(path(old), path(new)) == 0) }

    /// What logrotate's `copytruncate` does.
    func copyAndTruncate(_ name: String, to copy: String) {
        let source = open(path(name), O_RDWR)
        let target = open(path(copy), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count <= 0 { break }
            precondition(Glibc.write(target, buffer, count) == count)
        }
        precondition(ftruncate(source, 0) == 0)
        close(source)
        close(target)
    }

    /// What logrotate's `compress` does: a compressed file stands in the place of another, and is as old.
    func compress(_ name: String, to other: String, as compression: Compression) {
        let file = open(path(name), O_RDONLY)
        var status = stat()
        precondition(fstat(file, &status) == 0)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        precondition(read(file, &bytes, bytes.count) == bytes.count)
        close(file)
        write(Self.compressed(bytes, as: compression), to: other)
        var times = [status.st_atim, status.st_mtim]
        utimensat(AT_FDCWD, path(other), &times, 0)
        unlink(path(name))
    }

    func write(_ bytes: [UInt8], to name: String) {
        unlink(path(name))
        append(bytes: bytes, to: name)
    }

    func append(bytes: [UInt8], to name: String) {
        let file = open(path(name), O_WRONLY | O_CREAT | O_APPEND, 0o644)
        precondition(Glibc.write(file, bytes, bytes.count) == bytes.count)
        close(file)
    }

    /// One member or frame.
    static func compressed(_ bytes: [UInt8], as compression: Compression) -> [UInt8] {
        var packed = [UInt8](repeating: 0, count: bytes.count + bytes.count / 100 + 1000)
        switch compression {
        case .zstd:
            let count = ZSTD_compress(&packed, packed.count, bytes, bytes.count, 3)
            return Array(packed[..<count])
        case .gzip:
            var input = bytes
            return input.withUnsafeMutableBufferPointer { input in
                packed.withUnsafeMutableBufferPointer { output in
                    var stream = z_stream()
                    stream.next_in = input.baseAddress
                    stream.avail_in = UInt32(input.count)
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(output.count)
                    let size = Int32(MemoryLayout<z_stream>.size)
                    let result = withUnsafeMutablePointer(to: &stream) {
                        deflateInit2_($0, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
                            && deflate($0, Z_FINISH) == Z_STREAM_END && deflateEnd($0) == Z_OK
                    }
                    precondition(result)
                    return Array(output[..<Int(stream.total_out)])
                }
            }
        }
    }
}
