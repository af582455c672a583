// What an update does at each path: a tree of the paths that it names.

internal import BSON

/// What an update does with a field, or with fields inside it.
indirect enum UpdateNode: Sendable {
    /// `$set`: the value, as the only field of a document.
    case set(Document)
    /// `$unset`, and where `$rename` takes from.
    case unset
    /// Where `$rename` puts what is at another path.
    case move(FieldPath)
    case fields(UpdateFields)
}

/// The fields of a document, or of all that is at one path, that an update names.
struct UpdateFields: Sendable {
    /// Nulls that an array is filled with at most, as in MongoDB.
    static let fillLimit = 1_500_000

    /// In the order in which they are created: numbers by value, others by their bytes.
    private var keys: [[UInt8]] = []
    private var nodes: [UpdateNode] = []

    /// Names a path; `false` if it, a part of it or something below it is named already.
    mutating func insert(_ path: ArraySlice<[UInt8]>, _ node: UpdateNode) -> Bool {
        guard let key = path.first else { return false }
        let rest = path.dropFirst()
        let known = keys.firstIndex(of: key)
        var inner = UpdateFields()
        if let known {
            guard !rest.isEmpty, case .fields(let fields) = nodes[known] else { return false }
            inner = fields
        }
        guard rest.isEmpty || inner.insert(rest, node) else { return false }
        let place = known ?? keys.firstIndex { Self.precedes(key, $0) } ?? keys.count
        if known == nil {
            keys.insert(key, at: place)
            nodes.insert(node, at: place)
        }
        if !rest.isEmpty { nodes[place] = .fields(inner) }
        return true
    }

    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        // Numbers without zeros in front are compared by value.
        if left.isNumeric && right.isNumeric && left.count != right.count { return left.count < right.count }
        return left.lexicographicallyPrecedes(right)
    }

    /// The index that a key of digits stands for, be there zeros in front.
    static func arrayIndex(_ key: [UInt8]) -> Int? {
        guard !key.isEmpty, key.count < 10, key.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return key.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Whether a field is named on this level.
    func names(_ key: String) -> Bool { keys.contains(Array(key.utf8)) }
}

// MARK: - Writing what becomes of a document

extension UpdateFields {
    /// Writes the fields that a document gets.
    ///
    /// - Parameter root: The outermost document as it was, where `$rename` takes from.
    func write(
        _ document: DocumentView, _ root: DocumentView, to writer: inout DocumentWriter
    ) throws(QueryError) {
        var run = Run()
        var position = 4
        var done = Array(repeating: false, count: keys.count)
        var elements = document.makeIterator()
        while let element = elements.next() {
            let start = position
            position += 2 + element.keyBytes.byteCount + element.valueBytes.byteCount
            guard let index = index(of: element.keyBytes), !done[index] else {
                run.extend(start, position, document, &writer)
                continue
            }
            run.flush(document, &writer)
            done[index] = true
            try Self.write(element, nodes[index], root, to: &writer)
        }
        run.flush(document, &writer)
        for index in keys.indices where !done[index] { try create(index, root, to: &writer) }
    }

    private func index(of key: RawSpan) -> Int? {
        for index in keys.indices {
            let wanted = keys[index]
            if wanted.count == key.byteCount && key.holds(wanted.span.bytes, at: 0) { return index }
        }
        return nil
    }

    /// Writes what becomes of a field that is there.
    private static func write(
        _ element: ElementView, _ node: UpdateNode, _ root: DocumentView, to writer: inout DocumentWriter
    ) throws(QueryError) {
        switch node {
        case .set(let value): append(value, key: element.keyBytes, to: &writer)
        case .unset: break
        case .move(let path):
            if let source = try source(path, in: root) {
                writer.append(source, key: element.keyBytes)
            } else {
                writer.append(element)
            }
        case .fields(let fields):
            if let document = element.document {
                try writer.document(key: element.keyBytes) { (writer: inout DocumentWriter) throws(QueryError) in
                    try fields.write(document, root, to: &writer)
                }
            } else if let array = element.array {
                try writer.array(key: element.keyBytes) { (writer: inout ArrayWriter) throws(QueryError) in
                    try fields.write(array, root, to: &writer)
                }
            } else {
                try fields.requireNothing(at: element, root)
                writer.append(element)
            }
        }
    }

