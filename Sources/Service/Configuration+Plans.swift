// From the sections of a configuration to the children of a supervisor.

internal import Eventstorm

extension Configuration {
    /// What a supervisor is to run: each section as a child that reads it with `--config FILE --section NAME`.
    ///
    /// - Parameter arguments: Further words for all of them, such as `--log-level debug`.
    public func plans(arguments: [String] = []) throws(Failure) -> [ChildPlan] {
        var plans: [ChildPlan] = []
        for section in sections {
            let name = section.options.command.name
            guard let executable = Executables.path(of: name) else {
                throw Failure.failed("the program \(name) is not beside this one")
            }
            plans.append(
                ChildPlan(
                    label: shortLabel(section), stage: section.stage, executable: executable,
                    arguments: ["--config", path, "--section", section.name] + arguments,
                    fingerprint: section.options.lastingFingerprint,
                    reloadedFingerprint: section.options.reloadedFingerprint))
        }
        return plans
    }

    /// `live` if there is only one, else `sinks[1].live`.
    private func shortLabel(_ section: Section) -> String {
        sections.count { $0.kind == section.kind } == 1 ? section.kind : section.label
    }

    /// `2 sources, router, 1 sink`.
    public var summary: String {
        func count(_ stage: ChildPlan.Stage, _ word: String) -> String? {
            let number = sections.count { $0.stage == stage }
            return number == 0 ? nil : number == 1 ? "1 \(word)" : "\(number) \(word)s"
        }
        let parts = [count(.source, "source"), count(.router, "router"), count(.sink, "sink")]
        return list(parts.compactMap { $0 }, "and")
    }

    /// The addresses of the live pages, as a browser takes them.
    public var pages: [String] {
        sections.filter { $0.kind == "live" }.map { section in
            var listen = section.options.listen("listen")
            if ["*", "0.0.0.0"].contains(listen.host) { listen.host = "127.0.0.1" }
            if listen.host == "::" { listen.host = "::1" }
            return "http://\(listen)/"
        }
    }

    /// The address that people on this machine subscribe to, nil without a router that is bound.
    public var output: String? { routerAddress("out") }
    /// The address that people on this machine publish to, nil without a router that is bound.
    public var input: String? { routerAddress("in") }

    private func routerAddress(_ side: String) -> String? {
        guard let router = sections.first(where: { $0.stage == .router }) else { return nil }
        return router.options.endpoints(side).filter { $0.action == .bind }.compactMap(\.neighbour).first
    }
}

extension Options {
    /// Equal if all settings are.
    package var fingerprint: String { fingerprint(of: { _ in true }) }

    /// Equal if the settings are that a running program takes over when its configuration is read again.
    public var reloadedFingerprint: String { fingerprint(of: { command.reloaded.contains($0) }) }

    /// Equal if the settings are that need a restart; what only `check` reads is none of them.
    var lastingFingerprint: String { fingerprint(of: { !command.reloaded.contains($0) && $0 != "tests" }) }

    /// The keys of the settings that need a restart and are others than in `options`.
    public func lastingChanges(from options: Options) -> [String] {
        command.settings.filter { setting in
            !command.reloaded.contains(setting.name) && setting.name != "tests"
                && fingerprint(of: { $0 == setting.name }) != options.fingerprint(of: { $0 == setting.name })
        }.map(\.key)
    }

    private func fingerprint(of isIncluded: (String) -> Bool) -> String {
        let values = given.filter { isIncluded($0.key) }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value.map(\.text))" }
        let rows = tables.filter { isIncluded($0.key) }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value.map(\.fingerprint))" }
        return (values + rows).joined(separator: "\n")
    }
}
