// Dashboards over HTTP: listed, read, saved, deleted.

internal import CWebSockets
internal import ZeroMQ

extension ServerLoop {
    /// Where dashboards are.
    static let dashboardsPath = "/api/dashboards"

    /// The name behind the path of dashboards; nil for another path, empty for all of them.
    static func dashboard(_ path: String) -> String? {
        if path == dashboardsPath { return "" }
        guard path.hasPrefix(dashboardsPath + "/") else { return nil }
        return String(path.dropFirst(dashboardsPath.count + 1))
    }

    /// Why a request may not do what it wants with dashboards; nil if it may.
    private func refusal(_ request: Request, _ method: String, _ rights: UserRights?) -> Answer? {
        guard dashboards != nil else { return .refusal(404, "Not Found", "no --dashboards were named here") }
        guard let rights else { return Self.unknownUser }
        if method == "GET" || method == "HEAD" { return nil }
        guard method == "PUT" || method == "DELETE" else {
            return .refusal(
                405, "Method Not Allowed", "only GET, HEAD, PUT and DELETE", headers: ["Allow: GET, HEAD, PUT, DELETE"])
        }
        // Another site's page could send these, too.
        if let refusal = refusal(of: request, mustHaveOrigin: true) { return refusal }
        guard rights.savesDashboards else { return .refusal(403, "Forbidden", "you may not change dashboards") }
        return nil
    }

    static var unknownUser: Answer {
        .refusal(401, "Unauthorized", "who are you?", headers: ["WWW-Authenticate: Basic realm=\"eventstorm\""])
    }

    /// Answers what has no body.
    func answer(dashboard name: String, _ request: Request, _ method: String, _ rights: UserRights?) -> Answer {
        if let refusal = refusal(request, method, rights) { return refusal }
        if method == "PUT" {
            return .refusal(
                413, "Content Too Large", "a body of 1 to \(DashboardStore.mostBytes) bytes is wanted, with its length")
        }
        if request.hasBody { return .refusal(413, "Content Too Large", "this has no body") }
        do throws(DashboardStore.Refusal) {
            if method == "DELETE" {
                try dashboards?.remove(name, if: Self.condition(request))
                return Answer(status: 204, phrase: "No Content")
            }
            if name.isEmpty { return .json(Self.text(dashboards?.list() ?? [])) }
            guard let (bytes, tag) = try dashboards?.read(name) else { throw .unknown }
            var answer = Answer.json(bytes)
            answer.headers.append("ETag: \(tag)")
            return answer
        } catch {
            return Self.answer(error)
        }
    }

    /// What a request that brings a dashboard wants; nil if it may not, or is refused.
    func pendingDashboard(_ name: String, _ request: Request, length: Int) -> Pending? {
        guard (1...DashboardStore.mostBytes).contains(length) else { return nil }
        let who = gate.rights(request.credentials, now: realtimeMilliseconds())
        guard refusal(request, "PUT", who?.rights) == nil else { return nil }
        return Pending(
            purpose: .dashboard(name, Self.condition(request)), limit: length, credentials: request.credentials,
            hit: request.hit)
    }

    /// Stores a dashboard that has come.
    func store(_ name: String, _ bytes: [UInt8], if condition: DashboardStore.Condition) -> Answer {
        do throws(DashboardStore.Refusal) {
            guard let tag = try dashboards?.write(name, bytes, if: condition) else { throw .unknown }
            return Answer(status: 204, phrase: "No Content", headers: ["ETag: \(tag)"])
        } catch {
            return Self.answer(error)
        }
    }

    private static func condition(_ request: Request) -> DashboardStore.Condition {
        if let tag = request.text(WSI_TOKEN_HTTP_IF_MATCH), tag != "*" { return .tag(tag) }
        if request.text(WSI_TOKEN_HTTP_IF_NONE_MATCH) == "*" { return .absent }
        return .none
    }

    private static func answer(_ refusal: DashboardStore.Refusal) -> Answer {
        switch refusal {
        case .wrong(let why): .refusal(400, "Bad Request", why)
        case .unknown: .refusal(404, "Not Found", "no such dashboard")
        case .changed: .refusal(412, "Precondition Failed", "somebody else changed it")
        case .full: .refusal(507, "Insufficient Storage", "\(DashboardStore.most) dashboards are the limit")
        case .disk(let why): .refusal(500, "Internal Server Error", why)
        }
    }

    private static func text(_ entries: [DashboardStore.Entry]) -> [UInt8] {
        var text: [UInt8] = []
        text.json("{\"dashboards\":[")
        for (index, entry) in entries.enumerated() {
            text.json(index == 0 ? "{\"name\":" : ",{\"name\":")
            text.json(string: entry.name)
            text.json(",\"title\":")
            text.json(string: entry.title)
            text.json(",\"changed\":")
            text.json(entry.changed)
            text.json("}")
        }
        text.json("]}")
        return text
    }
}
