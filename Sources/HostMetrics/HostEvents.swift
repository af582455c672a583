// Two readings of a host become events. docs/events.md describes each field.
public import BSON

/// The topics of a host's events.
public enum HostTopic: String, CaseIterable, Sendable {
    /// Processors and load; one event.
    case cpu = "host.cpu"
    /// Memory and swap; one event.
    case memory = "host.memory"
    /// Space and work of disks; one event for each.
    case disk = "host.disk"
    /// Network traffic; one event for each interface.
    case network = "host.network"
    /// Time lost waiting for resources; one event.
    case pressure = "host.pressure"
    /// Open files; one event.
    case files = "host.files"
}

/// Makes the events of a host from its readings.
public struct HostEvents: Sendable {
    /// Takes one event: its topic, and a closure that writes its fields.
    public typealias Emit = (_ topic: HostTopic, _ build: (inout DocumentWriter) -> Void) -> Void

    private let host: String
    private var before: HostReading?

    /// Makes events that name their host.
    public init(host: String) { self.host = host }

    /// Emits the events of a reading, with rates since the one before.
    ///
    /// The first reading only begins.
    public mutating func take(_ now: HostReading, emit: Emit) {
        defer { before = now }
        guard let before else { return }
        let change = HostChange(now: now, before: before)
        emitCPU(change, emit)
        emitMemory(now, emit)
        emitDisks(change, emit)
        emitNetwork(change, emit)
        emitPressure(change, emit)
        if let files = now.files {
            emit(.files) { event in
                event["host"] = host
                event["open"] = Int64(clamping: files.open)
                event["limit"] = Int64(clamping: files.limit)
            }
        }
    }

    private func emitCPU(_ change: HostChange, _ emit: Emit) {
        guard let now = change.now.cpu, let before = change.before.cpu,
            let total = now.total.shares(since: before.total)
        else { return }
        emit(.cpu) { event in
            event["host"] = host
            event["interval"] = change.seconds
            total.write(to: &event)
            if let load = change.now.load {
                event["load1"] = load.one
                event["load5"] = load.five
                event["load15"] = load.fifteen
                event["runnable"] = Int64(clamping: load.runnable)
                event["threads"] = Int64(clamping: load.threads)
            }
            event["context_switches_per_second"] = change.rate(now.contextSwitches, before.contextSwitches)
            event["forks_per_second"] = change.rate(now.forks, before.forks)
            event.array("cores") { cores in
                for (number, times) in now.cores.sorted(by: { $0.key < $1.key }) {
                    guard let shares = before.cores[number].flatMap({ times.shares(since: $0) }) else { continue }
                    cores.document { core in
                        core["core"] = Int32(truncatingIfNeeded: number)
                        shares.write(to: &core)
                    }
                }
            }
        }
    }

    private func emitMemory(_ now: HostReading, _ emit: Emit) {
        guard let memory = now.memory else { return }
        emit(.memory) { event in
            event["host"] = host
            event["total"] = Int64(clamping: memory.total)
            event["used"] = Int64(clamping: memory.total - memory.available)
            event["available"] = Int64(clamping: memory.available)
            event["free"] = Int64(clamping: memory.free)
            event["cached"] = Int64(clamping: memory.cached)
            event["buffers"] = Int64(clamping: memory.buffers)
            event["shared"] = Int64(clamping: memory.shared)
            event["dirty"] = Int64(clamping: memory.dirty)
            event["swap_total"] = Int64(clamping: memory.swapTotal)
            event["swap_used"] = Int64(clamping: memory.swapTotal - memory.swapFree)
            if memory.total > 0 {
                event["used_fraction"] = Double(memory.total - memory.available) / Double(memory.total)
            }
        }
    }

