// Routes from a configuration.
import BSON
import BSONText
import Eventstorm
import Query
public import Service

extension RouteTable {
    /// Compiles the routes of a router's section.
    ///
    /// - Throws: A failure with status 78 that lists everything that is wrong, with places, one thing a line.
    public init(_ options: Options) throws(Failure) {
        var reader = RouteReader()
        let routes = options.table("routes").compactMap { reader.route($0) }
        guard reader.problems.isEmpty else { throw reader.failure }
        self.init(routes, unmatched: Unmatched(options.text("unmatched")))
    }
}

extension RouteTable {
    /// Compiles the routes of every router in the text of a configuration, and runs their tests.
    ///
    /// - Returns: The tables, and everything that is wrong, with places in a file called `text`.
    public static func tables(inConfiguration text: String) -> (tables: [RouteTable], problems: [String]) {
        var tables: [RouteTable] = []
        do throws(Failure) {
            for section in try Configuration(path: "text", checking: text).sections where section.stage == .router {
                tables.append(try RouteTable(section.options))
                _ = try RouteTable.test(section.options)
            }
        } catch {
            return (tables, error.messages)
        }
        return (tables, [])
    }
}

extension Unmatched {
    /// Reads what was checked to be `forward`, `drop` or a topic.
    init(_ text: String) {
        switch text {
        case "drop": self = .drop
        case "forward": self = .forward
        default: self = (try? Topic(text)).map { .topic($0) } ?? .forward
        }
    }
}

/// Compiles routes, and collects everything that is wrong with them.
struct RouteReader {
    var problems: [Problem] = []

    /// All problems as a failure, in the order of the file.
    var failure: Failure {
        let sorted = problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        return Failure(.configuration, sorted.map(\.message))
    }

    /// Compiles one route; nil if something is wrong with it.
    mutating func route(_ options: Options) -> Route? {
        let count = problems.count
        var route = Route(from: options.patterns("from"), to: destination(options))
        route.identity = options.fingerprint
        route.match = match(options)
        if let dedupe = options.document("dedupe") {
            route.dedupe = (EventKey(paths(dedupe, "by")), dedupe.duration("window").wholeNanoseconds)
        }
        route.sample = options.numberIfGiven("sample").map { Sampling(rate: $0) }
        if let throttle = options.document("throttle") { route.throttle = self.throttle(throttle) }
        var touched: [String] = []
        route.redact = redaction(options, &touched)
        route.update = update(options, &touched)
        route.project = projection(options)
        route.topics = options.integer("topics")
        route.stop = options.flag("stop")
        if case .computed(let template) = route.to {
            if route.sample != nil { touched.append("weight") }
            let isTouched = template.paths.contains { path in
                touched.contains { DottedPath.overlap(path, Array($0.utf8)) }
            }
            route.namesUnchangedFields = route.project == nil && !isTouched
        }
        return problems.count == count ? route : nil
    }

    private mutating func destination(_ options: Options) -> Route.Destination {
        do throws(RouteError) {
            return try Route.Destination(options.textIfGiven("to"))
        } catch {
            if let place = options.place(of: "to") {
                problems.append(place.problem("\(quote(error.text)): \(error.reason)"))
            }
            return .same
        }
    }

    /// The paths of a setting that names fields.
    private mutating func paths(_ options: Options, _ name: String) -> [String] {
        let paths = options.texts(name)
        for path in paths where !DottedPath.isValid(path) {
            if let place = options.place(of: name) {
                problems.append(place.problem("\(quote(path)) is no field: write client.host for one inside another"))
            }
        }
        return paths
    }

    private mutating func throttle(_ options: Options) -> (key: EventKey?, perSecond: Double, burst: Double) {
        let rate = options.numberIfGiven("per-second") ?? 1
        let key = options.has("by") ? EventKey(paths(options, "by")) : nil
        return (key, rate, options.numberIfGiven("burst") ?? max(1, rate))
    }

    // MARK: Queries

    private mutating func match(_ options: Options) -> RouteMatch? {
        guard let value = options.value("match") else { return nil }
        return compile(value, "a query") { view throws(QueryError) in try RouteMatch(view) }
    }

    private mutating func projection(_ options: Options) -> Projection? {
        guard let value = options.value("project") else { return nil }
        return compile(value, "a projection") { view throws(QueryError) in try Projection(view) }
    }

    /// Compiles a document, or a text that holds one in mongosh's notation.
    private mutating func compile<R>(
        _ value: ConfigurationValue, _ what: String, _ body: (DocumentView) throws(QueryError) -> R
    ) -> R? {
        guard let element = value.element else { return nil }
        if let text = element.string { return compile(text: text, value, body) }
        guard let document = element.document else { return nil }
        do throws(QueryError) {
            return try body(document)
        } catch {
            problems.append(value.problem(error.message, at: error.offset))
            return nil
        }
    }

    private mutating func compile<R>(
        text: String, _ value: ConfigurationValue, _ body: (DocumentView) throws(QueryError) -> R
    ) -> R? {
        do throws(TextError) {
            let parsed = try BSONText.parse(text, dialect: .query)
            do throws(QueryError) {
                return try body(parsed.document.view)
            } catch {
                let place = error.offset.flatMap { parsed.place(ofElementAt: $0) } ?? parsed.place
                problems.append(value.problem("at \(place) of the text: \(error.message)"))
            }
        } catch {
            problems.append(value.problem("at \(error.place) of the text: \(error.message)"))
        }
        return nil
    }

    // MARK: Changes

