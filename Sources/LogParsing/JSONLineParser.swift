// JSON, an object on each line: access logs by their field names, and anything else as it is.
internal import BSON

/// Parses lines that are JSON objects.
///
/// One that has a status and a request is a hit, whatever its fields are called. Any other is an event with the same
/// fields, of which the time becomes `timestamp`.
public struct JSONLineParser: LineParser {
    /// What became of a key.
    struct Role: Sendable {
        /// The key as it stands in the line.
        var key: [UInt8]
        /// What it becomes.
        var name: [UInt8]
        /// What it means in a hit.
        var meaning: HitVariable?
        var isTime: Bool
    }

    /// `json`.
    public let format = "json"
    /// Lines do not depend on each other.
    public var context: LineContext? { LineContext() }
    let hits: Int
    let messages: Int

    private var members: [JSONMember] = []
    private var roles: [Role] = []
    private var values = JSONWriter()
    private var writer = HitWriter(escape: .json)
    private var now: Int64 = 0
    /// The first kind of line a file has decides which topic is the main one.
    init(topics: inout LogTopics) {
        hits = topics.number(of: "http.hit")
        messages = topics.number(of: "log.message")
    }

    /// Remembers the time, for lines that have none.
    public mutating func pass(to milliseconds: Int64, _ output: any EventOutput) { now = milliseconds }

    /// Takes one line.
    public mutating func take(_ line: RawSpan, at place: LinePlace, to output: any EventOutput) -> LineOutcome {
        var scanner = JSONScanner(line)
        guard line.byteCount > 0 else { return .refused(.empty) }
        guard scanner.scan(into: &members), members.isEmpty || line.has("{", at: 0) || !members[0].key.isAbsent else {
            return .refused(.notJSON)
        }
        findRoles(line)
        let time = milliseconds(line)
        let isHit = isHit
        output.emit(topic: isHit ? hits : messages) { event in
            event["_id"] = place.id(seconds: UInt32(truncatingIfNeeded: (time ?? 0) / 1000))
            event["timestamp"] = Datetime(millisecondsSinceEpoch: time ?? now)
            values.isRepaired = false
            writer.begin(isPlain: line.isPlain)
            if isHit { writeHit(line, to: &event) } else { writeRecord(line, to: &event) }
            if values.isRepaired || writer.isRepaired { event["repaired"] = true }
        }
        return .taken
    }

    /// Looks at the names, which mostly are those of the line before.
    private mutating func findRoles(_ line: RawSpan) {
        for index in members.indices {
            let key = members[index].key
            let bytes = line.extracting(key.start..<key.end)
            if index < roles.count, Self.isSame(roles[index].key, bytes) { continue }
            let role = role(key, of: line)
            if index < roles.count { roles[index] = role } else { roles.append(role) }
        }
    }

    private static func isSame(_ key: [UInt8], _ bytes: RawSpan) -> Bool {
        guard key.count == bytes.byteCount else { return false }
        for index in key.indices where key[index] != bytes.byte(at: index) { return false }
        return true
    }

    private mutating func role(_ key: TextRange, of line: RawSpan) -> Role {
        let name = values.key(key, of: line)
        let text = String(decoding: name, as: UTF8.self)
        return Role(
            key: line.extracting(key.start..<key.end).withUnsafeBytes { Array($0) }, name: name,
            meaning: HitNames.meaning(of: text), isTime: HitNames.times.contains(text.lowercased()))
    }

    /// Whether the line has a status, and a request or parts of one.
    private var isHit: Bool {
        var hasStatus = false
        var hasRequest = false
        for index in members.indices where !members[index].value.isAbsent {
            guard let meaning = roles[index].meaning else { continue }
            if meaning.field == "status" { hasStatus = true }
            if meaning.kind == .request || meaning.kind == .target || meaning.field == "method" { hasRequest = true }
        }
        return hasStatus && hasRequest
    }

    /// The best of the times on the line.
    private func milliseconds(_ line: RawSpan) -> Int64? {
        var best: (Int64, quality: Int)?
        for index in members.indices where roles[index].isTime {
            let kind = members[index].kind
            guard kind == .string || kind == .number else { continue }
            let value = members[index].value
            guard let time = AnyLogTime.milliseconds(in: line, value.start..<value.end) else { continue }
            if time.quality > best?.quality ?? 0 { best = time }
        }
        return best?.0
    }
}

// MARK: - Writing

extension JSONLineParser {
    private mutating func writeRecord(_ line: RawSpan, to event: inout DocumentWriter) {
        for index in members.indices {
            let member = members[index]
            if Self.isReserved(roles[index].name) { continue }
            values.write(member.kind, key: roles[index].name, member.value, of: line, to: &event)
        }
    }

    private static func isReserved(_ name: [UInt8]) -> Bool {
        name.elementsEqual("_id".utf8) || name.elementsEqual("timestamp".utf8) || name.elementsEqual("repaired".utf8)
    }

    private mutating func writeHit(_ line: RawSpan, to event: inout DocumentWriter) {
        for index in members.indices {
            let (member, role) = (members[index], roles[index])
            guard let meaning = role.meaning else {
                let isTime =
                    role.isTime
                    && AnyLogTime.milliseconds(
                        in: line, member.value.start..<member.value.end) != nil
                if !isTime && !Self.isReserved(role.name) {
                    values.write(member.kind, key: role.name, member.value, of: line, to: &event)
                }
                continue
            }
            if meaning.kind.isTime || isRepeated(meaning.field, before: index) { continue }
            switch member.kind {
            case .string, .number: writeValue(member, meaning, line, to: &event)
            default: values.write(member.kind, key: Array(meaning.field.utf8), member.value, of: line, to: &event)
            }
        }
    }

    private mutating func writeValue(
        _ member: JSONMember, _ meaning: HitVariable, _ line: RawSpan, to event: inout DocumentWriter
    ) {
        let value = TextRange(member.value.start, member.value.end, in: line)
        if let part = RequestPart(field: meaning.field), meaning.kind != .request, meaning.kind != .target {
            return writer.writePart(part, value, of: line, to: &event)
        }
        if member.kind == .number, meaning.kind == .text || meaning.kind == .token {
            return values.write(.number, key: Array(meaning.field.utf8), member.value, of: line, to: &event)
        }
        writer.write(meaning.kind, key: meaning.field.utf8Span.span.bytes, value, of: line, to: &event)
    }

    /// Whether another name before says the same.
    private func isRepeated(_ field: String, before index: Int) -> Bool {
        for other in 0..<index where roles[other].meaning?.field == field && !members[other].value.isAbsent {
            return true
        }
        return false
    }
}
