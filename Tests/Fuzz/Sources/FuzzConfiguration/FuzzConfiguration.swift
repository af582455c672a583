// Feeds the reader of configurations, and the compiler of routes, with whatever libFuzzer thinks of.
//
// 1. Up to the first NUL there is the text of a configuration, behind it bytes of an event that was never validated.
// 2. What is refused must say why, with a place; what is compiled must run its own tests, and route events.
// 3. Every event must have exactly one fate, and must come out valid.
import BSON
import CFuzzer
import Eventstorm
import Glibc
import Routing

@main
enum FuzzConfiguration {
    static func main() {
        if let directory = CommandLine.arguments.last, CommandLine.arguments.count > 1 { seed(directory) }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            guard let data, size > 0 else { return 0 }
            FuzzConfiguration.check(Array(UnsafeBufferPointer(start: data, count: size)))
            return 0
        }
    }

    private static let texts = [
        """
        {router: {routes: [{from: 'a', match: {x: {$gte: 1}, y: /z/}, to: 'b.{c.d}', topics: 5, stop: true},
        {from: ['a.*', 'b'], redact: ['x', {field: 'y.z', mask: '*'}], set: {z: 1}, unset: ['q'], rename: {r: 's'}}],
        unmatched: 'rest.of'}}
        """,
        """
        {router: {routes: [{from: '*', dedupe: {by: ['x', '_id'], window: '1s'}, sample: 0.5, throttle: {per_second: 5,
        by: 'y', burst: 2}, project: {x: {$add: ['$x', 1]}, _id: 0}, to: 'c.*'}], unmatched: 'drop',
        tests: [{topic: 'a', input: [{x: 1}, {x: 2}], expect: [{topic: 'c.a', event: {x: 2}}, {topic: 'c.a'}]}]}}
        """,
        """
        {name: 'n', sources: [{log: {file: ['a'], format: 'combined'}}, {host: {every: '1s'}}], router: {in:
        'tcp://127.0.0.1:1', out: ['tcp://127.0.0.1:2', 'ipc:///x'], insecure: true}, sinks: [{live: {listen: 5}}]}
        """,
    ]

    /// Writes inputs to begin with into a corpus directory.
    private static func seed(_ directory: String) {
        let event = Document {
            $0["_id"] = ObjectID()
            $0["x"] = 1
            $0.document("y") { $0["z"] = "text" }
            $0.array("c") { $0.append("d") }
        }
        for (number, text) in texts.enumerated() {
            guard let file = fopen("\(directory)/seed-\(number)", "w") else { return }
            let bytes = Array(text.utf8) + [0] + event.bytes
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        }
    }

    private static func check(_ input: [UInt8]) {
        let end = input.firstIndex(of: 0) ?? input.count
        let text = String(decoding: input[..<end], as: UTF8.self)
        let (tables, problems) = RouteTable.tables(inConfiguration: text)
        for problem in problems {
            let parts = problem.split(separator: ":", maxSplits: 3)
            precondition(parts.count == 4 && Int(parts[1]) != nil && Int(parts[2]) != nil, "no place: \(problem)")
        }
        guard let event = try? Document(validating: Array(input.dropFirst(end + 1))) else { return }
        for table in tables {
            var trial = RouteTrial(table)
            for name in ["a", "b.c", "_es.status"] {
                guard let topic = try? Topic(name) else { continue }
                for now in [1, 500_000_000, 5_000_000_000] as [UInt64] { run(&trial, event, topic, now) }
            }
        }
    }

    private static func run(_ trial: inout RouteTrial, _ event: Document, _ topic: Topic, _ now: UInt64) {
        let result = trial.run(event, on: topic, now: now)
        precondition((result.fate == .forwarded) == !result.outputs.isEmpty, "fate \(result.fate)")
        for output in result.outputs {
            precondition((try? Document(validating: output.event.bytes)) != nil, "an event came out invalid")
            precondition(topic.isReserved || !output.topic.isReserved, "a route reached the library's topics")
        }
    }
}
