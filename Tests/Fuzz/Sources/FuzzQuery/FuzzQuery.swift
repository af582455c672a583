// Feeds queries, projections and pipelines with whatever libFuzzer thinks of.
//
// 1. The first byte chooses what the text is and how it is used; up to the first NUL there is text, behind it bytes of
//    documents that were never validated.
// 2. What is refused must say why; what is compiled must answer, or fail with an error, on every document.
// 3. A pipeline must give the same whether it ran over all documents at once or over two halves that were merged.
import BSON
import BSONText
import CFuzzer
import Glibc
import Query

@main
enum FuzzQuery {
    static func main() {
        if let directory = CommandLine.arguments.last, CommandLine.arguments.count > 1 { seed(directory) }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            guard let data, size > 0 else { return 0 }
            let bytes = Array(UnsafeBufferPointer(start: data, count: size))
            FuzzQuery.check(Array(bytes.dropFirst()), choice: bytes[0])
            return 0
        }
    }

    private static let queries = [
        "{a: 1, 'b.c': {$gte: 2.5, $lt: NumberDecimal('7')}, d: /x[a-c]+$/i}",
        """
        {$or: [{a: {$in: [1, 'x', /^y/, null]}}, {b: {$elemMatch: {c: 1, d: {$size: 2}}}}], $nor: [{e:
        {$type: ['int', 2]}}]}
        """,
        """
        {a: {$not: {$all: [[1], 2]}}, 'b.0.c': {$mod: [4, 1]}, d: {$bitsAnySet: [1, 70]}, e: {$cidr:
        ['10.0.0.0/8', '::1']}}
        """,
        """
        {$expr: {$gt: [{$add: ['$a', {$size: {$ifNull: ['$b', []]}}]}, {$dateDiff: {startDate: '$d',
        endDate: '$$NOW', unit: 'day'}}]}}
        """,
    ]
    private static let pipelines = [
        """
        [{$match: {a: {$gt: 1}}}, {$group: {_id: '$b', n: {$sum: 1}, m: {$avg: '$a'}, p: {$push: '$c'},
        s: {$addToSet: '$d'}}}]
        """,
        """
        [{$unwind: {path: '$b', includeArrayIndex: 'i', preserveNullAndEmptyArrays: true}}, {$sort:
        {'b.c': -1, a: 1}}, {$limit: 5}]
        """,
        """
        [{$project: {a: 1, b: {$slice: ['$b', 2]}, c: {$concat: ['x', {$toString: '$a'}]}}}, {$set:
        {'d.e': {$cond: ['$a', 1, 2]}}}]
        """,
        """
        [{$bucket: {groupBy: '$a', boundaries: [0, 5, 10], default: 'o', output: {t: {$topN: {n: 2,
        sortBy: {b: 1}, output: '$c'}}}}}]
        """,
        """
        [{$sortByCount: {$dateToString: {date: '$d', format: '%Y-%m', timezone: '+01:00'}}}, {$skip:
        1}, {$unset: ['a', 'b.c']}]
        """,
        """
        [{$group: {_id: {$type: '$a'}, p: {$percentile: {input: '$a', p: [0.5, 1], method:
        'approximate'}}, d: {$stdDevSamp: '$a'}}}]
        """,
        """
        [{$replaceRoot: {newRoot: {$mergeObjects: ['$$ROOT', {x: {$map: {input: '$b', as: 'v', in:
        {$multiply: ['$$v', 2]}}}}]}}}]
        """,
    ]

    /// Writes inputs to begin with into a corpus directory.
    private static func seed(_ directory: String) {
        var number = 0
        for (kind, texts) in [
            (0, queries), (1, pipelines), (2, ["{a: 1, 'b.c': 0}", "{b: {$slice: [1, 2]}, d: {$elemMatch: {a: 1}}}"]),
        ] {
            for text in texts {
                guard let file = fopen("\(directory)/seed-\(number)", "w") else { return }
                number += 1
                let bytes = [UInt8(kind)] + Array(text.utf8) + [0] + documents.flatMap(\.bytes)
                fwrite(bytes, 1, bytes.count, file)
                fclose(file)
            }
        }
    }

    /// Documents that every query meets.
    private static let documents: [Document] = [
        "{}", "{a: 1, b: [1, [2, {c: 3}], {c: [4, 5]}], c: 'xyz', d: ISODate('2024-02-29T12:00:00Z'), e: '10.1.2.3'}",
        "{a: 2.5, b: {c: NumberDecimal('3.50')}, c: null, d: Timestamp(5, 1), e: BinData(0, '/wA=')}",
        "{a: NumberLong('9223372036854775807'), b: [], c: /x/i, d: 'é😀', e: {f: [{}]}}",
        "{a: NaN, b: 'text', c: [null, undefined, MinKey], d: true, e: -0.0}",
    ].compactMap { try? BSONText.parse($0, dialect: .query).document }

    private static func check(_ input: [UInt8], choice: UInt8) {
        let end = input.firstIndex(of: 0) ?? input.count
        let text = String(decoding: input[..<end], as: UTF8.self)
        let wild = Array(input.dropFirst(end + 1))
        switch choice % 3 {
        case 0: match(text, wild)
        case 1: aggregate(text, wild)
        default: project(text, wild)
        }
    }

    private static func forEach(_ wild: [UInt8], _ body: (DocumentView) -> Void) {
        for document in documents { body(document.view) }
        // Bytes that nobody validated may give nonsense, but no more than that.
        body(DocumentView(unchecked: wild.span.bytes))
    }

    private static func match(_ text: String, _ wild: [UInt8]) {
        do throws(QueryError) {
            let match = try Match(text)
            forEach(wild) { document in
                do throws(QueryError) {
                    let once = try match.matches(document)
                    let again = try match.matches(document)
                    precondition(again == once, "two answers to one question")
                } catch {
                    precondition(!error.message.isEmpty)
                }
            }
        } catch {
            precondition(!error.message.isEmpty && error.place != nil, "refused without a place: \(error)")
        }
    }

    private static func project(_ text: String, _ wild: [UInt8]) {
        do throws(QueryError) {
            let projection = try Projection(text)
            forEach(wild) { document in
                var writer = DocumentWriter()
                do throws(QueryError) {
                    try projection.apply(document, now: Datetime(millisecondsSinceEpoch: 0), to: &writer)
                } catch {
                    precondition(!error.message.isEmpty)
                }
            }
        } catch {
            precondition(!error.message.isEmpty && error.place != nil, "refused without a place: \(error)")
        }
    }

    private static func aggregate(_ text: String, _ wild: [UInt8]) {
        do throws(QueryError) {
            let pipeline = try Pipeline(text)
            let now = Datetime(millisecondsSinceEpoch: 1_700_000_000_000)
            let whole = pipeline.run(now: now, memoryLimit: 8 << 20)
            forEach(wild) { document in
                do throws(QueryError) { try whole.add(document) } catch { precondition(!error.message.isEmpty) }
            }
            do throws(QueryError) { try whole.finish() } catch { precondition(!error.message.isEmpty) }
            if pipeline.isDivisible { halves(pipeline, now) }
        } catch {
            precondition(!error.message.isEmpty && error.place != nil, "refused without a place: \(error)")
        }
    }

    private static func halves(_ pipeline: Pipeline, _ now: Datetime) {
        let whole = pipeline.run(now: now, memoryLimit: 8 << 20)
        let first = pipeline.run(now: now, memoryLimit: 8 << 20)
        let second = pipeline.run(now: now, memoryLimit: 8 << 20)
        do throws(QueryError) {
            for (index, document) in documents.enumerated() {
                try whole.add(document.view)
                try (index < 2 ? first : second).add(document.view)
            }
            try first.merge(second)
            try whole.finish()
            try first.finish()
        } catch {
            return
        }
        precondition(count(whole) == count(first), "other results of halves")
    }

    private static func count(_ run: PipelineRun) -> Int {
        var count = 0
        run.drain { _ in count += 1 }
        return count
    }
}
