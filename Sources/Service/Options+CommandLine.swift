// Reading a command line with getopt_long.

@preconcurrency internal import CSystem
internal import Glibc
internal import Synchronization

/// What a command line asks for.
enum Invocation: Sendable {
    case help(HelpForm)
    case version
    case run(Options)
}

/// For whom help is.
enum HelpForm: String, CaseIterable {
    /// A screen for people: `--help`.
    case text
    /// A manual page: `--help=man`, which with the following is for `make install`.
    case man
    case bash
    case zsh
    case fish
}

/// getopt keeps its state in global variables.
private let getoptLock = Mutex(())

extension Options {
    /// Reads and checks a command line, and the section of the configuration that it names.
    static func read(_ command: Command, _ arguments: [String]) throws(Failure) -> Invocation {
        var reader = CommandLineReader(command: command)
        getoptLock.withLock { _ in reader.scan(arguments) }
        if let form = reader.help { return .help(form) }
        if reader.wantsVersion { return .version }
        guard reader.problems.isEmpty else { throw Failure(.usage, reader.problems) }
        var options = Options(command: command)
        options.arguments = arguments
        options.given = reader.given
        try options.takeSection()
        let problems = options.problems()
        guard problems.isEmpty else {
            throw Failure(
                problems.contains { !$0.isConfiguration } ? .usage : .configuration, problems.map(\.message))
        }
        return .run(options)
    }

    /// Reads the same command line again, and with it the section of the configuration as it is now.
    ///
    /// - Throws: What is wrong with it.
    public func readAgain() throws(Failure) -> Options {
        guard case .run(let options) = try Options.read(command, arguments) else { return self }
        return options
    }

    /// Takes what the command line leaves open from the section of `--config FILE`.
    private mutating func takeSection() throws(Failure) {
        guard command.takesConfiguration else { return }
        guard let path = textIfGiven(Command.config.name) else {
            if has(Command.section.name) { throw Failure.usage("--section NAME needs --config FILE") }
            return
        }
        let configuration = try Configuration.load(path)
        let section = try configuration.section(named: textIfGiven(Command.section.name), for: command)
        given.merge(section.options.given) { given, _ in given }
        tables = section.options.tables
        self.section = section.label
    }
}

/// Collects what getopt_long finds.
private struct CommandLineReader {
    /// What getopt_long returns for `--help`, `--version`; settings begin at `firstSetting`, beyond all characters.
    private static let help: CInt = 0x100
    private static let version: CInt = 0x101
    private static let firstSetting: CInt = 0x102

    let command: Command
    var given: [String: [Given]] = [:]
    var problems: [String] = []
    var help: HelpForm?
    var wantsVersion = false

    private var optionSettings: [Setting] { command.allSettings.filter { !$0.isTable } }

    init(command: Command) { self.command = command }

    mutating func scan(_ arguments: [String]) {
        let settings = optionSettings
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        let names = settings.map { strdup($0.name) } + [strdup("help"), strdup("version")]
        defer { for pointer in words + names { free(pointer) } }
        var table = settings.indices.map {
            option(
                name: names[$0], has_arg: settings[$0].isFlag ? no_argument : required_argument, flag: nil,
                val: Self.firstSetting + CInt($0))
        }
        table.append(option(name: names[settings.count], has_arg: optional_argument, flag: nil, val: Self.help))
        table.append(option(name: names[settings.count + 1], has_arg: no_argument, flag: nil, val: Self.version))
        table.append(option())

        optind = 0  // begin anew
        opterr = 0
        while true {
            let found = getopt_long(CInt(arguments.count), &words, ":", table, nil)
            if found == -1 { break }
            take(found, settings, arguments: words)
        }
        for word in words[Int(optind)..<arguments.count] { takeWord(word.map { String(cString: $0) } ?? "") }
    }

    private mutating func take(_ found: CInt, _ settings: [Setting], arguments: [UnsafeMutablePointer<CChar>?]) {
        switch found {
        case Self.help:
            help = optarg.map { HelpForm(rawValue: String(cString: $0)) } ?? .text
            if help == nil { problems.append("--help takes no value, or \(list(HelpForm.allCases.map(\.rawValue)))") }
        case Self.version: wantsVersion = true
        case CInt(UInt8(ascii: ":")):
            let usage = optopt >= Self.firstSetting ? settings[Int(optopt - Self.firstSetting)].usage : ""
            problems.append("\(usage): the value is missing")
        case CInt(UInt8(ascii: "?")):
            let word = arguments[Int(optind) - 1].map { String(cString: $0) } ?? ""
            problems.append(unknown(word, settings))
        default:
            let setting = settings[Int(found - Self.firstSetting)]
            let text = setting.isFlag ? "true" : optarg.map { String(cString: $0) } ?? ""
            add(setting, text, Origin(label: "--\(setting.name)"))
        }
    }

    private mutating func takeWord(_ word: String) {
        guard let name = command.words, let setting = command.setting(named: name),
            setting.isRepeatable || given[name] == nil
        else {
            problems.append("unexpected word \(quoted(word))")
            return
        }
        add(setting, word, Origin(label: setting.placeholder))
    }

    private mutating func add(_ setting: Setting, _ text: String, _ origin: Origin) {
        if setting.isRepeatable {
            given[setting.name, default: []].append(Given(text: text, origin: origin))
        } else {
            given[setting.name] = [Given(text: text, origin: origin)]
        }
    }

    /// What to say about an option that getopt_long does not take.
    private func unknown(_ word: String, _ settings: [Setting]) -> String {
        if optopt >= Self.firstSetting {
            return "--\(settings[Int(optopt - Self.firstSetting)].name) takes no value"
        }
        if optopt != 0, let scalar = Unicode.Scalar(UInt32(optopt)) {
            return "unknown option \"-\(Log.escaped(String(scalar)))\"; options are words: --help lists them"
        }
        let name = String(word.drop { $0 == "-" }.prefix { $0 != "=" })
        let known = settings.map(\.name) + ["help", "version"]
        let meant = known.filter { $0.hasPrefix(name) }
        if meant.count > 1 { return "option \(quoted("--" + name)) could be \(list(meant.map { "--\($0)" }))" }
        return "unknown option \(quoted("--" + name))\(suggestion(for: name, among: known, prefix: "--"))"
    }
}
