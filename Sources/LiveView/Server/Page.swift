// The page's files, embedded into the program.

/// The files of the page by their paths, and the headers that every answer bears.
enum Page {
    struct File {
        let type: String
        let bytes: [UInt8]
    }

    static let files: [String: File] = [
        "/": File(type: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        "/login": File(type: "text/html; charset=utf-8", bytes: PackageResources.login_html),
        "/login.js": script(PackageResources.login_js),
        "/style.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.style_css),
        "/icon.svg": File(type: "image/svg+xml", bytes: PackageResources.icon_svg),
        "/app.js": script(PackageResources.app_js),
        "/books.js": script(PackageResources.books_js),
        "/cards.js": script(PackageResources.cards_js),
        "/connection.js": script(PackageResources.connection_js),
        "/dom.js": script(PackageResources.dom_js),
        "/event.js": script(PackageResources.event_js),
        "/format.js": script(PackageResources.format_js),
        "/graph.js": script(PackageResources.graph_js),
        "/series.js": script(PackageResources.series_js),
        "/tail.js": script(PackageResources.tail_js),
        "/topics.js": script(PackageResources.topics_js),
    ]

    private static func script(_ bytes: [UInt8]) -> File {
        File(type: "text/javascript; charset=utf-8", bytes: bytes)
    }

    /// Headers that leave the browser nothing to guess and the page nothing to load from elsewhere.
    static let safety = [
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff",
        "X-Frame-Options: DENY",
        "Referrer-Policy: no-referrer",
        "Cross-Origin-Opener-Policy: same-origin",
        "Cross-Origin-Resource-Policy: same-origin",
        "Cache-Control: no-store",
    ]
}