    /// One event for each file system, with the work of its device, and one for each other device.
    private func emitDisks(_ change: HostChange, _ emit: Emit) {
        let devices = Dictionary(change.now.devices.map { ($0.number, $0) }) { first, _ in first }
        var mounted: Set<String> = []
        for system in change.now.fileSystems {
            let name = system.mount.source.split(separator: "/").last.map(String.init) ?? system.mount.source
            // Some file systems have device numbers of their own; their source still names the device.
            let device = devices[system.mount.number] ?? change.now.devices.first { $0.name == name }
            if let device { mounted.insert(device.number) }
            emit(.disk) { event in
                event["host"] = host
                event["mount"] = system.mount.path
                event["filesystem"] = system.mount.type
                event["device"] = device?.name ?? name
                event["size"] = Int64(clamping: system.space.size)
                event["used"] = Int64(clamping: system.space.used)
                event["available"] = Int64(clamping: system.space.available)
                let usable = system.space.used &+ system.space.available
                if usable > 0 { event["used_fraction"] = Double(system.space.used) / Double(usable) }
                device.map { change.writeWork(of: $0, to: &event) }
            }
        }
        for device in change.now.devices where !mounted.contains(device.number) {
            emit(.disk) { event in
                event["host"] = host
                event["device"] = device.name
                change.writeWork(of: device, to: &event)
            }
        }
    }

    private func emitNetwork(_ change: HostChange, _ emit: Emit) {
        for now in change.now.interfaces {
            guard let before = change.before.interfaces.first(where: { $0.name == now.name }) else { continue }
            emit(.network) { event in
                event["host"] = host
                event["interface"] = now.name
                event["interval"] = change.seconds
                let (received, sent) = (now.received, now.sent)
                event["rx_bytes_per_second"] = change.rate(received.bytes, before.received.bytes)
                event["rx_packets_per_second"] = change.rate(received.packets, before.received.packets)
                event["rx_errors_per_second"] = change.rate(received.errors, before.received.errors)
                event["rx_dropped_per_second"] = change.rate(received.dropped, before.received.dropped)
                event["tx_bytes_per_second"] = change.rate(sent.bytes, before.sent.bytes)
                event["tx_packets_per_second"] = change.rate(sent.packets, before.sent.packets)
                event["tx_errors_per_second"] = change.rate(sent.errors, before.sent.errors)
                event["tx_dropped_per_second"] = change.rate(sent.dropped, before.sent.dropped)
            }
        }
    }

    private func emitPressure(_ change: HostChange, _ emit: Emit) {
        guard !change.now.pressure.isEmpty else { return }
        emit(.pressure) { event in
            event["host"] = host
            event["interval"] = change.seconds
            for resource in change.now.pressure.keys.sorted() {
                let (now, before) = (change.now.pressure[resource], change.before.pressure[resource])
                event["\(resource)_some"] = change.share(now?.some, before?.some)
                event["\(resource)_full"] = change.share(now?.full, before?.full)
            }
        }
    }
}

/// Two readings and the time between them.
private struct HostChange {
    let now: HostReading
    let before: HostReading
    let seconds: Double

    init(now: HostReading, before: HostReading) {
        self.now = now
        self.before = before
        let (seconds, attoseconds) = (now.time - before.time).components
        self.seconds = Double(seconds) + Double(attoseconds) / 1e18
    }

    /// A counter's growth in a second; nil if it went back or is not known.
    func rate(_ now: UInt64?, _ before: UInt64?) -> Double? {
        guard let now, let before else { return nil }
        return Growth.rate(now, since: before, in: seconds)
    }

    /// Microseconds as a fraction of the time.
    func share(_ now: UInt64?, _ before: UInt64?) -> Double? { rate(now, before).map { min(1, $0 / 1e6) } }

    /// Writes what a device has done.
    func writeWork(of device: DeviceReading, to event: inout DocumentWriter) {
        guard let before = before.devices.first(where: { $0.number == device.number && $0.name == device.name }) else {
            return
        }
        event["interval"] = seconds
        event["read_bytes_per_second"] = rate(device.readBytes, before.readBytes)
        event["written_bytes_per_second"] = rate(device.writtenBytes, before.writtenBytes)
        event["reads_per_second"] = rate(device.reads, before.reads)
        event["writes_per_second"] = rate(device.writes, before.writes)
        event["in_flight"] = Int64(clamping: device.inFlight)
        event["busy"] = rate(device.busyMilliseconds, before.busyMilliseconds).map { min(1, $0 / 1000) }
    }
}

extension CPUShares {
    func write(to event: inout DocumentWriter) {
        event["busy"] = busy
        event["user"] = user
        event["nice"] = nice
        event["system"] = system
        event["idle"] = idle
        event["iowait"] = iowait
        event["irq"] = irq
        event["softirq"] = softirq
        event["steal"] = steal
    }
}
