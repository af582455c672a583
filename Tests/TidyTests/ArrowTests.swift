// Which module may use which: arrows point one way.

import Foundation
import Testing

@Suite("The arrows between modules")
struct ArrowTests {
    /// The modules that each module may import, besides those of the system.
    static let allowed: [String: Set<String>] = {
        let library: Set = ["BSON", "ZeroMQ", "CSystem"]
        let component: Set = ["Service", "Query", "Eventstorm", "BSONText", "BSON", "ZeroMQ", "CSystem"]
        var table: [String: Set<String>] = [
            "BSON": [],
            "BSONText": ["BSON"],
            "Query": ["BSON", "BSONText", "CPCRE2"],
            "ZeroMQ": ["CZeroMQ", "CSystem"],
            "Eventstorm": library,
            "EventstormC": library.union(["Eventstorm", "CEventstorm"]),
            "Service": ["Eventstorm", "Query", "BSONText", "BSON", "ZeroMQ", "CSystem"],
        ]
        for name in components { table[name] = component }
        table["LiveView"] = component.union(["CWebSockets", "CCrypt"])
        table["MongoStorage"] = component.union(["CMongo"])
        table["Archive"] = component.union(["CZstd"])
        table["LogParsing"] = component.union(["CZlib", "CZstd"])
        table["Programs"] = component.union(components)
        return table
    }()

    /// A component is a library behind one program or a few words; none knows another.
    static let components = [
        "Archive", "Books", "HostMetrics", "LiveView", "LogParsing", "MongoStorage", "QueryFiles", "Routing",
    ]
    /// Modules without Foundation: the embeddable library stays small and starts at once.
    static let withoutFoundation: Set = ["BSON", "BSONText", "Query", "ZeroMQ", "Eventstorm", "EventstormC"]
    static let system: Set = ["Glibc", "Synchronization", "Foundation", "FoundationEssentials", "Dispatch"]

    @Test("every file imports only what its module may")
    func arrows() {
        for file in Tree.swift {
            guard let module = file.module else { continue }
            guard let allowed = Self.allowed[module] else {
                Issue.record("\(file.path): a module that the table of arrows does not know")
                continue
            }
            let others = Set(file.imports).subtracting(allowed).subtracting(Self.system)
            #expect(others.isEmpty, "\(file.path) imports \(others.sorted())")
        }
    }

    @Test("the embeddable modules do without Foundation")
    func foundation() {
        for file in Tree.swift {
            guard let module = file.module, Self.withoutFoundation.contains(module) else { continue }
            let found = file.imports.filter { $0.hasPrefix("Foundation") || $0 == "Dispatch" }
            #expect(found.isEmpty, "\(file.path) imports \(found)")
        }
    }

    @Test("C modules hold module maps and shims, nothing else")
    func cModules() {
        let sources = Tree.files.filter { ($0.module ?? "").hasPrefix("C") && !$0.isSwift }
        #expect(!sources.isEmpty)
        let strangers = sources.filter { file in
            ![".h", ".c", ".modulemap"].contains { file.path.hasSuffix($0) } || file.lines.count > 300
        }
        #expect(strangers.map(\.path) == [])
    }
}

@Suite("The embeddable library", .timeLimit(.minutes(1)))
struct EmbeddableLibraryTests {
    /// It is built beside the tests.
    private func library() throws -> String {
        let tests = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent().path()
        let places = [tests, Tree.root + ".build/debug/", Tree.root + ".build/release/"]
        let found = places.map { $0 + "libeventstorm-c.so" }.first { FileManager.default.fileExists(atPath: $0) }
        return try #require(found, "libeventstorm-c.so is not beside the tests")
    }

    @Test("links no Foundation")
    func linkedLibraries() throws {
        let libraries = try output(of: "ldd", [library()])
        #expect(libraries.contains("libzmq"))
        for unwanted in ["Foundation", "_Internationalization", "_FoundationICU", "libcurl"] {
            #expect(!libraries.contains(unwanted), "\(unwanted)")
        }
    }

    @Test("has no symbol of Foundation")
    func symbols() throws {
        let symbols = try output(of: "nm", ["-D", library()])
        #expect(symbols.contains("zmq_msg_send"))
        #expect(symbols.split(separator: "\n").filter { $0.contains("Foundation") } == [])
    }
}