    private static func append(_ value: Document, key: RawSpan, to writer: inout DocumentWriter) {
        let view = value.view
        var elements = view.makeIterator()
        if let element = elements.next() { writer.append(element, key: key) }
    }

    /// Writes a field that was not there, if there is something to write.
    private func create(
        _ index: Int, _ root: DocumentView, to writer: inout DocumentWriter
    ) throws(QueryError) {
        let key = keys[index]
        switch nodes[index] {
        case .set(let value): Self.append(value, key: key.span.bytes, to: &writer)
        case .unset: break
        case .move(let path):
            if let source = try Self.source(path, in: root) { writer.append(source, key: key.span.bytes) }
        case .fields(let fields):
            guard try fields.creates(root) else { return }
            try writer.document(key: key.span.bytes) { (writer: inout DocumentWriter) throws(QueryError) in
                for index in fields.keys.indices { try fields.create(index, root, to: &writer) }
            }
        }
    }

    /// Whether something is written even where nothing was.
    private func creates(_ root: DocumentView) throws(QueryError) -> Bool {
        for node in nodes {
            switch node {
            case .set: return true
            case .unset: break
            case .move(let path): if let _ = try Self.source(path, in: root) { return true }
            case .fields(let fields): if try fields.creates(root) { return true }
            }
        }
        return false
    }

    /// Throws if fields would have to be made in a value that can have none.
    private func requireNothing(at element: ElementView, _ root: DocumentView) throws(QueryError) {
        for index in keys.indices where try creates(index, root) {
            let name = String(decoding: keys[index], as: UTF8.self)
            throw QueryError("cannot create field '\(name)' in '\(element.key)', which is of type \(element.type.name)")
        }
    }

    private func creates(_ index: Int, _ root: DocumentView) throws(QueryError) -> Bool {
        var one = UpdateFields()
        one.keys = [keys[index]]
        one.nodes = [nodes[index]]
        return try one.creates(root)
    }
}

// MARK: - Arrays

extension UpdateFields {
    /// Writes the elements that an array gets; numbers pick elements, what is not there yet is filled with nulls.
    private func write(_ array: DocumentView, _ root: DocumentView, to writer: inout ArrayWriter) throws(QueryError) {
        var picked: [(index: Int, place: Int)] = []
        for (place, key) in keys.enumerated() {
            if let index = Self.arrayIndex(key) {
                picked.append((index, place))
            } else if try creates(place, root) {
                throw QueryError("cannot create field '\(String(decoding: key, as: UTF8.self))' in an array")
            }
        }
        picked.sort { $0.index < $1.index }
        picked = try withoutTwins(picked, array, root)
        try requireNoRename(root)
        var next = picked[...]
        var count = 0
        var elements = array.makeIterator()
        while let element = elements.next() {
            if let first = next.first, first.index == count {
                next.removeFirst()
                try Self.write(element, nodes[first.place], root, to: &writer)
            } else {
                writer.append(element)
            }
            count += 1
        }
        for pick in next where pick.index >= count {
            guard try creates(pick.place, root) else { continue }
            if pick.index - count > Self.fillLimit {
                throw QueryError("an array cannot be filled with more than \(Self.fillLimit) nulls")
            }
            while count < pick.index {
                writer.append(Null())
                count += 1
            }
            try create(pick.place, root, to: &writer)
            count += 1
        }
    }

