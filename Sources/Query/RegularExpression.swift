// Regular expressions: PCRE2, compiled once, with limits.

internal import BSON
internal import CPCRE2
internal import Glibc
internal import Synchronization

/// A compiled regular expression, which any number of threads may use at once.
///
/// The syntax is that of PCRE2, as MongoDB's is that of PCRE. A pattern that is a plain text, anchored at the start or
/// not, is searched for without PCRE2. What takes too long is given up with an error: a pattern such as `(a+)+$` must
/// not stop a router.
///
/// Source: pcre2api(3), pcre2pattern(3).
final class RegularExpression: Sendable {
    /// Steps of one match, which bound its time to some milliseconds; PCRE2's own default is twenty times as many.
    static let matchLimit: UInt32 = 500_000
    /// KiB of memory for one match without the just-in-time compiler.
    static let heapLimit: UInt32 = 4_096
    /// Bytes of a pattern, as in MongoDB.
    static let patternLimit = 32_764

    private enum Program {
        case prefix([UInt8])
        case text([UInt8])
        case compiled
    }

    private let program: Program
    private let code: Code?

    /// Compiles a pattern.
    ///
    /// - Parameter options: Letters: i (either case), m (^ and $ at lines), s (. is any character), x (spaces and
    ///   comments are ignored); u changes nothing, the text is always UTF-8.
    init(pattern: String, options: String) throws(QueryError) {
        var flags = PCRE2_UTF
        for letter in options {
            switch letter {
            case "i": flags |= PCRE2_CASELESS
            case "m": flags |= PCRE2_MULTILINE
            case "s": flags |= PCRE2_DOTALL
            case "x": flags |= PCRE2_EXTENDED
            case "u": break
            default:
                throw QueryError("unknown option '\(letter)' of a regular expression, expected some of i, m, s, u, x")
            }
        }
        if pattern.utf8.contains(0) { throw QueryError("a regular expression cannot contain NUL") }
        if pattern.utf8.count > Self.patternLimit {
            throw QueryError(
                "a regular expression of \(pattern.utf8.count) bytes; at most \(Self.patternLimit) are allowed")
        }
        if flags & (PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_EXTENDED) == 0, let plain = Self.plain(pattern) {
            program = plain
            code = nil
        } else {
            program = .compiled
            code = try Code(pattern, flags)
        }
    }

    /// The program of a pattern that means itself.
    private static func plain(_ pattern: String) -> Program? {
        let isAnchored = pattern.utf8.first == UInt8(ascii: "^")
        var text: [UInt8] = []
        var isEscaped = false
        for byte in pattern.utf8.dropFirst(isAnchored ? 1 : 0) {
            let isPunctuation = "\\^$.[|()?*+{}]-/".utf8.contains(byte)
            if isEscaped {
                // A letter or digit behind a backslash has a meaning of its own.
                if !isPunctuation { return nil }
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            } else if "^$.[|()?*+{".utf8.contains(byte) {
                return nil
            }
            text.append(byte)
        }
        if isEscaped { return nil }
        return isAnchored ? .prefix(text) : .text(text)
    }

    /// Whether the text contains a match.
    ///
    /// - Parameter text: UTF-8; where it is not, nothing matches.
    func matches(_ text: RawSpan) throws(QueryError) -> Bool {
        switch program {
        case .prefix(let prefix):
            let wanted = prefix.span.bytes
            return wanted.byteCount <= text.byteCount && text.holds(wanted, at: 0)
        case .text(let wanted): return Self.contains(text, wanted)
        case .compiled: return try code?.match(text, from: 0, { _ in true }) ?? false
        }
    }

    private static func contains(_ text: RawSpan, _ wanted: [UInt8]) -> Bool {
        guard let first = wanted.first else { return true }
        let last = text.byteCount - wanted.count
        var place = 0
        while place <= last {
            let found = text.withUnsafeBytes { bytes -> Int? in
                guard let start = bytes.baseAddress else { return nil }
                return memchr(start + place, CInt(first), last - place + 1).map { UnsafeRawPointer($0) - start }
            }
            guard let found else { return false }
            if text.holds(wanted.span.bytes, at: found) { return true }
            place = found + 1
        }
        return false
    }

