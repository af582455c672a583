// Fuzzes what receives documents: validation, views of valid and of other bytes, and writing again what they show.
//
// 1. Bytes are read as a document without validation: nothing may crash, whatever they are.
// 2. Valid documents are iterated to the innermost element, and every key is looked up.
// 3. Copied element by element they are the same bytes; written value by value they are valid, and stay the same
//    when that is done again.

import BSON
import CFuzzer

@main
enum FuzzBSON {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            FuzzBSON.take(UnsafeRawBufferPointer(start: data, count: size).bytes)
            return 0
        }
    }

    private static func take(_ bytes: RawSpan) {
        visit(DocumentView(unchecked: bytes), levels: 200)
        _ = try? BSONValidator.validateSequence(bytes)
        guard let view = try? DocumentView(validating: bytes) else { return }
        visit(view, levels: 100)
        findEverything(in: view)
        check(copied(view), isSameAs: view, "the copy differs")
        let written = rewritten(view)
        guard let again = try? DocumentView(validating: written.span.bytes) else {
            fatalError("what was written is invalid")
        }
        check(rewritten(again), isSameAs: again, "written again it differs")
    }
}

/// Asks every element for everything.
private func visit(_ view: DocumentView, levels: Int) {
    var sum = view.count
    view.forEach { element in
        sum &+= element.key.utf8.count &+ element.valueBytes.byteCount &+ element.offset
        sum &+= (element.string?.utf8.count ?? 0) &+ Int(truncatingIfNeeded: element.integer ?? 0)
        sum &+= (element.binary?.bytes.count ?? 0) &+ (element.regex?.pattern.utf8.count ?? 0)
        sum &+= element.dbPointer.hashValue &+ element.timestamp.hashValue &+ element.number.hashValue
        sum &+= (element.decimal128?.description.utf8.count ?? 0) &+ (element.datetime?.description.utf8.count ?? 0)
        sum &+= element.javascriptWithScope.hashValue &+ element.symbol.hashValue &+ element.objectID.hashValue
        if levels > 0, let inner = element.nested { visit(inner, levels: levels - 1) }
        if levels > 0, let scope = element.scope { visit(scope, levels: levels - 1) }
    }
    if sum == .min { print(sum) }
}

/// Looks every key up, by itself and as a path below the outermost document.
private func findEverything(in view: DocumentView) {
    view.forEach { element in
        if view.first(element.keyBytes) == nil { fatalError("a key that is there was not found") }
        guard let inner = element.nested else { return }
        inner.forEach { _ = view.find(path: "\(element.key).\($0.key)") == nil }
        findEverything(in: inner)
    }
}

private func copied(_ view: DocumentView) -> [UInt8] {
    var writer = DocumentWriter(limit: .max)
    writer.beginDocument()
    view.forEach { writer.append($0) }
    return finished(&writer)
}

private func rewritten(_ view: DocumentView) -> [UInt8] {
    var writer = DocumentWriter(limit: .max)
    writer.beginDocument()
    if !rewriteAll(view, to: &writer) { fatalError("a value could not be read") }
    return finished(&writer)
}

private func finished(_ writer: inout DocumentWriter) -> [UInt8] {
    guard writer.endDocument() else { fatalError("a valid document could not be written") }
    return writer.withBytes { $0.withUnsafeBytes { Array($0) } }
}

private func check(_ bytes: [UInt8], isSameAs view: DocumentView, _ complaint: String) {
    if view.bytes.withUnsafeBytes({ !$0.elementsEqual(bytes) }) { fatalError(complaint) }
}
