// Reads BSON files block by block, each block a number of whole documents.

internal import BSON
internal import CSystem
internal import Glibc

/// Bytes of one or more whole documents, not validated yet.
struct Block: Sendable {
    /// The place of the block among all.
    let number: Int
    let bytes: [UInt8]
    /// The file it is from, as an index into the reader's files.
    let file: Int
    /// Where it begins in that file.
    let offset: Int
}

/// Reads files one after another; `-` is stdin.
///
/// Only the lengths of documents are looked at, so that one reader feeds many workers.
struct BlockReader {
    /// Bytes that are read at once; a longer document makes a longer block.
    static let blockSize = 2 << 20
    /// A document longer than this is no document: four times what MongoDB allows.
    static let longestDocument = 64 << 20

    let files: [String]
    /// What went wrong with files, which did not keep the others from being read.
    private(set) var troubles: [String] = []
    /// Bytes that were read.
    private(set) var bytesRead = 0

    private var file = -1
    private var descriptor: CInt = -1
    private var offset = 0
    private var rest: [UInt8] = []
    private var isAtEnd = true
    private var count = 0

    init(files: [String]) { self.files = files }

    /// Returns the next block; `nil` behind the last file.
    mutating func next() -> Block? {
        while true {
            if isAtEnd && rest.isEmpty && !openNext() { return nil }
            if !isAtEnd { fill() }
            let whole = wholeDocuments()
            if whole > 0 {
                // The rest is less than a document; the block keeps the buffer.
                let behind = Array(rest[whole...])
                rest.removeLast(behind.count)
                let block = Block(number: count, bytes: rest, file: file, offset: offset)
                rest = behind
                offset += whole
                count += 1
                return block
            }
            if isAtEnd { endFile() }
        }
    }

    private mutating func openNext() -> Bool {
        while file + 1 < files.count {
            file += 1
            offset = 0
            rest.removeAll(keepingCapacity: true)
            if descriptor > 0 { close(descriptor) }
            descriptor = files[file] == "-" ? STDIN_FILENO : open(files[file], O_RDONLY | O_CLOEXEC)
            if descriptor >= 0 {
                isAtEnd = false
                return true
            }
            troubles.append("\(files[file]): \(String(cString: strerror(errno)))")
        }
        return false
    }

    private mutating func endFile() {
        // A file that is still being written may end anywhere.
        if !rest.isEmpty && !files[file].hasSuffix(".part") {
            troubles.append("\(files[file]): cut short: the document at byte \(offset) is not whole")
        }
        rest.removeAll(keepingCapacity: true)
    }

    /// Reads until there is a whole block, or the file's end.
    private mutating func fill() {
        let wanted = max(Self.blockSize, (nextLength() ?? 0) + 4)
        while rest.count < wanted && !isAtEnd {
            let before = rest.count
            let missing = wanted - before
            var result = 0
            rest.append(
                contentsOf: [UInt8](unsafeUninitializedCapacity: missing) { buffer, filled in
                    repeat { result = read(descriptor, buffer.baseAddress, missing) } while result < 0 && errno == EINTR
                    filled = max(0, result)
                })
            if result < 0 { troubles.append("\(files[file]): \(String(cString: strerror(errno)))") }
            if result <= 0 { isAtEnd = true }
            bytesRead += rest.count - before
        }
    }

    private func nextLength() -> Int? {
        rest.count < 4 ? nil : Int(rest.span.bytes.int32(at: 0))
    }

    /// Returns how many bytes the whole documents at the start take.
    ///
    /// A length that cannot be ends the file: where the next document begins is not known any more.
    private mutating func wholeDocuments() -> Int {
        let (place, isDocument) = DocumentRun.extent(of: rest.span.bytes, longest: Self.longestDocument)
        if !isDocument && place == 0 {
            troubles.append("\(files[file]): byte \(offset): no document begins here; the rest of it is left out")
            isAtEnd = true
            rest.removeAll(keepingCapacity: true)
        }
        return place
    }
}
