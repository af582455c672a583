// Fences, beats and origins: where the books begin and how far they should have come.

internal import BSON

extension Ledger {
    /// A set of patterns, and the nonce whose answer proves that they are in force.
    struct Fence {
        let serial: Int
        let nonce: FenceNonce
        let patterns: [Pattern]
    }

    /// What is known of one origin.
    struct Origin {
        let id: UInt64
        var process: ProcessIdentity?
        var generation: UInt64 = 0
        var via: [UInt64] = []
        var firstHeard: UInt64
        var lastHeard: UInt64
        var lastBeat: UInt64?
        var isClosed = false
        /// Patterns in force at the origin without a break since it last told all its topics.
        var fenced: [Pattern] = []
        /// The serial of the newest fence it answered, -1 for none.
        var answered = -1
        /// The answers that are under way: their fences and the document expected next.
        ///
        /// More than one where what came over a link that broke is read among what the next link brings.
        var answers: [(serial: Int, next: UInt64)] = []
        /// Whether rows of it made room: then what is not known any more was not born since.
        var hasForgotten = false
        var firstRow = -1

        func state(now: UInt64) -> OriginState {
            if isClosed { return .closed }
            let heard = lastBeat ?? lastHeard
            let age = now > heard ? now - heard : 0
            return age >= Limits.goneAfter ? .gone : age >= Limits.silentAfter ? .silent : .alive
        }
    }

    /// Fences remembered: an answer that comes after several changes of the patterns still proves something.
    static let fenceMemory = 8

    /// Begins a fence: from now on these patterns are subscribed to, and the nonce with them.
    ///
    /// Rows that no pattern asks for any more are removed; the others keep their expectation.
    public mutating func beginFence(_ nonce: FenceNonce, patterns: [Pattern], now: UInt64) {
        let isRenewal = !fences.isEmpty && Set(patterns) == Set(self.patterns)
        fenceRenewals = isRenewal ? fenceRenewals + 1 : 0
        fenceBegan = now
        self.patterns = patterns
        fences.append(Fence(serial: (fences.last?.serial ?? -1) + 1, nonce: nonce, patterns: patterns))
        if fences.count > Ledger.fenceMemory { fences.removeFirst() }
        if isRenewal { return }
        for place in originPlaces.values {
            origins[place].fenced = Pattern.intersection(origins[place].fenced, patterns)
        }
        removeRowsNotAskedFor()
    }

    /// Whether an origin whose beats come has not answered in time: its answer was dropped, and a new nonce is due.
    ///
    /// True 3 s after the fence began, then twice as long after each renewal, a minute at most. An origin that never
    /// beats is not waited for.
    public func isFenceOverdue(now: UInt64) -> Bool {
        guard let fence = fences.last else { return false }
        let patience = min(Limits.silentAfter << UInt64(min(fenceRenewals, 5)), Limits.fullBeatInterval)
        return originPlaces.values.contains { place in
            let origin = origins[place]
            guard origin.answered < fence.serial, origin.lastBeat != nil, origin.state(now: now) == .alive else {
                return false
            }
            let since = max(fenceBegan, origin.firstHeard)
            return now > since && now - since >= patience
        }
    }

    /// Whether the origin has answered a fence that covers every pattern in force.
    func isFenced(_ place: Int) -> Bool {
        !patterns.isEmpty && patterns.allSatisfy { own in origins[place].fenced.contains { $0.covers(own) } }
    }

    /// Whether the origin has told all its topics while this one was asked for, and this was none of them.
    func isBornSinceFence(_ topic: Topic, _ place: Int) -> Bool {
        !origins[place].hasForgotten && origins[place].fenced.contains { $0.matches(topic) }
    }
}

// MARK: - Beats

extension Ledger {
    /// Takes in the payload of a message on `_es.beat`, or of an answer to a fence.
    ///
    /// - Parameters:
    ///   - payload: The documents, not validated yet.
    ///   - stamp: The message's stamp. In an answer its sequence counts the documents of this answer.
    ///   - fence: The nonce in the envelope of an answer; anyone's, since `*` receives them all.
    ///   - now: Nanoseconds of a monotonic clock.
    /// - Returns: Whether the message was well formed; if not, it is counted and nothing else happened.
    @discardableResult
    public mutating func observe(beats payload: RawSpan, stamp: Stamp, fence: FenceNonce?, now: UInt64) -> Bool {
        if payload.byteCount > Limits.payloadBytes {
            countMalformed(.size)
            return false
        }
        do throws(BSONError) {
            try BSONValidator.validateSequence(payload, count: Int(stamp.count), maximumDepth: Limits.documentDepth)
        } catch {
            countMalformed(.payload)
            return false
        }
        var beats: [Beat] = []
        var offset = 0
        while offset < payload.byteCount {
            let view = DocumentView(unchecked: payload.extracting(offset..<payload.byteCount))
            offset += view.bytes.byteCount
            guard let beat = try? Beat(view), beat.origin == stamp.origin else {
                countMalformed(.beat)
                return false
            }
            beats.append(beat)
        }
        for (index, beat) in beats.enumerated() {
            observe(beat, fence: fence, part: stamp.sequence + UInt64(index), now: now)
        }
        return true
    }

