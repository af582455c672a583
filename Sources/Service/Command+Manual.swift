// Manual pages, from the tables that --help and the configuration are read from.

extension Command {
    /// The page of a program that does one thing: what `--help=man` prints.
    var manual: String {
        var page = Roff(title: name, comment: "Made by \(name) --help=man; do not edit.")
        page.section("NAME")
        page.name(name, summary)
        page.section("SYNOPSIS")
        page.bold(usage)
        page.section("DESCRIPTION")
        page.paragraphs(detail.isEmpty ? Self.sentence(summary) : detail)
        page.section("OPTIONS")
        writeOptions(to: &page)
        page.item("--help", "", "Print a summary of this page, of one screen.")
        page.item("--version", "", "Print the version.")
        if takesConfiguration { writeConfiguration(to: &page) }
        Self.writeCommonSections(
            to: &page, signals: true, environment: environment, values: allSettings, but: name)
        page.section("EXAMPLES")
        page.code(examples)
        return page.text
    }

    /// The page of a program that has words.
    static func manual(_ name: String, _ summary: String, _ words: [Command]) -> String {
        var page = Roff(title: name, comment: "Made by \(name) --help=man; do not edit.")
        page.section("NAME")
        page.name(name, summary)
        page.section("SYNOPSIS")
        page.bold("\(name) WORD [OPTION ...]")
        page.section("DESCRIPTION")
        page.paragraphs(
            """
            Programs emit events, BSON documents, on topics. Events travel over ZeroMQ from sources through routers to \
            sinks. No program waits for the network, and each counts what becomes of every event.

            `\(name)` is the tool for people. The first word says what it does; an unknown word X runs `\(name)-X`. \
            `\(name) WORD --help` is a summary of each.
            """)
        page.section("WORDS")
        for word in words {
            page.part(word.name)
            page.prose(sentence(word.summary))
            if !word.detail.isEmpty {
                page.paragraph()
                page.paragraphs(word.detail)
            }
            page.paragraph()
            page.bold(word.usage)
            word.writeOptions(to: &page)
            page.paragraph()
            page.code(word.examples)
        }
        writeCommonSections(
            to: &page, signals: false, environment: words.flatMap(\.environment),
            values: words.flatMap(\.allSettings), but: name)
        return page.text
    }

    private func writeOptions(to page: inout Roff) {
        for setting in allSettings where !setting.isTable {
            page.item("--\(setting.name)", setting.placeholder, setting.explanation(isWord: setting.name == words))
        }
    }

    /// The settings that have no option, and how to write the others.
    private func writeConfiguration(to page: inout Roff) {
        page.section("CONFIGURATION")
        page.prose(
            "With `--config` \(name) takes its settings from `\(section)` of a fabric file, JSON5. "
                + "The keys are the options' names with _ for -; options that are given several times are lists.")
        let tables = settings.filter(\.isTable)
        guard !tables.isEmpty else { return }
        page.paragraph()
        page.prose("These have no option:")
        for setting in tables { Self.write(setting, below: "", to: &page) }
    }

    private static func write(_ setting: Setting, below path: String, to page: inout Roff) {
        switch setting.kind {
        case .table(let row):
            page.item("\(path)\(setting.key)[]", "", setting.explanation(isWord: false))
            for column in row.settings { write(column, below: "\(path)\(setting.key)[].", to: &page) }
        case .document(let inner):
            page.item("\(path)\(setting.key)", "", setting.explanation(isWord: false))
            for column in inner.settings { write(column, below: "\(path)\(setting.key).", to: &page) }
        case .value(let wanted):
            page.item("\(path)\(setting.key)", "", "\(setting.explanation(isWord: false)) It is \(wanted).")
        default: page.item("\(path)\(setting.key)", "", setting.explanation(isWord: false))
        }
    }

    /// Where its settings stand in a fabric file.
    private var section: String {
        let parts = name.split(separator: "-").dropFirst()
        return parts.count == 2 ? "\(parts.first ?? "")s[].\(parts.last ?? "")" : "\(parts.first ?? "")"
    }

    static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

    private static func writeCommonSections(
        to page: inout Roff, signals: Bool, environment: [(name: String, meaning: String)], values: [Setting],
        but name: String
    ) {
        let kinds = values.map(\.kind)
        page.section("VALUES")
        if kinds.contains(where: { if case .endpoints = $0 { true } else { false } }) {
            page.item(
                "E", "",
                "A ZeroMQ endpoint: `tcp://HOST:PORT` or `ipc://PATH`; several are joined by commas. `bind:` or "
                    + "`connect:` before it says what is not usual: sources and sinks connect, routers bind. "
                    + "`curve:` and `plain:` say whether it is encrypted, `?key=` behind it names the server's key.")
        }
        if kinds.contains(where: { if case .pattern = $0 { true } else { false } }) {
            page.item("PATTERN", "", "A topic, a topic and `.*` for all that is below it, or `*` for everything.")
        }
        page.item("TIME", "", "A number and `ns`, `us`, `ms`, `s`, `m`, `h` or `d`, such as `500ms`.")
        page.item("SIZE", "", "Bytes, or with `KiB`, `MiB`, `GiB`, `kB`, `MB`, `GB`, such as `64KiB`.")
        if signals {
            page.section("SIGNALS")
            page.item("SIGINT, SIGTERM", "", "End cleanly.")
            page.item("SIGHUP", "", "Read the configuration and the list of clients again, as far as that is possible.")
        }
        page.section("ENVIRONMENT")
        for (name, meaning) in environment { page.item(name, "", meaning) }
        page.item(
            "NOTIFY_SOCKET, WATCHDOG_USEC", "",
            "Where a service manager is told of readiness and life, as in `sd_notify`(3).")
        page.section("EXIT STATUS")
        for (status, meaning) in [
            ("0", "Done."), ("1", "Failed at run time."), ("64", "Wrong usage."), ("78", "Wrong configuration."),
        ] {
            page.item(status, "", meaning)
        }
        page.section("SEE ALSO")
        let pages = ["eventstorm"] + programs.map(\.name)
        page.prose(pages.filter { $0 != name }.map { "`\($0)`(1)" }.joined(separator: ", "))
    }
}

extension Setting {
    /// What the manual says of it.
    fileprivate func explanation(isWord: Bool) -> String {
        var text = Command.sentence(help)
        switch kind {
        case .integer(let range) where range.upperBound < Int.max:
            text += " From \(range.lowerBound) to \(range.upperBound)."
        default: break
        }
        if let usual { text += " Usually `\(usual)`." }
        if isRequired { text += " Required." }
        if isRepeatable, !isTable { text += " Can be given several times." }
        if isWord { text += " Words without an option are the same." }
        return text
    }
}
