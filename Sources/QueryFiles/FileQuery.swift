// Runs a query over BSON files with all cores.

public import BSON
public import Query
internal import Glibc
internal import Synchronization

/// A query over files.
///
/// One thread reads blocks, the others validate and evaluate them; results come out in the order of the documents, as
/// if one thread had done it all. What is in memory at a time is bounded: one block per thread, and what the pipeline
/// keeps.
public struct FileQuery: Sendable {
    /// What was done so far.
    public struct Progress: Sendable {
        /// Bytes of files that were read.
        public var bytes = 0
        /// Documents that were evaluated.
        public var documents = 0
        /// Documents that were not valid and were left out.
        public var malformed = 0

        /// Begins at nothing.
        public init() {}
    }

    /// What came of it all.
    public struct Outcome: Sendable {
        /// What was done.
        public var progress: Progress
        /// What went wrong with files, one line each.
        public var troubles: [String]
    }

    private let files: [String]
    private let pipeline: Pipeline
    private let threads: Int
    private let memoryLimit: Int

    /// Prepares a query.
    ///
    /// - Parameters:
    ///   - paths: Files, directories and `-` for stdin.
    ///   - pipeline: What is done with the documents.
    ///   - threads: Threads that evaluate, 1 or more.
    ///   - memoryLimit: Bytes that the pipeline may keep.
    /// - Throws: ``QueryFilesError`` if a path leads nowhere.
    public init(
        paths: [String], pipeline: Pipeline, threads: Int, memoryLimit: Int = Pipeline.defaultMemoryLimit
    ) throws(QueryFilesError) {
        files = try FileSelection.files(paths)
        self.pipeline = pipeline
        // A pipeline that has to know of all documents before is run by one.
        self.threads = pipeline.isDivisible ? max(1, threads) : 1
        self.memoryLimit = memoryLimit
    }

    /// Bytes of all files as far as they are known.
    public var totalBytes: Int {
        files.reduce(0) { sum, path in
            var status = stat()
            return stat(path, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }

    /// Runs the query.
    ///
    /// - Parameters:
    ///   - progress: Called now and then, from one thread at a time; `false` ends the query.
    ///   - output: Gets each result, from one thread at a time; `false` ends the query.
    /// - Throws: ``QueryError`` where the query fails on a document, or would keep too much.
    public func run(
        progress: @escaping @Sendable (Progress) -> Bool = { _ in true },
        output: @escaping @Sendable (DocumentView) -> Bool
    ) throws(QueryError) -> Outcome {
        let work = QueryWork(
            files: files, pipeline: pipeline, memoryLimit: memoryLimit, progress, output)
        if threads == 1 {
            work.runAlone()
        } else {
            work.run(threads: threads)
        }
        return try work.finish()
    }
}
