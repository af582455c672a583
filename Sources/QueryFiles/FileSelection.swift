// Which files are meant by the paths on the command line.

internal import Glibc
internal import Service

/// The BSON files behind some paths.
enum FileSelection {
    /// Returns files in the order of the paths, and within a directory by name; `-` stays as it is.
    ///
    /// A directory stands for all files below it whose names end with `.bson` or `.bson.part`.
    ///
    /// - Throws: ``QueryFilesError`` if a path leads nowhere, or a directory has no such file.
    static func files(_ paths: [String]) throws(QueryFilesError) -> [String] {
        var files: [String] = []
        for path in paths {
            if path == "-" {
                files.append(path)
                continue
            }
            var status = stat()
            if stat(path, &status) != 0 { throw QueryFilesError("\(path): \(String(cString: strerror(errno)))") }
            if status.st_mode & S_IFMT != S_IFDIR {
                files.append(path)
                continue
            }
            let found = below(path, depth: 0)
            if found.isEmpty { throw QueryFilesError("\(path): there is no file *.bson in this directory") }
            files += found
        }
        return files
    }

    /// Levels of directories; an archive has two.
    private static let deepest = 16

    private static func below(_ directory: String, depth: Int) -> [String] {
        guard depth < deepest, let names = Files.names(in: directory) else { return [] }
        return names.flatMap { name -> [String] in
            let path = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
            var status = stat()
            if lstat(path, &status) != 0 { return [] }
            if status.st_mode & S_IFMT == S_IFDIR { return below(path, depth: depth + 1) }
            let isBSON = name.hasSuffix(".bson") || name.hasSuffix(".bson.part")
            return status.st_mode & S_IFMT == S_IFREG && isBSON ? [path] : []
        }
    }
}

/// Why files could not be queried.
public struct QueryFilesError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, with the path or the place.
    public let description: String

    init(_ description: String) { self.description = description }
}
