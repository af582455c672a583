// Where events go, from the settings.

internal import BSON
internal import BSONText
internal import Eventstorm
internal import Query
public import Service

/// Where events go and what is made of them, as the settings of a section say.
public struct StorageRules: Sendable {
    let rules: [StorageRule]

    /// Reads the settings of `eventstorm-sink-mongo`.
    ///
    /// - Throws: A failure that lists everything that is wrong, with places.
    public init(_ options: Options) throws(Failure) {
        var reader = Reader()
        let usualDatabase = reader.name(options, "database", .database)
        let entries = options.table("collections")
        var rules: [StorageRule] = []
        if entries.isEmpty {
            let patterns = options.patterns("subscribe")
            rules.append(reader.rule(options, patterns, database: usualDatabase))
        }
        for entry in entries {
            let database = entry.has("database") ? reader.name(entry, "database", .database) : usualDatabase
            rules.append(reader.rule(entry, entry.patterns("from"), database: database))
        }
        guard reader.failures.isEmpty else {
            throw Failure(reader.failures[0].status, reader.failures.flatMap(\.messages))
        }
        self.rules = rules
    }
}

/// Reads rules, and collects everything that is wrong with them.
private struct Reader {
    var failures: [Failure] = []

    mutating func name(_ options: Options, _ setting: String, _ use: NameTemplate.Use) -> NameTemplate? {
        guard let text = options.textIfGiven(setting) else { return nil }
        do throws(NameError) {
            return try NameTemplate(text, for: use)
        } catch {
            failures.append(options.failure(setting, "\(error)"))
            return nil
        }
    }

    mutating func rule(_ options: Options, _ patterns: [Pattern], database: NameTemplate?) -> StorageRule {
        let collection = name(options, "collection", .collection)
        var rule = StorageRule(collection: collection ?? Reader.ofTopic)
        rule.patterns = patterns
        rule.database = database
        rule.match = query(options, "match") { text throws(QueryError) in try Match(text) }
        rule.projection = query(options, "project") { text throws(QueryError) in try Projection(text) }
        rule.layout = layout(options)
        rule.bypassesValidation = options.flag("bypass-validation")
        let isOneTopic = patterns.count == 1 && (try? Topic(patterns[0].description)) != nil
        rule.addsKind = rule.collection.joinsTopics && (database?.joinsTopics ?? true) && !isOneTopic
        return rule
    }

    private static let ofTopic: NameTemplate = {
        guard let template = try? NameTemplate("{topic}", for: .collection) else { fatalError("a template is wrong") }
        return template
    }()

    private mutating func query<R>(
        _ options: Options, _ setting: String, _ read: (String) throws(QueryError) -> R
    ) -> R? {
        guard let text = options.textIfGiven(setting) else { return nil }
        do throws(QueryError) {
            return try read(text)
        } catch {
            failures.append(options.failure(setting, "\(error)"))
            return nil
        }
    }

    private mutating func layout(_ options: Options) -> CollectionLayout {
        var layout = CollectionLayout()
        let expiry = options.durationIfGiven("expire-after").map { Int($0.components.seconds) }
        if let field = options.textIfGiven("time-field") {
            layout.timeSeries = CollectionLayout.TimeSeries(
                timeField: field, metaField: options.textIfGiven("meta-field"),
                granularity: options.textIfGiven("granularity"))
            layout.expireAfterSeconds = expiry
        } else if let expiry {
            let field = options.text("expire-field")
            layout.indexes.append(
                CollectionLayout.Index(
                    keys: Document { $0[field] = 1 }, name: "\(field)_1", expireAfterSeconds: expiry))
        }
        if let bytes = options.sizeIfGiven("capped") {
            layout.capped = CollectionLayout.Capped(bytes: bytes, events: options.integerIfGiven("capped-events"))
        }
        if let text = options.textIfGiven("indexes") { layout.indexes += indexes(text, options) }
        return layout
    }

    /// `[{keys: {host: 1}, unique: true}]`.
    private mutating func indexes(_ text: String, _ options: Options) -> [CollectionLayout.Index] {
        guard let holder = try? BSONText.parse("{v: \(text)}", dialect: .query).document,
            let list = holder.view["v"]?.array
        else {
            failures.append(options.failure("indexes", "a list such as [{keys: {host: 1}}] is wanted"))
            return []
        }
        var indexes: [CollectionLayout.Index] = []
        var wrong: String?
        list.forEach { entry in
            guard let document = entry.document, let keys = document["keys"]?.document, !keys.isEmpty else {
                wrong = "each index is a document with keys such as {keys: {host: 1, timestamp: -1}}"
                return
            }
            indexes.append(CollectionLayout.Index(keys, document))
        }
        if let wrong { failures.append(options.failure("indexes", wrong)) }
        return indexes
    }
}

extension CollectionLayout.Index {
    /// An index with the options of a document, which the server knows.
    fileprivate init(_ keys: DocumentView, _ document: DocumentView) {
        var words: [String] = []
        keys.forEach { words += [$0.key, $0.string ?? BSONText.string(valueOf: $0)] }
        let options = Document { writer in
            document.forEach { option in
                if !["keys", "name", "expireAfterSeconds"].contains(option.key) { writer.append(option) }
            }
        }
        self.init(
            keys: Document(copying: keys), name: document["name"]?.string ?? words.joined(separator: "_"),
            options: options, expireAfterSeconds: document["expireAfterSeconds"]?.integer.map(Int.init))
    }
}
