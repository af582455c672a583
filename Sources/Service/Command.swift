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
    /// Settings that `--help` tells on one line, and where more is written about them.
    var seldom: (names: [String], hint: String) = ([], "")
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

extension Command {
    /// The same, with settings that `--help` tells on one line.
    func abridged(_ names: [String], _ hint: String) -> Command {
        var command = self
        command.seldom = (names, hint)
        return command
    }
}

extension Command: CustomStringConvertible {
    /// Its name.
    public var description: String { name }
}

extension Command {
    /// The text of `--help`.
    public var help: String {
        var text = "\(name): \(summary)\n\nUsage: \(usage)\n\n"
        // What belongs together stands on one line, so that the help fits a screen.
        let hasKeys = allSettings.contains(where: \.isAboutKeys)
        let shown = allSettings.filter { setting in
            !setting.isTable && !(hasKeys && (setting.isAboutKeys || setting.name == Setting.insecure.name))
                && ![Self.config.name, Self.section.name].contains(setting.name) && !seldom.names.contains(setting.name)
        }
        var rows = shown.map { ($0.usage, Self.remark(on: $0)) }
        let width = min(rows.map(\.0.count).max() ?? 0, 34)
        if takesConfiguration {
            rows.append(("\(Self.config.usage), \(Self.section.usage)", "settings from a fabric file; options win"))
        }
        if hasKeys {
            let hint = setting(named: Setting.insecure.name) == nil ? "" : ", --insecure"
            rows.append(("--keys, --clients, --server-key" + hint, "whom to trust: docs/security.md"))
        }
        if !seldom.names.isEmpty {
            rows.append((seldom.names.map { "--\($0)" }.joined(separator: ", "), seldom.hint))
        }
        rows.append(("--help, --version", "print this text; print the version"))
        for (left, right) in rows {
            let gap = String(repeating: " ", count: max(2, width + 2 - left.count))
            text += "  \(left)\(gap)\(right)\n"
        }
        text += "\nExamples:\n"
        for example in examples { text += "  \(example)\n" }
        return text
    }

    private var usage: String {
        var parts = [name]
        for setting in settings where setting.isRequired && setting.name != words { parts.append(setting.usage) }
        parts.append("[OPTION ...]")
        if let words, let setting = setting(named: words) {
            let word = setting.placeholder + (setting.isRepeatable ? " ..." : "")
            parts.append(setting.isRequired ? word : "[\(word)]")
        }
        return parts.joined(separator: " ")
    }

    private static func remark(on setting: Setting) -> String {
        var remark = setting.help
        if let usual = setting.usual { remark += " (\(usual))" }
        return remark
    }
}
