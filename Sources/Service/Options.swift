// The settings of one run of a program, read and checked.

public import Eventstorm

/// One value as it was written, and where.
struct Given: Sendable, Equatable {
    var text: String
    var origin: Origin
    /// The value itself, where its text does not say it all.
    var value: ConfigurationValue?
}

/// Where a value was written.
package struct Origin: Sendable, Equatable {
    /// `--every`, or `fabric.json5:3:18: sources[0].host.every`.
    var label: String
    /// Whether a configuration file is to be changed to change it.
    var isConfiguration = false
    /// Place in the file, 1-based; 0 on the command line.
    var line = 0
    var column = 0

    package func problem(_ message: String) -> Problem {
        Problem(line: line, column: column, message: "\(label): \(message)", isConfiguration: isConfiguration)
    }
}

/// One thing that is wrong with the options or a configuration.
package struct Problem: Error, Sendable, Equatable {
    package var line: Int
    package var column: Int
    package var message: String
    var isConfiguration: Bool
}

/// The settings of one run of a program, read and checked.
///
/// Every value was checked when the options were read, so the getters do not fail; asking for a setting that the
/// table does not have, or for a value that is neither required nor usual, is a mistake of the programmer and traps.
public struct Options: Sendable {
    /// The program's table.
    public let command: Command
    /// The label of the section that the settings come from, such as `sources[0].host`.
    public internal(set) var section: String?
    /// Where the document begins that the settings come from, if it is one inside a section.
    package internal(set) var origin: Origin?
    /// The command line that was read.
    var arguments: [String] = []
    var given: [String: [Given]] = [:]
    var tables: [String: [Options]] = [:]

    init(command: Command) { self.command = command }

    /// Whether the setting was given, on the command line or in the configuration.
    public func has(_ name: String) -> Bool {
        _ = setting(name)
        return given[name] != nil || tables[name] != nil
    }

    /// Whether a flag is on.
    public func flag(_ name: String) -> Bool { values(name).last?.text == "true" }

    /// The text of a setting: any kind, as it was written.
    public func text(_ name: String) -> String { required(name, textIfGiven(name)) }
    /// The text of a setting, if it was given or has a usual value.
    public func textIfGiven(_ name: String) -> String? { values(name).last?.text }
    /// All texts of a repeatable setting.
    public func texts(_ name: String) -> [String] { values(name).map(\.text) }

    /// A whole number.
    public func integer(_ name: String) -> Int { required(name, integerIfGiven(name)) }
    /// A whole number, if it was given or has a usual value.
    public func integerIfGiven(_ name: String) -> Int? { values(name).last.flatMap { Int($0.text) } }

    /// A time.
    public func duration(_ name: String) -> Duration { required(name, durationIfGiven(name)) }
    /// A time, if it was given or has a usual value.
    public func durationIfGiven(_ name: String) -> Duration? {
        values(name).last.flatMap { Quantity.duration($0.text) }
    }

    /// A number of bytes.
    public func size(_ name: String) -> Int { required(name, sizeIfGiven(name)) }
    /// A number of bytes, if it was given or has a usual value.
    public func sizeIfGiven(_ name: String) -> Int? { values(name).last.flatMap { Quantity.size($0.text) } }

    /// Where to serve.
    public func listen(_ name: String) -> Listen { required(name, values(name).last.flatMap { Listen($0.text) }) }

    /// The endpoints of a list, without the files in it.
    public func endpoints(_ name: String) -> [Endpoint] { endpointParts(name).flatMap(\.endpoints) }
    /// The files that stand as `bson:FILE` in a list of endpoints.
    public func bsonFiles(_ name: String) -> [String] { endpointParts(name).flatMap(\.files) }

    /// Patterns of topics.
    public func patterns(_ name: String) -> [Pattern] { values(name).compactMap { try? Pattern($0.text) } }
    /// A topic, if it was given or has a usual name.
    public func topicIfGiven(_ name: String) -> Topic? { values(name).last.flatMap { try? Topic($0.text) } }

    /// The documents of a table, such as a router's `routes`; empty if there are none.
    public func table(_ name: String) -> [Options] {
        _ = setting(name)
        return tables[name] ?? []
    }

    /// The document of a setting that has settings of its own, such as a route's `throttle`; nil if it was not given.
    public func document(_ name: String) -> Options? { table(name).first }

