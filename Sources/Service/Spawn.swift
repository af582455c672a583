// posix_spawn with what a supervised program needs.

internal import CSystem
internal import Glibc

/// Starts a program in a process group of its own, so that Ctrl-C reaches the supervisor alone and programs are
/// stopped in their order.
func spawn(_ plan: ChildPlan, input: CInt, output: CInt) throws(Failure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    CSystem_spawn_close_from(&actions, 3)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Blocked and ignored signals would be inherited.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGALRM] { sigaddset(&defaults, number) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var words: [UnsafeMutablePointer<CChar>?] = ([plan.executable] + plan.arguments).map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = supervisedEnvironment().map { strdup($0) } + [nil]
    defer { for text in words + environment { free(text) } }
    var identifier: pid_t = 0
    let failure = posix_spawn(&identifier, plan.executable, &actions, &attributes, &words, &environment)
    guard failure == 0 else { throw Failure.system(plan.executable, failure) }
    return identifier
}

/// This program's environment, with the word that tells a program that it is supervised.
private func supervisedEnvironment() -> [String] {
    var result = ["\(Supervision.variable)=1"]
    var entry = environ
    while let text = entry.pointee {
        let variable = String(cString: text)
        if !variable.hasPrefix("\(Supervision.variable)=") { result.append(variable) }
        entry += 1
    }
    return result
}
