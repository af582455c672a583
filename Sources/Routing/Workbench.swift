// What a route makes of an event: one change after another.
internal import BSON
internal import Eventstorm
internal import Query

/// Documents that are on their way through several changes, and room for them.
final class Workbench {
    private final class Step {
        var writer = DocumentWriter(limit: Limits.payloadBytes)
    }

    private let steps = [Step(), Step(), Step()]

    /// Appends what a route makes of an event.
    ///
    /// - Parameter writer: Gets one whole document; nothing if this throws.
    /// - Throws: Where the route's expressions fail, or the result is too large.
    func reshape(
        _ event: DocumentView, by route: Route, weight: Double, _ now: Moment, to writer: inout DocumentWriter
    ) throws(QueryError) {
        let start = writer.count
        try reshape(event, route, 0, weight, now, to: &writer)
        if writer.count - start > Limits.payloadBytes {
            writer.truncate(to: start)
            throw QueryError("the event would be larger than \(Limits.payloadBytes) bytes")
        }
    }

    /// Does the changes from the one numbered `first` on: redact, update, project, weigh.
    private func reshape(
        _ event: DocumentView, _ route: Route, _ first: Int, _ weight: Double, _ now: Moment,
        to writer: inout DocumentWriter
    ) throws(QueryError) {
        guard let change = Workbench.change(from: first, route, weight) else {
            if !writer.appendDocument(event) { throw QueryError("the event is too large") }
            return
        }
        guard Workbench.change(from: change + 1, route, weight) != nil else {
            return try apply(change, event, route, weight, now, to: &writer)
        }
        let step = steps[change]
        step.writer.removeAll()
        try apply(change, event, route, weight, now, to: &step.writer)
        try step.writer.withBytes { bytes throws(QueryError) in
            try reshape(DocumentView(unchecked: bytes), route, change + 1, weight, now, to: &writer)
        }
    }

    /// The next change that a route makes: 0 redact, 1 update, 2 project, 3 weigh.
    private static func change(from first: Int, _ route: Route, _ weight: Double) -> Int? {
        if first <= 0 && route.redact != nil { return 0 }
        if first <= 1 && route.update != nil { return 1 }
        if first <= 2 && route.project != nil { return 2 }
        return first <= 3 && weight > 0 ? 3 : nil
    }

    private func apply(
        _ change: Int, _ event: DocumentView, _ route: Route, _ weight: Double, _ now: Moment,
        to writer: inout DocumentWriter
    ) throws(QueryError) {
        switch change {
        case 1: try route.update?.apply(event, to: &writer)
        case 2: try route.project?.apply(event, now: now.wall, to: &writer)
        default:
            do throws(WriteFailure) {
                if change == 0 {
                    try route.redact?.write(event, to: &writer)
                } else {
                    try Weight.write(weight, event, to: &writer)
                }
            } catch {
                throw QueryError("\(error)")
            }
        }
    }
}
