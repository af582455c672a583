// Routers that get their own events back.
import Eventstorm

/// Finds routers above that subscribe, over however many others, to this one.
///
/// Each router's beat names the routers that its events came through. One that is named by a router above it stands in
/// a loop, and one router of the loop has to cut it: it no longer takes what comes from there, and no longer names it,
/// so that the others find no loop any more. The one of the smallest origin acts first, the others wait longer.
struct LoopWatch {
    /// A router above that gets events from here.
    struct Loop: Hashable {
        let origin: UInt64
        let process: ProcessIdentity
    }

    /// How long a loop is looked at before it is cut, for each router that goes first: time for the news to travel.
    static let patience: UInt64 = 3_000_000_000

    private let own: UInt64
    /// Since when each loop is known, in monotonic nanoseconds.
    private var known: [UInt64: UInt64] = [:]
    /// The routers above from which nothing is taken.
    private(set) var cut: Set<UInt64> = []

    init(own: UInt64) { self.own = own }

    /// The routers that this one's events came through.
    ///
    /// - Parameter origins: What those above said.
    func via(_ origins: [Ledger.OriginEntry]) -> [UInt64] {
        var via: [UInt64] = []
        for entry in origins where entry.isRouter && !cut.contains(entry.origin) {
            for origin in [entry.origin] + entry.via where !via.contains(origin) && via.count < Limits.viaRouters {
                via.append(origin)
            }
        }
        return via
    }

    /// Looks for loops.
    ///
    /// - Parameters:
    ///   - origins: What those above said.
    ///   - now: Monotonic nanoseconds.
    /// - Returns: The loops that are cut from now on, and those that are gone.
    mutating func look(at origins: [Ledger.OriginEntry], now: UInt64) -> (cut: [Loop], mended: [UInt64]) {
        var news: [Loop] = []
        var present: Set<UInt64> = []
        for entry in origins where entry.isRouter {
            guard let process = entry.process, entry.origin == own || entry.via.contains(own) else { continue }
            present.insert(entry.origin)
            let since = known[entry.origin] ?? now
            known[entry.origin] = since
            let first = entry.via.count { $0 < own } + (entry.origin < own && !entry.via.contains(entry.origin) ? 1 : 0)
            let wait = LoopWatch.patience * UInt64(first + 1)
            if now - since >= wait, cut.insert(entry.origin).inserted {
                news.append(Loop(origin: entry.origin, process: process))
            }
        }
        known = known.filter { present.contains($0.key) }
        let mended = cut.subtracting(present).sorted()
        cut.formIntersection(present)
        return (news, mended)
    }
}

extension Ledger.OriginEntry {
    /// Whether this is a router that is heard.
    fileprivate var isRouter: Bool { process?.role == "router" && state != .gone && state != .closed }
}
