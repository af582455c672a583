// The report as a table for people and as a document for programs.
public import BSON
import Eventstorm

extension BooksReport {
    /// The report as a text of aligned columns.
    public var table: String {
        if members.isEmpty { return "no status was heard\n" }
        var text = memberTable()
        for kind in Kind.allCases {
            let rows = rows.filter { $0.kind == kind }
            if rows.isEmpty { continue }
            text += "\n\(kind.identity)\n" + Table(kind.columns + [""], rows.map { kind.cells($0) }).text
        }
        let off = rows.filter { !$0.isBalanced }.count
        text += "\n"
        switch (off, rows.count) {
        case (0, 1): text += "1 row, which adds up\n"
        case (0, let all): text += "\(all) rows, all of them add up\n"
        case (1, let all): text += "\(all) rows, 1 of them does not add up\n"
        case (let off, let all): text += "\(all) rows, \(off) of them do not add up\n"
        }
        return text
    }

    private func memberTable() -> String {
        let rows = members.map { member in
            let times = member.generations > 1 ? "\(member.generations) in succession" : ""
            let remarks = member.remarks.map { "\($0.name) \($0.count)" }
            return [
                member.name, member.role, "\(member.host):\(member.pid)", member.state.rawValue,
                ([times] + remarks).filter { !$0.isEmpty }.joined(separator: ", "),
            ]
        }
        return Table(["process", "role", "host:pid", "state", ""], rows, leading: 5).text
    }

    /// Writes the report into the open document.
    public func write(into writer: inout DocumentWriter) {
        writer["balanced"] = isBalanced
        writer.array("processes") { array in
            for member in members {
                array.document { writer in
                    writer["name"] = member.name
                    writer["role"] = member.role
                    writer["host"] = member.host
                    writer["pid"] = member.pid
                    writer["state"] = member.state.rawValue
                    writer["generations"] = member.generations
                    for (name, count) in member.remarks { writer[name] = Int64(clamping: count) }
                }
            }
        }
        for kind in Kind.allCases {
            writer.array(key: kind.plural) { array in
                for row in rows where row.kind == kind {
                    array.document { writer in
                        writer["process"] = row.process
                        if let upstream = row.upstream { writer["upstream"] = upstream }
                        writer["topic"] = row.topic.name
                        for (name, value) in row.numbers { writer[name] = value }
                        writer["difference"] = row.difference
                    }
                }
            }
        }
    }
}

extension BooksReport.Kind {
    /// The name of the rows of this kind in a document.
    var plural: String {
        switch self {
        case .source: "sources"
        case .link: "links"
        case .inside: "insides"
        }
    }

    /// The identity, as a heading.
    var identity: String {
        switch self {
        case .source: "sources: emitted = unwanted + refused + queued + sent"
        case .link: "links: sent - from = received + lost + malformed + unknown + pending; absent stands beside it"
        case .inside: "inside: received = what became of it"
        }
    }

    var columns: [String] {
        switch self {
        case .source: ["process", "topic", "emitted", "unwanted", "refused", "queued", "sent"]
        case .link:
            [
                "process", "upstream", "topic", "sent", "from", "received", "lost", "malformed", "absent", "unknown",
                "pending",
            ]
        case .inside: ["process", "topic", "received", "fates"]
        }
    }

    func cells(_ row: BooksReport.Row) -> [String] {
        let verdict = row.isBalanced ? "" : "off by \(row.difference)"
        switch self {
        case .source, .link:
            return [row.process] + (row.upstream.map { [$0] } ?? []) + [row.topic.name]
                + row.numbers.map { String($0.value) } + [verdict]
        case .inside:
            let fates = row.numbers.dropFirst().map { "\($0.name) \($0.value)" }.joined(separator: " ")
            return [row.process, row.topic.name, String(row["received"] ?? 0), fates, verdict]
        }
    }
}

/// Columns of text: names to the left, numbers to the right.
struct Table {
    let text: String

    /// - Parameter leading: How many columns are names; nil for those in which not all is numbers.
    init(_ heading: [String], _ rows: [[String]], leading: Int? = nil) {
        let isName = heading.indices.map { column in
            leading.map { column < $0 } ?? !rows.allSatisfy { Int64($0[column]) != nil }
        }
        let widths = heading.indices.map { column in
            ([heading] + rows).map { $0[column].count }.max() ?? 0
        }
        text = ([heading] + rows).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - cell.count)
                if column > 0 { line += "  " }
                line += isName[column] ? cell + space : space + cell
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
