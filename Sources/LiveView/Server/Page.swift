// The page's files, embedded into the program.

/// The files of the page by their paths, and the headers that every answer bears.
enum Page {
    struct File {
        let type: String
        let bytes: [UInt8]
    }

    static let files: [String: File] = {
        var files = [
            "/": File(type: "text/html; charset=utf-8", bytes: PackageResources.index_html),
            "/login": File(type: "text/html; charset=utf-8", bytes: PackageResources.login_html),
            "/icon.svg": File(type: "image/svg+xml", bytes: PackageResources.icon_svg),
            "/dialogs.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.dialogs_css),
            "/log.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.log_css),
            "/panels.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.panels_css),
            "/style.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.style_css),
        ]
        for (name, bytes) in scripts { files["/\(name).js"] = script(bytes) }
        return files
    }()

    private static let scripts: [String: [UInt8]] = [
        "address": PackageResources.address_js,
        "app": PackageResources.app_js,
        "arranging": PackageResources.arranging_js,
        "bands": PackageResources.bands_js,
        "board": PackageResources.board_js,
        "boardmenu": PackageResources.boardmenu_js,
        "books": PackageResources.books_js,
        "catalogue": PackageResources.catalogue_js,
        "clock": PackageResources.clock_js,
        "colours": PackageResources.colours_js,
        "completion": PackageResources.completion_js,
        "connection": PackageResources.connection_js,
        "dashboards": PackageResources.dashboards_js,
        "dom": PackageResources.dom_js,
        "draw": PackageResources.draw_js,
        "editor": PackageResources.editor_js,
        "event": PackageResources.event_js,
        "filterbar": PackageResources.filterbar_js,
        "format": PackageResources.format_js,
        "gaugebody": PackageResources.gaugebody_js,
        "graph": PackageResources.graph_js,
        "graphbody": PackageResources.graphbody_js,
        "header": PackageResources.header_js,
        "headingbody": PackageResources.headingbody_js,
        "heat": PackageResources.heat_js,
        "keys": PackageResources.keys_js,
        "legend": PackageResources.legend_js,
        "logbody": PackageResources.logbody_js,
        "login": PackageResources.login_js,
        "marks": PackageResources.marks_js,
        "menu": PackageResources.menu_js,
        "motion": PackageResources.motion_js,
        "numberbody": PackageResources.numberbody_js,
        "outages": PackageResources.outages_js,
        "overlay": PackageResources.overlay_js,
        "page": PackageResources.page_js,
        "panel": PackageResources.panel_js,
        "panelactions": PackageResources.panelactions_js,
        "plot": PackageResources.plot_js,
        "pointing": PackageResources.pointing_js,
        "query": PackageResources.query_js,
        "question": PackageResources.question_js,
        "recipes": PackageResources.recipes_js,
        "scale": PackageResources.scale_js,
        "series": PackageResources.series_js,
        "settings": PackageResources.settings_js,
        "store": PackageResources.store_js,
        "table": PackageResources.table_js,
        "tail": PackageResources.tail_js,
        "timebar": PackageResources.timebar_js,
        "timeline": PackageResources.timeline_js,
        "tokens": PackageResources.tokens_js,
        "tooltip": PackageResources.tooltip_js,
        "touch": PackageResources.touch_js,
        "topbody": PackageResources.topbody_js,
        "values": PackageResources.values_js,
        "watch": PackageResources.watch_js,
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
        // Without any referrer browsers hide the origin of the form with the password, too, and it would be refused.
        "Referrer-Policy: same-origin",
        "Cross-Origin-Opener-Policy: same-origin",
        "Cross-Origin-Resource-Policy: same-origin",
        "Cache-Control: no-store",
    ]
}
