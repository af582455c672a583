// The examples of the README run.

import BSON
import Eventstorm
import Foundation
import Testing
import ZeroMQ

@Suite("The emitters of the README", .timeLimit(.minutes(1)))
struct EmitterTests {
    /// The programs are built beside the tests.
    static let programs = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()

    @Test("the one in Swift is received, with _id, timestamp and its number")
    func swift() throws {
        try check(Self.programs.appending(path: "emitter"), []) { order in
            let hasStamps = order["_id"]?.objectID != nil && order["timestamp"]?.datetime != nil
            #expect(hasStamps)
        }
    }

    @Test(
        "the one in Python is received", .enabled(if: Python.isThere, "python3 with pyzmq and pymongo is not installed")
    )
    func python() throws {
        let script = Python.root.appending(path: "examples/python/emitter.py").path
        try check(try #require(Python.interpreter), [script]) { order in
            let hasIdentity = order["_id"]?.objectID != nil
            #expect(hasIdentity)
        }
    }

    @Test("a source, a router and an archive in one process store what was emitted")
    func inOneProcess() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "es-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let said = try output(of: Self.programs.appending(path: "in-one-process"), [folder.path])
        #expect(said.text == "3 orders are stored, 0 are missing\n")
        let paths = FileManager.default.subpaths(atPath: folder.path) ?? []
        let stored = try paths.filter { $0.hasSuffix("/orders.new.bson") }.flatMap { path in
            try documents(in: folder.appending(path: path).path).map { order in
                let sku = order.view.find(path: "items.0.sku")?.string ?? ""
                return "\(order.view["customer"]?.string ?? "") \(sku)"
            }
        }
        #expect(stored.sorted() == ["Ada a1", "Edsger a1", "Grace a1"])
    }

    /// Runs an emitter until one of its orders has arrived.
    private func check(_ program: URL, _ arguments: [String], _ look: (DocumentView) -> Void) throws {
        var subscriber = try Subscriber(
            "emitter-test", from: Endpoint.list("tcp://127.0.0.1:*", usual: .bind), patterns: [Pattern("shop.order")])
        let process = Process()
        process.executableURL = program
        process.arguments = arguments + subscriber.bound
        try process.run()
        defer {
            // Not SIGTERM: the threads that run tests block it, and a child inherits that.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        var number: Int64?
        while number == nil, process.isRunning {
            _ = subscriber.receive(within: .milliseconds(100)) { delivery in
                delivery.forEachDocument { order in
                    number = order["number"]?.integer
                    look(order)
                }
            }
        }
        #expect(number != nil)
        subscriber.close()
    }
}
