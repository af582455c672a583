// eventstorm-bench: what bench/run measures.
import Glibc

let usage = """
    usage: eventstorm-bench pub ENDPOINT SECONDS [RATE]     binds, waits for a subscriber, sends
           eventstorm-bench sub ENDPOINT [latency|version]  connects, receives until the end
           eventstorm-bench emit THREADS wanted|unwanted SECONDS [RATE]
           eventstorm-bench hits ENDPOINT SECONDS RATE      binds, sends hits of a web server, and marks
           eventstorm-bench query COUNT ROUNDS [NAME]       queries over documents in memory
           eventstorm-bench documents COUNT                 the same documents, to stdout

    """
let words = CommandLine.arguments.dropFirst().map { $0 }
switch (words.first, words.count) {
case ("pub", 3...4):
    try publish(to: words[1], seconds: Double(words[2]) ?? 1, rate: words.count > 3 ? Double(words[3]) : nil)
case ("sub", 2...3):
    let third = words.count > 2 ? words[2] : ""
    try subscribe(to: words[1], latency: third == "latency", version: third == "version")
case ("emit", 4...5):
    try measureEmit(
        threads: Int(words[1]) ?? 1, wanted: words[2] == "wanted", seconds: Double(words[3]) ?? 1,
        rate: words.count > 4 ? Double(words[4]) : nil)
case ("query", 3...4):
    try measureQueries(
        count: Int(words[1]) ?? 200_000, rounds: Int(words[2]) ?? 5, only: words.count > 3 ? words[3] : nil)
case ("hits", 4): try publishHits(to: words[1], seconds: Double(words[2]) ?? 1, rate: Double(words[3]) ?? 1)
case ("documents", 2): writeHits(Int(words[1]) ?? 0)
default:
    _ = usage.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(64)
}
