// Reading a question out of a client's message.

import BSON
import BSONText
import Eventstorm
import Query
import Service

/// Says what is wrong with a question, in words for a person.
struct WatchError: Error, Equatable {
    var message: String
}

extension Match {
    /// Compiles the query of a wish; nil if it is empty, for all events.
    ///
    /// - Parameter bytes: The query as a document of BSON.
    static func ofWish(_ bytes: [UInt8]) throws(WatchError) -> Match? {
        if bytes.isEmpty { return nil }
        do throws(QueryError) {
            return try Match(DocumentView(unchecked: bytes.span.bytes))
        } catch {
            throw WatchError(message: "match: \(error)")
        }
    }
}

/// The limits of one question.
struct WatchLimits: Sendable {
    /// Milliseconds of a bucket.
    var every: ClosedRange<Int64> = 100...86_400_000
    /// Buckets that are kept: two hours of seconds.
    var buckets = 7_200
    /// Groups told apart.
    var groups = 1_000
    /// Fields whose values together tell groups apart.
    var groupFields = 4
    var measures = 16
    /// Buckets times groups times measures: what a client would have to be sent at once.
    var cells = 250_000
    /// Bytes of a dotted path.
    var pathBytes = 256
    /// Bytes of a query.
    var matchBytes = 16 << 10
    /// Values of a list of the most frequent ones.
    var top = 100
    /// Milliseconds that a bucket waits for what is late.
    var late: Int64 = 3_600_000
}

extension WatchSpec {
    private static let words = [
        "type", "id", "topic", "match", "group", "value", "every", "last", "late", "clock", "limit", "totals", "from",
        "to",
    ]

    /// Reads a question: `{topic, match, group, value, every, last, late, clock, limit, totals}`, of which only the
    /// topic is needed.
    init(_ view: DocumentView, limits: WatchLimits = WatchLimits()) throws(WatchError) {
        try view.forEach { element throws(WatchError) in
            let word = element.key
            if !Self.words.contains(word) {
                throw WatchError(message: "unknown member \"\(word.prefix(40))\" of a watch")
            }
        }
        guard let topic = view["topic"]?.string else { throw WatchError(message: "a watch needs a \"topic\"") }
        do throws(PatternError) {
            self.init(pattern: try Pattern(topic))
        } catch {
            throw WatchError(message: "\(error)")
        }
        if let match = view["match"] { self.match = try Self.query(match, limits) }
        if let group = view["group"] { groups = try Self.groups(group, limits) }
        if let value = view["value"] { measures = try Self.measures(value, limits) }
        try readTimes(view, limits)
        if let clock = view["clock"] {
            guard let known = clock.string.flatMap({ Clock(rawValue: $0) }) else {
                throw WatchError(message: "\"clock\" is \"event\" or \"arrival\"")
            }
            if range != nil && known == .arrival {
                throw WatchError(message: "what was stored tells no arrival: an interval of the past goes by \"event\"")
            }
            self.clock = known
        }
        if let limit = view["limit"] {
            guard let count = limit.integer, (1...Int64(limits.groups)).contains(count) else {
                throw WatchError(message: "\"limit\" is a number of groups from 1 to \(limits.groups)")
            }
            self.limit = Int(count)
        }
        totals = view["totals"]?.bool ?? false
        if groups.isEmpty { limit = 1 }
        let cells = bucketCount * (limit + 1) * measures.count
        if cells > limits.cells {
            throw WatchError(
                message: "\(cells) values would be kept, \(limits.cells) are the limit: "
                    + "ask for fewer buckets, groups or values")
        }
    }

    // MARK: Times

    private mutating func readTimes(_ view: DocumentView, _ limits: WatchLimits) throws(WatchError) {
        every = try Self.milliseconds(view["every"], "every", usual: every)
        if view["from"] != nil || view["to"] != nil {
            let range = try Self.range(view)
            last = range.upperBound - range.lowerBound
            self.range = range
            guard view["last"] == nil else {
                throw WatchError(message: "\"last\" ends now; \"from\" and \"to\" are an interval of the past")
            }
        }
        last = try Self.milliseconds(view["last"], "last", usual: max(last, every))
        late = try Self.milliseconds(view["late"], "late", usual: min(late, last))
        guard limits.every.contains(every) else {
            throw WatchError(message: "\"every\" is between \(limits.every.lowerBound)ms and 1d")
        }
        guard last >= every, bucketCount <= limits.buckets + 1 + Int(ahead / every) else {
            throw WatchError(message: "\"last\" holds between 1 and \(limits.buckets) times \"every\"")
        }
        guard late <= min(last, limits.late) else {
            throw WatchError(message: "\"late\" is no longer than \"last\", nor than an hour")
        }
    }

    /// The interval between `from` and `to`, milliseconds since 1970.
    private static func range(_ view: DocumentView) throws(WatchError) -> Range<Int64> {
        func time(_ name: String) throws(WatchError) -> Int64 {
            if let date = view[name]?.datetime { return date.millisecondsSinceEpoch }
            guard let number = view[name]?.number, number.magnitude < 1e14 else {
                throw WatchError(message: "\"\(name)\" is a number of milliseconds since 1970")
            }
            return Int64(number)
        }
        let (from, to) = (try time("from"), try time("to"))
        guard from < to else { throw WatchError(message: "\"from\" is before \"to\"") }
        return from..<to
    }

