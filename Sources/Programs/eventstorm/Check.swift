// eventstorm check: finds what is wrong with a configuration before `up` does.
import MongoStorage
import Routing
import Service

/// Tells everything that is wrong with a configuration, and runs its tests; one line on stdout if nothing is wrong.
func check(_ options: Options, _ signals: Signals) throws {
    let configuration = try Configuration.load(options.text("file"))
    let tests = try configuration.testRoutes()
    for section in configuration.sections where section.options.command.name == Command.sinkMongo.name {
        _ = try StorageRules(section.options)
    }
    let findings = FabricCheck(configuration)
    for warning in findings.warnings { Log.warning(warning) }
    guard findings.errors.isEmpty else { throw Failure(.configuration, findings.errors) }
    print("\(configuration.path): fine: \(configuration.summary)\(tests)")
}

extension Configuration {
    /// Compiles the routes of the file and runs their tests.
    ///
    /// - Returns: How many there were, for people; empty if there were none.
    func testRoutes() throws -> String {
        var count = 0
        for section in sections where section.stage == .router { count += try RouteTable.test(section.options) }
        return count == 0 ? "" : count == 1 ? "; 1 test passed" : "; \(count) tests passed"
    }
}
