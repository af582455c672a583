// New routes while the router runs.
import Routing
import Service

/// Reads a router's section again when it is asked to or the file has changed.
struct Reload {
    private var options: Options
    private let path: String?
    private var watch: FileWatch?
    /// How often other routes were loaded, the first time included.
    private var generation = 1
    private let failures = Repeats()

    init(_ options: Options) {
        self.options = options
        path = options.textIfGiven("config")
        watch = path.map { FileWatch($0) }
    }

    /// What the router is to do: its loop asks once a second, and when a signal came.
    mutating func next(_ signals: Signals, news: [String]) -> Router.Request {
        for text in news { failures.write(.warning, text) }
        switch signals.next() {
        case .stop: return .stop
        case .reload:
            watch?.catchUp()
            return readAgain()
        case nil: return watch?.hasChanged() ?? false ? readAgain() : .goOn
        }
    }

    private mutating func readAgain() -> Router.Request {
        guard let path else {
            Log.warning("there is nothing to read again without --config FILE")
            return .goOn
        }
        do throws(Failure) {
            let new = try options.readAgain()
            let table = try RouteTable(new)
            let others = new.lastingChanges(from: options)
            if !others.isEmpty {
                Log.warning("\(path): a change of \(others.joined(separator: ", ")) needs a restart; the old one holds")
            }
            if new.reloadedFingerprint == options.reloadedFingerprint {
                Log.info("\(path) was read again: the routes are the same, generation \(generation)")
                return .goOn
            }
            options = new
            generation += 1
            Log.info("\(path) was read again: generation \(generation), \(table.routes.count) routes")
            return .reload(table)
        } catch {
            for message in error.messages { Log.error(message) }
            Log.error("\(path) was read again and is wrong; generation \(generation) goes on")
            return .goOn
        }
    }
}