    /// Leaves one name of those that pick the same element, such as 1 and 01, and do nothing there; mongod does not
    /// survive it if they do something.
    private func withoutTwins(
        _ picked: [(index: Int, place: Int)], _ array: DocumentView, _ root: DocumentView
    ) throws(QueryError) -> [(index: Int, place: Int)] {
        var result: [(index: Int, place: Int)] = []
        for pick in picked {
            if let last = result.last, last.index == pick.index {
                let key = Array(String(pick.index).utf8)
                let element = array.first(key.span.bytes)
                if try !acts(nodes[pick.place], on: element, root) { continue }
                if try acts(nodes[last.place], on: element, root) {
                    throw QueryError("an update names the element \(pick.index) of an array twice")
                }
                result.removeLast()
            }
            result.append(pick)
        }
        return result
    }

    /// Whether something changes.
    private func acts(_ node: UpdateNode, on element: ElementView?, _ root: DocumentView) throws(QueryError) -> Bool {
        switch node {
        case .set: return true
        case .unset: return element != nil
        case .move(let path):
            if let _ = try Self.source(path, in: root) { return true }
            return false
        case .fields(let fields):
            guard let inner = element?.nested else { return try fields.creates(root) }
            for (place, key) in fields.keys.enumerated() {
                if try acts(fields.nodes[place], on: inner.first(key.span.bytes), root) { return true }
            }
            return false
        }
    }

    /// Writes what becomes of an element of an array; null is left of one that is removed.
    private static func write(
        _ element: ElementView, _ node: UpdateNode, _ root: DocumentView, to writer: inout ArrayWriter
    ) throws(QueryError) {
        if case .fields(let fields) = node {
            if let document = element.document {
                try writer.document { (writer: inout DocumentWriter) throws(QueryError) in
                    try fields.write(document, root, to: &writer)
                }
            } else if let array = element.array {
                try writer.array { (writer: inout ArrayWriter) throws(QueryError) in
                    try fields.write(array, root, to: &writer)
                }
            } else {
                try fields.requireNothing(at: element, root)
                writer.append(element)
            }
            return
        }
        switch node {
        case .set(let value): Self.append(value, to: &writer)
        case .unset: writer.append(Null())
        default: writer.append(element)
        }
    }

    private static func append(_ value: Document, to writer: inout ArrayWriter) {
        let view = value.view
        var elements = view.makeIterator()
        if let element = elements.next() { writer.append(element) }
    }

    /// Writes an element that an array did not have.
    private func create(_ place: Int, _ root: DocumentView, to writer: inout ArrayWriter) throws(QueryError) {
        switch nodes[place] {
        case .set(let value): Self.append(value, to: &writer)
        case .fields(let fields):
            try writer.document { (writer: inout DocumentWriter) throws(QueryError) in
                for index in fields.keys.indices { try fields.create(index, root, to: &writer) }
            }
        default: break
        }
    }
}

// MARK: - What is renamed

extension UpdateFields {
    /// The element that `$rename` takes.
    @_lifetime(copy root)
    static func source(_ path: FieldPath, in root: DocumentView) throws(QueryError) -> ElementView? {
        var view = root
        var isInArray = false
        var isInside = false
        for (place, segment) in path.segments.enumerated() {
            // An array's keys have no zeros in front, the path's may have.
            let key = isInside ? arrayIndex(segment).map { Array(String($0).utf8) } ?? segment : segment
            guard let element = view.first(key.span.bytes) else { return nil }
            if place == path.segments.count - 1 {
                if isInArray { throw QueryError("$rename cannot take '\(path.name)', which is inside an array") }
                return element
            }
            let isNumeric = arrayIndex(path.segments[place + 1]) != nil
            guard let inner = element.nested, element.type == .document || isNumeric else {
                throw QueryError(
                    "$rename cannot follow '\(path.name)' through the \(element.type.name) '\(element.key)'")
            }
            isInside = element.type == .array
            isInArray = isInArray || isInside
            view = inner
        }
        return nil
    }

    /// Throws if something would be renamed into what is inside an array.
    private func requireNoRename(_ root: DocumentView) throws(QueryError) {
        for node in nodes {
            if case .fields(let fields) = node { try fields.requireNoRename(root) }
            guard case .move(let path) = node, let _ = try Self.source(path, in: root) else { continue }
            throw QueryError("$rename cannot put '\(path.name)' into an array")
        }
    }
}
