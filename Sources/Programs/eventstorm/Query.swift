// eventstorm query: MongoDB's queries and pipelines over BSON files.
import BSON
import Glibc
import MongoStorage
import Query
import QueryFiles
import Service

extension Command {
    static let query = Command(
        "eventstorm query", "selects and aggregates the documents of BSON files, as MongoDB would, or has it do so",
        settings: [
            Setting(
                "file", .text, "PATH",
                "a BSON file, a directory of *.bson files, - for stdin, or mongodb://…/db.collection",
                required: true, repeatable: true),
            .match,
            Setting("pipeline", .query, "STAGES", "what to make of the documents, e.g. '[{$sortByCount: \"$path\"}]'"),
            .choice(
                "format", ["table", "json", "csv", "bson"], "how to print; usually table on a terminal, else json"),
            .integer("threads", in: 1...256, "threads that evaluate; usually one per processor"),
            .size(
                "memory", in: 1 << 20...1 << 40, "what groups and sorted documents may take",
                usual: "512MiB"),
        ],
        words: "file",
        examples: [
            "eventstorm query eventstorm-data/archive --match '{status: {$gte: 500}}'",
            "eventstorm query mongodb://127.0.0.1/eventstorm.http.hit --match '{status: 500}' --format csv",
            "eventstorm query hits.bson --pipeline '[{$match: {status: 404}}, {$sortByCount: \"$path\"}]'",
        ])
}

/// Runs a query over files and prints what it finds.
func query(_ options: Options, _ signals: Signals) throws {
    if let uri = options.texts("file").first(where: { $0.hasPrefix("mongodb") && $0.contains("://") }) {
        if options.texts("file").count > 1 { throw options.failure("file", "a server is queried alone") }
        return try queryServer(uri, options, signals)
    }
    let pipeline = try pipeline(options)
    let processors = max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN))))
    let query = try FileQuery(
        paths: options.texts("file"), pipeline: pipeline, threads: options.integerIfGiven("threads") ?? processors,
        memoryLimit: options.size("memory"))
    let printer = printer(options)
    let meter = ProgressMeter(of: query.totalBytes)
    // What interrupts is looked for by the threads: this one works, too.
    let outcome = try query.run(
        progress: { progress in
            meter.show(progress)
            if case .stop = signals.next() { return false }
            return true
        }, output: { printer.print($0) })
    printer.finish()
    meter.finish(outcome.progress, found: printer.count)
    try tell(outcome, printer)
}

/// Has a server do the query, and prints what it finds.
private func queryServer(_ uri: String, _ options: Options, _ signals: Signals) throws {
    let printer = printer(options)
    let meter = ProgressMeter(of: 0)
    var progress = FileQuery.Progress()
    let query = try MongoQuery(
        uri, match: options.textIfGiven("match"), pipeline: options.textIfGiven("pipeline")
    ) { options.failure($0, $1) }
    try query.run { document in
        progress.documents += 1
        progress.bytes += document.bytes.byteCount
        if progress.documents % 1000 == 0 {
            meter.show(progress)
            if case .stop = signals.next() { return false }
        }
        return printer.print(document)
    }
    printer.finish()
    meter.finish(progress, found: printer.count)
    if printer.fieldsLeftOut > 0 { warn(printer) }
}

/// What prints the results, as the options say.
private func printer(_ options: Options) -> ResultPrinter {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let format = options.textIfGiven("format").flatMap { ResultPrinter.Format(rawValue: $0) }
    return ResultPrinter(format ?? (isTerminal ? .table : .json), to: STDOUT_FILENO)
}

private func warn(_ printer: ResultPrinter) {
    Log.warning("\(printer.fieldsLeftOut) fields had no column, because none of the first documents has them")
}

/// Says what could not be read or shown; fails if something could not be read.
private func tell(_ outcome: FileQuery.Outcome, _ printer: ResultPrinter) throws {
    if printer.fieldsLeftOut > 0 { warn(printer) }
    for trouble in outcome.troubles { Log.error(trouble) }
    let malformed = outcome.progress.malformed
    if malformed > 0 { Log.error("\(malformed) documents are malformed and were left out") }
    if malformed > 0 || !outcome.troubles.isEmpty { throw Failure.failed("not everything was read") }
}

/// Joins `--match` and `--pipeline`.
private func pipeline(_ options: Options) throws -> Pipeline {
    var whole = try Pipeline("[]")
    if let text = options.textIfGiven("match") {
        do throws(QueryError) {
            whole = Pipeline(matching: try Match(text))
        } catch {
            throw options.failure("match", "\(error)")
        }
    }
    if let text = options.textIfGiven("pipeline") {
        do throws(QueryError) {
            whole = whole.followed(by: try Pipeline(text))
        } catch {
            throw options.failure("pipeline", "\(error)")
        }
    }
    return whole
}
