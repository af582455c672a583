// Aggregation pipelines.

public import BSON
internal import BSONText

/// A pipeline of MongoDB's aggregation, compiled.
///
///     let pipeline = try Pipeline("[{$match: {status: 500}}, {$group: {_id: '$path', hits: {$sum: 1}}}]")
///     let run = pipeline.run()
///     for event in events { if try !run.add(event) { break } }
///     try run.finish()
///     run.drain { print($0) }
///
/// Documents stream through; what has to be kept (groups, what is sorted) is bounded in bytes, and there is a clear
/// error beyond. Work can be split: each part has a run of its own, and the runs are merged in the order of their
/// documents.
///
/// Source: "Aggregation Pipeline Stages" in the MongoDB manual; mongod 6.0 is the judge.
public struct Pipeline: Sendable {
    /// Bytes that a run keeps at most, unless told otherwise.
    public static let defaultMemoryLimit = 512 << 20
    /// Stages of one pipeline, as in MongoDB.
    public static let stageLimit = 1_000

    private let stages: [any Stage]
    /// Whether `$cidr` occurs, which no MongoDB understands.
    public let usesExtensions: Bool

    /// Compiles the stages of an array.
    ///
    /// - Throws: ``QueryError`` for what is wrong or not supported; its `offset` is that of the element.
    public init(_ array: DocumentView) throws(QueryError) {
        var reader = StageReader()
        var stages: [any Stage] = []
        var elements = array.makeIterator()
        while let element = elements.next() {
            if stages.count == Self.stageLimit {
                throw QueryError("a pipeline has at most \(Self.stageLimit) stages", at: element)
            }
            stages += try reader.stages(element)
        }
        for index in stages.indices.dropLast() {
            // A sort needs to keep no more than the limit behind it lets through.
            guard var sort = stages[index] as? SortStage, let limit = stages[index + 1] as? LimitStage else { continue }
            sort.limit = limit.limit
            stages[index] = sort
        }
        self.stages = stages
        usesExtensions = reader.usesExtensions
    }

    /// Compiles a pipeline in text: an array of stages, or a single one, in JSON, JSON5 or mongosh's notation.
    ///
    /// - Throws: ``QueryError`` with the place in the text.
    public init(_ text: String) throws(QueryError) {
        let parsed = try QueryText.value(text)
        do throws(QueryError) {
            guard let element = parsed.document.view.first(("" as String).utf8Span.span.bytes) else {
                throw QueryError("a pipeline is an array of stages")
            }
            if let array = element.array {
                try self.init(array)
            } else if element.type == .document {
                let single = Document { $0.append(element, key: "0") }
                do throws(QueryError) {
                    try self.init(single.view)
                } catch {
                    // The key of the only stage is one byte longer than it was read.
                    var wrong = error
                    wrong.offset = error.offset.map { $0 - 1 }
                    throw wrong
                }
            } else {
                throw QueryError("a pipeline is an array of stages, found \(element.type.name)", at: element)
            }
        } catch {
            throw error.placed(in: parsed)
        }
    }

    /// Creates the pipeline that selects what a query matches.
    public init(matching match: Match) {
        stages = [MatchStage(match: match)]
        usesExtensions = match.usesExtensions
    }

    private init(stages: [any Stage], usesExtensions: Bool) {
        self.stages = stages
        self.usesExtensions = usesExtensions
    }

    /// Returns the pipeline in which another one gets what comes out of this one.
    public func followed(by other: Pipeline) -> Pipeline {
        Pipeline(stages: stages + other.stages, usesExtensions: usesExtensions || other.usesExtensions)
    }

    /// Whether every document that goes in comes out at once, if at all: nothing is grouped, sorted or counted.
    public var isStreaming: Bool { stages.allSatisfy { $0.isLocal } }

    /// Whether parts of the documents may have runs of their own that are merged.
    ///
    /// Not so where a `$limit` or `$skip` stands before the first stage that keeps what it gets: it would have to know
    /// of the documents of the other parts.
    public var isDivisible: Bool {
        for stage in stages where !stage.isLocal { return stage.isMergeable }
        return true
    }

