// Why a call from C failed.
internal import CSystem
internal import Glibc

/// Keeps the reason for `es_error()`, cut to what this thread has room for.
func keepFailure(_ reason: some CustomStringConvertible) {
    guard let text = CSystem_thread_text() else { return }
    let bytes = Array("\(reason)".utf8.prefix(Int(CSystem_thread_text_size) - 1)) + [0]
    for (offset, byte) in bytes.enumerated() { text[offset] = CChar(bitPattern: byte) }
}

/// The reason that was kept last.
func failureText() -> UnsafePointer<CChar>? { UnsafePointer(CSystem_thread_text()) }

/// Keeps the reason, and returns what functions that return an `int` return then.
func failed(_ reason: some CustomStringConvertible) -> CInt {
    keepFailure(reason)
    return -1
}

/// The text that C passed; nil, with the reason kept, if it is NULL or not UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) -> String? {
    guard let pointer else {
        keepFailure("\(name) is NULL")
        return nil
    }
    guard let text = String(validatingCString: pointer) else {
        keepFailure("\(name) is not UTF-8")
        return nil
    }
    return text
}

/// A time from milliseconds; below zero it is none.
func duration(milliseconds: CInt) -> Duration { .milliseconds(max(0, Int(milliseconds))) }

/// The process that opened something.
struct Owner {
    static let message = "opened before fork; open it again"
    private let forks = CSystem_forks()

    /// Whether this is still that process, and not a child of it.
    @inline(__always) var isHere: Bool { forks == CSystem_forks() }
}

/// Whether the descriptors that sockets and their threads need can be had.
///
/// libzmq ends the process where it cannot have them. They are of the kind it takes, no files: a server that has shut
/// itself in has none to open.
func hasDescriptors() -> Bool {
    var ends: [CInt] = []
    defer { for end in ends { close(end) } }
    for _ in 0..<16 {
        let descriptor = eventfd(0, CInt(EFD_CLOEXEC))
        if descriptor < 0 {
            keepFailure("no file descriptors: \(String(cString: strerror(errno)))")
            return false
        }
        ends.append(descriptor)
    }
    return true
}

/// Texts that C may look at for as long as this lives.
final class CTexts: Sendable {
    nonisolated(unsafe) private let pointers: [UnsafeMutablePointer<CChar>]

    init(_ texts: [String]) { pointers = texts.compactMap { strdup($0) } }

    deinit { for pointer in pointers { free(pointer) } }

    subscript(index: Int) -> UnsafePointer<CChar>? {
        index >= 0 && index < pointers.count ? UnsafePointer(pointers[index]) : nil
    }
}
