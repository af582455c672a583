// What a query costs: events per second of one core, on documents in memory.
import BSON
import Glibc
import Query

/// The queries that are measured, as people would write them.
private let queries: [(name: String, match: String?, pipeline: String?)] = [
    ("one field", "{status: 500}", nil),
    (
        "five fields and a regex",
        "{status: {$gte: 400}, method: 'GET', bytes: {$lt: 50000}, host: 'web-3', path: /^\\/api\\/.*7$/}", nil
    ),
    ("group", nil, "[{$group: {_id: '$path', hits: {$sum: 1}, bytes: {$sum: '$bytes'}, mean: {$avg: '$duration'}}}]"),
    (
        "group with p99", nil,
        """
        [{$group: {_id: '$path', bytes: {$sum: '$bytes'}, mean: {$avg: '$duration'},
                   p99: {$percentile: {input: '$duration', p: [0.99], method: 'approximate'}}}}]
        """
    ),
    (
        "match and group", nil,
        "[{$match: {status: 200}}, {$group: {_id: '$path', bytes: {$sum: '$bytes'}, mean: {$avg: '$duration'}}}]"
    ),
]

/// Writes documents to stdout.
func writeHits(_ count: Int) {
    for part in stride(from: 0, to: count, by: 100_000) {
        var rest = makeHits(min(100_000, count - part), seed: UInt64(part) + 42)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if written <= 0 { return }
            rest = rest.dropFirst(written)
        }
    }
}

/// Makes events like those of a web server: ten fields, about 190 bytes.
func makeHits(_ count: Int, seed: UInt64 = 42) -> [UInt8] {
    var writer = DocumentWriter(capacity: count * 200, limit: 1 << 30)
    var random = seed
    func next(_ bound: UInt64) -> Int64 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int64((random >> 33) % bound)
    }
    for number in 0..<count {
        writer.beginDocument()
        writer["_id"] = ObjectID()
        writer["timestamp"] = Datetime(millisecondsSinceEpoch: 1_795_000_000_000 + Int64(number))
        writer["host"] = "web-\(next(8))"
        writer["method"] = next(10) == 0 ? "POST" : "GET"
        writer["path"] = "/api/v1/items/\(next(500))"
        writer["status"] = [200, 200, 200, 200, 200, 200, 304, 404, 500, 502][Int(next(10))] as Int32
        writer["bytes"] = Int32(truncatingIfNeeded: next(100_000))
        writer["duration"] = Double(next(1_000_000)) / 1_000_000
        writer["client"] = "192.0.2.\(next(256))"
        writer["agent"] = "Mozilla/5.0 (X11)"
        writer.endDocument()
    }
    return writer.take()
}

/// Runs each query over the documents for so many seconds, several times, and prints the best time per event.
func measureQueries(count: Int, rounds: Int, only: String? = nil) throws {
    let bytes = makeHits(count)
    print("\(count) documents of \(bytes.count / count) bytes; ns per event of the best of \(rounds) rounds")
    for query in queries where only == nil || query.name == only {
        var best = Double.infinity
        var found = 0
        for _ in 0..<rounds {
            let start = ContinuousClock.now
            found = try run(match: query.match, pipeline: query.pipeline, over: bytes.span.bytes)
            let elapsed = start.duration(to: .now)
            best = min(best, Double(elapsed.components.attoseconds) / 1e9 + Double(elapsed.components.seconds) * 1e9)
        }
        let each = best / Double(count)
        print(
            "\(query.name): \((each * 10).rounded() / 10) ns, \((1_000 / each * 100).rounded() / 100) M/s, \(found) found"
        )
    }
}

private func run(match: String?, pipeline: String?, over bytes: RawSpan) throws -> Int {
    var found = 0
    var rest = bytes
    if let match {
        let match = try Match(match)
        while rest.byteCount > 0 {
            let document = DocumentView(unchecked: rest)
            if try match.matches(document) { found += 1 }
            rest = rest.extracting(droppingFirst: document.bytes.byteCount)
        }
    } else if let pipeline {
        let run = try Pipeline(pipeline).run()
        while rest.byteCount > 0 {
            let document = DocumentView(unchecked: rest)
            try run.add(document)
            rest = rest.extracting(droppingFirst: document.bytes.byteCount)
        }
        try run.finish()
        run.drain { _ in found += 1 }
    }
    return found
}
