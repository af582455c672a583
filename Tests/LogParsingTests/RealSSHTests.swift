// A thousand lines of a real sshd, each field compared with what regular expressions read.
import BSON
import Foundation
import Testing

@testable import LogParsing

/// Where real data is, if there is any: `ES_DATA=DIR`.
private let dataDirectory = ProcessInfo.processInfo.environment["ES_DATA"]

@Suite("A real log of sshd")
struct RealSSHTests {
    @Test(
        "every line becomes an event, and every field is what a regular expression reads",
        .enabled(if: dataDirectory != nil, "by hand: ES_DATA names no directory with sshd.log"))
    func everyLine() throws {
        let text = try String(contentsOfFile: try #require(dataDirectory) + "/sshd.log", encoding: .utf8)
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        #expect(lines.count == 1000)
        var topics = LogTopics()
        var parser = try LogFormat.parser("sshd", topics: &topics)
        let reading = try SSHReading()
        var logins = 0
        for line in lines {
            let collector = Collector()
            let outcome = parser.take(Array(line.utf8).span.bytes, at: anyPlace, to: collector)
            #expect(outcome == .taken)
            let expected = try #require(reading.fields(of: line), "\(line)")
            #expect(fields(of: collector.bytes) == [expected], "\(line)")
            let isLogin = expected["outcome"] != nil
            #expect(collector.topics.map { topics.names[$0] } == [isLogin ? "ssh.login" : "ssh.message"])
            if isLogin { logins += 1 }
        }
        #expect(logins == lines.count { $0.wholeMatch(of: reading.login) != nil } && logins > 400)
    }
}

/// A reading of what sshd says that has nothing in common with the parser.
private struct SSHReading {
    let header = #/(\w{3} [ \d]\d \d\d:\d\d:\d\d) (\S+) (sshd)\[(\d+)\]: (.*)/#
    /// Lines that say something of a login, by their first words alone.
    let login =
        #/.*\]: (message repeated|(error: )?Received|Failed|Accepted|Invalid|Connection|Did|Disc|.*session (opened|closed)).*/#
    let time: DateFormatter
    let now = Date()

    init() throws {
        time = DateFormatter()
        time.locale = Locale(identifier: "en_US_POSIX")
        time.dateFormat = "yyyy MMM d HH:mm:ss"
    }

    func fields(of line: String) -> [String: Value]? {
        guard let (_, when, host, program, pid, message) = line.wholeMatch(of: header)?.output else { return nil }
        var fields: [String: Value] = [
            "host": .string(String(host)), "program": .string(String(program)), "pid": .int64(Int64(pid) ?? -1),
            "message": .string(String(message)),
        ]
        let year = Calendar.current.component(.year, from: now)
        // The year is not told: the last one that puts it a day ahead at most.
        for year in [year + 1, year, year - 1] {
            guard let date = time.date(from: "\(year) \(when)"), date < now + 86_400 else { continue }
            fields["timestamp"] = .time(Int64(date.timeIntervalSince1970 * 1000))
            break
        }
        var said = message
        if let repeated = said.wholeMatch(of: #/message repeated (\d+) times: \[ (.*)\]/#)?.output {
            fields["repeated"] = .int32(Int32(repeated.1) ?? -1)
            said = repeated.2
        }
        if let before = said.wholeMatch(of: #/(.*?) ?\[preauth\]/#)?.output {
            fields["preauth"] = true
            said = before.1
        }
        for (key, value) in meaning(said.trimmingPrefix("error: ")) { fields[key] = value }
        return fields
    }

    private func meaning(_ said: Substring) -> [String: Value] {
        func text(_ text: Substring?) -> Value { .string(String(text ?? "")) }
        if let (_, outcome, method, invalid, user, address, port) =
            said.wholeMatch(of: #/(Failed|Accepted) (\S+) for (invalid user )?(.*) from (\S+) port (\d+) ssh2/#)?.output
        {
            var found: [String: Value] = [
                "outcome": .string(outcome.lowercased()), "method": text(method), "user": text(user),
                "remote_addr": text(address), "remote_port": .int32(Int32(port) ?? -1),
            ]
            if invalid != nil { found["invalid_user"] = true }
            return found
        }
        if let (_, user, address) = said.wholeMatch(of: #/Invalid user (.*) from (\S+)/#)?.output {
            return [
                "outcome": "invalid_user", "invalid_user": true, "user": text(user), "remote_addr": text(address),
            ]
        }
        if let (_, address, reason) = said.wholeMatch(of: #/Received disconnect from (\S+): (.*)/#)?.output {
            return ["outcome": "disconnected", "remote_addr": text(address), "reason": text(reason)]
        }
        if let (_, address) = said.wholeMatch(of: #/Connection closed by (\S+)/#)?.output {
            return ["outcome": "closed", "remote_addr": text(address)]
        }
        if let (_, address) = said.wholeMatch(of: #/Did not receive identification string from (\S+)/#)?.output {
            return ["outcome": "no_identification", "remote_addr": text(address)]
        }
        if let (_, reason, user) = said.wholeMatch(of: #/Disconnecting: (Too many .* failures) for (\S+)/#)?.output {
            return ["outcome": "disconnecting", "reason": text(reason), "user": text(user)]
        }
        if let (_, what, user) = said.wholeMatch(of: #/pam_.* session (opened|closed) for user ([^ (]+).*/#)?.output {
            return ["outcome": .string("session_\(what)"), "user": text(user)]
        }
        return noise(said)
    }

    private func noise(_ said: Substring) -> [String: Value] {
        if let (_, user) = said.wholeMatch(of: #/input_userauth_request: invalid user (.*)/#)?.output {
            return ["user": .string(String(user)), "invalid_user": true]
        }
        if let (_, address, user) = said.wholeMatch(of: #/.*; logname=.* rhost=(\S+) ?(?: user=(\S+))?/#)?.output {
            var found: [String: Value] = ["remote_addr": .string(String(address))]
            if let user { found["user"] = .string(String(user)) }
            return found
        }
        if let (_, address) = said.wholeMatch(of: #/reverse mapping .* \[(\S+)\] failed.*/#)?.output {
            return ["remote_addr": .string(String(address))]
        }
        return [:]
    }
}
