// Prints results for people and for programs.

public import BSON
internal import BSONText
internal import Glibc
internal import Service

/// Writes documents to a descriptor in one of several forms.
///
/// Only one thread may use it at a time.
public final class ResultPrinter: @unchecked Sendable {
    /// How results are written.
    public enum Format: String, Sendable, CaseIterable {
        /// Aligned columns, for people.
        case table
        /// Relaxed Extended JSON, a document per line.
        case json
        /// Comma-separated values (RFC 4180), with the columns of the first documents.
        case csv
        /// The documents as they are stored.
        case bson
    }

    /// Documents that decide on the columns of a table, and on their widths.
    static let sampleLimit = 1_000
    /// Characters of a cell of a table; longer text is cut.
    static let widest = 48

    private let format: Format
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var sample: [Document] = []
    private var columns: [String]?
    private var widths: [Int] = []
    /// Results that were printed.
    public private(set) var count = 0
    /// Fields that had no column, because none of the first documents has them.
    public private(set) var fieldsLeftOut = 0
    /// Whether the reader of our output has gone.
    public private(set) var isClosed = false

    /// Creates a printer; what it is given is written at the latest by ``finish()``.
    public init(_ format: Format, to descriptor: CInt) {
        self.format = format
        self.descriptor = descriptor
    }

    /// Prints a document; `false` if nobody reads any more.
    public func print(_ document: DocumentView) -> Bool {
        count += 1
        switch format {
        case .bson: document.bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
        case .json:
            BSONText.write(document, to: &buffer)
            buffer.append(0x0A)
        case .csv, .table:
            if columns != nil {
                printRow(document)
            } else {
                sample.append(Document(copying: document))
                if sample.count == Self.sampleLimit { printSample() }
            }
        }
        if buffer.count > 1 << 16 { flush() }
        return !isClosed
    }

    /// Writes what is left.
    public func finish() {
        if columns == nil && !sample.isEmpty { printSample() }
        flush()
    }

    // MARK: - Columns

    private func printSample() {
        var names: [String] = []
        var known: Set<String> = []
        for document in sample {
            document.view.forEach { element in
                if known.insert(element.key).inserted { names.append(element.key) }
            }
        }
        columns = names
        widths = names.map { name in
            sample.reduce(width(name)) { max($0, width(cell(name, of: $1.view))) }
        }
        format == .csv ? printCSV(names) : printTable(names, isNumber: names.map { _ in false })
        for document in sample { printRow(document.view) }
        sample.removeAll()
    }

    private func printRow(_ document: DocumentView) {
        guard let columns else { return }
        let cells = columns.map { cell($0, of: document) }
        let known = columns.reduce(0) { $0 + (document[$1] == nil ? 0 : 1) }
        fieldsLeftOut += max(0, document.count - known)
        if format == .csv { return printCSV(cells) }
        printTable(cells, isNumber: columns.map { document[$0]?.number != nil })
    }

    /// The text of a field: strings as they are, dates as ISO 8601, all else as JSON; nothing where there is none.
    private func cell(_ name: String, of document: DocumentView) -> String {
        guard let element = document[name] else { return "" }
        if let text = element.string { return text }
        if let date = element.datetime { return date.description }
        if let id = element.objectID { return id.description }
        if let decimal = element.decimal128 { return decimal.description }
        if element.isNull { return format == .csv ? "" : "null" }
        let holder = Document { $0.append(element, key: "v") }
        return String(BSONText.string(holder.view).dropFirst(#"{"v":"#.count).dropLast())
    }

    private func printCSV(_ cells: [String]) {
        var isFirst = true
        for cell in cells {
            if !isFirst { buffer.append(UInt8(ascii: ",")) }
            isFirst = false
            if cell.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) {
                buffer.append(0x22)
                for byte in cell.utf8 {
                    if byte == 0x22 { buffer.append(0x22) }
                    buffer.append(byte)
                }
                buffer.append(0x22)
            } else {
                buffer.append(contentsOf: cell.utf8)
            }
        }
        buffer.append(contentsOf: [0x0D, 0x0A])
    }

    private func printTable(_ cells: [String], isNumber: [Bool]) {
        var line = ""
        for (index, text) in cells.enumerated() {
            let shown = Self.shortened(text)
            let gap = String(repeating: " ", count: max(0, widths[index] - shown.count))
            if index > 0 { line += "  " }
            line += isNumber[index] ? gap + shown : shown + gap
        }
        while line.hasSuffix(" ") { line.removeLast() }
        buffer.append(contentsOf: (line + "\n").utf8)
    }

    private func width(_ text: String) -> Int { Self.shortened(text).count }

    /// Text that fits in a cell: cut, and without what would move a terminal's cursor.
    private static func shortened(_ text: String) -> String {
        var shown = String(
            String.UnicodeScalarView(text.unicodeScalars.prefix(4 * widest).map { isPlain($0) ? $0 : "�" }))
        if shown.count > widest { shown = shown.prefix(widest - 1) + "…" }
        return shown
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
    }

    // MARK: - Output

    private func flush() {
        if !isClosed && !writeAll(descriptor, buffer) { isClosed = true }
        buffer.removeAll(keepingCapacity: true)
    }
}
