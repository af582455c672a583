// A directory of a test's own, gone when the test is.
import Glibc

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
}
