// Which rows go into which beat.
import BSON
import ZeroMQ

/// Composes the beats of one publisher: full ones, and ones with what changed lately.
package struct BeatComposer {
    /// Who the publisher is.
    package let process: ProcessIdentity
    private let origin: UInt64
    private var nextBeat: UInt64
    private var nextFull: UInt64
    private var seen: [Topic: (counts: SendCounts, changed: UInt64)] = [:]
    /// How often the publisher's configuration was loaded.
    package var generation: UInt64 = 0
    /// The routers that the publisher's events came through.
    package var via: [UInt64] = []

    package init(_ process: ProcessIdentity, origin: UInt64, now: UInt64) {
        self.process = process
        self.origin = origin
        nextBeat = now + Limits.beatInterval
        nextFull = now + Limits.fullBeatInterval
    }

    /// When the next beat is due, in monotonic nanoseconds.
    package var deadline: UInt64 { nextBeat }

    /// Whether the next beat is due.
    package func isDue(now: UInt64) -> Bool { now >= nextBeat }

    /// The beat that is due: once a minute all rows, else those that changed in the last five seconds.
    package mutating func next(_ rows: [Beat.Row], now: UInt64) -> Beat {
        nextBeat = max(nextBeat + Limits.beatInterval, now)
        if now >= nextFull {
            nextFull = now + Limits.fullBeatInterval
            return full(rows)
        }
        let recent = rows.filter { row in
            if let last = seen[row.topic], last.counts == row.counts { return now &- last.changed < Limits.beatMemory }
            seen[row.topic] = (row.counts, now)
            return true
        }
        return beat(recent, isFull: false, isFinal: false)
    }

    /// A beat with all rows.
    package func full(_ rows: [Beat.Row], isFinal: Bool = false) -> Beat {
        beat(rows, isFull: true, isFinal: isFinal)
    }

    private func beat(_ rows: [Beat.Row], isFull: Bool, isFinal: Bool) -> Beat {
        var beat = Beat(
            origin: origin, process: process, at: Datetime(millisecondsSinceEpoch: realtimeMilliseconds()),
            generation: generation, full: isFull, final: isFinal, topics: rows)
        beat.via = via
        return beat
    }
}
