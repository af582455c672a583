// Where reading goes on: after a restart, in the copy of a file that was truncated, at the end.
internal import Glibc

extension FollowedFile {
    /// Makes this file, not read yet, the copy of one that was truncated, to be read on from where that stood.
    ///
    /// - Returns: Whether it is one.
    func takesOver(from original: FollowedFile) -> Bool {
        let isCopy =
            compression != nil
            ? content != nil && content == original.content
            : original.continues(in: descriptor, size: size)
        guard isCopy else { return false }
        position = original.position
        mark = original.mark
        identity = original.identity
        isSkipping = original.isSkipping
        becomeCopy()
        return true
    }

    private func becomeCopy() {
        isReplaced = true
        // A compressed one may be written just now.
        isFinal = compression == nil
        lastGrowth = Monotonic.now
    }

    /// Whether the file holds, at the position, what this one held.
    private func continues(in other: CInt, size: UInt64) -> Bool {
        guard size >= position else { return false }
        let overlap = mark.length
        return withUnsafeTemporaryAllocation(byteCount: FileIdentity.headLimit, alignment: 8) { buffer in
            guard
                overlap == 0 || pread(other, buffer.baseAddress, overlap, off_t(position) - off_t(overlap)) == overlap,
                overlap == 0 || Mark(UnsafeRawBufferPointer(rebasing: buffer[..<overlap]).bytes) == mark
            else { return false }
            let count = max(0, pread(other, buffer.baseAddress, buffer.count, 0))
            let head = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes
            return identity != nil && Self.identify(head, key, isWhole: true) == identity
        }
    }

    /// Goes to where reading stood before; stays at the beginning if the file does not hold what it held.
    ///
    /// - Returns: Whether it went there.
    @discardableResult
    func go(to saved: SavedPosition) -> Bool {
        guard go(to: saved.position, behind: saved.mark) else { return false }
        isSkipping = saved.isSkipping
        return true
    }

    func go(to position: UInt64, behind expected: Mark) -> Bool {
        if compression != nil {
            // What stands there is compared when that much is decoded.
            (self.position, mark, unpacked) = (position, expected, nil)
            return true
        }
        guard position <= size else { return false }
        return withUnsafeTemporaryAllocation(byteCount: Mark.limit, alignment: 8) { buffer in
            let length = Int(min(position, UInt64(Mark.limit)))
            guard pread(descriptor, buffer.baseAddress, length, off_t(position) - off_t(length)) == length else {
                return false
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<length]).bytes
            if expected.length > 0 {
                guard expected.length <= length,
                    Mark(bytes.extracting(length - expected.length..<length)) == expected
                else { return false }
            }
            self.position = position
            mark = Mark(bytes)
            return true
        }
    }

    /// Where reading stands, to go on after a restart; nil as long as the file is not known.
    func saved(as path: String, isDone: Bool = false) -> SavedPosition? {
        identity.map {
            SavedPosition(
                path: path, key: key, identity: $0, content: content, position: position, mark: mark,
                isSkipping: isSkipping, isDone: isDone)
        }
    }

    /// Makes this file, not read yet, the copy of one that was truncated, if it holds what that held.
    func become(copyOf saved: SavedPosition) -> Bool {
        let isSame =
            compression != nil
            ? content == saved.content
            : withUnsafeTemporaryAllocation(byteCount: FileIdentity.headLimit, alignment: 8) { buffer in
                let count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
                let head = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes
                return Self.identify(head, saved.key, isWhole: true) == saved.identity
            }
        guard isSame, saved.mark.length > 0, go(to: saved) else { return false }
        identity = saved.identity
        becomeCopy()
        return true
    }

    /// Goes to the start of the last line, be it complete or not.
    func goToEnd(_ buffer: UnsafeMutableRawBufferPointer, maximumLine: Int) {
        let end = size
        let start = end - min(end, UInt64(min(buffer.count, maximumLine + 1)))
        let count = max(0, pread(descriptor, buffer.baseAddress, Int(end - start), off_t(start)))
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes
        if let newline = bytes.lastIndex(of: 10, in: 0..<count) {
            position = start + UInt64(newline) + 1
            mark = Mark(before: newline + 1, of: bytes)
        } else if start > 0 {
            // The last line is longer than any may be.
            position = end
            mark = Mark(before: count, of: bytes)
            isSkipping = true
        }
    }
}
