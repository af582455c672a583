// swift-tools-version: 6.2
// Eventstorm: a brokerless event fabric. No package dependencies; the C libraries come from Debian (`make setup`).
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),  // views of received bytes cannot outlive the bytes
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/Programs/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "eventstorm",
    products: [
        .library(name: "Eventstorm", targets: ["Eventstorm"]),
        .library(name: "BSON", targets: ["BSON"]),
        .library(name: "BSONText", targets: ["BSONText"]),
        .library(name: "Query", targets: ["Query"]),
        .library(name: "LogParsing", targets: ["LogParsing"]),  // for its fuzzer
        .library(name: "ZeroMQ", targets: ["ZeroMQ"]),  // contexts and threads, for several parts in one process
        .library(name: "Routing", targets: ["Routing"]),
        .library(name: "Archive", targets: ["Archive"]),
        .library(name: "LiveView", targets: ["LiveView"]),  // for its fuzzer
        .library(name: "eventstorm-c", type: .dynamic, targets: ["EventstormC"]),  // installed as libeventstorm.so
        .executable(name: "eventstorm", targets: ["eventstorm"]),
        .executable(name: "eventstorm-router", targets: ["eventstorm-router"]),
        .executable(name: "eventstorm-source-log", targets: ["eventstorm-source-log"]),
        .executable(name: "eventstorm-source-host", targets: ["eventstorm-source-host"]),
        .executable(name: "eventstorm-sink-archive", targets: ["eventstorm-sink-archive"]),
        .executable(name: "eventstorm-sink-live", targets: ["eventstorm-sink-live"]),
        .executable(name: "eventstorm-sink-mongo", targets: ["eventstorm-sink-mongo"]),
    ],
    targets: [
        // C libraries: module maps and shims, nothing else.
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CBSON", pkgConfig: "libbson-1.0", providers: [.apt(["libbson-dev"])]),
        .systemLibrary(name: "CMongo", pkgConfig: "libmongoc-1.0", providers: [.apt(["libmongoc-dev"])]),
        .systemLibrary(name: "CPCRE2", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CWebSockets", providers: [.apt(["libwebsockets-dev"])]),
        .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CSystem"),  // system calls that Swift cannot import: variadic ones and macros

        // The embeddable library, from the bottom up. None of these uses Foundation.
        library("BSON", []),  // documents as bytes: writer, view, validation
        library("BSONText", ["BSON"]),  // JSON, JSON5 and Extended JSON to BSON and back
        library("Query", ["BSON", "BSONText", "CPCRE2"]),  // MongoDB's query language on BSON views
        library("ZeroMQ", ["CZeroMQ", "CSystem"]),  // sockets, messages, polling, monitoring, CURVE
        library("Eventstorm", ["BSON", "ZeroMQ", "CSystem"]),  // topics, the wire, sources, subscribers, the ledger

        .target(name: "CEventstorm"),  // the C interface: eventstorm.h
        .target(  // its functions, in Swift; the Makefile makes libeventstorm.so of them
            name: "EventstormC", dependencies: ["CEventstorm", "CSystem", "Eventstorm", "BSON", "ZeroMQ"],
            exclude: ["exports.map", "eventstorm.pc.in", "eventstorm-static.pc.in"], swiftSettings: strict),

        // What every program shares, and one library per component.
        // Options, configuration, signals, supervision.
        library("Service", ["Eventstorm", "BSON", "BSONText", "ZeroMQ", "CSystem"]),
        library("LogParsing", ["BSON", "ZeroMQ", "CSystem", "CZlib", "CZstd"]),  // lines to events; following files
        library("HostMetrics", ["BSON"]),  // /proc to events
        // Queries over BSON files, by all cores.
        library("QueryFiles", ["Service", "Query", "BSON", "BSONText", "ZeroMQ", "CSystem"]),
        library("Books", ["BSON", "Eventstorm"]),  // the identities, from status events
        // Subscribe, filter, reshape, republish.
        library("Routing", ["Service", "Query", "Eventstorm", "BSON", "BSONText", "ZeroMQ"]),
        library("Archive", ["Service", "Eventstorm", "BSON", "ZeroMQ"]),  // BSON files by topic and time
        // Events to MongoDB, and back.
        library("MongoStorage", ["Service", "Query", "Eventstorm", "BSON", "BSONText", "ZeroMQ", "CMongo"]),
        library(
            "LiveView", ["Service", "Query", "Eventstorm", "BSON", "BSONText", "ZeroMQ", "CWebSockets", "CCrypt"],
            resources: [.embedInCode("Page")]),  // the page and its feed

        // Programs: a main.swift of some thirty lines each.
        program(
            "eventstorm",
            [
                "Service", "Eventstorm", "BSON", "BSONText", "Query", "Books", "QueryFiles", "Routing", "MongoStorage",
                "ZeroMQ",
            ]),
        program("eventstorm-router", ["Service", "Eventstorm", "Routing"]),
        program("eventstorm-source-log", ["Service", "Eventstorm", "BSON", "LogParsing"]),
        program("eventstorm-source-host", ["Service", "Eventstorm", "BSON", "HostMetrics"]),
        program("eventstorm-sink-archive", ["Service", "Eventstorm", "BSON", "Archive"]),
        program("eventstorm-sink-mongo", ["Service", "Eventstorm", "BSON", "MongoStorage"]),
        program(
            "eventstorm-sink-live",
            ["Service", "Eventstorm", "BSON", "BSONText", "ZeroMQ", "Archive", "MongoStorage", "LiveView"]),

        // Examples, built as a stranger's program would be.
        .executableTarget(name: "emitter", dependencies: ["Eventstorm"], path: "examples/emitter"),
        .executableTarget(
            name: "in-one-process", dependencies: ["Archive", "BSON", "Eventstorm", "Routing", "ZeroMQ"],
            path: "examples/in-one-process"),

        // Measurements: `make bench`.
        .executableTarget(
            name: "eventstorm-bench", dependencies: ["Eventstorm", "BSON", "Query"], path: "bench/eventstorm-bench",
            swiftSettings: strict),

        // Tests: a folder per module, a file per type. libbson is the judge of our BSON.
        tests("BSONTests", ["BSON", "CBSON"]),
        tests("BSONTextTests", ["BSONText", "BSON", "CBSON"]),
        // A real mongod is the judge of our queries: Judge/ asks it.
        tests("QueryFilesTests", ["QueryFiles", "Query", "BSON"]),
        tests("QueryTests", ["Query", "BSON", "BSONText"], exclude: ["Judge"]),
        tests("ZeroMQTests", ["ZeroMQ"]),
        tests("EventstormTests", ["Eventstorm", "BSON", "BSONText", "ZeroMQ"]),
        tests("EmbeddingTests", ["BSON", "Eventstorm", "EventstormC"], exclude: ["calls.c"]),
        tests("ServiceTests", ["Service", "Eventstorm", "LogParsing", "BSON", "BSONText", "ZeroMQ"]),
        tests("LogParsingTests", ["LogParsing", "BSON", "CZlib", "CZstd"], exclude: ["Samples"]),
        tests("HostMetricsTests", ["HostMetrics", "BSON"]),
        tests("BooksTests", ["Books", "BSON"]),
        tests("RoutingTests", ["Routing", "Service", "Query", "Eventstorm", "BSON", "BSONText", "ZeroMQ"]),
        tests("ArchiveTests", ["Archive", "Service", "Eventstorm", "BSON"]),
        tests("MongoStorageTests", ["MongoStorage", "Service", "Query", "Eventstorm", "BSON", "BSONText"]),
        tests("LiveViewTests", ["LiveView", "Service", "Eventstorm", "BSON", "BSONText", "ZeroMQ"]),
        tests("TidyTests", []),
        tests(
            "IntegrationTests",
            ["Service", "Eventstorm", "BSON", "BSONText", "Books", "ZeroMQ", "MongoStorage"], exclude: ["Browser"]),
    ]
)
