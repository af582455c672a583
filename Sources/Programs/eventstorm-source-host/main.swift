// eventstorm-source-host: publishes CPU, memory, disk and network figures of this host.
import Eventstorm
import HostMetrics
import Service

Program.run(.sourceHost) { options, signals in
    let every = options.duration("every")
    let source = try Source(options.textIfGiven("name") ?? "source-host", to: options.links("to"))
    var topics: [HostTopic: OpenTopic] = [:]
    for topic in HostTopic.allCases { topics[topic] = try source.topic(topic.rawValue) }

    var events = HostEvents(host: HostReading.hostName)
    events.take(HostReading.now()) { _, _ in }
    // Readings keep to a fixed raster, so that what a reading takes does not add up.
    var next = ContinuousClock.now + every
    while true {
        if case .stop? = signals.wait(within: next - .now) { break }
        guard ContinuousClock.now >= next else { continue }
        next = max(next + every, .now)
        events.take(HostReading.now()) { topic, build in topics[topic]?.emit(build) }
    }
    source.close(within: .seconds(1))
}