    /// A number, if it was given or has a usual value.
    public func numberIfGiven(_ name: String) -> Double? { values(name).last.flatMap { Double($0.text) } }

    /// The value of a setting as it stands in a configuration; nil if it was not given there.
    package func value(_ name: String) -> ConfigurationValue? { values(name).last?.value }

    /// Where a setting was given; nil if it was not.
    package func place(of name: String) -> Origin? { values(name).last?.origin }

    /// A failure about this setting that only the program can find: it names the option, or the place in the file.
    public func failure(_ name: String, _ message: String) -> Failure {
        let origin = values(name).last?.origin ?? Origin(label: "--\(name)")
        return Failure(origin.isConfiguration ? .configuration : .usage, [origin.problem(message).message])
    }

    func values(_ name: String) -> [Given] {
        let setting = setting(name)
        if let values = given[name] { return values }
        guard let usual = setting.usual else { return [] }
        return [Given(text: usual, origin: Origin(label: "--\(name)"))]
    }

    private func endpointParts(_ name: String) -> [(endpoints: [Endpoint], files: [String])] {
        guard case .endpoints(let endpoints) = setting(name).kind else { return [] }
        return values(name).compactMap { try? endpoints.parts(of: $0.text) }
    }

    private func setting(_ name: String) -> Setting {
        guard let setting = command.setting(named: name) else {
            preconditionFailure("\(command.name) has no setting named \(name)")
        }
        return setting
    }

    private func required<Value>(_ name: String, _ value: Value?) -> Value {
        guard let value else {
            preconditionFailure("\(command.name): --\(name) is of another kind, or neither required nor usual")
        }
        return value
    }
}

extension Options {
    /// Everything that is wrong with the values, taken alone and together.
    func problems(in place: Origin? = nil) -> [Problem] {
        var problems: [Problem] = []
        for setting in command.allSettings {
            for value in given[setting.name] ?? [] {
                if let message = setting.kind.problem(with: value.text) {
                    problems.append(value.origin.problem(message))
                }
            }
            if setting.isRequired, given[setting.name] == nil, tables[setting.name] == nil {
                problems.append(missing(setting, place))
            }
        }
        // Rules look at values that are right each for itself; one that could not be read was told of by its reader.
        let isWhole = !given.values.contains { $0.isEmpty }
        if problems.isEmpty, isWhole, let rule = command.rule {
            problems = rule(self).map { origin(of: $0.setting, in: place).problem($0.problem) }
        }
        return problems + strangersProblems() + securityProblems()
    }

    private func origin(of name: String, in place: Origin?) -> Origin {
        given[name]?.last?.origin ?? place ?? Origin(label: "--\(name)")
    }

    private func missing(_ setting: Setting, _ place: Origin?) -> Problem {
        if let place { return place.problem("\"\(setting.key)\" is missing: \(setting.help)") }
        let what = setting.name == command.words ? setting.placeholder : setting.usage
        return Problem(line: 0, column: 0, message: "\(what) is missing: \(setting.help)", isConfiguration: false)
    }

    /// Plain endpoints and servers that are open to other machines without `insecure`.
    private func strangersProblems() -> [Problem] {
        guard let insecure = command.setting(named: Setting.insecure.name), !flag(insecure.name) else { return [] }
        var problems: [Problem] = []
        for setting in command.allSettings {
            for value in values(setting.name) {
                guard let address = setting.kind.openAddress(in: value.text, unless: isEncrypted) else { continue }
                if case .listen = setting.kind, command.setting(named: "tls") != nil, has("tls") { continue }
                let permit = value.origin.isConfiguration ? "\(insecure.key): true" : "--\(insecure.name)"
                problems.append(
                    value.origin.problem(
                        "\(address) is open to other machines, unencrypted; "
                            + "bind to 127.0.0.1 or permit it with \(permit)"
                    ))
            }
        }
        return problems
    }
}

extension Setting.Kind {
    /// The first address in `text` that is bound where other machines can reach it.
    fileprivate func openAddress(in text: String, unless isEncrypted: (Endpoint) -> Bool) -> String? {
        switch self {
        case .endpoints(let endpoints):
            (try? endpoints.parts(of: text))?.endpoints
                .first { $0.action == .bind && !$0.isLocal && !isEncrypted($0) }?.address
        case .listen:
            Listen(text).flatMap { $0.isLoopback ? nil : $0.description }
        default: nil
        }
    }
}
