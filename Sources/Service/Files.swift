// Questions about files.

internal import Glibc

/// Questions about files.
package enum Files {
    /// The names in a directory, in order, without those that begin with a dot.
    ///
    /// - Returns: Nil if it cannot be read; `errno` tells why.
    package static func names(in directory: String) -> [String]? {
        guard let stream = opendir(directory) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// The files that a name stands for: itself if it is there, or those that it matches as a pattern.
    static func matching(_ name: String) -> [String] {
        if access(name, F_OK) == 0 { return [name] }
        guard name.contains(where: { "*?[".contains($0) }) else { return [] }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(name, 0, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
    }

    static func isDirectory(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// The directory that a file is in.
    static func parent(of path: String) -> String {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Why nothing can be created in a directory, which may be missing itself; nil if it can.
    static func creationProblem(in directory: String) -> String? {
        var path = directory
        while access(path, F_OK) != 0 {
            guard errno == ENOENT else { return systemErrorText(errno) }
            path = parent(of: path)
        }
        guard isDirectory(path) else { return "\(quoted(path)) is not a directory" }
        return access(path, W_OK | X_OK) == 0 ? nil : "\(quoted(path)): \(systemErrorText(errno))"
    }
}

/// The text of a small file, nil if it cannot be read, is no UTF-8 or larger than `limit` bytes.
func readFile(_ path: String, limit: Int = 1 << 20) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    let size = 16384
    while bytes.count <= limit {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: size))
        let count = bytes.withUnsafeMutableBytes { buffer in
            retrying { read(descriptor, buffer.baseAddress?.advanced(by: start), size) }
        }
        bytes.removeLast(size - max(0, count))
        if count < 0 { return nil }
        if count == 0 { return String(validating: bytes, as: UTF8.self) }
    }
    return nil
}
