// Makes a collection what it is to be, before the first event goes there.

internal import BSON
internal import Eventstorm
internal import Service

/// Makes a collection and its indexes what they are to be, as far as MongoDB lets them be changed.
///
/// What the configuration does not speak of is left alone. What cannot be changed is said once, and events are stored
/// all the same.
struct Preparation {
    private let target: Target
    private let server: any Server
    private let health: Health

    init(_ target: Target, _ server: any Server, _ health: Health) {
        self.target = target
        self.server = server
        self.health = health
    }

    /// Why events cannot be stored there yet; nil if they can.
    func run() -> Verdict? {
        var found: Document?
        if let verdict = look(&found) { return verdict }
        if found == nil, needsCreation {
            if let verdict = create() { return verdict }
            if let verdict = look(&found) { return verdict }
        }
        let options = found?.view["options"]?.document
        let isTimeSeries = options?["timeseries"] != nil
        if let found, let verdict = adapt(found) { return verdict }
        if !target.layout.indexes.isEmpty, let verdict = makeIndexes(hasCollection: found != nil) { return verdict }
        target.become(isTimeSeries ? .readyTimeSeries : .ready)
        return nil
    }

    private var needsCreation: Bool { target.layout.timeSeries != nil || target.layout.capped != nil }

    /// Runs a command; what it means if it failed.
    private func command(_ document: Document, _ reply: inout Document?) -> Verdict? {
        let outcome = server.run(document, database: target.database)
        if case .answered(let answer) = outcome { reply = answer }
        switch Verdict(outcome) {
        case .stored, .unconfirmed: return nil
        // None of these commands makes a document: nothing was sent.
        case .ambiguous(let trouble): return .notSent(trouble)
        case let verdict: return verdict
        }
    }

    private func look(_ found: inout Document?) -> Verdict? {
        var reply: Document?
        let name = target.collection
        let verdict = command(
            Document {
                $0["listCollections"] = 1
                $0.document("filter") { $0["name"] = name }
            }, &reply)
        if case .later = verdict {
            // Who may insert but not look: the collection is taken to be as it should be.
            if needsCreation || !target.layout.indexes.isEmpty {
                health.say(.warning, "\(target.name) is not looked at for want of rights: is it as it should be?")
            }
            return nil
        }
        if let verdict { return verdict }
        reply?.view["cursor"]?.document?["firstBatch"]?.array?.forEach { entry in
            if found == nil, let collection = entry.document { found = Document(copying: collection) }
        }
        return nil
    }

    private func create() -> Verdict? {
        let layout = target.layout
        let document = Document { writer in
            writer["create"] = target.collection
            if let series = layout.timeSeries {
                writer.document("timeseries") {
                    $0["timeField"] = series.timeField
                    if let field = series.metaField { $0["metaField"] = field }
                    if let granularity = series.granularity { $0["granularity"] = granularity }
                }
                if let seconds = layout.expireAfterSeconds { writer["expireAfterSeconds"] = Int64(seconds) }
            }
            if let capped = layout.capped {
                writer["capped"] = true
                writer["size"] = Int64(capped.bytes)
                if let events = capped.events { writer["max"] = Int64(events) }
            }
        }
        var reply: Document?
        guard let verdict = command(document, &reply) else {
            health.say(.info, "made the collection \(target.name)")
            return nil
        }
        // Another writer or another sink was faster.
        if reply?.view["code"]?.integer == 48 { return nil }
        if case .refused(let trouble, _) = verdict {
            health.say(.error, "\(target.name) cannot be made as it should be: \(trouble.message)")
            return nil
        }
        return verdict
    }

