// What a router does with each message.
import BSON
import Eventstorm
import ZeroMQ

extension Router {
    /// Forwards the messages that have arrived, a thousand at most.
    mutating func forward() throws(ZMQError) {
        for number in 1...Router.messagesPerRound {
            guard let incoming = subscriber.next() else { return }
            if number % Router.messagesPerCredit == 0 { publisher.takeCredit() }
            try forward(incoming)
        }
    }

    private mutating func forward(_ incoming: Incoming) throws(ZMQError) {
        let known = engine.flows.known(incoming.topic, in: subscriber.topicTable)
        let number = known >= 0 ? known : inflow(incoming.topic)
        var count = incoming.count
        if let parts = incoming.parts {
            var writer = DocumentWriter(capacity: subscriber.payload.count, limit: Limits.payloadBytes)
            count = Subscriber.copy(parts, of: subscriber.payload.bytes, to: &writer)
            subscriber.payload.replace(copying: writer.bytes)
        }
        if fillsIDs { fillIDs(incoming) }
        let hops = (incoming.stamp?.hops ?? 0) + 1
        let isLooped = incoming.stamp.map { loops.cut.contains($0.origin) } ?? false
        guard hops <= Limits.hops, !isLooped else {
            engine.flows.inflows[number].counts.received &+= UInt64(count)
            engine.flows.inflows[number].counts.failed &+= UInt64(count)
            return
        }
        let stamp = Stamp(
            origin: publisher.origin, sequence: 0, count: UInt16(clamping: count), hops: hops,
            replayed: incoming.stamp?.replayed ?? false)
        if engine.flows.inflows[number].plan.steps.isEmpty {
            try forwardWhole(number, count, stamp)
        } else {
            try route(number, stamp)
        }
    }

    private mutating func fillIDs(_ incoming: Incoming) {
        let topic = subscriber.topicTable.topics[incoming.topic]
        guard let filled = Identities.fill(subscriber.payload.bytes, topic, incoming.stamp, incoming.parts) else {
            return
        }
        subscriber.payload.replace(copying: filled.span.bytes)
    }

    private mutating func inflow(_ incoming: Int) -> Int {
        engine.flows.inflow(incoming, in: subscriber.topicTable, engine.runs, engine.table) {
            publisher.wants($0.utf8)
        }
    }

    /// Forwards a message whose topic alone decides where it goes.
    private mutating func forwardWhole(_ number: Int, _ count: Int, _ stamp: Stamp) throws(ZMQError) {
        let events = UInt64(count)
        // By place, not by a copy of the array, which would count references.
        let places = 0..<engine.flows.inflows[number].plan.outputs.count
        var wanted = 0
        for place in places where engine.flows.outflows[engine.flows.inflows[number].plan.outputs[place]].isWanted {
            wanted += 1
        }
        var copies: UInt64 = 0
        for place in places {
            let output = engine.flows.inflows[number].plan.outputs[place]
            guard engine.flows.outflows[output].isWanted else {
                engine.flows.outflows[output].unwanted &+= events
                continue
            }
            copies += 1
            try sendWhole(to: output, count, stamp, isLast: copies == wanted)
        }
        engine.flows.inflows[number].count(events, copies: copies)
    }

    /// Sends the payload that came, the last time without a copy of the message's handle.
    private mutating func sendWhole(to output: Int, _ count: Int, _ stamp: Stamp, isLast: Bool) throws(ZMQError) {
        let stamp = engine.flows.outflows[output].stamp(count, like: stamp)
        if isLast {
            try Router.send(engine.flows, output, stamp, &subscriber.payload, &publisher)
        } else {
            outgoing.replace(sharing: subscriber.payload)
            try Router.send(engine.flows, output, stamp, &outgoing, &publisher)
        }
    }

    private static func send(
        _ flows: borrowing FlowTable, _ output: Int, _ stamp: Stamp, _ payload: inout Message,
        _ publisher: inout Publisher
    ) throws(ZMQError) {
        let leading = flows.leadings.span.bytes.extracting(flows.outflows[output].leading)
        _ = try publisher.send(leading: leading, stamp: stamp, payload: &payload)
    }

