// Lines to a descriptor whose reader may have stopped reading.

internal import Glibc
internal import Synchronization

/// Writes whole lines to a descriptor, and gives up those that its reader has no room for.
///
/// A terminal stopped by Ctrl-S, or a pager that nobody scrolls, must not stop the events. What was left out is
/// counted and told before the next line that fits.
final class LineOutput: Sendable {
    /// stderr.
    static let standardError = LineOutput(STDERR_FILENO)

    /// How long a line waits for room; the lines after it do not wait until there is room again.
    static let patience: CInt = 200
    /// A pipe that is ready to be written to has room for so many bytes (PIPE_BUF); longer lines are written in pieces.
    private static let pieceLimit = 4096

    private let descriptor: CInt
    private let leftOut = Mutex(0)

    init(_ descriptor: CInt) { self.descriptor = descriptor }

    /// Writes a line, which ends with a line feed, or leaves it out.
    func write(_ line: String) {
        leftOut.withLock { count in
            if count > 0, hasRoom(within: 0) {
                put("(\(count) lines before this were left out: nobody read them)\n")
                count = 0
            }
            if count > 0 || !hasRoom(within: Self.patience) {
                count += 1
            } else {
                put(line)
            }
        }
    }

    private func put(_ line: String) {
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty, bytes.startIndex == 0 || hasRoom(within: Self.patience) {
            let piece = bytes.prefix(Self.pieceLimit)
            let count = piece.withUnsafeBytes { part in
                retrying { Glibc.write(descriptor, part.baseAddress, part.count) }
            }
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }

    private func hasRoom(within milliseconds: CInt) -> Bool {
        var item = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&item, 1, milliseconds) > 0
    }
}