    /// Changes what can be changed of a collection that is there.
    private func adapt(_ found: Document) -> Verdict? {
        let layout = target.layout
        let options = found.view["options"]?.document
        if found.view["type"]?.string == "view" { return nil }
        if layout.timeSeries != nil, options?["timeseries"] == nil {
            health.say(
                .warning,
                "\(target.name) is there already and no time-series collection, which MongoDB cannot change: "
                    + "events are stored as usual")
            return nil
        }
        if layout.capped != nil, options?["capped"]?.bool != true {
            health.say(.warning, "\(target.name) is there already and not capped; only 'convertToCapped' changes that")
            return nil
        }
        let change = Document { writer in
            writer["collMod"] = target.collection
            if layout.timeSeries != nil, let seconds = layout.expireAfterSeconds,
                options?["expireAfterSeconds"]?.number != Double(seconds)
            {
                writer["expireAfterSeconds"] = Int64(seconds)
            }
            if let wanted = layout.timeSeries?.granularity,
                options?["timeseries"]?.document?["granularity"]?.string != wanted
            {
                writer.document("timeseries") { $0["granularity"] = wanted }
            }
            if let capped = layout.capped {
                // The server rounds sizes up to a multiple of 256.
                let size = Int64((capped.bytes + 255) / 256 * 256)
                if options?["size"]?.number != Double(size) { writer["cappedSize"] = size }
                if let events = capped.events, options?["max"]?.number != Double(events) {
                    writer["cappedMax"] = Int64(events)
                }
            }
        }
        return change.view.count > 1 ? apply(change, "the collection") : nil
    }

    private func apply(_ change: Document, _ what: String) -> Verdict? {
        var reply: Document?
        switch command(change, &reply) {
        case .refused(let trouble, _)?, .later(let trouble)?:
            health.say(.warning, "\(what) of \(target.name) cannot be changed: \(trouble.message)")
            return nil
        case let verdict?: return verdict
        case nil:
            health.say(.info, "changed \(what) of \(target.name)")
            return nil
        }
    }

    // MARK: Indexes

    private func makeIndexes(hasCollection: Bool) -> Verdict? {
        var present: [Document] = []
        if hasCollection {
            var reply: Document?
            let list = Document { $0["listIndexes"] = target.collection }
            if let verdict = command(list, &reply) {
                if case .refused = verdict {} else if case .later = verdict {} else { return verdict }
            }
            reply?.view["cursor"]?.document?["firstBatch"]?.array?.forEach { entry in
                if let index = entry.document { present.append(Document(copying: index)) }
            }
        }
        for index in target.layout.indexes {
            if let same = present.first(where: { Self.keys(of: $0) == index.keys }) {
                if let verdict = adapt(same, to: index) { return verdict }
            } else if let verdict = create(index) {
                return verdict
            }
        }
        return nil
    }

    private static func keys(of index: Document) -> Document? {
        guard let keys = index.view["key"]?.document else { return nil }
        return Document(copying: keys)
    }

    /// Changes when an index that is there removes events.
    private func adapt(_ present: Document, to index: CollectionLayout.Index) -> Verdict? {
        guard let seconds = index.expireAfterSeconds,
            present.view["expireAfterSeconds"]?.number != Double(seconds)
        else { return nil }
        let name = present.view["name"]?.string ?? index.name
        let change = Document { writer in
            writer["collMod"] = target.collection
            writer.document("index") {
                $0["name"] = name
                $0["expireAfterSeconds"] = Int64(seconds)
            }
        }
        return apply(change, "the index \(name)")
    }

    private func create(_ index: CollectionLayout.Index) -> Verdict? {
        let document = Document { writer in
            writer["createIndexes"] = target.collection
            writer.array("indexes") { array in
                array.document { entry in
                    entry.document("key", copying: index.keys.view)
                    entry["name"] = index.name
                    if let seconds = index.expireAfterSeconds { entry["expireAfterSeconds"] = Int64(seconds) }
                    entry.append(contentsOf: index.options.view)
                }
            }
        }
        var reply: Document?
        switch command(document, &reply) {
        case .refused(let trouble, _)?, .later(let trouble)?:
            health.say(.warning, "\(target.name) gets no index \(index.name): \(trouble.message)")
            return nil
        case let verdict?: return verdict
        case nil:
            if !isMadeAlready(reply) { health.say(.info, "made the index \(index.name) of \(target.name)") }
            return nil
        }
    }

    private func isMadeAlready(_ reply: Document?) -> Bool {
        let before = reply?.view["numIndexesBefore"]?.integer
        return before != nil && before == reply?.view["numIndexesAfter"]?.integer
    }
}
