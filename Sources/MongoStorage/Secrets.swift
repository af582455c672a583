// Keeps passwords out of what is logged and out of `ps`.

internal import Glibc
internal import Service

/// The secrets of a URI, which no message may hold.
struct Secrets: Sendable {
    private var words: [String] = []

    /// Finds what is secret in a URI.
    init(in uri: String) {
        guard let range = Secrets.password(in: Array(uri.utf8)) else { return }
        let password = String(decoding: Array(uri.utf8)[range], as: UTF8.self)
        words = [password]
        if let plain = Secrets.percentDecoded(password), plain != password { words.append(plain) }
        words.removeAll(where: \.isEmpty)
    }

    /// A message with `***` in the place of each secret.
    func hidden(in message: String) -> String { words.reduce(message) { $0.replacing($1, with: "***") } }

    /// Whether there is any.
    var isEmpty: Bool { words.isEmpty }

    /// Where the password of a URI is: between the first colon behind `://` and the last `@` before the path.
    static func password(in uri: [UInt8]) -> Range<Int>? {
        guard uri.starts(with: "mongodb".utf8) else { return nil }
        var start = 0
        while start + 2 < uri.count, !(uri[start] == 0x3A && uri[start + 1] == 0x2F && uri[start + 2] == 0x2F) {
            start += 1
        }
        start += 3
        guard start < uri.count else { return nil }
        let options = uri[start...].firstIndex(of: 0x3F) ?? uri.count
        guard let end = uri[start..<options].lastIndex(of: 0x40),
            let colon = uri[start..<end].firstIndex(of: 0x3A)
        else { return nil }
        return colon + 1..<end
    }

    private static func percentDecoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Overwrites passwords on this process's command line, which every user of the machine can read.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    static func scrubCommandLine() -> Bool {
        var found = false
        for place in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[place] else { continue }
            let bytes = (0..<strlen(argument)).map { UInt8(bitPattern: argument[$0]) }
            // `--uri=mongodb://…` as well.
            let begin = bytes.starts(with: "--uri=".utf8) ? 6 : 0
            guard let range = password(in: Array(bytes[begin...])), !range.isEmpty else { continue }
            for index in range { argument[begin + index] = 0x2A }
            found = true
        }
        return found
    }
}