    /// Takes in a beat.
    ///
    /// - Parameters:
    ///   - beat: The beat.
    ///   - fence: The nonce that it answers, if any.
    ///   - part: Which document of the answer it is, from 0.
    ///   - now: Nanoseconds of a monotonic clock.
    public mutating func observe(_ beat: Beat, fence: FenceNonce? = nil, part: UInt64 = 0, now: UInt64) {
        let place = addOrigin(beat.origin, now: now)
        origins[place].process = beat.process
        origins[place].generation = beat.generation
        origins[place].via = beat.via
        origins[place].lastHeard = now
        origins[place].lastBeat = now
        if beat.final { origins[place].isClosed = true }
        let own = fence.flatMap { nonce in fences.first { $0.nonce == nonce } }
        var proven = own.map { patternsInForce(since: $0) } ?? []
        if let only = beat.only { proven = Pattern.intersection(proven, only) }
        for row in beat.topics { observe(row, place, proven: proven, now: now) }
        if let own { noteAnswer(place, own, beat, part: part, proven: proven) }
    }

    /// Takes in what an origin says about one topic.
    private mutating func observe(_ said: Beat.Row, _ originPlace: Int, proven: [Pattern], now: UInt64) {
        let topic = said.topic.utf8.span.bytes
        if let known = row(origin: origins[originPlace].id, topic: topic)?.value, rows[known].hasBaseline {
            let next = rows[known].next
            if said.counts.next > next {
                advance(known, to: said.counts.next)
            } else if next - said.counts.next > Limits.sequenceJump {
                reset(known, to: said.counts.next)
            }
            rows[known].observe(unwanted: said.counts.unwanted)
            return
        }
        // A topic that has sent and missed nothing is as good as not listed.
        guard said.counts.next > 0 || said.counts.unwanted > 0, isAskedFor(said.topic) else { return }
        let isBorn = isBornSinceFence(said.topic, originPlace)
        let isInForce =
            proven.contains { $0.matches(topic) } || origins[originPlace].fenced.contains { $0.matches(topic) }
        guard isInForce else { return }  // nothing proves that its events would have come here
        let place =
            row(origin: origins[originPlace].id, topic: topic)?.value
            ?? insertRow(originPlace: originPlace, topic: said.topic, now: now)
        if isBorn {
            beginBooks(place, at: 0, unwanted: 0)
            if said.counts.next > 0 { advance(place, to: said.counts.next) }
            rows[place].observe(unwanted: said.counts.unwanted)
        } else {
            beginBooks(place, at: said.counts.next, unwanted: said.counts.unwanted)
        }
    }

    /// Follows the documents of an answer; with the last of them the origin has told all its topics.
    private mutating func noteAnswer(_ place: Int, _ fence: Fence, _ beat: Beat, part: UInt64, proven: [Pattern]) {
        let known = origins[place].answers.firstIndex { $0.serial == fence.serial }
        let expected = known.map { origins[place].answers.remove(at: $0).next }
        guard part == 0 || part == expected, beat.full else { return }
        if beat.more {
            let oldest = fences.first?.serial ?? 0
            origins[place].answers.removeAll { $0.serial < oldest }
            origins[place].answers.append((fence.serial, part + 1))
            return
        }
        if fence.serial >= origins[place].answered {
            origins[place].answered = fence.serial
            origins[place].fenced = proven
        }
    }

    /// The patterns that have been in force without a break since a fence.
    private func patternsInForce(since fence: Fence) -> [Pattern] {
        var inForce = fence.patterns
        for later in fences where later.serial > fence.serial {
            inForce = Pattern.intersection(inForce, later.patterns)
        }
        return inForce
    }
}

// MARK: - Origins

extension Ledger {
    /// Finds or adds an origin; the one silent for longest makes room.
    mutating func addOrigin(_ id: UInt64, now: UInt64) -> Int {
        if let place = originPlaces[id] { return place }
        if originPlaces.count == originLimit { removeSilentOrigin() }
        let origin = Origin(id: id, firstHeard: now, lastHeard: now)
        let place: Int
        if let free = freeOrigins.popLast() {
            place = free
            origins[place] = origin
        } else {
            place = origins.count
            origins.append(origin)
        }
        originPlaces[id] = place
        return place
    }

    private mutating func removeSilentOrigin() {
        guard let silent = originPlaces.values.min(by: { origins[$0].lastHeard < origins[$1].lastHeard }) else {
            return
        }
        overflow.saturatingAdd(1)
        while origins[silent].firstRow >= 0 {
            let row = origins[silent].firstRow
            forgotten.add(rows[row].counts)
            removeRow(row)
        }
        originPlaces[origins[silent].id] = nil
        freeOrigins.append(silent)
    }
}

extension Pattern {
    /// The patterns that match what both sets match; of two patterns one covers the other, or they have nothing in
    /// common.
    static func intersection(_ a: [Pattern], _ b: [Pattern]) -> [Pattern] {
        var result: [Pattern] = []
        for first in a {
            for second in b {
                if first.covers(second) {
                    result.append(second)
                } else if second.covers(first) {
                    result.append(first)
                }
            }
        }
        return result.count < 2 ? result : Array(Set(result))
    }
}
