// The log of the server's own hits.

import Glibc
import Testing

@testable import LiveView

@Suite("The access log")
struct AccessLogTests {
    @Test("a line is in the combined format")
    func format() {
        var hit = AccessLog.Hit()
        hit.remote = "192.0.2.7"
        hit.time = 1_795_220_593
        hit.request = Array("GET /?a=b HTTP/1.1".utf8)
        hit.status = 200
        hit.bytes = 5123
        hit.agent = Array("curl/7.88.1".utf8)
        let expected = #"192.0.2.7 - - [21/Nov/2026:00:23:13 +0000] "GET /?a=b HTTP/1.1" 200 5123 "-" "curl/7.88.1""#
        #expect(String(decoding: AccessLog.line(hit), as: UTF8.self) == expected + "\n")
    }

    @Test("nothing that a stranger sends ends the quotes or the line")
    func escaping() {
        var hit = AccessLog.Hit()
        hit.time = 0
        hit.referer = Array("a\"b\\c\r\nd\u{0}\u{7F}é".utf8)
        let line = AccessLog.line(hit)
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.hasSuffix("\"-\" 0 0 \"a\\x22b\\x5Cc\\x0D\\x0Ad\\x00\\x7F\\xC3\\xA9\" \"-\"\n"))
        #expect(line.filter { $0 < 0x20 || $0 > 0x7E } == [UInt8(ascii: "\n")])
    }

    @Test("after a rotation, reopening goes on in a new file")
    func rotation() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/access.log"
        var log = try AccessLog(path: path)
        log.append(AccessLog.Hit())
        #expect(rename(path, path + ".1") == 0)
        log.append(AccessLog.Hit())
        log.reopen()
        log.append(AccessLog.Hit())
        #expect(directory.lines(of: "access.log.1").count == 2)
        #expect(directory.lines(of: "access.log").count == 1)
    }

    @Test("the directory of the file is made, but none above it")
    func directory() throws {
        let directory = try TemporaryDirectory()
        var log = try AccessLog(path: "\(directory.path)/new/access.log")
        log.append(AccessLog.Hit())
        #expect(directory.lines(of: "new/access.log").count == 1)
        let deep = "\(directory.path)/a/b/access.log"
        let error = #expect(throws: LiveError.self) { _ = try AccessLog(path: deep) }
        #expect(error.map { "\($0)".contains(deep) } == true)
    }

    @Test("a file that cannot be opened is named")
    func unwritable() {
        let error = #expect(throws: LiveError.self) { _ = try AccessLog(path: "/nonexistent/logs/access.log") }
        #expect(error?.description == "cannot append to /nonexistent/logs/access.log: No such file or directory")
    }
}
