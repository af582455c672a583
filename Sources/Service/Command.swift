// What a program or a word of a program understands: its settings, its words, its examples.

/// What a program, or one word of `eventstorm`, understands.
public struct Command: Sendable {
    /// How it is called: `eventstorm-source-host`, `eventstorm tap`.
    public var name: String
    /// What it does, in one line.
    public var summary: String
    /// Its own settings, in the order of `--help`.
    public var settings: [Setting]
    /// The setting that plain words fill: `file` in `eventstorm-source-log access.log`.
    public var words: String?
    /// Paragraphs about it for the manual, parted by empty lines; what is between backticks is bold.
    public var detail = ""
    /// The names of settings that `--help` only mentions; the manual tells of all.
    var seldom: Set<String> = []
    /// Variables of the environment that it looks at, for the manual.
    var environment: [(name: String, meaning: String)] = []
    /// The last lines of `--help`: command lines that work.
    public var examples: [String]
    /// The settings that every program has.
    public var common: [Setting]
    /// The settings that a running program takes over when its configuration is read again; others need a restart.
    var reloaded: Set<String> = []
    /// What must hold between settings, or for one beyond its kind.
    var rule: Rule?

    /// Says which settings are wrong, and how; looks only at settings that are right by their kinds.
    typealias Rule = @Sendable (Options) -> [(setting: String, problem: String)]

    /// Creates the description of a program.
    ///
    /// - Parameter takesConfiguration: Whether the settings can come from a section of a configuration file.
    public init(
        _ name: String, _ summary: String, settings: [Setting], words: String? = nil, examples: [String],
        takesConfiguration: Bool = false
    ) {
        self.name = name
        self.summary = summary
        self.settings = settings
        self.words = words
        self.examples = examples
        common = takesConfiguration ? [Self.config, Self.section, Self.logLevel] : [Self.logLevel]
    }

    /// The same table with a rule.
    func obeying(_ rule: @escaping Rule) -> Command {
        var command = self
        command.rule = rule
        return command
    }

    /// The same table with more for the manual.
    ///
    /// - Parameters:
    ///   - detail: Paragraphs, parted by empty lines; what is between backticks is bold.
    ///   - seldom: Settings that `--help` only mentions, so that it fits a screen.
    public func explained(
        _ detail: String, seldom: Set<String> = [], environment: [(name: String, meaning: String)] = []
    ) -> Command {
        var command = self
        command.detail = detail
        command.seldom = seldom
        command.environment = environment
        return command
    }

    /// The same table with settings that a running program takes over.
    func reloading(_ names: Set<String>) -> Command {
        var command = self
        command.reloaded = names
        return command
    }

    static let config = Setting.text(
        "config", "FILE", "take the settings from this fabric file; options win", reach: .commandLine)
    static let section = Setting.text(
        "section", "NAME", "which section of it, e.g. 'sources[0]'", reach: .commandLine)
    static let logLevel = Setting(
        "log-level", .choice(Log.Level.allCases.map(\.description)), "LEVEL",
        "how much to say on stderr: \(list(Log.Level.allCases.map(\.description)))", usual: "info")

    /// Every setting, its own before the common ones.
    public var allSettings: [Setting] { settings + common }
    /// The settings that a section of a configuration file can hold.
    var sectionSettings: [Setting] { allSettings.filter { $0.reach == .everywhere } }
    /// Whether it has a section in the configuration file.
    var takesConfiguration: Bool { common.contains { $0.name == Self.config.name } }

    func setting(named name: String) -> Setting? { allSettings.first { $0.name == name } }
}

extension Command: CustomStringConvertible {
    /// Its name.
    public var description: String { name }
}
