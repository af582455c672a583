// Subscribers of C: es_subscriber_….
// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation
public import CEventstorm
internal import Eventstorm

/// The subscriber behind a pointer, if it may be used; the reason is kept else.
private func held(_ subscriber: OpaquePointer?) -> HeldSubscriber? {
    guard let subscriber else {
        keepFailure("the subscriber is NULL")
        return nil
    }
    let held = Unmanaged<HeldSubscriber>.fromOpaque(UnsafeRawPointer(subscriber)).takeUnretainedValue()
    if held.owner.isHere { return held }
    keepFailure(Owner.message)
    return nil
}

@c @implementation public func es_subscriber_open(
    _ name: UnsafePointer<CChar>?, _ endpoints: UnsafePointer<CChar>?, _ patterns: UnsafePointer<CChar>?,
    _ callback: (@convention(c) (UnsafePointer<CChar>?, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?) -> Void)?,
    _ context: UnsafeMutableRawPointer?
) -> OpaquePointer? {
    guard let name = text(name, "the name"), let endpoints = text(endpoints, "the list of endpoints"),
        let patterns = text(patterns, "the list of patterns"), hasDescriptors()
    else { return nil }
    do {
        let list = try patterns.split(separator: ",", omittingEmptySubsequences: false).map {
            try Pattern(String($0.drop { $0 == " " }))
        }
        let receiver = callback.map { Receiver(callback: $0, context: context) }
        let held = try HeldSubscriber(
            name, from: try Endpoint.list(endpoints, usual: .connect), patterns: list, receiver: receiver)
        return OpaquePointer(Unmanaged.passRetained(held).toOpaque())
    } catch {
        keepFailure("\(error)")
        return nil
    }
}

@c @implementation public func es_subscriber_close(_ subscriber_p: UnsafeMutablePointer<OpaquePointer?>?) -> CInt {
    guard let subscriber = subscriber_p?.pointee else { return 0 }
    subscriber_p?.pointee = nil
    let held = Unmanaged<HeldSubscriber>.fromOpaque(UnsafeRawPointer(subscriber))
    // What a child inherits has no thread any more, and its sockets are the parent's: it stays where it is.
    guard held.takeUnretainedValue().owner.isHere else { return 0 }
    held.takeRetainedValue().close()
    return 0
}

@c @implementation public func es_subscriber_fd(_ subscriber: OpaquePointer?) -> CInt {
    guard let held = held(subscriber) else { return -1 }
    return held.fileDescriptor ?? failed("the events go to the callback; there is no queue")
}

@c @implementation public func es_subscriber_receive(
    _ subscriber: OpaquePointer?, _ timeout_ms: CInt,
    _ callback: (@convention(c) (UnsafePointer<CChar>?, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?) -> Void)?,
    _ context: UnsafeMutableRawPointer?
) -> CInt {
    guard let held = held(subscriber) else { return -1 }
    guard let callback else { return failed("the callback is NULL") }
    if held.fileDescriptor == nil { return failed("the events go to the callback; there is no queue") }
    return CInt(clamping: held.take(within: timeout_ms, for: Receiver(callback: callback, context: context)))
}

@c @implementation public func es_subscriber_counts(
    _ subscriber: OpaquePointer?, _ counts: UnsafeMutablePointer<es_received_t>?
) -> CInt {
    guard let held = held(subscriber) else { return -1 }
    guard let counts else { return failed("the place for the counts is NULL") }
    counts.pointee = held.counts
    return 0
}

@c @implementation public func es_subscriber_bound(_ subscriber: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>?
{
    guard let held = held(subscriber) else { return nil }
    return held.bound[index]
}
