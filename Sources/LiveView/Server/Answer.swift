// What a request is answered with.

/// A status and a body; one line of text unless it is a file.
struct Answer {
    var status: Int
    var phrase: String
    var type = "text/plain; charset=utf-8"
    var body: [UInt8] = []
    var headers: [String] = []
    var closes = false

    static func refusal(_ status: Int, _ phrase: String, _ text: String, headers: [String] = []) -> Answer {
        Answer(status: status, phrase: phrase, body: Array("\(text)\n".utf8), headers: headers, closes: true)
    }

    static func json(_ body: [UInt8]) -> Answer {
        Answer(status: 200, phrase: "OK", type: "application/json", body: body)
    }

    /// Sends a browser to another page of this server.
    static func elsewhere(_ path: String, headers: [String] = []) -> Answer {
        Answer(status: 303, phrase: "See Other", headers: ["Location: \(path)"] + headers)
    }
}