    /// Returns where the first match at or behind `offset` is, and where its groups are; `nil` if there is none.
    ///
    /// The whole match comes first; a group that took no part is `nil`.
    func firstMatch(in text: RawSpan, from offset: Int) throws(QueryError) -> [Range<Int>?]? {
        let code = if let code { code } else { try Code(pattern, PCRE2_UTF) }
        return try code.match(text, from: offset) { ranges in ranges() }
    }

    /// The pattern of a program that is not compiled.
    private var pattern: String {
        switch program {
        case .prefix(let text): "^\\Q" + String(decoding: text, as: UTF8.self) + "\\E"
        case .text(let text): "\\Q" + String(decoding: text, as: UTF8.self) + "\\E"
        case .compiled: ""
        }
    }
}

/// Compiled code of PCRE2, and a place for the results of one match that is in use or spare.
private final class Code: @unchecked Sendable {
    private let code: OpaquePointer
    private let context: OpaquePointer?
    private let spare = Atomic<UnsafeMutableRawPointer?>(nil)

    init(_ pattern: String, _ flags: UInt32) throws(QueryError) {
        var number: CInt = 0
        var offset = 0
        let bytes = Array(pattern.utf8)
        guard let code = pcre2_compile_8(bytes, bytes.count, flags, &number, &offset, nil) else {
            throw QueryError("a wrong regular expression: \(Self.message(number)) at its byte \(offset)")
        }
        self.code = code
        // Without the just-in-time compiler, on a system that does not allow it, matching is slower and no more.
        _ = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
        context = pcre2_match_context_create_8(nil)
        pcre2_set_match_limit_8(context, RegularExpression.matchLimit)
        pcre2_set_heap_limit_8(context, RegularExpression.heapLimit)
    }

    deinit {
        pcre2_match_data_free_8(spare.load(ordering: .acquiring).map { OpaquePointer($0) })
        pcre2_match_context_free_8(context)
        pcre2_code_free_8(code)
    }

    /// Calls `body` if there is a match, with a function that returns where it is.
    func match<R>(_ text: RawSpan, from offset: Int, _ body: (() -> [Range<Int>?]) -> R) throws(QueryError) -> R? {
        let taken = spare.exchange(nil, ordering: .acquiringAndReleasing).map { OpaquePointer($0) }
        let data = taken ?? pcre2_match_data_create_from_pattern_8(code, nil)
        defer {
            if let data, let other = spare.exchange(UnsafeMutableRawPointer(data), ordering: .acquiringAndReleasing) {
                pcre2_match_data_free_8(OpaquePointer(other))
            }
        }
        let count = text.withUnsafeBytes { bytes in
            withUnsafePointer(to: 0 as UInt8) { nothing -> CInt in
                let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? nothing
                return pcre2_match_8(code, start, bytes.count, offset, 0, data, context)
            }
        }
        // The text is checked first; what is not UTF-8 matches nothing. (PCRE2_MATCH_INVALID_UTF would do without the
        // check, but the just-in-time compiler of 10.42 then finds no `\\S` in "é".)
        let isNotUTF8 = (PCRE2_ERROR_UTF8_ERR21...PCRE2_ERROR_UTF8_ERR1).contains(count)
        if count == PCRE2_ERROR_NOMATCH || isNotUTF8 { return nil }
        if count < 0 { throw QueryError("a regular expression was given up: \(Self.message(count))") }
        return body { Self.ranges(data, Int(pcre2_get_ovector_count_8(data))) }
    }

    private static func ranges(_ data: OpaquePointer?, _ count: Int) -> [Range<Int>?] {
        guard let places = pcre2_get_ovector_pointer_8(data) else { return [] }
        return (0..<count).map { group in
            let start = places[2 * group]
            let end = places[2 * group + 1]
            return start >= 0 && start <= end ? start..<end : nil
        }
    }

    private static func message(_ number: CInt) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let count = pcre2_get_error_message_8(number, buffer.baseAddress, buffer.count)
            return String(decoding: buffer.prefix(max(0, Int(count))), as: UTF8.self)
        }
    }
}