    private static func milliseconds(_ element: ElementView?, _ name: String, usual: Int64) throws(WatchError) -> Int64
    {
        guard let element else { return usual }
        guard let text = element.string, let duration = Quantity.duration(text), duration <= .seconds(366 * 86_400)
        else { throw WatchError(message: "\"\(name)\" is a time such as \"10s\", a year at most") }
        return duration.wholeMilliseconds
    }

    // MARK: Query

    static func query(_ element: ElementView, _ limits: WatchLimits) throws(WatchError) -> [UInt8] {
        if element.isNull { return [] }
        var bytes: [UInt8] = []
        if let document = element.document {
            bytes = document.bytes.withUnsafeBytes { Array($0) }
        } else if let text = element.string, text.utf8.count <= limits.matchBytes {
            do throws(TextError) {
                bytes = try BSONText.parse(text, dialect: .query).document.bytes
            } catch {
                throw WatchError(message: "match: \(error)")
            }
        } else {
            throw WatchError(message: "\"match\" is a query: an object, or its text")
        }
        guard bytes.count <= limits.matchBytes else {
            throw WatchError(message: "\"match\" is longer than \(limits.matchBytes) bytes")
        }
        return bytes.count <= 5 ? [] : bytes
    }

    // MARK: Groups and values

    private static func groups(_ element: ElementView, _ limits: WatchLimits) throws(WatchError) -> [ValueSource] {
        if element.isNull { return [] }
        if let one = element.string { return [try source(one, limits)] }
        guard let list = element.array else {
            throw WatchError(message: "\"group\" is a field, or a list of fields")
        }
        var groups: [ValueSource] = []
        try list.forEach { element throws(WatchError) in
            guard let path = element.string else { throw WatchError(message: "\"group\" is a list of fields") }
            groups.append(try source(path, limits))
        }
        guard groups.count <= limits.groupFields else {
            throw WatchError(message: "\"group\" is a list of \(limits.groupFields) fields at most")
        }
        return groups
    }

    private static func source(_ path: String, _ limits: WatchLimits) throws(WatchError) -> ValueSource {
        if path == "$topic" { return .topic }
        guard !path.isEmpty, path.utf8.count <= limits.pathBytes else {
            throw WatchError(message: "a field has between 1 and \(limits.pathBytes) bytes")
        }
        let segments = path.split(separator: ".", omittingEmptySubsequences: false)
        if segments.contains(where: { $0.isEmpty || $0.first == "$" || $0.utf8.contains(0) }) {
            throw WatchError(message: "\"\(path)\" is no field: names joined by dots, or \"$topic\"")
        }
        return .path(path)
    }

    private static func measures(_ element: ElementView, _ limits: WatchLimits) throws(WatchError) -> [Measure] {
        guard let list = element.array else { return [try measure(element, limits)] }
        var measures: [Measure] = []
        try list.forEach { element throws(WatchError) in measures.append(try measure(element, limits)) }
        guard (1...limits.measures).contains(measures.count) else {
            throw WatchError(message: "\"value\" is a list of 1 to \(limits.measures) values")
        }
        return measures
    }

    private static func measure(_ element: ElementView, _ limits: WatchLimits) throws(WatchError) -> Measure {
        switch element.string {
        case "count": return .count
        case "rate": return .rate
        case nil: break
        case .some(let word):
            throw WatchError(message: "\"\(word.prefix(40))\" is no value: count or rate without a field")
        }
        guard let object = element.document, let first = object.element(at: 4), let path = first.string else {
            throw WatchError(message: "a value is \"count\", \"rate\" or an object such as {\"p99\": \"request_time\"}")
        }
        let source = try source(path, limits)
        if case .topic = source { throw WatchError(message: "\"$topic\" tells groups apart; it has no values") }
        if first.key == "top" {
            let count = object["n"]?.integer ?? 10
            guard object.count <= 2, (1...Int64(limits.top)).contains(count), object.count == 1 || object["n"] != nil
            else { throw WatchError(message: "\"top\" takes a field, and \"n\" from 1 to \(limits.top)") }
            return .top(source, Int(count))
        }
        guard object.count == 1 else { throw WatchError(message: "a value has one field") }
        return try measure(first.key, of: source)
    }

    /// The value of a word and a field: `p99` of `request_time`, `count` of none.
    static func measure(_ word: String, _ field: String?) throws(WatchError) -> Measure {
        if let field { return try measure(word, of: source(field, WatchLimits())) }
        guard let measure: Measure = ["count": .count, "rate": .rate][word] else {
            throw WatchError(message: "\"\(word.prefix(40))\" needs a field")
        }
        return measure
    }

    private static func measure(_ word: String, of source: ValueSource) throws(WatchError) -> Measure {
        switch word {
        case "sum": return .sum(source)
        case "avg": return .average(source)
        case "min": return .minimum(source)
        case "max": return .maximum(source)
        case "distinct": return .distinct(source)
        case "histogram": return .histogram(source)
        default:
            if word.first == "p", let percent = Double(word.dropFirst()), percent > 0, percent < 100, word.count <= 8 {
                return .quantile(source, percent: percent)
            }
            throw WatchError(
                message:
                    "unknown value \"\(word.prefix(40))\": known are count, rate, sum, avg, min, max, p50, p99.9 and "
                    + "the like, distinct, top, histogram")
        }
    }
}
