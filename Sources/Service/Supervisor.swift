// Runs programs as children: starts, restarts, shows their lines, stops them in order.

internal import CSystem
internal import Glibc

/// Runs programs as children, from one thread.
///
/// Routers are started first, then sinks, then sources. A program that fails is started again, later each time. On
/// SIGINT or SIGTERM the sources are asked to stop, when they have ended the routers, then the sinks; who has not
/// ended within ``Signals/timeToStop`` is killed. The end of this process, however it comes, is the end of the
/// children.
public final class Supervisor {
    /// Where lines for people go, whole and without their line feed.
    typealias Printer = (_ label: String, _ colour: Int, _ text: String) -> Void

    private enum Phase: Equatable {
        case running
        /// The stage that is being stopped.
        case stopping(ChildPlan.Stage)
    }

    private(set) var children: [Child] = []
    private var planned: [ChildPlan] = []
    private var phase = Phase.running
    private var lifeline: [CInt] = [-1, -1]
    private let print: Printer
    private var colours = 0

    /// Creates a supervisor that shows the lines of its children on stderr.
    public convenience init(_ plans: [ChildPlan]) throws(Failure) {
        try self.init(plans, printer: LinePrinter(labels: plans.map(\.label)).print)
    }

    init(_ plans: [ChildPlan], printer: @escaping Printer) throws(Failure) {
        print = printer
        guard CSystem_pipe(&lifeline) == 0 else { throw Failure.system("pipe") }
        planned = plans
    }

    deinit {
        for child in children {
            child.signal(SIGKILL)
            while child.process != nil, child.reap() == nil { usleep(1_000) }
            child.closeOutput()
        }
        close(lifeline[0])
        close(lifeline[1])
    }

    /// Runs until all children have ended, because they were done or because a signal asked to stop.
    ///
    /// - Parameter reload: Says what is to run after SIGHUP, or nil if that cannot be said; children whose plans are
    ///   the same go on, and get a SIGHUP if what they take over themselves changed. Without it, SIGHUP stops too.
    /// - Returns: ``ExitStatus/done``, or ``ExitStatus/failed`` if a child ended with a status that is not worth
    ///   another try.
    public func run(signals: Signals, reload: (() -> [ChildPlan]?)? = nil) -> ExitStatus {
        signals.endsLate = false
        while true {
            startPlanned()
            startWaiting()
            if isOver { break }
            wait(signals)
            while let request = signals.next() { take(request, reload) }
            for child in children { child.readLines { print(child.plan.label, child.colour, $0) } }
            reapEnded()
            killLate()
            advanceStop()
        }
        return children.allSatisfy(\.succeeded) ? .done : .failed
    }

    private var isOver: Bool {
        planned.isEmpty && children.allSatisfy { if case .ended = $0.state { true } else { false } }
    }

    // MARK: Starting

    /// Takes new plans in once those that they replace have ended.
    private func startPlanned() {
        guard phase == .running, !planned.isEmpty, !children.contains(where: \.isRetired) else { return }
        for plan in planned.sorted(by: { $0.stage.startRank < $1.stage.startRank }) {
            children.append(Child(plan, colour: colours))
            colours += 1
        }
        planned = []
    }

    private func startWaiting() {
        guard phase == .running else { return }
        for child in children {
            guard case .waiting(let instant) = child.state, instant <= .now else { continue }
            do {
                try child.start(lifeline: lifeline[0])
                Log.debug("\(child.plan.label): process \(child.process?.identifier ?? 0)")
            } catch {
                tell(child, "error: cannot be started: \(error)")
                child.state = .waiting(until: .now + child.backoff.delay(afterRunning: .zero))
            }
        }
    }

    // MARK: Waiting