    /// Begins a run.
    ///
    /// - Parameters:
    ///   - now: The time that `$$NOW` stands for.
    ///   - memoryLimit: Bytes that the run may keep.
    public func run(now: Datetime = .now(), memoryLimit: Int = defaultMemoryLimit) -> PipelineRun {
        PipelineRun(stages, Environment(now: now, memory: memoryLimit))
    }
}

/// What all stages of a run share.
struct Environment: Sendable {
    let now: Datetime
    /// Bytes that a stage may keep.
    let memory: Int

    func check(_ bytes: Int, _ stage: String) throws(QueryError) {
        if bytes > memory {
            throw QueryError(
                "\(stage) would keep more than \(memory >> 20) MiB; select less with $match, or allow more memory")
        }
    }
}

/// A compiled stage.
protocol Stage: Sendable {
    /// Whether a document passes, or does not, whatever came before it.
    var isLocal: Bool { get }
    /// Whether runs of the stage can be merged.
    var isMergeable: Bool { get }
    func run(_ environment: Environment) -> StageRun
}

/// A stage at work; subclasses are the kinds of stages.
class StageRun {
    /// What gets this stage's documents; set once, when the run is put together.
    final fileprivate(set) var next: StageRun?
    final let environment: Environment

    init(_ environment: Environment) { self.environment = environment }

    /// Takes a document.
    ///
    /// - Returns: `false` if further documents would change nothing.
    func add(_ document: DocumentView) throws(QueryError) -> Bool { preconditionFailure("a stage that takes nothing") }

    /// Says that there are no more documents.
    func finish() throws(QueryError) { try next?.finish() }

    /// Takes over what another run of the same stage keeps, whose documents came later.
    func merge(_ other: StageRun) throws(QueryError) { preconditionFailure("a stage that cannot be merged") }

    /// Hands a document on.
    final func pass(_ document: DocumentView) throws(QueryError) -> Bool { try next?.add(document) ?? false }
}

/// A pipeline at work.
///
/// It belongs to one thread at a time. After an error it is of no more use.
public final class PipelineRun {
    private let runs: [StageRun]
    private let barrier: Int?  // the first stage that keeps what it gets
    private let output = OutputRun()

    init(_ stages: [any Stage], _ environment: Environment) {
        runs = stages.map { $0.run(environment) }
        barrier = stages.firstIndex { !$0.isLocal }
        for (run, next) in zip(runs, runs.dropFirst() + [output]) { run.next = next }
    }

    /// Takes a document.
    ///
    /// - Returns: `false` if further documents would change nothing, as behind a `$limit`.
    /// - Throws: ``QueryError`` where an expression fails on this document, or too much would have to be kept.
    @discardableResult public func add(_ document: DocumentView) throws(QueryError) -> Bool {
        try (runs.first ?? output).add(document)
    }

    /// Takes over what another run of the same pipeline has gathered, whose documents came after those of this one.
    ///
    /// - Precondition: ``Pipeline/isDivisible``, and ``finish()`` was called on neither.
    public func merge(_ other: PipelineRun) throws(QueryError) {
        if let barrier {
            try runs[barrier].merge(other.runs[barrier])
        } else {
            output.append(other.output)
        }
    }

    /// Hands over the documents that have come out so far.
    ///
    /// Behind stages that stream, call it every now and then, so that nothing piles up.
    public func drain<E: Error>(_ body: (DocumentView) throws(E) -> Void) throws(E) { try output.drain(body) }

    /// Says that there are no more documents, and hands over those that have come out.
    public func finish() throws(QueryError) { try (runs.first ?? output).finish() }
}

/// Gathers what comes out of a pipeline.
final class OutputRun: StageRun {
    private var bytes: [UInt8] = []

    init() { super.init(Environment(now: Datetime(millisecondsSinceEpoch: 0), memory: 0)) }

    override func add(_ document: DocumentView) -> Bool {
        document.bytes.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return true
    }

    override func finish() {}

    func append(_ other: OutputRun) {
        bytes += other.bytes
        other.bytes.removeAll(keepingCapacity: true)
    }

    func drain<E: Error>(_ body: (DocumentView) throws(E) -> Void) throws(E) {
        let all = bytes
        bytes = []
        var rest = all.span.bytes
        while rest.byteCount > 0 {
            let document = DocumentView(unchecked: rest)
            let count = document.bytes.byteCount
            if count == 0 { break }
            try body(document)
            rest = rest.extracting(droppingFirst: count)
        }
    }
}
