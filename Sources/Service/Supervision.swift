// The child's side of `eventstorm up`: a supervised program does not outlive its supervisor.

internal import CSystem
internal import Glibc

/// The child's side of `eventstorm up`.
///
/// The supervisor sets ``variable`` and makes stdin the reading end of a pipe in which nothing is ever written: its
/// end is the supervisor's end, however that came.
enum Supervision {
    /// Set to 1 in the environment of supervised programs.
    static let variable = "EVENTSTORM_SUPERVISED"
    /// Whether this program was started by `eventstorm up`.
    static let isOn = environmentValue(variable) == "1"

    /// Ends this program with its supervisor: SIGTERM when that dies, and `_exit` after the time for a clean end.
    static func begin() {
        guard isOn else { return }
        // The kernel does not tell of a parent that died before this call; the pipe does.
        _ = CSystem_set_parent_death_signal(SIGTERM)
        var thread = pthread_t()
        let failure = pthread_create(&thread, nil, { _ in Supervision.watchLifeline() }, nil)
        if failure == 0 { pthread_detach(thread) }
    }

    /// Waits for the end of stdin.
    ///
    /// The loop of the program sees the same end through ``Signals`` and stops cleanly.
    private static func watchLifeline() -> UnsafeMutableRawPointer? {
        CSystem_set_thread_name("lifeline")
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        while true {
            let ready = poll(&descriptor, 1, -1)
            if ready == -1, errno == EINTR { continue }
            if ready == -1 || descriptor.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { break }
            var byte: UInt8 = 0
            if read(STDIN_FILENO, &byte, 1) == 0 { break }
        }
        usleep(2_500_000)
        _exit(ExitStatus.failed.rawValue)
    }
}
