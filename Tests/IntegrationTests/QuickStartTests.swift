// docs/quickstart.md, as it is printed, on a machine that seems to have nothing but what it asks for.
import Foundation
@testable import Service
import Testing

/// A section of the page: files to write, commands to give, and what the tap says in the end.
private struct QuickStart {
    /// The commands of each block, in order; files are written before the block that follows them.
    private(set) var commands: [String] = []
    private(set) var files: [(name: String, text: String)] = []
    private(set) var answer = ""

    init(_ name: String) throws {
        let page = try String(contentsOf: Python.root.appending(path: "docs/quickstart.md"), encoding: .utf8)
        let section = try #require(page.components(separatedBy: "\n## ").first { $0.hasPrefix("\(name)\n") })
        let parts = section.components(separatedBy: "```")
        for index in stride(from: 1, to: parts.count, by: 2) {
            let block = parts[index]
            let end = try #require(block.firstIndex(of: "\n"))
            let text = String(block[block.index(after: end)...])
            switch block[..<end] {
            case "sh": commands.append(text)
            case "text": answer = text
            default:  // The text before it ends with the file's name.
                let file = try #require(parts[index - 1].matches(of: /`([^`]*)`:\n\n$/).last)
                files.append((String(file.1), text))
            }
        }
        try #require(commands.count > 1 && !answer.isEmpty)
    }
}

/// A machine with networks, processes and files of its own, on which Eventstorm was installed: what is done there is
/// undone when it ends.
private enum Machine {
    /// Whether there are such machines here.
    static let isPossible =
        geteuid() == 0 && (try? ServerProcess.run("unshare", "-n", "-m", "-p", "-f", "--mount-proc", "true")) == 0

    /// What `make install` puts below `/`, made once of what the tests were built of.
    static let installed = Result {
        let folder = Python.root.appending(path: ".build/tests-installed")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let built = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        let log = folder.appending(path: "install.log").path
        let library = try BuiltLibrary.folder.get().path
        let status = try ServerProcess.run(
            "make", "-C", Python.root.path, "-o", "library", "install", "BUILT=\(built.path)", "LIBRARY=\(library)",
            "DESTDIR=\(folder.path)", log: log)
        try #require(status == 0, "see \(log)")
        return folder.path
    }

    /// Puts a layer over the directories that commands change, and the sources below the folder; then runs the blocks in
    /// one shell, as a person would: the last of them again when nothing came of it.
    static let script = #"""
        [ $$ = 1 ] || exit 70  # on the real machine nothing is changed
        installed=$1 sources=$2 folder=$3 blocks=$4
        layer() {
            mkdir -p "/mnt/$1/upper" "/mnt/$1/work"
            mount -t overlay overlay -o "lowerdir=$2,upperdir=/mnt/$1/upper,workdir=/mnt/$1/work" "$3"
        }
        ip link set lo up && mount -t tmpfs none /mnt && mount -t tmpfs none /run &&
            layer usr "$installed/usr:/usr" /usr && layer etc /etc /etc && layer var /var /var &&
            mount --bind "$folder" /srv && mkdir -p /srv/eventstorm && layer sources "$sources" /srv/eventstorm &&
            ldconfig && cd /srv || exit 71  # always the same place, or nothing that was built before would be of use
        number=1
        while [ $number -le "$blocks" ]; do
            . "$folder.blocks/$number"
            sleep 1  # a person is slower
            [ $number -gt 1 ] || tap=$(pgrep -f '^eventstorm tap') || exit 73
            number=$((number + 1))
        done
        for try in 1 2 3 4 5; do
            for tenth in $(seq 80); do
                kill -0 "$tap" 2> /dev/null || exit 0
                sleep 0.1
            done
            . "$folder.blocks/$blocks"
        done
        exit 74
        """#

    /// Does what a quick start says; returns what was said meanwhile.
    static func run(_ start: QuickStart) throws -> (status: Int32, output: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "es-\(UUID().uuidString)")
        let (blocks, log) = (folder.path + ".blocks", folder.path + ".log")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: blocks, withIntermediateDirectories: true)
        defer { for path in [folder.path, blocks, log] { try? FileManager.default.removeItem(atPath: path) } }
        for (name, text) in start.files {
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        for (number, text) in start.commands.enumerated() {
            try text.write(toFile: "\(blocks)/\(number + 1)", atomically: true, encoding: .utf8)
        }
        try script.write(toFile: "\(blocks)/script", atomically: true, encoding: .utf8)
        let machine =
            try "unshare -n -m -p -f --mount-proc --kill-child sh '\(blocks)/script' '\(installed.get())' "
            + "'\(Python.root.path)' '\(folder.path)' \(start.commands.count)"
        // On a terminal, as a person has one. Packages that are built here are built upon what the last run has built.
        let status = try ServerProcess.run(
            "env", "-u", Supervision.variable, "SWIFTPM_BUILD_DIR=\(Python.root.path)/.build/tests-package", "script",
            "-qec", machine, "/dev/null",
            log: log)
        return (status, try String(contentsOfFile: log, encoding: .utf8))
    }
}

@Suite(
    "The quick starts", .serialized,
    .enabled(if: Machine.isPossible, "by hand: this is not root, or there are no namespaces"), .timeLimit(.minutes(10)))
struct QuickStartTests {
    @Test("do as printed", arguments: ["C", "Swift", "Python", "Ruby", "nginx", "Postfix"])
    func quickStart(name: String) throws {
        let start = try QuickStart(name)
        let result = try Machine.run(start)
        // What differs from one event to the next, and what only a terminal sees.
        let plain = { (text: String) in
            text.replacing("\r\n", with: "\n").replacing(/\x1B\[[0-9;]*m/, with: "")
                .replacing(/"[0-9a-f]{24}"/, with: "an identity").replacing(/"20[0-9:.TZ-]{18,22}"/, with: "a time")
        }
        let isSaid = plain(result.output).contains(plain(start.answer))
        #expect(result.status == 0 && isSaid, "status \(result.status): \(result.output.suffix(3000))")
    }
}
