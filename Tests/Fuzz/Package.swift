// swift-tools-version: 6.2
// Fuzzers: a package of its own, since libFuzzer asks for flags that a library must not ask its users for.
//
//     Tests/Fuzz/run FuzzEnvelope -max_total_time=60
import PackageDescription

func fuzzer(_ name: String, of product: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["CFuzzer", .product(name: product, package: "eventstorm")],
        swiftSettings: [.swiftLanguageMode(.v6), .enableExperimentalFeature("Lifetimes")])
}

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "eventstorm", path: "../..")],
    targets: [
        .target(name: "CFuzzer"),  // libFuzzer's entry, which Swift does not see
        fuzzer("FuzzBSON", of: "BSON"),
        fuzzer("FuzzConfiguration", of: "Routing"),
        fuzzer("FuzzEnvelope", of: "Eventstorm"),
        fuzzer("FuzzHistory", of: "LogParsing"),
        fuzzer("FuzzLive", of: "LiveView"),  // sees what is internal: run says -enable-testing
        fuzzer("FuzzLog", of: "LogParsing"),
        fuzzer("FuzzPositions", of: "LogParsing"),
        fuzzer("FuzzQuery", of: "Query"),
        fuzzer("FuzzStream", of: "LogParsing"),
        fuzzer("FuzzText", of: "BSONText"),
    ]
)
