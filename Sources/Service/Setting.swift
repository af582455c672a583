// One setting of a program: an option on the command line and a key in the configuration file.

/// One setting of a program: `--access-log FILE` on the command line, `access_log: "FILE"` in the configuration.
///
/// A program's table of settings is the only description of them: the command line, the schema of the configuration
/// file, `--help` and `eventstorm check` are all read from it.
public struct Setting: Sendable {
    /// What a setting's value is.
    public enum Kind: Sendable {
        /// Given or not given; `true` or `false` in a configuration.
        case flag
        /// Any text that is not empty.
        case text
        /// A whole number in a range.
        case integer(ClosedRange<Int>)
        /// A number in a range, with a fraction or without.
        case number(ClosedRange<Double>)
        /// A time such as `10s`, `500ms`, `5m`.
        case duration(ClosedRange<Duration>)
        /// A number of bytes such as `64KiB`, `2MB`, `4096`.
        case size(ClosedRange<Int>)
        /// One of some words.
        case choice([String])
        /// ZeroMQ endpoints joined by commas.
        case endpoints(Endpoints)
        /// A time in the past: a date, or an age such as `2h`.
        case past
        /// `udp:HOST:PORT`, `tcp:HOST:PORT` or `unix:PATH`, where lines come.
        case lineSocket
        /// `HOST:PORT`, `:PORT` or `PORT` to serve on.
        case listen
        /// A topic, a topic followed by `.*`, or `*`.
        case pattern
        /// The name of a topic.
        case topic
        /// A file that is read and may come later; `*`, `?` and `[…]` stand for several; `-` is stdin.
        case inputFile
        /// A file that is written.
        case outputFile
        /// A directory that is created when it is missing.
        case directory
        /// A query: text, or in a configuration the document itself, which is kept as JSON text.
        case query
        /// A value whose meaning the program knows, and how messages call it; only in a configuration.
        case value(String)
        /// A document with settings of its own; only in a configuration.
        case document(Command)
        /// Keys: the file with a pair, a public one, or a list of clients.
        case keys(Keys)
        /// A list of documents with settings of their own; only in a configuration.
        case table(Command)
    }

    /// What is usual for a list of endpoints.
    public struct Endpoints: Sendable {
        /// Whether an endpoint without a word is bound.
        public var binds: Bool
        /// Whether `bson:FILE` is an endpoint too.
        public var takesFiles: Bool
    }

    /// Where a setting can be given.
    public enum Reach: Sendable {
        /// On the command line and in a configuration.
        case everywhere
        /// On the command line only: it is about one run.
        case commandLine
    }

    /// The words of the option, joined by `-`, without the leading dashes.
    public var name: String
    /// What the value is.
    public var kind: Kind
    /// What stands for the value in `--help`.
    public var placeholder: String
    /// One line for `--help`, lower case, no full stop.
    public var help: String
    /// The value when none is given, written as on the command line.
    public var usual: String?
    /// Whether the program cannot run without it.
    public var isRequired: Bool
    /// Whether it can be given several times; a list in a configuration.
    public var isRepeatable: Bool
    /// Where it can be given.
    public var reach: Reach

    /// Creates a setting; the static functions below read better.
    public init(
        _ name: String, _ kind: Kind, _ placeholder: String, _ help: String, usual: String? = nil,
        required: Bool = false, repeatable: Bool = false, reach: Reach = .everywhere
    ) {
        self.name = name
        self.kind = kind
        self.placeholder = placeholder
        self.help = help
        self.usual = usual
        isRequired = required
        isRepeatable = repeatable
        self.reach = reach
    }

    /// The key in a configuration file: the same words joined by `_`.
    public var key: String { String(name.map { $0 == "-" ? "_" : $0 }) }

    /// Whether an option takes no value.
    var isFlag: Bool { if case .flag = kind { true } else { false } }
    /// Whether it exists in a configuration only.
    var isTable: Bool {
        switch kind {
        case .table, .document, .value: true
        default: false
        }
    }

