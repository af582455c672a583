// From the text of a configuration to sections and problems.

internal import BSON
internal import BSONText

/// Reads a parsed configuration by the programs' tables, and collects everything that is wrong.
struct ConfigurationReader {
    let path: String
    let parsed: ParsedDocument
    var name: String?
    var sections: [Configuration.Section] = []
    var problems: [Problem] = []

    init(path: String, parsed: ParsedDocument) {
        self.path = path
        self.parsed = parsed
    }

    mutating func read() {
        let document = parsed.document
        var elements = document.view.makeIterator()
        while let element = elements.next() {
            switch element.key {
            case "name":
                name = element.string
                if name == nil { wrongType(element, "name", "a text") }
            case "router":
                readSection(element, name: "router", kind: "router", command: .router)
            case let key:
                if let group = Schema.groups.first(where: { $0.name == key }) {
                    readGroup(element, group)
                } else {
                    unknown(element, in: "", known: Schema.keys)
                }
            }
        }
        if sections.isEmpty, problems.isEmpty {
            problem(parsed.place, "nothing to run: \(list(Schema.groups.map(\.name))) is wanted")
        }
    }

    /// `sources: [{log: {…}}, {host: {…}}]`.
    private mutating func readGroup(
        _ element: ElementView, _ group: (name: String, kinds: [(name: String, command: Command?)])
    ) {
        guard let array = element.array else {
            wrongType(element, group.name, "a list such as [{\(group.kinds[0].name): {…}}]")
            return
        }
        var entries = array.makeIterator()
        var index = 0
        while let entry = entries.next() {
            let name = "\(group.name)[\(index)]"
            index += 1
            guard let document = entry.document else {
                wrongType(entry, name, "a document such as {\(group.kinds[0].name): {…}}")
                continue
            }
            readEntry(entry, document, name, group.kinds)
        }
    }

    /// `{log: {…}}`: one key says which program it is.
    private mutating func readEntry(
        _ entry: ElementView, _ document: DocumentView, _ name: String, _ kinds: [(name: String, command: Command?)]
    ) {
        let known = kinds.map(\.name)
        if document.count != 1 {
            let what = document.isEmpty ? "is empty" : "has \(document.count) keys"
            problem(parsed.valuePlace(of: entry), "\(name) \(what); one of \(list(known)) is wanted")
        }
        var elements = document.makeIterator()
        while let element = elements.next() {
            guard let kind = kinds.first(where: { $0.name == element.key }) else {
                unknown(element, in: name, known: known)
                continue
            }
            guard let command = kind.command else {
                problem(parsed.place(of: element), "\(name).\(kind.name) is known but not built yet")
                continue
            }
            readSection(element, name: name, kind: kind.name, command: command)
        }
    }

    private mutating func readSection(_ element: ElementView, name: String, kind: String, command: Command) {
        let label = name == kind ? name : "\(name).\(kind)"
        guard let document = element.document else {
            wrongType(element, label, "a document")
            return
        }
        let options = readSettings(document, command, label: label)
        sections.append(
            .init(name: name, kind: kind, options: options, origin: origin(parsed.valuePlace(of: element), label)))
    }

    /// The settings of a section, or of one entry of a table.
    private mutating func readSettings(_ document: DocumentView, _ command: Command, label: String) -> Options {
        var options = Options(command: command)
        options.section = label
        var elements = document.makeIterator()
        while let element = elements.next() {
            let key = element.key
            guard let setting = command.allSettings.first(where: { $0.key == key }) else {
                unknown(element, in: label, known: command.sectionSettings.map(\.key))
                continue
            }
            if setting.reach == .commandLine {
                problem(
                    parsed.place(of: element), "\"\(key)\" in \(label) is for the command line only: --\(setting.name)")
            } else if case .table(let row) = setting.kind {
                options.tables[setting.name] = readTable(element, setting, row, label: "\(label).\(key)")
            } else if case .document(let command) = setting.kind {
                options.tables[setting.name] = readDocument(element, setting, command, label: "\(label).\(key)")
            } else {
                let values = readValues(element, setting, label: "\(label).\(key)")
                // A value of the wrong type is reported already; it is not missing too.
                options.given[setting.name] = values
            }
        }
        return options
    }

    private mutating func readTable(
        _ element: ElementView, _ setting: Setting, _ command: Command, label: String
    ) -> [Options] {
        guard let array = element.array else {
            wrongType(element, label, setting.kind.wanted)
            return []
        }
        var rows: [Options] = []
        var entries = array.makeIterator()
        while let entry = entries.next() {
            let name = "\(label)[\(rows.count)]"
            guard let document = entry.document else {
                wrongType(entry, name, "a document")
                continue
            }
            rows.append(readRow(entry, document, command, label: name))
        }
        return rows
    }

    private mutating func readDocument(
        _ element: ElementView, _ setting: Setting, _ command: Command, label: String
    ) -> [Options] {
        guard let document = element.document else {
            wrongType(element, label, setting.kind.wanted)
            return []
        }
        return [readRow(element, document, command, label: label)]
    }

