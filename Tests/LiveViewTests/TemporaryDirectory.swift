// A directory that goes away with the test.

import Glibc

struct TemporaryDirectory: ~Copyable {
    let path: String

    struct Failed: Error {}

    init() throws {
        var template = Array("/tmp/eventstorm-live-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failed() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink("\(path)/\(name)")
        }
        closedir(directory)
        rmdir(path)
    }

    /// The lines of a file in it.
    borrowing func lines(of name: String) -> [String] {
        readFile("\(path)/\(name)").map {
            $0.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        } ?? []
    }
}

/// All bytes of a file; nil if it cannot be read.
func readFile(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        let count = fread(&piece, 1, piece.count, file)
        if count == 0 { return bytes }
        bytes += piece.prefix(count)
    }
}

func renameFile(_ path: String, _ name: String) -> Bool { rename(path, name) == 0 }

/// Waits until a condition holds; fails after five seconds.
func wait(until condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(5)
    while try !condition() {
        guard ContinuousClock.now < end else { throw TimedOut() }
        usleep(2_000)
    }
}

struct TimedOut: Error {}

/// Writes a file, in place of one that is there.
func writeFile(_ path: String, _ text: String) -> Bool {
    guard let file = fopen(path, "wb") else { return false }
    defer { fclose(file) }
    return fputs(text, file) >= 0
}
