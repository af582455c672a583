// eventstorm-source-log: turns the lines of log files into events.
import Eventstorm
import LogParsing
import Service

Program.run(.sourceLog) { options, signals in
    var following = Tail.Options()
    following.once = options.flag("once")
    following.fromStart = options.flag("from-start")
    let plan: LogPlan
    do {
        plan = try LogFormat.plan(options.text("format"), topic: options.topicIfGiven("topic")?.name)
    } catch let error as LogFormat.Problem {
        throw options.failure("format", error.description)
    }
    let files = options.texts("file").isEmpty ? plan.paths : options.texts("file")
    if files.isEmpty { throw options.failure("file", "which files?") }
    raiseFileLimit()
    let output = try LogOutput(options, topics: plan.topics)
    var follower = LogFollower(files, options: following, plan: plan, to: output.events)
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
