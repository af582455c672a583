// What a server's answer to an insert, or the lack of one, means for the events.

internal import BSON

/// What a command ended with, as the driver tells it.
enum CommandOutcome: Sendable {
    /// The server answered; the answer may say that the command failed.
    case answered(Document)
    /// Nothing is to be answered: `w: 0`.
    case sent
    /// There was nobody to send it to, or nobody let us in: nothing was sent.
    case notSent(String)
    /// It broke on the way: it may have been done or not.
    case interrupted(String)
    /// The driver did not take it.
    case unsendable(String)
}

/// Why something is not stored, in words for people.
struct Trouble: Hashable, Sendable {
    /// One word or two, by which refused events are counted: `validation`.
    var reason: String
    /// What the server or the driver says.
    var message: String
    /// MongoDB's number; 0 if it is the driver's.
    var code = 0
}

/// A document that the server did not store.
struct DocumentFault: Hashable, Sendable {
    var index: Int
    var code: Int
    var message: String
    /// Whether it was stored before, under the same `_id`.
    var isSameID: Bool
}

/// What the end of an insert means.
enum Verdict: Sendable {
    /// All documents are stored, but for these.
    case stored(except: [DocumentFault])
    /// All were sent; nobody will say what became of them.
    case unconfirmed
    /// Nothing was sent: again once there is a server.
    case notSent(Trouble)
    /// Some or all may be stored: again, and what is there already is ours.
    case ambiguous(Trouble)
    /// The server works, but this collection cannot be written at present, as for want of rights.
    case later(Trouble)
    /// It will never be stored; if `byOne`, the fault may be that of one document.
    case refused(Trouble, byOne: Bool)

    /// Judges what an insert of so many documents ended with.
    init(_ outcome: CommandOutcome) {
        switch outcome {
        case .sent: self = .unconfirmed
        case .notSent(let message): self = .notSent(Trouble(reason: "no server", message: message))
        case .interrupted(let message): self = .ambiguous(Trouble(reason: "connection", message: message))
        case .unsendable(let message): self = .refused(Trouble(reason: "unsendable", message: message), byOne: true)
        case .answered(let reply): self = Verdict.judge(reply.view)
        }
    }

    private static func judge(_ reply: DocumentView) -> Verdict {
        if (reply["ok"]?.number ?? 0) != 1 { return judgeFailure(reply) }
        if let concern = reply["writeConcernError"]?.document {
            // The primary has them; whether they outlive it is what was asked for and is not known.
            return .ambiguous(
                Trouble(
                    reason: "write concern", message: concern["errmsg"]?.string ?? "not confirmed",
                    code: concern["code"]?.integer.map(Int.init) ?? 0))
        }
        var faults: [DocumentFault] = []
        if let errors = reply["writeErrors"]?.array {
            errors.forEach { entry in
                guard let error = entry.document else { return }
                let code = Int(error["code"]?.integer ?? 0)
                let keys = error["keyPattern"]?.document
                faults.append(
                    DocumentFault(
                        index: Int(error["index"]?.integer ?? 0), code: code,
                        message: error["errmsg"]?.string ?? "",
                        isSameID: code == ServerCode.duplicateKey && (keys == nil || keys?["_id"] != nil)))
            }
        }
        return .stored(except: faults)
    }

    private static func judgeFailure(_ reply: DocumentView) -> Verdict {
        let code = Int(reply["code"]?.integer ?? 0)
        let message = reply["errmsg"]?.string ?? "the server refused without a reason"
        let name = reply["codeName"]?.string ?? (code == 0 ? "error" : "error \(code)")
        let trouble = Trouble(reason: name, message: message, code: code)
        if ServerCode.passing.contains(code) || reply.hasLabel("RetryableWriteError") { return .ambiguous(trouble) }
        if ServerCode.rights.contains(code) { return .later(trouble) }
        return .refused(trouble, byOne: ServerCode.byOne.contains(code))
    }
}

extension DocumentView {
    fileprivate func hasLabel(_ label: String) -> Bool {
        var found = false
        self["errorLabels"]?.array?.forEach { if $0.string == label { found = true } }
        return found
    }
}

/// MongoDB's numbers of errors, from `src/mongo/base/error_codes.yml` of version 6.0.
enum ServerCode {
    static let duplicateKey = 11000
    /// A document that the collection's validator refuses.
    static let validation = 121

    /// What passes by itself, so that trying again helps: elections, shutdowns, times that ran out, full disks.
    static let passing: Set<Int> = [
        6, 7, 24, 46, 50, 63, 64, 70, 82, 83, 89, 91, 100, 112, 117, 133, 134, 146, 150, 175, 189, 202, 216, 225,
        234, 237, 246, 251, 262, 290, 317, 358, 384, 10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436, 14031,
    ]
    /// What passes when somebody gives us the right.
    static let rights: Set<Int> = [11, 13, 18, 31, 33]
    /// What one document can bring upon all: the command cannot be read, or is too large.
    static let byOne: Set<Int> = [2, 9, 14, 22, 52, 55, 56, 57, 10334, 17280, 17419, 17420]

    /// What a refused document is counted by.
    static func reason(_ code: Int, _ message: String) -> String {
        switch code {
        case duplicateKey: "duplicate key"
        case validation: "validation"
        case 10334, 17280, 17419, 17420: "too large"
        case 2: "bad value"
        case 52, 55, 56, 57: "field name"
        case 53: "invalid _id"
        default: "error \(code)"
        }
    }
}
