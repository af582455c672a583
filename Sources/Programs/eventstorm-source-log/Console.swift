// What people read while the program runs.
import Glibc
import LogParsing
import Service

/// Tells people about files, and about progress where that is a terminal.
struct Console {
    /// Whether a file could not be read.
    private(set) var hasFailed = false
    /// Whether missing files are waited for.
    private let waits: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var isDrawn = false

    init(waits: Bool) { self.waits = waits }

    mutating func tell(_ news: LogFollower.News) {
        switch news {
        case .progress(let read, let total): draw(read, total)
        case .nobodyWants:
            wipe()
            Log.info("nobody subscribes yet; the files wait")
        case .notSaved(let problem):
            wipe()
            Log.error("\(problem); after a restart lines would be read again")
        case .file(let notice):
            wipe()
            tell(notice)
        }
    }

    /// Removes the progress.
    mutating func end() { wipe() }

    private mutating func tell(_ notice: TailNotice) {
        switch notice {
        case .missing(let path):
            hasFailed = true
            if waits {
                Log.info("\(path): not there yet, waiting for it")
            } else {
                Log.error("\(path): \(text(ENOENT))")
            }
        case .unreadable(let path, let code):
            hasFailed = true
            Log.warning("\(path): \(text(code))")
        case .opened(let path): Log.info("\(path): reading it now")
        case .truncated(let path, let offset, true):
            Log.info("\(path): truncated at \(offset); what was not read yet is read from its copy")
        case .truncated(let path, let offset, false):
            Log.warning("\(path): truncated at \(offset), and no copy of it was found; reading from its beginning")
        case .damaged(let path, let place, let offset):
            hasFailed = true
            Log.warning(
                "\(path): damaged or incomplete at byte \(place); the \(offset) bytes that could be decoded were read")
        case .evicted(let address): Log.warning("\(address): too many clients; one that was silent was closed")
        case .dropped(let address, let count):
            Log.warning("\(address): \(count) datagrams came faster than they were taken and were dropped")
        case .gone(let path, let offset):
            Log.warning("\(path): the file that was read up to \(offset) is not there any more")
        case .abandoned(let path, let bytes):
            Log.warning("\(path): too many rotated files wait; \(bytes) bytes of the oldest are not read")
        }
    }

    private mutating func draw(_ read: UInt64, _ total: UInt64) {
        guard isTerminal, total > 0 else { return }
        let percent = min(100, read * 100 / total)
        let width = Int(percent) * 40 / 100
        let bar = String(repeating: "#", count: width) + String(repeating: ".", count: 40 - width)
        write("\r\(bar) \(percent) %  \(read >> 20) of \(total >> 20) MiB")
        isDrawn = true
    }

    private mutating func wipe() {
        if isDrawn { write("\r\u{1B}[K") }
        isDrawn = false
    }

    private func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private func text(_ code: CInt) -> String { String(cString: strerror(code)) }
}

extension LineCounts {
    /// What became of the lines, in words.
    var summary: String {
        var text = "read \(read) lines, emitted \(emitted), refused \(refused)"
        if refused > 0 { text += " (\(reasons.map { "\($0.reason.rawValue) \($0.lines)" }.joined(separator: ", ")))" }
        return text
    }
}
