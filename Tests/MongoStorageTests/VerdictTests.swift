// What answers of a server mean.

import BSON
import BSONText
import Testing

@testable import MongoStorage
@testable import Service

@Suite("What a server's answers mean")
struct VerdictTests {
    static let answers: [(String, String)] = [
        ("{ok: 1, n: 2}", "stored"),
        ("{ok: 1, n: 1, writeErrors: [{index: 1, code: 121, errmsg: 'x'}]}", "stored but 1:121"),
        ("{ok: 1, n: 1, writeErrors: [{index: 0, code: 11000, keyPattern: {_id: 1}}]}", "stored but 0:11000="),
        ("{ok: 1, n: 1, writeErrors: [{index: 0, code: 11000, keyPattern: {k: 1}}]}", "stored but 0:11000"),
        ("{ok: 1, n: 2, writeConcernError: {code: 64, errmsg: 'waiting timed out'}}", "ambiguous"),
        ("{ok: 0, code: 10107, codeName: 'NotWritablePrimary', errmsg: 'x'}", "ambiguous"),
        ("{ok: 0, code: 189, errmsg: 'x', errorLabels: ['RetryableWriteError']}", "ambiguous"),
        ("{ok: 0, code: 99999, errmsg: 'x', errorLabels: ['RetryableWriteError']}", "ambiguous"),
        ("{ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'x'}", "later"),
        ("{ok: 0, code: 166, codeName: 'CommandNotSupportedOnView', errmsg: 'x'}", "refused CommandNotSupportedOnView"),
        ("{ok: 0, code: 10334, codeName: 'BSONObjectTooLarge', errmsg: 'x'}", "refused by one BSONObjectTooLarge"),
        ("{ok: 0}", "refused error"),
        ("{n: 1}", "refused error"),
        ("{}", "refused error"),
    ]

    @Test("are judged by their numbers and labels", arguments: answers)
    func answer(text: String, meaning: String) throws {
        let reply = try BSONText.parse(text, dialect: .query).document
        #expect(Verdict(.answered(reply)).words == meaning)
    }

    @Test(
        "advice is given for what people get wrong",
        arguments: [
            ("No suitable servers found: [Failed to resolve 'nowhere']", "no such host"),
            ("TLS handshake failed: error:0A000086:SSL routines::certificate verify failed", "tlsCAFile"),
            ("connection refused calling hello on '127.0.0.1:1'", "is mongod running"),
            ("Authentication failed.", "password"),
        ])
    func advice(message: String, words: String) {
        let line = Advice.line(for: Trouble(reason: "", message: message))
        #expect(line?.contains(words) == true)
    }
}

extension Verdict {
    fileprivate var words: String {
        switch self {
        case .stored(let faults):
            faults.isEmpty
                ? "stored"
                : "stored but "
                    + faults.map { "\($0.index):\($0.code)\($0.isSameID ? "=" : "")" }.joined(separator: " ")
        case .unconfirmed: "unconfirmed"
        case .notSent: "not sent"
        case .ambiguous: "ambiguous"
        case .later: "later"
        case .refused(let trouble, let byOne): "refused \(byOne ? "by one " : "")\(trouble.reason)"
        }
    }
}