    private mutating func redaction(_ options: Options, _ touched: inout [String]) -> Redaction? {
        guard let value = options.value("redact"), let element = value.element else { return nil }
        var redaction = Redaction()
        guard let list = element.array, !list.isEmpty else {
            problems.append(value.problem("a list of fields such as [\"client.address\"] is wanted"))
            return nil
        }
        var entries = list.makeIterator()
        while let entry = entries.next() {
            if let path = entry.string {
                insert(path, .remove, &redaction, value, entry.offset, &touched)
            } else if let document = entry.document {
                redactionEntry(document, entry.offset, &redaction, value, &touched)
            } else {
                problems.append(
                    value.problem("a field, or {field: …, mask: …}, is wanted, not \(entry.type)", at: entry.offset))
            }
        }
        return redaction
    }

    /// `{field: "user", mask: "***"}`.
    private mutating func redactionEntry(
        _ document: DocumentView, _ offset: Int, _ redaction: inout Redaction, _ value: ConfigurationValue,
        _ touched: inout [String]
    ) {
        var path: String?
        var mask: String?
        var elements = document.makeIterator()
        while let element = elements.next() {
            let key = element.key
            guard ["field", "mask"].contains(key) else {
                let hint = suggestion(for: key, among: ["field", "mask"])
                problems.append(value.problem("unknown key \(quote(key))\(hint)", at: element.offset))
                return
            }
            guard let text = element.string else {
                problems.append(value.problem("\(key) is a text, not \(element.type)", at: element.offset))
                return
            }
            if key == "field" { path = text } else { mask = text }
        }
        guard let path else {
            problems.append(value.problem("\"field\" is missing", at: offset))
            return
        }
        insert(path, mask.map { .mask($0) } ?? .remove, &redaction, value, offset, &touched)
    }

    private mutating func insert(
        _ path: String, _ action: Redaction.Action, _ redaction: inout Redaction, _ value: ConfigurationValue,
        _ offset: Int, _ touched: inout [String]
    ) {
        if !DottedPath.isValid(path) {
            problems.append(value.problem("\(quote(path)) is no field", at: offset))
        } else if !redaction.insert(path, action) {
            problems.append(value.problem("\(quote(path)), or a part of it, is named twice", at: offset))
        }
        touched.append(path)
    }

    /// Joins `set`, `unset` and `rename` to one update.
    private mutating func update(_ options: Options, _ touched: inout [String]) -> Update? {
        let parts = [("$set", "set"), ("$unset", "unset"), ("$rename", "rename")]
        let given = parts.compactMap { part in options.value(part.1).map { (part.0, part.1, $0) } }
        if given.isEmpty { return nil }
        let before = problems.count
        // Each by itself first: so a mistake has its place.
        for (name, _, value) in given { checkUpdate(name, value, &touched) }
        guard problems.count == before else { return nil }
        let document = Document { (writer: inout DocumentWriter) in
            for (name, _, value) in given { RouteReader.write(name, value, to: &writer) }
        }
        do throws(QueryError) {
            return try Update(document.view)
        } catch {
            problems.append(given[given.count - 1].2.problem(error.message))
            return nil
        }
    }

    private mutating func checkUpdate(_ name: String, _ value: ConfigurationValue, _ touched: inout [String]) {
        guard let element = value.element else { return }
        let isFields = element.document != nil
        let isList = name == "$unset" && (element.array != nil || element.string != nil)
        guard isFields || isList else {
            let wanted = name == "$unset" ? "a list of fields such as [\"cookie\"]" : "a document of fields"
            problems.append(value.problem("\(wanted) is wanted, not \(element.type)"))
            return
        }
        if let list = element.array {
            var entries = list.makeIterator()
            while let entry = entries.next() {
                if entry.string != nil { continue }
                problems.append(value.problem("a field is wanted, not \(entry.type)", at: entry.offset))
                return
            }
        }
        let document = Document { (writer: inout DocumentWriter) in RouteReader.write(name, value, to: &writer) }
        do throws(QueryError) {
            _ = try Update(document.view)
        } catch {
            problems.append(value.problem(error.message, at: RouteReader.culprit(name, element)))
            return
        }
        touched += RouteReader.fields(of: document)
    }

    /// The offset of the first field of an update that is wrong by itself; nil if only all together are.
    private static func culprit(_ name: String, _ element: ElementView) -> Int? {
        guard let fields = element.nested else { return nil }
        var elements = fields.makeIterator()
        while let field = elements.next() {
            let one = Document { (writer: inout DocumentWriter) in
                writer.document(key: name) { writer in
                    if element.type == .array { writer[field.string ?? ""] = 1 } else { writer.append(field) }
                }
            }
            if (try? Update(one.view)) == nil { return field.offset }
        }
        return nil
    }

    /// Writes `$unset: {…}` of a list, a text or a document, or another operator of a document.
    private static func write(_ name: String, _ value: ConfigurationValue, to writer: inout DocumentWriter) {
        guard let element = value.element else { return }
        writer.document(key: name) { writer in
            if let fields = element.document {
                writer.append(contentsOf: fields)
            } else if let path = element.string {
                writer[path] = 1
            } else if let list = element.array {
                var entries = list.makeIterator()
                while let entry = entries.next() { writer[entry.string ?? ""] = 1 }
            }
        }
    }

    /// The paths that an update names, those that it renames to included.
    private static func fields(of update: Document) -> [String] {
        var paths: [String] = []
        let view = update.view
        var operators = view.makeIterator()
        while let element = operators.next() {
            guard let fields = element.document else { continue }
            var elements = fields.makeIterator()
            while let field = elements.next() {
                paths.append(field.key)
                if element.key == "$rename", let target = field.string { paths.append(target) }
            }
        }
        return paths
    }
}

/// A word in a message.
private func quote(_ text: String) -> String { "\"\(text)\"" }

extension Duration {
    /// The time in nanoseconds, as far as it fits.
    fileprivate var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
    }
}