    /// Whether it names keys.
    var isAboutKeys: Bool { if case .keys = kind { true } else { false } }

    /// `--every 1s` in `--help`.
    var usage: String { placeholder.isEmpty ? "--\(name)" : "--\(name) \(placeholder)" }
}

extension Setting {
    /// A setting that is given or not given.
    public static func flag(_ name: String, _ help: String, reach: Reach = .everywhere) -> Setting {
        Setting(name, .flag, "", help, reach: reach)
    }

    /// A setting whose value is any text.
    public static func text(
        _ name: String, _ placeholder: String, _ help: String, usual: String? = nil, required: Bool = false,
        repeatable: Bool = false, reach: Reach = .everywhere
    ) -> Setting {
        Setting(
            name, .text, placeholder, help, usual: usual, required: required, repeatable: repeatable, reach: reach)
    }

    /// A setting whose value is a whole number.
    public static func integer(
        _ name: String, in range: ClosedRange<Int> = 0...Int.max, _ help: String,
        usual: String? = nil, required: Bool = false, reach: Reach = .everywhere
    ) -> Setting {
        Setting(name, .integer(range), "N", help, usual: usual, required: required, reach: reach)
    }

    /// A setting whose value is a number.
    public static func number(
        _ name: String, in range: ClosedRange<Double>, _ help: String, usual: String? = nil
    ) -> Setting {
        Setting(name, .number(range), "N", help, usual: usual)
    }

    /// A setting whose value the program understands; messages call it `wanted`.
    public static func value(_ name: String, _ wanted: String, _ help: String, required: Bool = false) -> Setting {
        Setting(name, .value(wanted), "", help, required: required)
    }

    /// A setting whose value is a time.
    public static func duration(
        _ name: String, in range: ClosedRange<Duration> = .zero ... .seconds(365 * 86400),
        _ help: String, usual: String? = nil, required: Bool = false, reach: Reach = .everywhere
    ) -> Setting {
        Setting(name, .duration(range), "TIME", help, usual: usual, required: required, reach: reach)
    }

    /// A setting whose value is a number of bytes.
    public static func size(
        _ name: String, in range: ClosedRange<Int> = 0...Int.max, _ help: String,
        usual: String? = nil, required: Bool = false, reach: Reach = .everywhere
    ) -> Setting {
        Setting(name, .size(range), "SIZE", help, usual: usual, required: required, reach: reach)
    }

    /// A setting whose value is one of some words.
    public static func choice(
        _ name: String, _ words: [String], _ help: String, usual: String? = nil, required: Bool = false,
        reach: Reach = .everywhere
    ) -> Setting {
        Setting(
            name, .choice(words), words.joined(separator: "|"), help, usual: usual, required: required, reach: reach)
    }

    /// Endpoints to connect to unless they say `bind:`; `bson:FILE` among them if `takesFiles`.
    public static func connecting(
        _ name: String, _ help: String, usual: String? = nil, required: Bool = false, takesFiles: Bool = false
    ) -> Setting {
        Setting(
            name, .endpoints(Endpoints(binds: false, takesFiles: takesFiles)), "E", help, usual: usual,
            required: required, repeatable: true)
    }

    /// Endpoints to bind unless they say `connect:`.
    public static func binding(
        _ name: String, _ help: String, usual: String? = nil, required: Bool = false
    ) -> Setting {
        Setting(
            name, .endpoints(Endpoints(binds: true, takesFiles: false)), "E", help, usual: usual, required: required,
            repeatable: true)
    }

    /// Patterns of topics, repeatable.
    public static func patterns(_ name: String, _ help: String, usual: String? = nil) -> Setting {
        Setting(name, .pattern, "PATTERN", help, usual: usual, repeatable: true)
    }

    /// Files that are read, repeatable.
    public static func inputFiles(
        _ name: String, _ help: String, required: Bool = false, reach: Reach = .everywhere
    ) -> Setting {
        Setting(name, .inputFile, "FILE", help, required: required, repeatable: true, reach: reach)
    }
}
