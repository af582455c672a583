// OSThread: a named thread of the system, with a resource handed over to it.
internal import CSystem
internal import Glibc
internal import Synchronization

/// A thread of the system; join it, or let go and it runs on alone.
///
/// Signals are blocked on it, so that they go to the program's own threads.
///
///     let thread = try OSThread(name: "es-publisher", handing: socket) { socket in
///         socket.adoptByCurrentThread()
///         …
///     }
///     thread.join()
public struct OSThread: ~Copyable, Sendable {
    private let thread: pthread_t

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes are shown by the system's tools.
    ///   - body: Runs on the thread, which ends with it.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(ZMQError) {
        thread = try OSThread.start(Work(name, body))
    }

    /// Starts a thread and hands `resource` over to its body.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes are shown by the system's tools.
    ///   - resource: Moves to the thread, and ends there.
    ///   - body: Runs on the thread, which ends with it.
    public init<Resource: ~Copyable & Sendable>(
        name: String, handing resource: consuming Resource,
        _ body: @escaping @Sendable (consuming Resource) -> Void
    ) throws(ZMQError) {
        // A closure cannot consume what it captures: the resource waits in a cell, from which it is taken once.
        let cell = HandOver(resource)
        thread = try OSThread.start(Work(name) { if let resource = cell.take() { body(resource) } })
    }

    deinit { pthread_detach(thread) }

    /// Lets other threads have the processor before the calling one when it is short (setpriority(2), nice 10).
    ///
    /// Linux takes process 0 for the calling thread alone.
    public static func giveWay() { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }

    /// Waits until the thread has ended.
    public consuming func join() {
        pthread_join(thread, nil)
        discard self
    }

    private static func start(_ work: Work) throws(ZMQError) -> pthread_t {
        let argument = Unmanaged.passRetained(work)
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // A thread inherits the signal mask of its maker.
        pthread_sigmask(SIG_SETMASK, &all, &before)
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                CSystem_set_thread_name(work.name)
                work.body()
                return nil
            }, argument.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        if result == 0 { return thread }
        argument.release()
        throw ZMQError(ZMQError.Code(rawValue: result), call: "pthread_create", endpoint: work.name)
    }

    private final class Work: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}

/// Holds one noncopyable value until it is taken.
private final class HandOver<Resource: ~Copyable & Sendable>: Sendable {
    private let resource: Mutex<Resource?>
    init(_ resource: consuming Resource) { self.resource = Mutex(consume resource) }
    func take() -> Resource? { resource.withLock { $0.take() } }
}

/// Threads that share some work, and end with it.
public final class OSThreadGroup: Sendable {
    private let threads: Mutex<[Member]>

    /// How many there are.
    public let count: Int

    private final class Member: Sendable {
        private let thread: Mutex<OSThread?>
        init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(ZMQError) {
            thread = Mutex(try OSThread(name: name, body))
        }
        func join() { thread.withLock { $0.take() }?.join() }
    }

    /// Starts so many threads, or as many as there can be.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes are shown by the system's tools.
    ///   - wanted: How many.
    ///   - body: Runs on each.
    public init(name: String, count wanted: Int, _ body: @escaping @Sendable () -> Void) {
        var members: [Member] = []
        while members.count < wanted, let member = try? Member(name, body) { members.append(member) }
        count = members.count
        threads = Mutex(members)
    }

    /// Waits until all have ended.
    public func join() {
        for member in threads.withLock({ $0 }) { member.join() }
    }
}
