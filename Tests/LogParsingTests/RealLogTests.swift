// Ten thousand lines of a real server, each field compared with what regular expressions read.
import BSON
import Foundation
import Testing

@testable import LogParsing

/// Where real data is, if there is any: `ES_DATA=DIR`.
private let dataDirectory = ProcessInfo.processInfo.environment["ES_DATA"]

@Suite("A real access log")
struct RealLogTests {
    @Test(
        "every line becomes an event, and every field is what a regular expression reads",
        .enabled(if: dataDirectory != nil, "by hand: ES_DATA names no directory with access-combined.log"))
    func everyLine() throws {
        let path = try #require(dataDirectory) + "/access-combined.log"
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let lines = data.split(separator: 10)
        #expect(lines.count == 10_000)
        let reading = try Reading()
        var parser = try LogParsingTests.parser("combined")
        var differences: [String] = []
        for line in lines {
            let event = parse(Array(line), with: &parser)
            let expected = try #require(reading.fields(of: String(decoding: line, as: UTF8.self)))
            if event != .event(expected) { differences.append("\(event) is not \(expected)") }
        }
        #expect(differences == [])
    }
}

/// A reading of the format that has nothing in common with the parser.
private struct Reading {
    let line: NSRegularExpression
    let request: NSRegularExpression
    let escape: NSRegularExpression
    let time: DateFormatter

    init() throws {
        line = try NSRegularExpression(
            pattern: #"^(\S+) (\S+) (.+?) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-) "#
                + #""((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)("?)$"#)
        request = try NSRegularExpression(pattern: #"^([A-Z_-]+) ([^? ][^?]*)(?:\?(.*))? (HTTP/[0-9.]+)$"#)
        escape = try NSRegularExpression(pattern: #"\\x([0-9A-Fa-f]{2})"#)
        time = DateFormatter()
        time.locale = Locale(identifier: "en_US_POSIX")
        time.dateFormat = "dd/MMM/yyyy:HH:mm:ss Z"
    }

    func fields(of text: String) -> [String: Value]? {
        guard let parts = groups(line, text), let date = time.date(from: parts[3]) else { return nil }
        var fields: [String: Value] = ["timestamp": .time(Int64(date.timeIntervalSince1970 * 1000))]
        var isRepaired = false
        func set(_ key: String, _ text: String) {
            if text.isEmpty || text == "-" { return }
            let bytes = unescape(text)
            let string = String(decoding: bytes, as: UTF8.self)
            if String(validating: bytes, as: UTF8.self) == nil { isRepaired = true }
            fields[key] = .string(string)
        }
        set("remote_addr", parts[0])
        set("remote_ident", parts[1])
        set("remote_user", parts[2])
        if let words = groups(request, parts[4]) {
            for (key, word) in zip(["method", "path", "query", "protocol"], words) { set(key, word) }
        } else {
            set("request", parts[4])
        }
        if let status = Int32(parts[5]) { fields["status"] = .int32(status) }
        if let bytes = Int64(parts[6]) { fields["bytes"] = .int64(bytes) }
        set("referer", parts[7])
        set("user_agent", parts[8])
        if isRepaired { fields["repaired"] = true }
        if parts[9].isEmpty { fields["truncated"] = true }
        return fields
    }

    private func unescape(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text.startIndex
        for match in escape.matches(in: text, range: NSRange(text.startIndex..., in: text)) {
            guard let whole = Range(match.range, in: text), let digits = Range(match.range(at: 1), in: text) else {
                continue
            }
            bytes += Array(text[rest..<whole.lowerBound].utf8)
            bytes.append(UInt8(text[digits], radix: 16) ?? 0)
            rest = whole.upperBound
        }
        return bytes + Array(text[rest...].utf8)
    }

    private func groups(_ expression: NSRegularExpression, _ text: String) -> [String]? {
        guard let match = expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) else {
            return nil
        }
        return (1..<match.numberOfRanges).map { Range(match.range(at: $0), in: text).map { String(text[$0]) } ?? "" }
    }
}
