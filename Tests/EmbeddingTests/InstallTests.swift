// make install and make uninstall, of what the tests were built of, into a directory of the test's own.
import Foundation
import Testing

@Suite("make install", .timeLimit(.minutes(3)))
struct InstallTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    private static let built = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().path()

    /// Runs a shell's command; returns its exit status and what it said.
    private func shell(_ command: String, in folder: URL) throws -> (status: CInt, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = folder
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }

    private func make(_ target: String, to folder: URL) throws {
        let command =
            "make -o build \(target) DESTDIR='\(folder.path())' PREFIX=/usr BUILT='\(Self.built)' "
            + "LIBRARY='\(folder.path())library'"
        let result = try shell(command, in: Self.root)
        try #require(result.status == 0, "\(result.output.suffix(2000))")
    }

    private func files(below folder: URL) -> Set<String> {
        let names = FileManager.default.subpaths(atPath: folder.path()) ?? []
        return Set(
            names.filter {
                !((try? FileManager.default.destinationOfSymbolicLink(atPath: folder.path() + $0)) == nil
                    && isDirectory(folder.path() + $0))
            })
    }

    private func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    private static let programs = [
        "eventstorm", "eventstorm-router", "eventstorm-source-log", "eventstorm-source-host", "eventstorm-sink-archive",
        "eventstorm-sink-live", "eventstorm-sink-mongo",
    ]

    /// All files that there should be.
    private static let expected: Set<String> = {
        var names: Set = [
            "include/eventstorm.h", "lib/libeventstorm.a", "lib/libeventstorm.so", "lib/libeventstorm.so.0",
            "lib/pkgconfig/eventstorm.pc", "lib/pkgconfig/eventstorm-static.pc", "lib/sysusers.d/eventstorm.conf",
            "share/doc/eventstorm/examples/fabric.json5",
        ]
        for name in programs {
            names.formUnion([
                "bin/\(name)", "share/man/man1/\(name).1", "share/bash-completion/completions/\(name)",
                "share/zsh/site-functions/_\(name)", "share/fish/vendor_completions.d/\(name).fish",
            ])
            if name != "eventstorm" { names.insert("lib/systemd/system/\(name)@.service") }
        }
        return names
    }()

    @Test("what it puts there is whole and right, and make uninstall leaves nothing")
    func install() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "es-\(UUID().uuidString)/")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try make("install", to: folder)
        let tree = folder.appending(path: "usr/")
        #expect(files(below: tree) == Self.expected)
        try checkLinking(folder, tree)
        try checkSymbols(tree)
        try checkManual(tree)
        try checkCompletion(tree)
        try checkUnits(tree)

        try make("uninstall", to: folder)
        #expect(files(below: tree) == [])
    }

    /// Links the same program with either library; it runs where no Swift is.
    private func checkLinking(_ folder: URL, _ tree: URL) throws {
        let library = tree.appending(path: "lib").path()
        for package in ["eventstorm", "eventstorm-static"] {
            let command =
                "PKG_CONFIG_PATH='\(library)/pkgconfig' PKG_CONFIG_SYSROOT_DIR='\(folder.path().dropLast())' "
                + "&& export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR "
                + "&& cc -Wall -Wextra -pedantic -Werror -o \(package) "
                + "'\(Self.root.path())Tests/EmbeddingTests/calls.c' $(pkg-config --cflags --libs \(package)) -lpthread "
                + "&& LD_LIBRARY_PATH='\(library)' ./\(package) > event.bson "
                + "&& LD_LIBRARY_PATH='\(library)' ldd ./\(package)"
            let result = try shell(command, in: folder)
            #expect(result.status == 0 && result.output.contains("libzmq"), "\(result.output.suffix(2000))")
            #expect(!result.output.contains("libswift") && !result.output.contains("not found"), "\(result.output)")
            #expect(result.output.contains("libeventstorm.so.0") == (package == "eventstorm"))
        }
    }

    /// Nothing is visible but the functions of the header, in either library.
    private func checkSymbols(_ tree: URL) throws {
        let header = try String(
            contentsOf: Self.root.appending(path: "Sources/CEventstorm/include/eventstorm.h"), encoding: .utf8)
        let declared = Set(header.matches(of: /[ *](es_[a-z_0-9]+) \(/).map { String($0.output.1) })
            .subtracting(["es_callback_t"])
        try #require(declared.count > 30)
        for (option, name) in [("-D", "libeventstorm.so"), ("-g", "libeventstorm.a")] {
            let result = try shell("nm \(option) --defined-only lib/\(name)", in: tree)
            let lines = result.output.split(separator: "\n").filter { !$0.hasSuffix(":") }
            let symbols = lines.compactMap { $0.split(separator: " ").last.map(String.init) }
            #expect(Set(symbols) == declared, "\(name)")
        }
        let soname = try shell("readelf -d lib/libeventstorm.so", in: tree).output
        #expect(soname.contains("SONAME") && soname.contains("[libeventstorm.so.0]"))
    }

    private func isThere(_ program: String) throws -> Bool {
        let found = try shell("command -v \(program)", in: Self.root).status == 0
        let mustBe = ProcessInfo.processInfo.environment["ES_REQUIRE_SERVERS"] == "1"
        #expect(found || !mustBe, "\(program) is not installed: .ci/setup test")
        return found
    }

    /// The manual is what its formatter takes without a warning.
    private func checkManual(_ tree: URL) throws {
        guard try isThere("mandoc") else { return }
        for name in Self.programs {
            let page = tree.appending(path: "share/man/man1/\(name).1").path()
            let lint = try shell("mandoc -T lint -W warning '\(page)'", in: tree)
            #expect(lint.status == 0 && lint.output.isEmpty, "\(lint.output)")
        }
        let shown = try shell("mandoc -T utf8 share/man/man1/eventstorm-sink-mongo.1 | col -b", in: tree).output
        #expect(shown.contains("--expire-after TIME") && shown.contains("collections[].time_field"))
        #expect(shown.contains("'logs_{timestamp:%Y_%m}'"), "signs of the shell are what they were")
    }

    /// Each shell offers what the tables say.
    private func checkCompletion(_ tree: URL) throws {
        let offers = [
            ("eventstorm", "ta", "tap"), ("eventstorm tap", "--fo", "--format"),
            ("eventstorm tap --format", "p", "pretty"), ("eventstorm-sink-archive --on-full", "drop_n", "drop_newest"),
            ("eventstorm-router", "--unm", "--unmatched"),
        ]
        for (line, word, offer) in offers {
            let program = line.split(separator: " ")[0]
            let function = "_" + program.replacing("-", with: "_")
            let count = line.split(separator: " ").count
            let script =
                ". share/bash-completion/completions/\(program); COMP_WORDS=(\(line) \(word)); "
                + "COMP_CWORD=\(count); \(function); echo \"${COMPREPLY[*]}\""
            #expect(try shell("bash -c '\(script)'", in: tree).output == "\(offer)\n")
            guard try isThere("fish") else { continue }
            let fish =
                "source share/fish/vendor_completions.d/\(program).fish; "
                + "complete -C \"\(line) \(word)\" | string match -- \"\(offer)*\""
            let offered = try shell("HOME=\(tree.path()) fish --no-config -c '\(fish)'", in: tree).output
            #expect(offered.hasPrefix(offer), "\(line): \(offered)")
        }
        guard try isThere("zsh") else { return }
        for name in Self.programs {
            let result = try shell("zsh -n share/zsh/site-functions/_\(name)", in: tree)
            #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
        }
    }

    /// systemd understands the units, and finds little that they may do without need.
    private func checkUnits(_ tree: URL) throws {
        guard try isThere("systemd-analyze") else { return }
        for name in Self.programs where name != "eventstorm" {
            let unit = tree.appending(path: "\(name)@test.service")
            // What the unit starts and where it is told of must be there.
            let text = try String(
                contentsOf: tree.appending(path: "lib/systemd/system/\(name)@.service"), encoding: .utf8)
            try text.replacing("/usr/bin/eventstorm", with: tree.appending(path: "bin/eventstorm").path())
                .replacing(/Documentation=.*\n/, with: "").write(to: unit, atomically: true, encoding: .utf8)
            let verified = try shell("systemd-analyze verify ./\(name)@test.service", in: tree)
            #expect(verified.status == 0 && verified.output.isEmpty, "\(verified.output)")
            let security = try shell(
                "systemd-analyze security --offline=yes --threshold=20 ./\(name)@test.service", in: tree)
            #expect(security.status == 0, "\(security.output.suffix(200))")
            try FileManager.default.removeItem(at: unit)
        }
        let example = tree.appending(path: "share/doc/eventstorm/examples/fabric.json5").path()
        let checked = try shell("bin/eventstorm check '\(example)'", in: tree)
        #expect(checked.status == 0, "\(checked.output)")
    }
}
