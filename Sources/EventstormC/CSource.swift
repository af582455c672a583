// Sources and topics of C: es_source_…, es_topic_…, es_emit….
// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation
internal import BSON
public import CEventstorm
internal import Eventstorm
internal import Synchronization
internal import ZeroMQ

/// A source that C holds.
private final class HeldSource: Sendable {
    let source: Source
    let owner = Owner()
    let bound: CTexts
    /// The topics that C holds, by name.
    private let topics = Mutex<[String: Place]>([:])

    /// Where a topic is.
    private struct Place: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<HeldTopic>
    }

    init(_ source: Source) {
        self.source = source
        bound = CTexts(source.bound)
    }

    deinit {
        topics.withLock { topics in
            for place in topics.values {
                place.pointer.deinitialize(count: 1)
                place.pointer.deallocate()
            }
        }
    }

    func topic(_ name: String) throws(TopicError) -> UnsafeMutablePointer<HeldTopic> {
        let topic = try source.topic(name)
        let place = topics.withLock { topics in
            if let place = topics[name] { return place }
            let place = Place(pointer: .allocate(capacity: 1))
            place.pointer.initialize(to: HeldTopic(topic: topic, owner: owner))
            topics[name] = place
            return place
        }
        return place.pointer
    }
}

/// A topic that C holds.
private struct HeldTopic {
    let topic: OpenTopic
    let owner: Owner
}

/// The source behind a pointer, if it may be used; the reason is kept else.
private func held(_ source: OpaquePointer?) -> HeldSource? {
    guard let source else {
        keepFailure("the source is NULL")
        return nil
    }
    let held = Unmanaged<HeldSource>.fromOpaque(UnsafeRawPointer(source)).takeUnretainedValue()
    if held.owner.isHere { return held }
    keepFailure(Owner.message)
    return nil
}

/// The topic behind a pointer, if it may be used; the reason is kept else.
@inline(__always)
private func held(_ topic: OpaquePointer?) -> UnsafeMutablePointer<HeldTopic>? {
    if let topic {
        let place = UnsafeMutablePointer<HeldTopic>(topic)
        if place.pointee.owner.isHere { return place }
    }
    keepFailure(topic == nil ? "the topic is NULL" : Owner.message)
    return nil
}

extension es_counts_t {
    fileprivate init(_ counts: SendCounts) {
        self.init(
            emitted: counts.emitted, unwanted: counts.unwanted, refused: counts.refused, queued: counts.queued,
            sent: counts.next)
    }
}

private let versionText = CTexts([ProcessIdentity.version])

@c @implementation public func es_version() -> UnsafePointer<CChar>? { versionText[0] }

@c @implementation public func es_error() -> UnsafePointer<CChar>? { failureText() }

// MARK: - Sources

@c @implementation public func es_source_open(
    _ name: UnsafePointer<CChar>?, _ endpoints: UnsafePointer<CChar>?
) -> OpaquePointer? {
    guard let name = text(name, "the name"), let endpoints = text(endpoints, "the list of endpoints"),
        hasDescriptors()
    else { return nil }
    do {
        let source = try Source(name, to: try Endpoint.list(endpoints, usual: .connect))
        return OpaquePointer(Unmanaged.passRetained(HeldSource(source)).toOpaque())
    } catch {
        keepFailure("\(error)")
        return nil
    }
}

@c @implementation public func es_source_close(_ source_p: UnsafeMutablePointer<OpaquePointer?>?) -> CInt {
    guard let source = source_p?.pointee else { return 0 }
    source_p?.pointee = nil
    let held = Unmanaged<HeldSource>.fromOpaque(UnsafeRawPointer(source))
    // What a child inherits has no thread any more, and its sockets are the parent's: it stays where it is.
    guard held.takeUnretainedValue().owner.isHere else { return 0 }
    let isSent = held.takeRetainedValue().source.close(within: .seconds(1))
    return isSent ? 0 : failed("not everything could be sent within a second")
}

@c @implementation public func es_source_flush(_ source: OpaquePointer?, _ timeout_ms: CInt) -> CInt {
    guard let held: HeldSource = held(source) else { return -1 }
    return held.source.flush(within: duration(milliseconds: timeout_ms)) ? 0 : failed("some events still wait")
}

@c @implementation public func es_source_wait(_ source: OpaquePointer?, _ timeout_ms: CInt) -> CInt {
    guard let held: HeldSource = held(source) else { return -1 }
    return held.source.ready(within: duration(milliseconds: timeout_ms)) ? 0 : failed("no subscriber came")
}

@c @implementation public func es_source_counts(
    _ source: OpaquePointer?, _ counts: UnsafeMutablePointer<es_counts_t>?
) -> CInt {
    guard let held: HeldSource = held(source) else { return -1 }
    guard let counts else { return failed("the place for the counts is NULL") }
    counts.pointee = es_counts_t(held.source.counts)
    return 0
}

@c @implementation public func es_source_bound(_ source: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>? {
    guard let held: HeldSource = held(source) else { return nil }
    return held.bound[index]
}

// MARK: - Topics

@c @implementation public func es_topic_open(_ source: OpaquePointer?, _ name: UnsafePointer<CChar>?) -> OpaquePointer?
{
    guard let held: HeldSource = held(source), let name = text(name, "the topic") else { return nil }
    do throws(TopicError) {
        return OpaquePointer(try held.topic(name))
    } catch {
        keepFailure("\(error)")
        return nil
    }
}

@c @implementation public func es_topic_wanted(_ topic: OpaquePointer?) -> Bool {
    guard let topic else { return false }
    let place = UnsafeMutablePointer<HeldTopic>(topic)
    return place.pointee.owner.isHere && place.pointee.topic.wanted
}

@c @implementation public func es_topic_unwanted(_ topic: OpaquePointer?) {
    if let held: UnsafeMutablePointer<HeldTopic> = held(topic) { held.pointee.topic.countUnwanted() }
}

@c @implementation public func es_topic_counts(
    _ topic: OpaquePointer?, _ counts: UnsafeMutablePointer<es_counts_t>?
) -> CInt {
    guard let held: UnsafeMutablePointer<HeldTopic> = held(topic) else { return -1 }
    guard let counts else { return failed("the place for the counts is NULL") }
    counts.pointee = es_counts_t(held.pointee.topic.counts)
    return 0
}

// MARK: - Emitting

@c @implementation public func es_emit(_ topic: OpaquePointer?, _ event: OpaquePointer?) -> CInt {
    guard let held: UnsafeMutablePointer<HeldTopic> = held(topic) else { return -1 }
    guard let place = builder(event) else { return failed("the event is NULL") }
    defer { place.pointee.clear() }
    guard place.pointee.complete() else {
        held.pointee.topic.countRefused()
        return failed(place.pointee.failure ?? "")
    }
    place.pointee.emit(on: held.pointee.topic)
    return 0
}

@c @implementation public func es_emit_bson(_ topic: OpaquePointer?, _ bson: UnsafeRawPointer?, _ size: Int) -> CInt {
    guard let held: UnsafeMutablePointer<HeldTopic> = held(topic) else { return -1 }
    guard let bytes = lent(bson, size) else { return failed("the document is NULL") }
    do throws(BSONError) {
        try held.pointee.topic.emit(bson: bytes.bytes)
        return 0
    } catch {
        return failed(error)
    }
}
