// Paths of fields that are written by themselves, outside of queries.

/// Dotted paths of fields, as templates of names and settings of routes have them.
package enum DottedPath {
    /// Whether a text is a path: names that are not empty and do not begin with a dollar sign, joined by dots.
    package static func isValid(_ path: some StringProtocol) -> Bool {
        path.split(separator: ".", omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && !$0.hasPrefix("$") && !$0.contains("{") && !$0.utf8.contains(0) }
    }

    /// Whether one of two paths leads to the other, or both to the same.
    package static func overlap(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        let (short, long) = a.count <= b.count ? (a, b) : (b, a)
        return long.starts(with: short) && (long.count == short.count || long[short.count] == 0x2E)
    }
}