    /// The settings of a document inside a section.
    private mutating func readRow(
        _ element: ElementView, _ document: DocumentView, _ command: Command, label: String
    ) -> Options {
        var row = readSettings(document, command, label: label)
        let place = origin(parsed.valuePlace(of: element), label)
        row.origin = place
        problems += row.problems(in: place)
        return row
    }

    /// One value, or the values of a list where a list is permitted.
    private mutating func readValues(_ element: ElementView, _ setting: Setting, label: String) -> [Given] {
        if case .value = setting.kind { return readValue(element, setting, label: label).map { [$0] } ?? [] }
        guard let array = element.array else {
            return readValue(element, setting, label: label).map { [$0] } ?? []
        }
        guard setting.isRepeatable else {
            wrongType(element, label, setting.kind.wanted)
            return []
        }
        var values: [Given] = []
        var index = 0
        var entries = array.makeIterator()
        while let entry = entries.next() {
            if let value = readValue(entry, setting, label: "\(label)[\(index)]") { values.append(value) }
            index += 1
        }
        if index == 0 { problem(parsed.valuePlace(of: element), "\(label): the list is empty") }
        return values
    }

    private mutating func readValue(_ element: ElementView, _ setting: Setting, label: String) -> Given? {
        guard let text = setting.kind.text(of: element) else {
            wrongType(element, label, setting.kind.wanted)
            return nil
        }
        let origin = origin(parsed.valuePlace(of: element), label)
        return Given(text: text, origin: origin, value: value(element, setting, label))
    }

    /// What a setting keeps besides its text if the program wants to read it as it is.
    private func value(_ element: ElementView, _ setting: Setting, _ label: String) -> ConfigurationValue? {
        switch setting.kind {
        case .query, .value: ConfigurationValue(parsed: parsed, offset: element.offset, path: path, label: label)
        default: nil
        }
    }

    // MARK: Problems

    private func origin(_ place: TextPlace?, _ label: String) -> Origin {
        let place = place ?? parsed.place
        return Origin(
            label: "\(path):\(place): \(label)", isConfiguration: true, line: place.line, column: place.column)
    }

    private mutating func problem(_ place: TextPlace?, _ message: String) {
        let place = place ?? parsed.place
        problems.append(
            Problem(
                line: place.line, column: place.column, message: "\(path):\(place): \(message)", isConfiguration: true))
    }

    private mutating func wrongType(_ element: ElementView, _ label: String, _ wanted: String) {
        problem(parsed.valuePlace(of: element), "\(label): \(wanted) is wanted, not \(element.told)")
    }

    private mutating func unknown(_ element: ElementView, in label: String, known: [String]) {
        let key = element.key
        var hint = suggestion(for: key, among: known)
        if hint.isEmpty, known.count < 6 { hint = "; known are \(list(known, "and"))" }
        let place = label.isEmpty ? "" : " in \(label)"
        problem(parsed.place(of: element), "unknown key \(quoted(key))\(place)\(hint)")
    }
}

extension ElementView {
    /// How a message calls a value: numbers and words as they are, the rest by its type.
    fileprivate var told: String {
        switch type {
        case .document: "a document"
        case .array: "a list"
        case .string: "the text \(quoted(string ?? ""))"
        default: quotedless(BSONText.string(valueOf: self))
        }
    }

    private func quotedless(_ text: String) -> String { text.count > 60 ? text.prefix(57) + "..." : text }
}

extension Setting.Kind {
    /// What a configuration should hold, for messages.
    fileprivate var wanted: String {
        switch self {
        case .flag: "true or false"
        case .text: "a text"
        case .integer: "a whole number"
        case .number: "a number"
        case .value(let wanted): wanted
        case .document: "a document"
        case .duration: "a time such as \"10s\""
        case .size: "a size such as \"64KiB\""
        case .choice(let words): "one of \(list(words.map { "\"\($0)\"" }))"
        case .endpoints: "an endpoint such as \"tcp://127.0.0.1:5570\""
        case .past: "a date, or an age such as \"2h\""
        case .lineSocket: "a socket such as \"udp:127.0.0.1:514\""
        case .listen: "an address such as \"127.0.0.1:8080\""
        case .pattern: "a pattern such as \"http.*\""
        case .topic: "a topic such as \"http.hit\""
        case .inputFile, .outputFile, .keys: "the name of a file"
        case .directory: "the name of a directory"
        case .query: "a query such as {status: 404}"
        case .table: "a list of documents"
        }
    }

    /// The value of an element as it would be written on the command line; nil if it is of a type that is not wanted.
    fileprivate func text(of element: ElementView) -> String? {
        switch self {
        case .flag: element.bool.map { $0 ? "true" : "false" }
        case .integer: element.integer.map(String.init)
        case .number: element.number.map { "\($0)" }
        case .value: BSONText.string(valueOf: element)
        // A number without unit gets a message of its own.
        case .duration, .size, .listen: element.string ?? element.integer.map(String.init)
        case .query: element.string ?? (element.document == nil ? nil : BSONText.string(valueOf: element))
        case .table, .document: nil
        default: element.string
        }
    }
}
