// The few things that every file here needs of the system.

public import Glibc

/// The present `errno`.
@inlinable
public var systemError: CInt { errno }

/// What the system calls an error number: `Permission denied`.
public func systemErrorText(_ code: CInt) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let start = buffer.baseAddress, strerror_r(code, start, buffer.count) == 0 else {
            return "error \(code)"
        }
        return String(cString: start)
    }
}

/// Repeats a call while it is interrupted.
func retrying(_ call: () -> Int) -> Int {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}

/// Writes all bytes, or as many as can be written.
func writeAll(_ descriptor: CInt, _ text: String) {
    var text = text
    text.withUTF8 { _ = writeAll(descriptor, UnsafeRawBufferPointer($0)) }
}

/// Writes all bytes, or as many as can be written; whether that was all.
package func writeAll(_ descriptor: CInt, _ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { writeAll(descriptor, $0) }
}

private func writeAll(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: rest)
        let count = retrying { write(descriptor, piece.baseAddress, piece.count) }
        if count <= 0 { return false }
        rest = rest.dropFirst(count)
    }
    return true
}

/// The value of an environment variable, if it is set and not empty.
func environmentValue(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
}
