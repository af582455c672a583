// Questions about the past that are asked once, over HTTP.

internal import BSON
internal import BSONText
internal import CWebSockets
internal import ZeroMQ

extension ServerLoop {
    /// A question whose answer is being computed.
    struct Question {
        /// The number of its watch.
        var watch: Int
        /// Milliseconds since 1970 at which nobody waits for it any longer.
        var deadline: Int64
        var hit: AccessLog.Hit
    }

    /// Where questions are asked.
    static let queryPath = "/api/query"
    /// Questions at the same time.
    static let mostQuestions = 8
    /// Milliseconds until a question that was not answered is given up.
    static let questionPatience: Int64 = 30_000

    /// What a request that brings a question wants; nil if it may not.
    func pendingQuestion(_ request: Request, length: Int) -> Pending? {
        guard length <= LiveLimits.clientMessageBytes, questionRefusal(request) == nil else { return nil }
        return Pending(purpose: .query, limit: length, credentials: request.credentials, hit: request.hit)
    }

    /// Why no question is taken now; nil if one is.
    func questionRefusal(_ request: Request) -> Answer? {
        guard feed.hasHistory else { return .refusal(404, "Not Found", "no --history was named here") }
        if gate.rights(request.credentials, now: realtimeMilliseconds()) == nil { return Self.unknownUser }
        guard request.target?.method == "POST" else {
            return .refusal(405, "Method Not Allowed", "only POST, with a watch", headers: ["Allow: POST"])
        }
        if let refusal = refusal(of: request, mustHaveOrigin: true) { return refusal }
        return nil
    }

    /// Begins to compute an answer; returns what is wrong with the question, if something is.
    func ask(_ connection: OpaquePointer, _ pending: Pending) -> Answer? {
        let now = realtimeMilliseconds()
        guard let rights = gate.rights(pending.credentials, now: now)?.rights else { return Self.unknownUser }
        guard questions.count < Self.mostQuestions else {
            return .refusal(429, "Too Many Requests", "too many questions at once", headers: ["Retry-After: 1"])
        }
        do throws(WatchError) {
            let spec = try Self.question(pending.body, settings.watchLimits, now: now)
            if let refusal = rights.refusal(of: spec) { return .refusal(403, "Forbidden", refusal) }
            let watch = try board.add(spec)
            questions[connection] = Question(
                watch: watch, deadline: now + Self.questionPatience, hit: pending.hit)
            keepTicking()
            return nil
        } catch {
            return .refusal(400, "Bad Request", error.message)
        }
    }

    /// Reads a question: a watch, whose `last` ends now.
    private static func question(_ body: [UInt8], _ limits: WatchLimits, now: Int64) throws(WatchError) -> WatchSpec {
        let document: Document
        do throws(TextError) {
            document = try BSONText.parse(body.span.bytes, dialect: .json).document
        } catch {
            throw WatchError(message: "not JSON: \(error)")
        }
        var spec = try WatchSpec(document.view, limits: limits)
        if spec.range == nil { spec.range = now - spec.last..<now }
        guard spec.clock == .event else {
            throw WatchError(message: "what was stored tells no arrival: leave \"clock\" out")
        }
        // What comes later than the answer is waited for is late anyway.
        spec.late = min(spec.late, 10_000)
        return spec
    }

    /// Answers the questions that can be answered by now.
    func answerQuestions() {
        let now = realtimeMilliseconds()
        for (connection, question) in questions {
            guard let answer = answer(to: question, now: now) else { continue }
            forgetQuestion(connection)
            // The connection is closed by its next event if it is broken.
            if reply(connection, log == nil ? nil : question.hit, answer, withBody: true) != 0 || answer.closes {
                lws_set_timeout(connection, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC)
            } else if lws_http_transaction_completed(connection) != 0 {
                lws_set_timeout(connection, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC)
            }
        }
    }

    private func answer(to question: Question, now: Int64) -> Answer? {
        if let failure = board.failure(ofWatch: question.watch) {
            return .refusal(422, "Unprocessable Content", failure)
        }
        switch feed.history(of: question.watch) {
        case .whole: return .json(board.whole(ofWatch: question.watch))
        case .failed(let why): return .refusal(500, "Internal Server Error", why)
        case .reading, nil:
            if now < question.deadline { return nil }
            return .refusal(503, "Service Unavailable", "it takes too long: ask for less")
        }
    }

    /// Gives up a question.
    func forgetQuestion(_ connection: OpaquePointer) {
        guard let question = questions.removeValue(forKey: connection) else { return }
        board.remove(watch: question.watch)
    }
}
