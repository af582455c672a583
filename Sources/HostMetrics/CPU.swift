// Processors: /proc/stat and /proc/loadavg.

/// What a processor, or all of them together, spent its time on, in ticks since the system started.
///
/// Time for guests of a hypervisor is part of `user` and `nice`, as the kernel counts it.
public struct CPUTimes: Hashable, Sendable {
    /// Programs.
    public var user: UInt64 = 0
    /// Programs of lowered priority.
    public var nice: UInt64 = 0
    /// The kernel.
    public var system: UInt64 = 0
    /// Nothing.
    public var idle: UInt64 = 0
    /// Nothing, while a disk was waited for.
    public var iowait: UInt64 = 0
    /// Hardware interrupts.
    public var irq: UInt64 = 0
    /// Deferred work of interrupts.
    public var softirq: UInt64 = 0
    /// Given to other machines by the hypervisor.
    public var steal: UInt64 = 0

    /// Reads the numbers behind `cpu` or `cpu0`; systems older than some of the columns leave them out.
    init?(_ words: some Collection<Substring>) {
        guard words.count >= 4, let ticks = ProcText.numbers(words) else { return nil }
        func column(_ index: Int) -> UInt64 { index < ticks.count ? ticks[index] : 0 }
        (user, nice, system, idle) = (ticks[0], ticks[1], ticks[2], ticks[3])
        (iowait, irq, softirq, steal) = (column(4), column(5), column(6), column(7))
    }

    /// The shares of the time since an earlier reading; nil if no time has passed.
    ///
    /// The kernel's idle counters may go back a little; they count as unchanged then.
    func shares(since before: CPUTimes) -> CPUShares? {
        func grown(_ path: KeyPath<CPUTimes, UInt64>) -> Double {
            Double(Growth.of(self[keyPath: path], since: before[keyPath: path]) ?? 0)
        }
        var shares = CPUShares(
            user: grown(\.user), nice: grown(\.nice), system: grown(\.system), idle: grown(\.idle),
            iowait: grown(\.iowait), irq: grown(\.irq), softirq: grown(\.softirq), steal: grown(\.steal))
        let total = shares.total
        guard total > 0 else { return nil }
        shares.divide(by: total)
        return shares
    }
}

/// What a processor spent its time on, as fractions of it that add up to 1.
struct CPUShares: Hashable {
    var user, nice, system, idle, iowait, irq, softirq, steal: Double

    var total: Double { user + nice + system + idle + iowait + irq + softirq + steal }
    /// All but idle and waiting.
    var busy: Double { max(0, 1 - idle - iowait) }

    mutating func divide(by total: Double) {
        for path in [\Self.user, \.nice, \.system, \.idle, \.iowait, \.irq, \.softirq, \.steal] {
            self[keyPath: path] /= total
        }
    }
}

/// All processors at one moment.
public struct CPUReading: Hashable, Sendable {
    /// All processors together.
    public var total: CPUTimes
    /// Each one by its number; those that are offline are missing.
    public var cores: [Int: CPUTimes] = [:]
    /// Switches from one thread to another since the start.
    public var contextSwitches: UInt64?
    /// Processes made since the start.
    public var forks: UInt64?

    /// Reads `/proc/stat`; nil without a line for all processors.
    public init?(stat text: String) {
        var total: CPUTimes?
        for line in ProcText.lines(text) {
            // The interrupts' line is very long.
            guard line.hasPrefix("cpu") || line.hasPrefix("ctxt ") || line.hasPrefix("processes ") else { continue }
            let words = ProcText.words(line)
            switch words[0] {
            case "cpu": total = CPUTimes(words.dropFirst())
            case "ctxt": contextSwitches = words.dropFirst().first.flatMap { UInt64($0) }
            case "processes": forks = words.dropFirst().first.flatMap { UInt64($0) }
            default:
                guard let number = Int(words[0].dropFirst(3)), let times = CPUTimes(words.dropFirst()) else { continue }
                cores[number] = times
            }
        }
        guard let total else { return nil }
        self.total = total
    }
}

/// How many threads wanted to run, on average.
public struct LoadReading: Hashable, Sendable {
    /// Over a minute.
    public var one: Double
    /// Over five minutes.
    public var five: Double
    /// Over a quarter of an hour.
    public var fifteen: Double
    /// Threads that run or could.
    public var runnable: UInt64
    /// Threads there are.
    public var threads: UInt64

    /// Reads `/proc/loadavg`: `0.20 0.18 0.12 1/80 11206`.
    public init?(loadavg text: String) {
        let words = ProcText.words(text.prefix { $0 != "\n" })
        guard words.count >= 4, let one = Double(words[0]), let five = Double(words[1]), let fifteen = Double(words[2]),
            one.isFinite, five.isFinite, fifteen.isFinite,
            let threads = ProcText.numbers(words[3].split(separator: "/")),
            threads.count == 2
        else { return nil }
        (self.one, self.five, self.fifteen) = (one, five, fifteen)
        (runnable, self.threads) = (threads[0], threads[1])
    }
}
