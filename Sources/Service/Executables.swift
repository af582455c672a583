// Where the programs of this installation are.

internal import Glibc

/// Where the programs of this installation are: beside the one that runs.
enum Executables {
    /// The directory of the running program, links resolved.
    static let directory: String? = {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        let text = String(cString: path)
        return text.lastIndex(of: "/").map { String(text[..<$0]) }
    }()

    /// The path of a program beside this one, if it is there and can be run.
    static func path(of name: String) -> String? {
        guard let directory else { return nil }
        let path = "\(directory)/\(name)"
        return access(path, X_OK) == 0 ? path : nil
    }
}
