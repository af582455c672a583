// What is wrong with a value, and what would be right.

internal import Eventstorm

extension Setting.Kind {
    /// What is wrong with `text` as a value of this kind and what would be right; nil if nothing is.
    func problem(with text: String) -> String? {
        switch self {
        case .flag: text == "true" || text == "false" ? nil : "\(quoted(text)) is neither true nor false"
        case .integer(let range): Self.integerProblem(text, range)
        case .number(let range): Self.numberProblem(text, range)
        case .duration(let range): Self.durationProblem(text, range)
        case .size(let range): Self.sizeProblem(text, range)
        case .choice(let words):
            words.contains(text)
                ? nil : "\(quoted(text)) is not one of \(list(words))\(suggestion(for: text, among: words))"
        case .endpoints(let endpoints): Self.endpointsProblem(text, endpoints)
        case .past:
            Quantity.past(text) != nil
                ? nil : "\(quoted(text)) is no date such as 2026-11-21T07:00:00Z and no age such as 2h"
        case .lineSocket: Self.lineSocketProblem(text)
        case .listen:
            Listen(text) != nil ? nil : "\(quoted(text)) is not HOST:PORT such as 127.0.0.1:8080"
        case .pattern: Self.patternProblem(text)
        case .topic: Self.topicProblem(text)
        case .text, .inputFile, .outputFile, .directory, .query, .keys: text.isEmpty ? "is empty" : nil
        case .table, .document, .value: nil
        }
    }

    private static func lineSocketProblem(_ text: String) -> String? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let isSocket =
            switch (parts.first, parts.last) {
            case ("unix", let path?): parts.count == 2 && !path.isEmpty
            case ("udp", let place?), ("tcp", let place?): place.contains(":") && Listen(place) != nil
            default: false
            }
        return isSocket ? nil : "\(quoted(text)) is not udp:HOST:PORT, tcp:HOST:PORT or unix:PATH"
    }

    private static func numberProblem(_ text: String, _ range: ClosedRange<Double>) -> String? {
        guard let value = Double(text) else { return "\(quoted(text)) is not a number" }
        if range.contains(value) { return nil }
        return "\(plain(value)) is out of range; from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
    }

    /// A number as people write it: without a fraction of zero, without an exponent.
    private static func plain(_ value: Double) -> String {
        if let whole = Int(exactly: value) { return "\(whole)" }
        guard abs(value) < 1 else { return "\(value)" }
        var digits = "\(Int((abs(value) * 1e9).rounded()))"
        digits = String(repeating: "0", count: max(0, 9 - digits.count)) + digits
        while digits.last == "0" { digits.removeLast() }
        return (value < 0 ? "-0." : "0.") + digits
    }

    private static func integerProblem(_ text: String, _ range: ClosedRange<Int>) -> String? {
        guard let value = Int(text) else { return "\(quoted(text)) is not a whole number\(wanted(range))" }
        return range.contains(value) ? nil : "\(value) is out of range\(wanted(range))"
    }

    private static func wanted(_ range: ClosedRange<Int>) -> String {
        if range.upperBound == .max { return range.lowerBound == .min ? "" : "; at least \(range.lowerBound)" }
        return "; from \(range.lowerBound) to \(range.upperBound)"
    }

    private static func durationProblem(_ text: String, _ range: ClosedRange<Duration>) -> String? {
        guard let value = Quantity.duration(text) else {
            if Int(text) != nil { return "\(quoted(text)) has no unit; write \(text)s, \(text)ms or \(text)m" }
            return "\(quoted(text)) is not a time; write it like 10s, 500ms or 5m"
        }
        if value < range.lowerBound { return "\(text) is too short; at least \(Quantity.text(range.lowerBound))" }
        if value > range.upperBound { return "\(text) is too long; at most \(Quantity.text(range.upperBound))" }
        return nil
    }

    private static func sizeProblem(_ text: String, _ range: ClosedRange<Int>) -> String? {
        guard let value = Quantity.size(text) else {
            return "\(quoted(text)) is not a size; write it like 64KiB, 2MB or 4096"
        }
        if value < range.lowerBound {
            return "\(text) is too small; at least \(Quantity.text(bytes: range.lowerBound))"
        }
        if value > range.upperBound { return "\(text) is too large; at most \(Quantity.text(bytes: range.upperBound))" }
        return nil
    }

    private static func endpointsProblem(_ text: String, _ endpoints: Setting.Endpoints) -> String? {
        do {
            let parts = try endpoints.parts(of: text)
            return parts.files.isEmpty || endpoints.takesFiles ? nil : "bson:FILE can only be published to, by a source"
        } catch {
            return error.description
        }
    }

    private static func patternProblem(_ text: String) -> String? {
        do { _ = try Pattern(text) } catch { return error.description }
        return nil
    }

    private static func topicProblem(_ text: String) -> String? {
        do { _ = try Topic(text) } catch { return error.description }
        return nil
    }
}

extension Setting.Endpoints {
    /// What stands before the name of a file in a list of endpoints.
    static let filePrefix = "bson:"

    /// The endpoints and the files of a text in which they are joined by commas.
    func parts(of text: String) throws(EndpointError) -> (endpoints: [Endpoint], files: [String]) {
        var files: [String] = []
        var others: [Substring] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let trimmed = part.drop { $0 == " " }
            if trimmed.hasPrefix(Self.filePrefix), trimmed.count > Self.filePrefix.count {
                files.append(String(trimmed.dropFirst(Self.filePrefix.count)))
            } else {
                others.append(part)
            }
        }
        if others.isEmpty { return ([], files) }
        return (try Endpoint.list(others.joined(separator: ","), usual: binds ? .bind : .connect), files)
    }
}

/// A value in a message: in quotes, on one line, not longer than people read.
func quoted(_ text: String) -> String {
    let cut = text.count > 60 ? text.prefix(57) + "..." : text[...]
    return "\"\(Log.escaped(String(cut)))\""
}

/// `a, b and c`.
func list(_ words: [String], _ last: String = "or") -> String {
    guard words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " \(last) " + words[words.count - 1]
}
