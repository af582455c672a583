// eventstorm-source-log: turns the lines of log files into events.
import BSON
import Eventstorm
import LogParsing
import Service

Program.run(.sourceLog) { options, signals in
    var following = Tail.Options()
    following.once = options.flag("once")
    following.fromStart = options.flag("from-start")
    let since = options.textIfGiven("since").flatMap { Quantity.past($0) }
    if let since {
        following.fromStart = true
        following.since = Int(since.millisecondsSinceEpoch / 1000)
    }
    let plan: LogPlan
    do {
        plan = try LogFormat.plan(options.text("format"), topic: options.topicIfGiven("topic")?.name)
    } catch let error as LogFormat.Problem {
        throw options.failure("format", error.description)
    }
    let listeners = try openListeners(options)
    let isGiven = !options.texts("file").isEmpty || !listeners.isEmpty
    let files = isGiven ? options.texts("file") : plan.paths
    if files.isEmpty && listeners.isEmpty { throw options.failure("file", "which files?") }
    raiseFileLimit()
    let store = try positionStore(options)
    let output = try LogOutput(options, topics: plan.topics)
    let late = since.map { SinceOutput($0, before: output.events) }
    var follower = LogFollower(
        files, options: following, plan: plan, to: late ?? output.events, listeners: listeners, keeping: store,
        threads: following.once ? LogFollower.processors : 1)
    var console = Console(waits: !following.once)
    let isDone = follower.run(
        watching: signals.fileDescriptor,
        until: {
            if case .stop? = signals.next() { return true }
            return output.isBroken
        },
        hear: { console.tell($0) })
    console.end()
    if try output.close(isDone: isDone) { follower.savePositions { console.tell($0) } }
    let dropped = follower.dropped > 0 ? ", dropped before \(follower.dropped)" : ""
    let leftOut = late.map { "; of before --since: \($0.leftOut)" } ?? ""
    Log.info(follower.counts.summary + dropped + leftOut + output.summary)
    if following.once && (!isDone || console.hasFailed) { throw Failure.failed("not everything was read") }
}
