// eventstorm up: runs a whole fabric on this machine.
import Routing
import Service

/// Runs the sections of a configuration as children until it is asked to stop.
func up(_ options: Options, _ signals: Signals) throws {
    let path = options.text("file")
    let forAll = options.has("log-level") ? ["--log-level", options.text("log-level")] : []
    let configuration = try checked(path, looksAtPorts: true)
    let supervisor = try Supervisor(configuration.plans(arguments: forAll))
    greet(configuration)
    let status = supervisor.run(signals: signals) {
        do {
            let plans = try checked(path, looksAtPorts: false).plans(arguments: forAll)
            Log.info("\(path) was read again")
            return plans
        } catch {
            for message in (error as? Failure)?.messages ?? ["\(error)"] { Log.error(message) }
            Log.error("\(path) was read again and is wrong; what runs goes on")
            return nil
        }
    }
    if status != .done { throw Failure(status, []) }
}

/// A configuration without errors, its warnings told.
private func checked(_ path: String, looksAtPorts: Bool) throws -> Configuration {
    let configuration = try Configuration.load(path)
    for section in configuration.sections where section.stage == .router { _ = try RouteTable(section.options) }
    let findings = FabricCheck(configuration, looksAtPorts: looksAtPorts)
    for warning in findings.warnings { Log.warning(warning) }
    guard findings.errors.isEmpty else { throw Failure(.configuration, findings.errors) }
    return configuration
}

/// Says what runs, where to look at it and what to try next.
private func greet(_ configuration: Configuration) {
    Log.info("\(configuration.name ?? configuration.path): \(configuration.summary); Ctrl-C ends all of it")
    for page in configuration.pages { Log.info("the live page is \(page)") }
    let program = CommandLine.arguments[0]  // as it was found here, it is found in a second terminal
    if let output = configuration.output {
        Log.info("try: \(program) tap \(output == Command.routerOutput ? "" : "--from \(output) ")'*'")
    }
    if let input = configuration.input {
        let to = input == Command.routerInput ? "" : "--to \(input) "
        Log.info("try: \(program) emit \(to)deploy version=1.2 by=$USER")
    }
}
