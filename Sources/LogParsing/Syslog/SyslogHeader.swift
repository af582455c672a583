// The headers of syslog: RFC 3164, RFC 5424, and what rsyslog and systemd write into files.
internal import BSON

/// Finds the parts of a line of syslog.
struct SyslogHeader: Sendable {
    var clock = SyslogClock()

    /// Finds the parts; nil if the line has no header.
    mutating func find(in line: RawSpan) -> LogMessage? {
        var message = LogMessage()
        var index = 0
        let hasPriority = Self.priority(line, &index, &message)
        if hasPriority, line.has("1 ", at: index) { return findModern(line, index + 2, message) }
        guard let time = time(line, &index) else { return nil }
        message.milliseconds = time
        guard Self.skipSpace(line, &index) else { return nil }
        let first = Self.word(line, &index)
        guard first.end > first.start else { return nil }
        // `Nov 21 00:24:24 nginx: text` as some devices send it, without a host.
        let isTag = line.byte(at: first.end - 1) == UInt8(ascii: ":")
        if isTag {
            Self.tag(line, first, &message)
        } else {
            message.host = first
            guard Self.skipSpace(line, &index) else { return nil }
            let tag = Self.word(line, &index)
            guard tag.end > tag.start else { return nil }
            Self.tag(line, tag, &message)
        }
        if index < line.byteCount { index += 1 }
        message.text = TextRange(min(index, line.byteCount), line.byteCount)
        return message
    }

    /// A time of either kind.
    private mutating func time(_ line: RawSpan, _ index: inout Int) -> Int64? {
        if let time = clock.milliseconds(in: line, at: &index) { return time }
        guard let time = ISOLogTime.milliseconds(in: line, at: &index) else { return nil }
        clock.learn(time)
        return time
    }

    /// `<34>`, which may be missing.
    private static func priority(_ line: RawSpan, _ index: inout Int, _ message: inout LogMessage) -> Bool {
        guard line.has("<", at: 0), let end = line.firstIndex(of: UInt8(ascii: ">"), in: 0..<min(5, line.byteCount)),
            let value = line.integer(in: 1..<end), value < 192
        else { return false }
        message.facility = Int32(value / 8)
        message.severity = Int32(value % 8)
        index = end + 1
        return true
    }

    private static func skipSpace(_ line: RawSpan, _ index: inout Int) -> Bool {
        let start = index
        while index < line.byteCount, line.byte(at: index) == UInt8(ascii: " ") { index += 1 }
        return index > start
    }

    private static func word(_ line: RawSpan, _ index: inout Int) -> TextRange {
        let start = index
        index = line.firstIndex(of: UInt8(ascii: " "), from: start) ?? line.byteCount
        return TextRange(start, index)
    }

    /// `program[pid]:`, of which all but the program may be missing.
    private static func tag(_ line: RawSpan, _ tag: TextRange, _ message: inout LogMessage) {
        var end = tag.end
        if line.byte(at: end - 1) == UInt8(ascii: ":") { end -= 1 }
        if end > tag.start, line.byte(at: end - 1) == UInt8(ascii: "]"),
            let open = line.lastIndex(of: UInt8(ascii: "["), in: tag.start..<end)
        {
            message.pid = line.integer(in: open + 1..<end - 1) ?? -1
            end = open
        }
        message.program = TextRange(tag.start, end)
    }
}

// MARK: - RFC 5424

extension SyslogHeader {
    /// `1 2003-10-11T22:14:15.003Z host app 123 ID [data] text`, from the time on.
    private mutating func findModern(_ line: RawSpan, _ start: Int, _ head: LogMessage) -> LogMessage? {
        var message = head
        var index = start
        if line.has("- ", at: index) {
            index += 1
            message.milliseconds = 0
        } else {
            guard let time = ISOLogTime.milliseconds(in: line, at: &index) else { return nil }
            message.milliseconds = time
        }
        var words = [TextRange.absent, .absent, .absent, .absent]
        for number in words.indices {
            guard index < line.byteCount, line.byte(at: index) == UInt8(ascii: " ") else { return nil }
            index += 1
            let word = Self.word(line, &index)
            guard word.end > word.start else { return nil }
            words[number] = TextRange(word.start, word.end, in: line)
        }
        message.host = words[0]
        message.program = words[1]
        if !words[2].isAbsent { message.pid = line.integer(in: words[2].start..<words[2].end) ?? -1 }
        message.messageID = words[3]
        guard index < line.byteCount, line.byte(at: index) == UInt8(ascii: " ") else { return nil }
        index += 1
        let data = index
        guard StructuredData.skip(line, &index) else { return nil }
        message.structured = TextRange(data, index, in: line)
        if index < line.byteCount {
            guard line.byte(at: index) == UInt8(ascii: " ") else { return nil }
            index += 1
            if line.has("\u{FEFF}", at: index) { index += 3 }
        }
        message.text = TextRange(index, line.byteCount)
        return message
    }
}

/// What RFC 5424 has between brackets: `[id name="value" name="value"][id …]`.
enum StructuredData {
    /// Moves behind the data, or behind the `-` that stands for none; false if it is neither.
    static func skip(_ line: RawSpan, _ index: inout Int) -> Bool {
        guard index < line.byteCount else { return false }
        if line.byte(at: index) == UInt8(ascii: "-") {
            index += 1
            return true
        }
        let start = index
        while index < line.byteCount, line.byte(at: index) == UInt8(ascii: "[") {
            guard skipElement(line, &index) else { return false }
        }
        return index > start
    }

    private static func skipElement(_ line: RawSpan, _ index: inout Int) -> Bool {
        var isQuoted = false
        while index < line.byteCount {
            let byte = line.byte(at: index)
            index += 1
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if isQuoted && byte == UInt8(ascii: "\\") { index += 1 }
            if !isQuoted && byte == UInt8(ascii: "]") { return true }
        }
        return false
    }

    /// Writes a document for each element, of its parameters.
    static func write(_ line: RawSpan, _ data: TextRange, to event: inout DocumentWriter) -> Bool {
        var isWhole = true
        var index = data.start
        event.document("structured_data") { elements in
            while index < data.end, line.byte(at: index) == UInt8(ascii: "[") {
                index += 1
                let id = name(line, &index, data.end)
                elements.document(key: id) { element in
                    while index < data.end, line.byte(at: index) != UInt8(ascii: "]") {
                        guard line.byte(at: index) == UInt8(ascii: " ") else {
                            index += 1
                            continue
                        }
                        index += 1
                        let name = name(line, &index, data.end)
                        guard line.has("=\"", at: index) else { continue }
                        index += 2
                        let value = value(line, &index, data.end)
                        if !BSONValidator.isUTF8(value.span.bytes) { isWhole = false }
                        element.appendRepairing(key: name, utf8: value.span.bytes)
                    }
                    index += 1
                }
            }
        }
        return isWhole
    }

    private static func name(_ line: RawSpan, _ index: inout Int, _ end: Int) -> String {
        let start = index
        while index < end, !"=]\" ".utf8.contains(line.byte(at: index)) { index += 1 }
        let bytes = line.extracting(start..<index).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        return bytes.replacing("\0", with: "\u{FFFD}")
    }

    private static func value(_ line: RawSpan, _ index: inout Int, _ end: Int) -> [UInt8] {
        var value: [UInt8] = []
        while index < end {
            let byte = line.byte(at: index)
            index += 1
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\"), index < end, "\"\\]".utf8.contains(line.byte(at: index)) {
                value.append(line.byte(at: index))
                index += 1
            } else {
                value.append(byte)
            }
        }
        return value
    }
}
