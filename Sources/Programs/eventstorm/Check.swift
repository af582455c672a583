// eventstorm check: finds what is wrong with a configuration before `up` does.
import Service

/// Tells everything that is wrong with a configuration; one line on stdout if nothing is.
func check(_ options: Options, _ signals: Signals) throws {
    let configuration = try Configuration.load(options.text("file"))
    let findings = FabricCheck(configuration)
    for warning in findings.warnings { Log.warning(warning) }
    guard findings.errors.isEmpty else { throw Failure(.configuration, findings.errors) }
    print("\(configuration.path): fine: \(configuration.summary)")
}
