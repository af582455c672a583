// A router of its own process, which can die and come back on the same ports.
import Foundation
@testable import Service
import Testing

/// An eventstorm-router that keeps its name, its ports and its configuration when it is started again.
final class RunningRouter {
    let name: String
    let inPort: Int
    let outPort: Int
    /// The configuration that it reads; nil if it forwards everything.
    private let configuration: ConfigurationFile?
    private let above: [Int]
    private var program: RunningProgram

    /// - Parameters:
    ///   - above: Ports of routers to take events from, beside those that come by themselves.
    ///   - routes: As in a configuration; what they do not take is dropped.
    init(_ name: String, above: [Int] = [], routes: String? = nil) throws {
        self.name = name
        self.above = above
        inPort = try freePort()
        outPort = try freePort()
        configuration = try routes.map { try ConfigurationFile("{router: {routes: [\($0)], unmatched: 'drop'}}") }
        program = try RunningRouter.start(name, inPort, outPort, above, configuration)
    }

    private static func start(
        _ name: String, _ inPort: Int, _ outPort: Int, _ above: [Int], _ configuration: ConfigurationFile?
    ) throws -> RunningProgram {
        let sources = ["tcp://127.0.0.1:\(inPort)"] + above.map { "connect:tcp://127.0.0.1:\($0)" }
        return try RunningProgram(
            "eventstorm-router",
            arguments: [
                "--in", sources.joined(separator: ","), "--out", "tcp://127.0.0.1:\(outPort)", "--name", name,
                "--log-level", "error",
            ] + (configuration.map { ["--config", $0.path] } ?? []))
    }

    /// Starts it again, after its end.
    func start() throws { program = try RunningRouter.start(name, inPort, outPort, above, configuration) }

    func signal(_ number: CInt) { program.signal(number) }

    func waitForEnd() -> CInt { program.waitForEnd() }
}
