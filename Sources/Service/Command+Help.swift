// What --help prints.

extension Command {
    /// Help for people, for `man`, or for a shell.
    func help(as form: HelpForm) -> String {
        switch form {
        case .text: help
        case .man: manual
        case .bash: Completion(self).bash
        case .zsh: Completion(self).zsh
        case .fish: Completion(self).fish
        }
    }

    /// The text of `--help`.
    public var help: String {
        var text = Wrapping.text("\(name): \(summary)", indent: 2) + "\n\n"
        text += Wrapping.text("Usage: \(usage)", indent: 7) + "\n\n"
        // What belongs together stands on one line, so that the help fits a screen.
        let hasKeys = allSettings.contains(where: \.isAboutKeys)
        let shown = allSettings.filter { setting in
            !setting.isTable && !seldom.contains(setting.name)
                && !(hasKeys && (setting.isAboutKeys || setting.name == Setting.insecure.name))
                && ![Self.config.name, Self.section.name].contains(setting.name)
        }
        var rows = shown.map { ($0.usage, Self.remark(on: $0)) }
        if takesConfiguration {
            rows.append(("\(Self.config.usage), \(Self.section.usage)", "settings from a fabric file; options win"))
        }
        if hasKeys {
            let hint = setting(named: Setting.insecure.name) == nil ? "" : ", --insecure"
            rows.append(("--keys, --clients, --server-key" + hint, "whom to trust: docs/security.md"))
        }
        rows.append(("--help, --version", "print this text; print the version"))
        text += Self.table(rows) + mentions + "\nExamples:\n"
        for example in examples { text += "  " + Wrapping.command(example, indent: 6, used: 2) + "\n" }
        return text
    }

    /// Two columns, of which the right one is broken into lines; what is too long for the left one goes beyond it.
    static func table(_ rows: [(left: String, right: String)]) -> String {
        let width = rows.map(\.left.count).filter { $0 <= 20 }.max() ?? 0
        return rows.map { left, right in
            let start = "  " + left + String(repeating: " ", count: max(2, width + 2 - left.count))
            return start + Wrapping.text(right, indent: width + 4, used: start.count) + "\n"
        }.joined()
    }

    /// The names of the settings that are in the manual only, in lines that fit.
    private var mentions: String {
        let names = allSettings.filter { seldom.contains($0.name) && !$0.isTable }.map { "--\($0.name)" }
        guard !names.isEmpty else { return "" }
        return "\n" + Wrapping.text("More in the manual: \(names.joined(separator: ", "))", indent: 2) + "\n"
    }

    /// The command line in short, as the first lines of `--help` and the manual have it.
    var usage: String {
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