    /// Offers each document of a message to the routes.
    private mutating func route(_ number: Int, _ stamp: Stamp) throws(ZMQError) {
        let plan = engine.flows.inflows[number].plan
        let now = plan.asksForTime ? Moment.now() : Moment(monotonic: 0, wall: Datetime(millisecondsSinceEpoch: 0))
        var counts = FlowCounts()
        var offset = 0
        while offset < subscriber.payload.count {
            // As many as there is room for the changed ones of.
            offset = Router.offer(subscriber, from: offset, to: &engine, plan, now, &counts) {
                publisher.wants($0.utf8)
            }
            try sendBatches(stamp, isLast: offset >= subscriber.payload.count)
        }
        engine.flows.inflows[number].counts.add(counts)
    }

    /// Offers documents until there is no more room for changed ones; returns where the next one begins.
    private static func offer(
        _ subscriber: borrowing Subscriber, from start: Int, to engine: inout Engine, _ plan: borrowing Plan,
        _ now: Moment,
        _ counts: inout FlowCounts, wants: (Topic) -> Bool
    ) -> Int {
        var offset = start
        let payload = subscriber.payload.bytes
        while offset < payload.byteCount && !engine.isFull {
            let event = DocumentView(unchecked: payload.extracting(offset..<payload.byteCount))
            engine.offer(event, at: offset, plan, now, &counts, wants: wants)
            // The payload is valid; should it ever not be, this ends.
            offset += max(event.bytes.byteCount, 5)
        }
        return offset
    }

    /// Sends what the documents that were offered have become.
    private mutating func sendBatches(_ stamp: Stamp, isLast: Bool) throws(ZMQError) {
        let whole = subscriber.payload.count
        var wholes = 0
        for place in 0..<engine.batches.touched.count {
            let output = engine.batches.touched[place]
            if engine.batches.isWhole(output, byteCount: whole) {
                wholes += 1
            } else {
                try sendPieces(to: output, stamp)
            }
        }
        if wholes > 0 {
            for place in 0..<engine.batches.touched.count {
                let output = engine.batches.touched[place]
                guard engine.batches.isWhole(output, byteCount: whole) else { continue }
                wholes -= 1
                let count = engine.batches.pieces[engine.batches.first(output)].documents
                try sendWhole(to: output, count, stamp, isLast: wholes == 0 && isLast)
            }
        }
        engine.batches.removeAll()
        engine.changed.removeAll()
    }

    /// Sends the documents of one outflow, as one message unless that would be too large.
    private mutating func sendPieces(to output: Int, _ stamp: Stamp) throws(ZMQError) {
        var first = engine.batches.first(output)
        while first >= 0 {
            var bytes = 0
            var documents = 0
            var end = first
            while end >= 0 {
                let piece = engine.batches.pieces[end]
                let more = piece.end - piece.start
                let isTooMuch =
                    bytes + more > Limits.payloadBytes || documents + piece.documents > Limits.documentsPerMessage
                if isTooMuch && end != first { break }
                bytes += more
                documents += piece.documents
                end = piece.next
            }
            Router.gather(
                engine, from: first, to: end, bytes, subscriber, into: &outgoing)
            let stamp = engine.flows.outflows[output].stamp(documents, like: stamp)
            try Router.send(engine.flows, output, stamp, &outgoing, &publisher)
            first = end
        }
    }

    /// Copies pieces into a message.
    private static func gather(
        _ engine: borrowing Engine, from first: Int, to end: Int, _ byteCount: Int,
        _ subscriber: borrowing Subscriber, into message: inout Message
    ) {
        let payload = subscriber.payload.bytes
        let changed = engine.changed.bytes
        let pieces = engine.batches.pieces
        message.replace(count: byteCount) { target in
            var offset = 0
            var index = first
            while index != end {
                let piece = pieces[index]
                let source = (piece.isChanged ? changed : payload).extracting(piece.start..<piece.end)
                source.withUnsafeBytes { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: bytes)
                }
                offset += piece.end - piece.start
                index = piece.next
            }
        }
    }
}

extension Outflow {
    /// The stamp of the next message with so many documents.
    mutating func stamp(_ count: Int, like stamp: Stamp) -> Stamp {
        defer { next &+= UInt64(count) }
        return Stamp(
            origin: stamp.origin, sequence: next, count: UInt16(clamping: count), hops: stamp.hops,
            replayed: stamp.replayed)
    }
}

extension Moment {
    /// The present time.
    static func now() -> Moment { Moment(monotonic: monotonicNanoseconds(), wall: .now()) }
}
