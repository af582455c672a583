// Completions for bash, zsh and fish, from the tables that --help is read from.

/// What a shell offers behind a program's name.
struct Completion {
    /// One program, or one word of a program.
    private struct Entry {
        /// nil for a program that has no words.
        var word: String?
        var command: Command
    }

    /// What can stand for a value.
    private enum Offer {
        case nothing
        case files
        case directories
        case words([String])
    }

    private let name: String
    private let entries: [Entry]

    /// Those of a program that does one thing.
    init(_ command: Command) {
        name = command.name
        entries = [Entry(word: nil, command: command)]
    }

    /// Those of a program that has words.
    init(_ name: String, words: [Command]) {
        self.name = name
        entries = words.map { Entry(word: $0.name.split(separator: " ").last.map(String.init), command: $0) }
    }

    /// The name of a shell's function for this program.
    private var function: String { "_" + String(name.map { $0 == "-" ? "_" : $0 }) }
    private var hasWords: Bool { entries.first?.word != nil }

    private static func options(of command: Command) -> [Setting] { command.allSettings.filter { !$0.isTable } }

    private static func offer(for setting: Setting) -> Offer {
        switch setting.kind {
        case .choice(let words): .words(words)
        case .inputFile, .outputFile, .keys: .files
        case .directory: .directories
        case .text where ["FILE", "PATH"].contains(setting.placeholder): .files
        default: .nothing
        }
    }

    /// What words without an option are.
    private static func offerForWords(of command: Command) -> Offer {
        command.words.flatMap { command.setting(named: $0) }.map(offer) ?? .nothing
    }
}

// MARK: - bash

extension Completion {
    /// For bash-completion, which loads a file of the program's name.
    var bash: String {
        var text = "# Completion of \(name) for bash. Made by \(name) --help=bash; do not edit.\n"
        text += "\(function)() {\n    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
        if hasWords {
            let words = entries.compactMap(\.word).joined(separator: " ")
            text += "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
            text += "        \(Self.bash(.words(["\(words) --help --version"])))\n        return\n    fi\n"
            text += "    case ${COMP_WORDS[1]} in\n"
            for entry in entries {
                text += "    \(entry.word ?? "*"))\n" + Self.bash(entry.command, indent: "        ")
                text += "        ;;\n"
            }
            text += "    esac\n"
        } else {
            for entry in entries { text += Self.bash(entry.command, indent: "    ") }
        }
        return text + "}\ncomplete -F \(function) \(name)\n"
    }

    private static func bash(_ command: Command, indent: String) -> String {
        let options = options(of: command)
        var text = "\(indent)case $previous in\n"
        for setting in options where !setting.isFlag {
            text += "\(indent)--\(setting.name)) \(bash(offer(for: setting))) return ;;\n"
        }
        text += "\(indent)esac\n\(indent)case $current in\n"
        let names = (options.map(\.name) + ["help", "version"]).map { "--\($0)" }.joined(separator: " ")
        text += "\(indent)-*) \(bash(.words([names]))) ;;\n"
        return text + "\(indent)*) \(bash(offerForWords(of: command))) ;;\n\(indent)esac\n"
    }

    private static func bash(_ offer: Offer) -> String {
        switch offer {
        case .nothing: "COMPREPLY=();"
        case .files: "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\"));"
        case .directories: "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$current\"));"
        case .words(let words): "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"));"
        }
    }
}

// MARK: - zsh

extension Completion {
    /// For zsh, which loads a file whose name is that of the program with `_` before it.
    var zsh: String {
        var text = "#compdef \(name)\n# Made by \(name) --help=zsh; do not edit.\n"
        guard hasWords else {
            for entry in entries { text += Self.zsh(entry.command) + "\n" }
            return text
        }
        text += "local -a words_of_it=(\n"
        for entry in entries {
            text += "  \(Self.quoted("\(Self.plain(entry.word ?? "")):\(entry.command.summary)"))\n"
        }
        text += ")\nif (( CURRENT == 2 )); then\n  _describe -t commands word words_of_it\n"
        text += "  _arguments '--help[print a summary]' '--version[print the version]'\n  return\nfi\n"
        text += "local word=$words[2]\nshift words\n(( CURRENT-- ))\ncase $word in\n"
        for entry in entries { text += "\(entry.word ?? "*"))\n\(Self.zsh(entry.command))\n  ;;\n" }
        return text + "*) _files ;;\nesac\n"
    }

    private static func zsh(_ command: Command) -> String {
        var specifications: [String] = []
        for setting in options(of: command) {
            let isMany = setting.isRepeatable ? "*" : ""
            let assigns = setting.isFlag ? "" : "="
            let value = setting.isFlag ? "" : ":\(plain(setting.placeholder)):\(zsh(offer(for: setting)))"
            specifications.append("\(isMany)--\(setting.name)\(assigns)[\(plain(setting.help))]\(value)")
        }
        specifications += ["(- *)--help[print a summary]", "(- *)--version[print the version]"]
        if let words = command.words, let setting = command.setting(named: words) {
            let isMany = setting.isRepeatable ? "*" : "1"
            specifications.append("\(isMany):\(plain(setting.placeholder)):\(zsh(offerForWords(of: command)))")
        }
        return "_arguments \\\n" + specifications.map { "  \(quoted($0))" }.joined(separator: " \\\n")
    }

    private static func zsh(_ offer: Offer) -> String {
        switch offer {
        case .nothing: " "
        case .files: "_files"
        case .directories: "_files -/"
        case .words(let words): "(\(words.joined(separator: " ")))"
        }
    }

    /// Text without what parts a specification of `_arguments`.
    private static func plain(_ text: String) -> String {
        var result = ""
        for character in text {
            if "[]:\\".contains(character) { result += "\\" }
            result.append(character)
        }
        return result
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

// MARK: - fish

extension Completion {
    /// For fish, which loads a file of the program's name and `.fish`.
    var fish: String {
        var text = "# Completion of \(name) for fish. Made by \(name) --help=fish; do not edit.\n"
        text += "complete -c \(name) -f\n"
        for entry in entries {
            var condition = ""
            if let word = entry.word {
                text += "complete -c \(name) -n __fish_use_subcommand -a \(word)"
                text += " -d \(Self.fish(quoting: entry.command.summary))\n"
                condition = " -n '__fish_seen_subcommand_from \(word)'"
            }
            let begin = "complete -c \(name)\(condition)"
            for setting in Self.options(of: entry.command) {
                let value = setting.isFlag ? "" : " -r" + Self.fish(Self.offer(for: setting))
                text += "\(begin) -l \(setting.name)\(value) -d \(Self.fish(quoting: setting.help))\n"
            }
            if case .files = Self.offerForWords(of: entry.command) { text += "\(begin) -F\n" }
            if case .directories = Self.offerForWords(of: entry.command) { text += "\(begin) -F\n" }
        }
        text += "complete -c \(name) -l help -d 'print a summary'\n"
        return text + "complete -c \(name) -l version -d 'print the version'\n"
    }

    private static func fish(quoting text: String) -> String {
        var result = ""
        for character in text {
            if "'\\".contains(character) { result += "\\" }
            result.append(character)
        }
        return "'\(result)'"
    }

    private static func fish(_ offer: Offer) -> String {
        switch offer {
        case .nothing: " -f"
        case .files: " -F"
        case .directories: " -f -a '(__fish_complete_directories)'"
        case .words(let words): " -f -a '\(words.joined(separator: " "))'"
        }
    }
}
