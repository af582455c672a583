// Questions about the past that are answered by one reading.

import Eventstorm

/// Some wishes, what is read for them, and how far that is.
///
/// Everything that is stored is read first; then what was stored until the seams' ends; then what came late. Between
/// these readings it waits until the time has come.
final class HistoryBatch {
    private enum Phase { case first, joining, last }

    /// How long after it happened an event is surely stored, in milliseconds: an archive writes each second.
    static let settling: Int64 = 2_000

    private let cursor: any HistoryCursor
    private(set) var wishes: [PastWish]
    private var shadows: LiveEngine
    private var phase = Phase.first
    private var isReading = false
    private var readingSince: Int64
    private var handedOver: Int64
    /// When there is something to do, in milliseconds since 1970.
    private(set) var due: Int64

    init(_ wishes: [PastWish], _ source: any HistorySource, now: Int64) throws(HistoryError) {
        var range = HistoryRange(patterns: [], from: .max, to: .min, storedUntil: .min, late: 0)
        for wish in wishes {
            range.patterns.insert(wish.spec.pattern)
            range.from = min(range.from, wish.times.beginning)
            range.to = max(range.to, wish.times.end)
            range.late = max(range.late, wish.spec.late + Self.settling)
            range.storedUntil = max(range.storedUntil, Self.end(of: wish))
        }
        cursor = try source.open(range)
        self.wishes = wishes
        shadows = try Self.makeShadows(wishes)
        (readingSince, handedOver, due) = (now, now, now)
    }

    private static func makeShadows(_ wishes: [PastWish]) throws(HistoryError) -> LiveEngine {
        var shadows = LiveEngine()
        for wish in wishes {
            do throws(WatchError) { try shadows.add(shadowOf: wish) } catch { throw HistoryError(error.message) }
        }
        return shadows
    }

    /// When everything about a wish is surely stored.
    private static func end(of wish: PastWish) -> Int64 { wish.times.end + wish.spec.late + settling }

    private var joinTime: Int64 { (wishes.map(\.times.end).max() ?? 0) + Self.settling }
    private var lastTime: Int64 { wishes.map { Self.end(of: $0) }.max() ?? 0 }

    /// Reads on for some milliseconds; false when all is done or nobody wants it any more.
    func step(_ feed: LiveFeed, now: () -> Int64) throws(HistoryError) -> Bool {
        let begin = now()
        var time = begin
        if !isReading { (isReading, readingSince) = (true, begin) }
        var hasMore = true
        while hasMore, time - begin < 50 {
            hasMore = try cursor.next { topic, payload in shadows.ingest(topic, payload: payload, now: time) }
            time = now()
        }
        if !hasMore || time - handedOver >= 250 { try handOver(to: feed, now: time) }
        if !hasMore { endReading(feed, now: time) }
        return !wishes.isEmpty
    }

    private func handOver(to feed: LiveFeed, now: Int64) throws(HistoryError) {
        handedOver = now
        let ended = feed.merge(past: shadows)
        wishes.removeAll { ended.contains($0.id) }
        shadows = try Self.makeShadows(wishes)
    }

    private func endReading(_ feed: LiveFeed, now: Int64) {
        isReading = false
        if phase == .first { phase = .joining }
        if phase == .joining, readingSince >= joinTime {
            feed.join(past: wishes.map(\.id))
            phase = .last
        }
        if phase == .last, readingSince >= lastTime {
            feed.finishHistory(of: wishes.map(\.id), nil)
            wishes = []
        }
        due = max(now, phase == .last ? lastTime : joinTime)
    }
}
