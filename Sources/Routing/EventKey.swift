// Which events are alike: the values of some fields, as one number.
internal import BSON

/// Fields whose values together tell events apart.
struct EventKey: Hashable, Sendable {
    /// Dotted paths.
    let paths: [[UInt8]]

    init(_ paths: [String]) { self.paths = paths.map { Array($0.utf8) } }

    /// A number that events of the same values share in this process; nil if the event has none of the fields.
    ///
    /// Numbers are the same if their values are, whatever their types. The hash is the system's keyed one: nobody can
    /// make up values that collide, and that a new key is taken for one of a million others has a chance of 1 in 10^13.
    func hash(of event: DocumentView) -> UInt64? {
        var hasher = Hasher()
        var isThere = false
        for path in paths {
            guard let element = event.find(path: path.span.bytes) else {
                hasher.combine(0 as UInt8)
                continue
            }
            isThere = true
            element.hash(into: &hasher)
        }
        return isThere ? UInt64(bitPattern: Int64(hasher.finalize())) : nil
    }
}

extension ElementView {
    /// Feeds type and value; numbers without a fraction are the same in all types.
    fileprivate func hash(into hasher: inout Hasher) {
        if let integer {
            hasher.combine(BSONType.int64.rawValue)
            hasher.combine(integer)
            return
        }
        hasher.combine(type.rawValue)
        valueBytes.withUnsafeBytes { bytes in
            hasher.combine(bytes.count)
            hasher.combine(bytes: bytes)
        }
    }
}
