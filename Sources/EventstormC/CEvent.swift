// Events of C: es_event_….
// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation
internal import BSON
internal import CEventstorm
internal import Glibc

/// An event that C holds.
func builder(_ event: OpaquePointer?) -> UnsafeMutablePointer<EventBuilder>? {
    event.map { UnsafeMutablePointer($0) }
}

@c @implementation public func es_event_new() -> OpaquePointer? {
    let place = UnsafeMutablePointer<EventBuilder>.allocate(capacity: 1)
    place.initialize(to: EventBuilder())
    return OpaquePointer(place)
}

@c @implementation public func es_event_destroy(_ event_p: UnsafeMutablePointer<OpaquePointer?>?) {
    guard let place = builder(event_p?.pointee) else { return }
    event_p?.pointee = nil
    place.deinitialize(count: 1)
    place.deallocate()
}

@c @implementation public func es_event_clear(_ event: OpaquePointer?) { builder(event)?.pointee.clear() }

@c @implementation public func es_event_null(_ event: OpaquePointer?, _ name: UnsafePointer<CChar>?) {
    builder(event)?.pointee.add(name) { $0.append(key: $1, Null()) }
}

@c @implementation public func es_event_bool(_ event: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: Bool) {
    builder(event)?.pointee.add(name) { $0.append(key: $1, value) }
}

@c @implementation public func es_event_int32(_ event: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: Int32) {
    builder(event)?.pointee.add(name) { $0.append(key: $1, value) }
}

@c @implementation public func es_event_int64(_ event: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: Int64) {
    builder(event)?.pointee.add(name) { $0.append(key: $1, value) }
}

@c @implementation public func es_event_double(_ event: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: Double)
{
    builder(event)?.pointee.add(name) { $0.append(key: $1, value) }
}

@c @implementation public func es_event_string(
    _ event: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) {
    guard let value else { return es_event_null(event, name) }
    es_event_text(event, name, value, strlen(value))
}

@c @implementation public func es_event_text(
    _ event: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ bytes: UnsafePointer<CChar>?, _ size: Int
) {
    guard let place = builder(event) else { return }
    guard let bytes = lent(bytes, size) else { return place.pointee.fail("a text of \(size) bytes has no bytes") }
    place.pointee.add(name, text: bytes.bytes)
}

@c @implementation public func es_event_binary(
    _ event: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ bytes: UnsafeRawPointer?, _ size: Int
) {
    guard let place = builder(event) else { return }
    guard let bytes = lent(bytes, size) else { return place.pointee.fail("\(size) bytes are none") }
    place.pointee.add(name) { $0.binary(key: $1, bytes.bytes) }
}

@c @implementation public func es_event_time(
    _ event: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ milliseconds: Int64
) {
    builder(event)?.pointee.add(name) { $0.append(key: $1, Datetime(millisecondsSinceEpoch: milliseconds)) }
}

@c @implementation public func es_event_oid(
    _ event: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ bytes: UnsafePointer<UInt8>?
) {
    guard let place = builder(event) else { return }
    guard let bytes else { return place.pointee.fail("an ObjectId has no bytes") }
    let id = ObjectID(bytes: UnsafeRawBufferPointer(start: bytes, count: 12).bytes)
    place.pointee.add(name) { $0.append(key: $1, id) }
}

@c @implementation public func es_event_document(_ event: OpaquePointer?, _ name: UnsafePointer<CChar>?) {
    builder(event)?.pointee.begin(.document, name)
}

@c @implementation public func es_event_array(_ event: OpaquePointer?, _ name: UnsafePointer<CChar>?) {
    builder(event)?.pointee.begin(.array, name)
}

@c @implementation public func es_event_end(_ event: OpaquePointer?) { builder(event)?.pointee.end() }

@c @implementation public func es_event_bson(
    _ event: OpaquePointer?, _ size: UnsafeMutablePointer<Int>?
) -> UnsafeRawPointer? {
    guard let place = builder(event) else {
        keepFailure("the event is NULL")
        return nil
    }
    guard place.pointee.complete() else {
        keepFailure(place.pointee.failure ?? "")
        return nil
    }
    let bytes = place.pointee.bytes
    size?.pointee = bytes.count
    return bytes.baseAddress
}

/// Bytes that C lends for a call; nil if there should be some and are none.
func lent(_ bytes: UnsafeRawPointer?, _ size: Int) -> UnsafeRawBufferPointer? {
    bytes == nil && size != 0 || size < 0 ? nil : UnsafeRawBufferPointer(start: bytes, count: size)
}
