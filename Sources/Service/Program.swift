// The frame of every program: options, signals, the body, the exit status.

internal import Glibc

/// The frame of every program: reads the options, blocks the signals, runs the body, ends with the right status.
///
///     Program.run(.sourceHost) { options, signals in
///         let source = try Source(name: options.text("name"), to: options.endpoints("to"))
///         while signals.wait(within: options.duration("every")) == nil { … }
///         source.close(within: .seconds(1))
///     }
///
/// A ``Failure`` that the body throws says its own status; any other error is status 1. Messages go to stderr.
public enum Program {
    /// What a program does with its options until a signal asks it to stop.
    public typealias Body = (_ options: Options, _ signals: Signals) throws -> Void

    /// One word of a program: `tap` of `eventstorm tap`.
    public struct Word {
        /// Its table; the last word of its name is how it is called.
        public var command: Command
        /// What it does.
        public var body: Body

        /// Creates a word.
        public init(_ command: Command, _ body: @escaping Body) {
            self.command = command
            self.body = body
        }

        var word: String { command.name.split(separator: " ").last.map(String.init) ?? command.name }
    }

    /// Runs a program that does one thing, and ends the process.
    public static func run(_ command: Command, arguments: [String] = CommandLine.arguments, _ body: Body) -> Never {
        end(status(of: command, arguments: arguments, body))
    }

    /// Runs a program that has words, and ends the process.
    ///
    /// A word X that it does not have becomes the program `NAME-X`, beside this one or in PATH.
    public static func run(
        _ name: String, _ summary: String, words: [Word], arguments: [String] = CommandLine.arguments
    ) -> Never {
        Log.name = name
        guard areThere(arguments) else { end(.failed) }
        guard arguments.count > 1 else {
            writeAll(STDERR_FILENO, help(name, summary, words))
            end(.usage)
        }
        let first = arguments[1]
        if let word = words.first(where: { $0.word == first }) {
            end(status(of: word.command, arguments: Array(arguments.dropFirst()), word.body))
        }
        if let form = helpForm(first) {
            writeAll(STDOUT_FILENO, help(name, summary, words, as: form))
            end(.done)
        }
        switch first {
        case "--version":
            writeAll(STDOUT_FILENO, "\(name) \(eventstormVersion)\n")
            end(.done)
        default: break
        }
        let kind = first.hasPrefix("-") ? "option" : "word"
        if kind == "word" { replace(with: "\(name)-\(first)", arguments: Array(arguments.dropFirst(2))) }
        let hint = suggestion(for: first, among: words.map(\.word) + ["--help", "--version"])
        complain(name, ["unknown \(kind) \(quoted(first))\(hint)"], hint: "\(name) --help")
        end(.usage)
    }

    /// Runs one command and returns its exit status.
    static func status(of command: Command, arguments: [String], _ body: Body) -> ExitStatus {
        Log.name = command.name
        guard areThere(arguments) else { return .failed }
        do {
            switch try Options.read(command, arguments) {
            case .help(let form): writeAll(STDOUT_FILENO, command.help(as: form))
            case .version: writeAll(STDOUT_FILENO, "eventstorm \(eventstormVersion)\n")
            case .run(let options):
                Log.level = Log.Level.allCases.first { $0.description == options.text("log-level") } ?? .info
                let signals = try Signals()
                Supervision.begin()
                try body(options, signals)
            }
            return .done
        } catch let failure as Failure {
            complain(command.name, failure.messages, hint: failure.status == .usage ? "\(command.name) --help" : nil)
            return failure.status
        } catch {
            Log.error("\(error)")
            return .failed
        }
    }

    /// Which help a word asks for; nil if none.
    private static func helpForm(_ word: String) -> HelpForm? {
        if word == "--help" || word == "help" { return .text }
        return word.hasPrefix("--help=") ? HelpForm(rawValue: String(word.dropFirst(7))) : nil
    }

    private static func help(_ name: String, _ summary: String, _ words: [Word], as form: HelpForm) -> String {
        let completion = Completion(name, words: words.map(\.command))
        return switch form {
        case .text: help(name, summary, words)
        case .man: Command.manual(name, summary, words.map(\.command))
        case .bash: completion.bash
        case .zsh: completion.zsh
        case .fish: completion.fish
        }
    }

    /// Whether a program was told anything, if only its name; it says so if not.
    ///
    /// Swift reads the command line from /proc. A program that finds none there would run as if it had no options.
    private static func areThere(_ arguments: [String]) -> Bool {
        if arguments.isEmpty { Log.error("the command line cannot be read; is /proc mounted?") }
        return !arguments.isEmpty
    }

    /// The text of `eventstorm --help`.
    static func help(_ name: String, _ summary: String, _ words: [Word]) -> String {
        var text = "\(name): \(summary)\n\nUsage: \(name) WORD [OPTION ...]\n\n"
        text += Command.table(words.map { ($0.word, $0.command.summary) })
        text += "\n'\(name) WORD --help' tells more of each; '\(name) --version' its version.\n"
        let examples = words.compactMap(\.command.examples.first)
        if !examples.isEmpty { text += "\nExamples:\n" }
        for example in examples { text += "  " + Wrapping.command(example, indent: 6, used: 2) + "\n" }
        return text
    }

    private static func complain(_ name: String, _ messages: [String], hint: String?) {
        for message in messages { Log.error(message) }
        if let hint { Log.error("'\(hint)' tells what it understands") }
    }

    private static func end(_ status: ExitStatus) -> Never {
        fflush(nil)
        exit(status.rawValue)
    }

    /// Becomes another program if there is one of that name.
    private static func replace(with name: String, arguments: [String]) {
        var words: [UnsafeMutablePointer<CChar>?] = ([name] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        if let directory = Executables.directory { execv("\(directory)/\(name)", &words) }
        if !name.contains("/") { execvp(name, &words) }
    }
}
