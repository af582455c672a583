// The live server's own hits, in the combined log format.

import Glibc

/// Appends one line per request to a file, as nginx would write it.
///
/// The file is opened for appending and each line is one write, so several programs may share it and a rotation loses
/// nothing. A line that cannot be written is counted, never waited for.
struct AccessLog: ~Copyable {
    /// One request as the log tells it.
    struct Hit {
        var remote = ""
        var time = Glibc.time(nil)
        var request: [UInt8] = []
        var status = 0
        var bytes = 0
        var referer: [UInt8] = []
        var agent: [UInt8] = []
    }

    private let path: String
    private var file: CInt
    /// Lines that could not be written.
    private(set) var failed = 0

    /// Opens the file; creates it, and the directory it is in, if need be.
    init(path: String) throws(LiveError) {
        self.path = path
        var file = Self.open(path)
        if file < 0, errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            // The archive keeps its files beside this one and may start later. Only one level: a path that is mistyped
            // further up is an error, not a new tree.
            if mkdir(String(path[..<slash]), 0o750) == 0 || errno == EEXIST { file = Self.open(path) }
        }
        self.file = file
        if file < 0 { throw LiveError("append to \(path)", String(cString: strerror(errno))) }
    }

    deinit { if file >= 0 { close(file) } }

    private static func open(_ path: String) -> CInt {
        Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    }

    /// Opens the path again after a rotation; goes on with the old file if that fails.
    mutating func reopen() {
        let fresh = Self.open(path)
        guard fresh >= 0 else { return }
        if file >= 0 { close(file) }
        file = fresh
    }

    /// Appends one line.
    mutating func append(_ hit: Hit) {
        let line = Self.line(hit)
        let written = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        if written != line.count { failed += 1 }
    }

    /// Returns the line of a hit, with its newline.
    static func line(_ hit: Hit) -> [UInt8] {
        var line: [UInt8] = []
        line.append(contentsOf: hit.remote.utf8)
        line.append(contentsOf: " - - [\(date(hit.time))] \"".utf8)
        escape(hit.request, to: &line)
        line.append(contentsOf: "\" \(hit.status) \(hit.bytes) \"".utf8)
        escape(hit.referer, to: &line)
        line.append(contentsOf: "\" \"".utf8)
        escape(hit.agent, to: &line)
        line.append(contentsOf: "\"\n".utf8)
        return line
    }

    private static func date(_ time: time_t) -> String {
        var time = time
        var parts = tm()
        gmtime_r(&time, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            strftime(start, buffer.count, "%d/%b/%Y:%H:%M:%S +0000", &parts)
            return String(cString: start)
        }
    }

    /// Appends bytes so that they end neither the quotes nor the line: as nginx does, `\xHH` for what is not plain.
    private static func escape(_ bytes: [UInt8], to line: inout [UInt8]) {
        if bytes.isEmpty { line.append(UInt8(ascii: "-")) }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20, 0x7F...:
                line.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "x"), hex(byte >> 4), hex(byte & 15)])
            default: line.append(byte)
            }
        }
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? digit + 0x30 : digit + 0x37 }
}
