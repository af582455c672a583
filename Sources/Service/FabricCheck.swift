// What the machine says about a configuration: files, directories, ports, programs.

internal import Eventstorm
internal import Glibc

/// What the machine says about a configuration that is right in itself: files, directories, ports, programs.
///
/// It changes nothing: directories are not created, ports are bound for an instant only.
public struct FabricCheck: Sendable {
    /// What `eventstorm up` would fail on.
    public private(set) var errors: [String] = []
    /// What may be right, or become right later.
    public private(set) var warnings: [String] = []

    private let configuration: Configuration

    /// Looks at everything that a configuration needs.
    ///
    /// - Parameter looksAtPorts: Whether to see if ports are free; not while the fabric runs.
    public init(_ configuration: Configuration, looksAtPorts: Bool = true) {
        self.configuration = configuration
        for section in configuration.sections {
            checkProgram(section)
            checkFiles(section)
        }
        let bound = configuration.sections.flatMap(\.boundAddresses)
        checkTwice(bound)
        if looksAtPorts { for address in bound { checkPort(address) } }
        checkConnections(bound)
        for section in configuration.sections where section.stage == .router { checkCircle(section) }
    }

    private mutating func checkProgram(_ section: Configuration.Section) {
        let name = section.options.command.name
        if Executables.path(of: name) == nil {
            errors.append("\(configuration.path): \(section.label): the program \(name) is not beside this one")
        }
    }

    // MARK: Files

    private mutating func checkFiles(_ section: Configuration.Section) {
        for setting in section.options.command.allSettings {
            for value in section.options.values(setting.name) {
                switch setting.kind {
                case .inputFile: checkInput(value)
                case .outputFile: checkOutput(value.text, value.origin)
                case .directory: checkDirectory(value)
                case .keys(let keys): checkKeys(keys, value)
                case .endpoints(let endpoints):
                    for endpoint in (try? endpoints.parts(of: value.text))?.endpoints ?? [] {
                        if let key = endpoint.serverKey { checkKeys(.server, Given(text: key, origin: value.origin)) }
                    }
                    for file in (try? endpoints.parts(of: value.text))?.files ?? [] { checkOutput(file, value.origin) }
                default: break
                }
            }
        }
    }

    private mutating func checkKeys(_ keys: Setting.Keys, _ value: Given) {
        if let problem = keys.problem(with: value.text) { errors.append("\(value.origin.label): \(problem)") }
    }

    private mutating func checkInput(_ value: Given) {
        if value.text == "-" {
            errors.append("\(value.origin.label): stdin (-) cannot be read by a program that runs unattended")
            return
        }
        let paths = Files.matching(value.text)
        if paths.isEmpty, !written.contains(value.text) {
            warnings.append("\(value.origin.label): \(quoted(value.text)) is not there yet; it is read when it comes")
        }
        for path in paths {
            if Files.isDirectory(path) {
                errors.append("\(value.origin.label): \(quoted(path)) is a directory")
            } else if access(path, R_OK) != 0 {
                errors.append("\(value.origin.label): \(quoted(path)) cannot be read: \(systemErrorText(errno))")
            }
        }
    }

    /// The files that programs of the same fabric write.
    private var written: Set<String> {
        var paths: Set<String> = []
        for section in configuration.sections {
            for setting in section.options.command.allSettings {
                if case .outputFile = setting.kind { paths.formUnion(section.options.texts(setting.name)) }
            }
        }
        return paths
    }

    private mutating func checkOutput(_ path: String, _ origin: Origin) {
        if Files.isDirectory(path) {
            errors.append("\(origin.label): \(quoted(path)) is a directory")
        } else if access(path, F_OK) == 0 {
            if access(path, W_OK) != 0 {
                errors.append("\(origin.label): \(quoted(path)) cannot be written: \(systemErrorText(errno))")
            }
        } else if let problem = Files.creationProblem(in: Files.parent(of: path)) {
            errors.append("\(origin.label): \(quoted(path)) cannot be created: \(problem)")
        }
    }

    private mutating func checkDirectory(_ value: Given) {
        if let problem = Files.creationProblem(in: value.text) {
            errors.append("\(value.origin.label): \(quoted(value.text)) cannot be written to: \(problem)")
        }
    }

    // MARK: Addresses

    private mutating func checkTwice(_ bound: [BoundAddress]) {
        for (index, address) in bound.enumerated() {
            if let first = bound[..<index].first(where: { $0.overlaps(address) }) {
                errors.append("\(address.origin.label): \(address.text) is taken already by \(first.label)")
            }
        }
    }

    private mutating func checkPort(_ address: BoundAddress) {
        switch address.trial() {
        case 0: break
        case EADDRINUSE:
            warnings.append("\(address.origin.label): \(address.text) is in use by another program at present")
        case EACCES:
            errors.append("\(address.origin.label): \(address.text) needs more rights: ports below 1024 are root's")
        case let code:
            errors.append("\(address.origin.label): \(address.text) cannot be bound: \(systemErrorText(code))")
        }
    }

    /// A router that is connected to itself would get its own events back.
    private mutating func checkCircle(_ router: Configuration.Section) {
        for (side, other) in [("in", "out"), ("out", "in")] {
            let bound = router.options.endpoints(other).filter { $0.action == .bind }
                .compactMap { BoundAddress($0, router, other) }
            for value in router.options.values(side) {
                let endpoints = Setting.Endpoints(binds: true, takesFiles: false)
                for link in (try? endpoints.parts(of: value.text))?.endpoints ?? [] where link.action == .connect {
                    guard let address = BoundAddress(link, router, side), bound.contains(where: address.overlaps)
                    else { continue }
                    errors.append(
                        "\(value.origin.label): \(link.address) is this router's own \(quoted(other)): events would go "
                            + "in a circle")
                }
            }
        }
    }

    /// Where a program connects to this machine, somebody in the file should be bound if there is a router at all.
    private mutating func checkConnections(_ bound: [BoundAddress]) {
        guard configuration.sections.contains(where: { $0.stage == .router }) else { return }
        for section in configuration.sections {
            for setting in section.options.command.allSettings {
                guard case .endpoints = setting.kind else { continue }
                for endpoint in section.options.endpoints(setting.name) where endpoint.action == .connect {
                    guard endpoint.isLocal, let address = BoundAddress(endpoint, section, setting.name),
                        !bound.contains(where: { $0.overlaps(address) })
                    else { continue }
                    warnings.append("\(address.origin.label): nothing in this file is bound to \(endpoint.address)")
                }
            }
        }
    }
}