    private func wait(_ signals: Signals) {
        var descriptors = [pollfd(fd: signals.fileDescriptor, events: Int16(POLLIN), revents: 0)]
        var wakeUp: ContinuousClock.Instant?
        for child in children {
            if child.output >= 0 { descriptors.append(pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)) }
            switch child.state {
            case .waiting(let instant): wakeUp = min(wakeUp ?? instant, instant)
            case .running(let process):
                descriptors.append(pollfd(fd: process.descriptor, events: Int16(POLLIN), revents: 0))
                // Without a pidfd the end of a process is looked for ten times a second.
                let look = process.descriptor < 0 ? ContinuousClock.now + .milliseconds(100) : nil
                for instant in [process.deadline, look].compactMap({ $0 }) { wakeUp = min(wakeUp ?? instant, instant) }
            case .ended: break
            }
        }
        _ = poll(&descriptors, nfds_t(descriptors.count), milliseconds(wakeUp.map { $0 - .now }))
    }

    // MARK: Ends

    private func reapEnded() {
        for child in children {
            guard let process = child.process, let ending = child.reap() else { continue }
            child.readLines { print(child.plan.label, child.colour, $0) }
            if phase != .running || child.isRetired {
                if process.deadline.map({ $0 <= .now }) ?? false { tell(child, "warning: had to be killed") }
                child.closeOutput()
                continue
            }
            decide(child, ending, ran: .now - process.started)
        }
        children.removeAll { $0.isRetired && $0.process == nil }
    }

    /// What becomes of a child that ended by itself.
    private func decide(_ child: Child, _ ending: Child.Ending, ran time: Duration) {
        switch ending {
        case .status(ExitStatus.done.rawValue):
            tell(child, "is done")
        case .status(ExitStatus.usage.rawValue), .status(ExitStatus.configuration.rawValue):
            tell(child, "error: \(ending.text): its configuration is wrong; not started again")
        default:
            let delay = child.backoff.delay(afterRunning: time)
            tell(child, "error: \(ending.text); started again in \(Quantity.text(delay))")
            child.state = .waiting(until: .now + delay)
        }
    }

    private func killLate() {
        for child in children {
            if let deadline = child.process?.deadline, deadline <= .now { child.signal(SIGKILL) }
        }
    }

    // MARK: Stopping and reloading

    private func take(_ request: Signals.Request, _ reload: (() -> [ChildPlan]?)?) {
        switch request {
        case .reload where reload != nil && phase == .running:
            if let plans = reload?() { replace(with: plans) }
        case .stop, .reload:
            guard phase == .running else {
                for child in children { child.signal(SIGKILL) }  // asked twice
                return
            }
            planned = []
            phase = .stopping(.source)
            for child in children { if case .waiting = child.state { child.state = .ended(succeeded: true) } }
        }
    }

    /// Stops one stage after the other.
    private func advanceStop() {
        guard case .stopping(var stage) = phase else { return }
        while !children.contains(where: { $0.plan.stage <= stage && $0.process != nil }),
            let next = ChildPlan.Stage(rawValue: stage.rawValue + 1)
        {
            stage = next
        }
        phase = .stopping(stage)
        let deadline = ContinuousClock.now + Signals.timeToStop
        for child in children where child.plan.stage <= stage { child.stop(by: deadline) }
    }

    private func replace(with plans: [ChildPlan]) {
        var new = plans
        for child in children {
            if let index = new.firstIndex(where: { $0.isSame(as: child.plan) }) {
                let isTold = new[index].reloadedFingerprint != child.plan.reloadedFingerprint
                child.plan = new.remove(at: index)
                if isTold { child.signal(SIGHUP) }
                if case .ended = child.state { child.state = .waiting(until: .now) }
            } else {
                child.isRetired = true
                child.stop(by: .now + Signals.timeToStop)
            }
        }
        children.removeAll { $0.isRetired && $0.process == nil }
        planned = new
    }

    private func tell(_ child: Child, _ text: String) { print(child.plan.label, child.colour, text) }
}

extension ChildPlan.Stage {
    /// Who receives is there before those who send.
    fileprivate var startRank: Int {
        switch self {
        case .router: 0
        case .sink: 1
        case .source: 2
        }
    }
}

extension ChildPlan {
    fileprivate func isSame(as other: ChildPlan) -> Bool {
        stage == other.stage && executable == other.executable && fingerprint == other.fingerprint
    }
}
