// The page's files: complete, self-contained, and without a way from text to markup.

import Glibc
import Testing

@testable import LiveView

@Suite("The page")
struct PageTests {
    static let directory: String = {
        let file = #filePath
        let root = file.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(root)/Sources/LiveView/Page"
    }()

    static let names: [String] = {
        guard let directory = opendir(directory) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }()

    /// Where a file is served.
    static func path(of name: String) -> String {
        switch name {
        case "index.html": "/"
        case "login.html": "/login"
        default: "/\(name)"
        }
    }

    func text(_ name: String) -> String { String(decoding: readFile("\(Self.directory)/\(name)") ?? [], as: UTF8.self) }

    @Test("every source is served as it is, and nothing else is")
    func embedded() {
        #expect(Self.names.count >= 10)
        #expect(Set(Page.files.keys) == Set(Self.names.map { Self.path(of: $0) }))
        for name in Self.names {
            #expect(Page.files[Self.path(of: name)]?.bytes == Array(text(name).utf8), "\(name)")
        }
    }

    @Test("no script turns text into markup or code", arguments: names.filter { $0.hasSuffix(".js") })
    func textStaysText(name: String) {
        let banned = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "srcdoc",
            "DOMParser", "createContextualFragment", "setHTML", "javascript:", "setTimeout(\"", "import(",
        ]
        for word in banned { #expect(!text(name).contains(text: word), "\(word)") }
    }

    @Test("nothing is loaded from elsewhere, inline or missing", arguments: names)
    func selfContained(name: String) {
        let source = text(name)
        let isLoaded = ["src=\"http", "href=\"http", "url(http", "from \"http", "//cdn", "@import"]
        for word in isLoaded { #expect(!source.contains(text: word), "\(word)") }
        if name.hasSuffix(".html") {
            for word in ["<script>", "<style", " style=", " onclick=", " onload="] {
                #expect(!source.contains(text: word), "\(word)")
            }
        }
        for line in source.split(separator: "\n") where line.hasPrefix("import ") {
            let path = line.split(separator: "\"").dropLast().last.map(String.init) ?? ""
            #expect(Self.names.contains(String(path.dropFirst(2))), "\(line)")
        }
    }

    @Test("the browser is told of all modules at once, instead of finding them one by one")
    func preloaded() {
        let modules = Self.names.filter { $0.hasSuffix(".js") && $0 != "app.js" && $0 != "login.js" }
        let told = text("index.html").split(separator: "\n").filter { $0.hasPrefix("<link rel=\"modulepreload\"") }
        #expect(told == modules.map { "<link rel=\"modulepreload\" href=\"\($0)\">" })
    }

    @Test("each file is small enough to read", arguments: names)
    func small(name: String) {
        let lines = text(name).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 350)
        for line in lines { #expect(line.count <= 140, "\(line)") }
    }
}
