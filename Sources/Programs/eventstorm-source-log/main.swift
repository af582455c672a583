// eventstorm-source-log: turns the lines of log files into events.
import Eventstorm
import LogParsing
import Service

Program.run(.sourceLog) { options, signals in
    var following = Tail.Options()
    following.once = options.flag("once")
    following.fromStart = options.flag("from-start")
    let parser: any LineParser
    do {
        parser = try LogFormat.parser(options.text("format"), topic: options.topicIfGiven("topic")?.name)
    } catch let error as LogFormat.Problem {
        throw options.failure("format", error.description)
    }
    raiseFileLimit()
    let output = try LogOutput(options, topics: parser.topics)
    var follower = LogFollower(options.texts("file"), options: following, parser: parser, to: output.events)
    var console = Console(waits: !following.once)
    let isDone = follower.run(
        watching: signals.fileDescriptor,
        until: {
            if case .stop? = signals.next() { return true }
            return output.isBroken
        },
        hear: { console.tell($0) })
    console.end()
    try output.close(isDone: isDone)
    Log.info(follower.counts.summary + output.summary)
    if following.once && (!isDone || console.hasFailed) { throw Failure.failed("not everything was read") }
}
