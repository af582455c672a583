// Writes what a view shows, value by value.

import BSON

/// Reads every element of `view` through its typed property and writes it again, down to the innermost document.
///
/// - Returns: `false` if an element could not be read as what it says it is.
func rewriteAll(_ view: DocumentView, to writer: inout DocumentWriter) -> Bool {
    var elements = view.makeIterator()
    while let element = elements.next() {
        guard rewrite(element, to: &writer) else { return false }
    }
    return true
}

private func rewrite(_ element: ElementView, to writer: inout DocumentWriter) -> Bool {
    let key = element.keyBytes
    switch element.type {
    case .double: return write(element.double, key, &writer)
    case .string: return write(element.string, key, &writer)
    case .binary: return write(element.binary, key, &writer)
    case .objectID: return write(element.objectID, key, &writer)
    case .bool: return write(element.bool, key, &writer)
    case .datetime: return write(element.datetime, key, &writer)
    case .regex: return write(element.regex, key, &writer)
    case .dbPointer: return write(element.dbPointer, key, &writer)
    case .javascript: return write(element.javascript, key, &writer)
    case .symbol: return write(element.symbol, key, &writer)
    case .int32: return write(element.int32, key, &writer)
    case .timestamp: return write(element.timestamp, key, &writer)
    case .int64: return write(element.int64, key, &writer)
    case .decimal128: return write(element.decimal128, key, &writer)
    case .null: return write(Null(), key, &writer)
    case .undefined: return write(Undefined(), key, &writer)
    case .minKey: return write(MinKey(), key, &writer)
    case .maxKey: return write(MaxKey(), key, &writer)
    case .document, .array, .javascriptWithScope: return rewriteNested(element, to: &writer)
    }
}

private func rewriteNested(_ element: ElementView, to writer: inout DocumentWriter) -> Bool {
    var complete = false
    if let inner = element.document {
        writer.document(key: element.keyBytes) { complete = rewriteAll(inner, to: &$0) }
    } else if let inner = element.array {
        writer.array(key: element.keyBytes) { list in
            var elements = inner.makeIterator()
            complete = true
            while let item = elements.next() { complete = complete && list.rewrite(item) }
        }
    } else if let code = element.scopedCode, let scope = element.scope {
        writer.javascriptWithScope(key: element.keyBytes, code) { complete = rewriteAll(scope, to: &$0) }
    }
    return complete
}

extension ArrayWriter {
    /// Nested values are written as documents are, all others copied.
    fileprivate mutating func rewrite(_ element: ElementView) -> Bool {
        var complete = true
        if let inner = element.document {
            document { complete = rewriteAll(inner, to: &$0) }
        } else {
            append(element)
        }
        return complete
    }
}

private func write<T: BSONWritable>(_ value: T?, _ key: RawSpan, _ writer: inout DocumentWriter) -> Bool {
    guard let value else { return false }
    writer.append(key: key, value)
    return true
}
