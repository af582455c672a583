// Removing and masking fields, wherever a path leads.
internal import BSON

/// The fields that a route removes or masks.
///
/// A path leads into documents and into every element of arrays, and finds every field of a name that is there twice:
/// `$unset` does neither, and what is personal must not stay because of where it stands.
struct Redaction: Sendable {
    /// What becomes of a field.
    enum Action: Sendable, Hashable {
        case remove
        /// Whatever it held, it holds this text.
        case mask(String)
    }

    private indirect enum Node: Sendable {
        case action(Action)
        case fields(Redaction)
    }

    private var keys: [[UInt8]] = []
    private var nodes: [Node] = []

    /// A redaction of nothing.
    init() {}

    /// Adds a path; false if it, what it leads through or something behind it is named already.
    mutating func insert(_ path: String, _ action: Action) -> Bool {
        insert(path.split(separator: ".").map { Array($0.utf8) }[...], action)
    }

    private mutating func insert(_ path: ArraySlice<[UInt8]>, _ action: Action) -> Bool {
        guard let key = path.first else { return false }
        let rest = path.dropFirst()
        guard let known = keys.firstIndex(of: key) else {
            var inner = Redaction()
            if !rest.isEmpty && !inner.insert(rest, action) { return false }
            keys.append(key)
            nodes.append(rest.isEmpty ? .action(action) : .fields(inner))
            return true
        }
        guard !rest.isEmpty, case .fields(var inner) = nodes[known], inner.insert(rest, action) else { return false }
        nodes[known] = .fields(inner)
        return true
    }

    /// Appends what is left of the event.
    ///
    /// - Throws: If it does not fit into the writer, which then holds nothing of it.
    func write(_ event: DocumentView, to writer: inout DocumentWriter) throws(WriteFailure) {
        writer.beginDocument()
        writeFields(event, to: &writer)
        if !writer.endDocument() { throw writer.failure ?? .tooLarge }
    }

    private func writeFields(_ document: DocumentView, to writer: inout DocumentWriter) {
        var elements = document.makeIterator()
        while let element = elements.next() {
            if let index = keys.firstIndex(where: { Redaction.isKey(element, $0) }) {
                write(element, nodes[index], isInArray: false, to: &writer)
            } else {
                writer.append(element)
            }
        }
    }

    private func write(_ element: ElementView, _ node: Node, isInArray: Bool, to writer: inout DocumentWriter) {
        switch node {
        // Those behind it keep their places in an array.
        case .action(.remove): if isInArray { writer.append(key: element.keyBytes, Null()) }
        case .action(.mask(let mask)): writer.append(key: element.keyBytes, mask)
        case .fields(let inner): inner.writeInside(element, to: &writer)
        }
    }

    /// Goes on in what an element holds, if it can hold fields.
    private func writeInside(_ element: ElementView, to writer: inout DocumentWriter) {
        if let document = element.document {
            writer.document(key: element.keyBytes) { writeFields(document, to: &$0) }
        } else if let array = element.array {
            writer.array(key: element.keyBytes, withKeys: { writeElements(array, to: &$0) })
        } else {
            writer.append(element)
        }
    }

    /// Goes on in each element of an array; a number in a path picks one.
    private func writeElements(_ array: DocumentView, to writer: inout DocumentWriter) {
        var elements = array.makeIterator()
        while let element = elements.next() {
            if let index = keys.firstIndex(where: { Redaction.isKey(element, $0) }) {
                write(element, nodes[index], isInArray: true, to: &writer)
            } else {
                writeInside(element, to: &writer)
            }
        }
    }

    /// Whether the element has this key.
    static func isKey(_ element: ElementView, _ key: [UInt8]) -> Bool {
        let bytes = element.keyBytes
        if bytes.byteCount != key.count { return false }
        for index in key.indices where bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) != key[index] {
            return false
        }
        return true
    }
}
