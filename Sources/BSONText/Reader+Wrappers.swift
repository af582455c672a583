// Extended JSON: reads the value of an object that is a wrapper.

internal import BSON

extension Reader {
    /// Reads the first field's name if it tells a wrapper, and its colon; else stays at it.
    @inline(__always)
    mutating func wrapperHere() throws(TextError) -> Wrapper? {
        guard isExtended else { return nil }
        try text.skipSpace()
        let byte = text.next
        let isQuoted = byte == ASCII.quote || (text.isRelaxed && byte == ASCII.apostrophe)
        guard isQuoted || text.isRelaxed else { return nil }
        let first = isQuoted ? text.peek(1) : byte
        guard first == ASCII.dollar || first == ASCII.backslash else { return nil }
        return try wrapperName(isQuoted ? byte : nil)
    }

    @inline(never)
    private mutating func wrapperName(_ quote: UInt8?) throws(TextError) -> Wrapper? {
        let first = text.at
        var found: Wrapper?
        // The key of the object itself may still be in the other scratch.
        if let quote {
            found = Wrapper(try text.string(quote, &valueScratch))
        } else if let name = try text.name(&valueScratch) {
            found = Wrapper(name)
        }
        guard let found else {
            text.at = first
            return nil
        }
        try text.skipSpace()
        try text.expect(ASCII.colon)
        try text.skipSpace()
        return found
    }

    /// Reads the rest of a wrapper, behind its colon, and writes the value.
    mutating func read(
        _ wrapper: Wrapper, _ key: UnsafeRawBufferPointer, _ writer: inout DocumentWriter
    ) throws(TextError) {
        let name = key.bytes
        switch wrapper {
        case .objectID: writer.append(key: name, try objectID())
        case .int64: writer.append(key: name, try integer("an integer of 64 bits in a string"))
        case .date: writer.append(key: name, Datetime(millisecondsSinceEpoch: try milliseconds()))
        case .double: writer.append(key: name, try double())
        case .int32:
            let place = text.at
            guard let value = Int32(exactly: try integer("an integer of 32 bits in a string")) else {
                throw text.error("found an integer of more than 32 bits, expected one of 32 bits", at: place)
            }
            writer.append(key: name, value)
        case .decimal128: writer.append(key: name, try decimal())
        case .minKey: writer.append(key: name, try one(MinKey()))
        case .maxKey: writer.append(key: name, try one(MaxKey()))
        case .undefined:
            guard text.take("true") else { throw text.expected("true") }
            writer.append(key: name, Undefined())
        case .symbol: writer.append(key: name, Symbol(string(try content("a string"))))
        case .uuid: writer.append(key: name, Binary(try uuid(), subtype: 4))
        case .binary, .timestamp, .regularExpression, .dbPointer, .code, .scope:
            // The names inside may take the place of the key.
            return try readComposed(wrapper, Array(key), &writer)
        }
        try endWrapper(wrapper)
    }

    private mutating func readComposed(
        _ wrapper: Wrapper, _ key: [UInt8], _ writer: inout DocumentWriter
    ) throws(TextError) {
        let name = key.span.bytes
        switch wrapper {
        case .binary: writer.append(key: name, try binary())
        case .timestamp: writer.append(key: name, try timestamp())
        case .regularExpression: writer.append(key: name, try regularExpression())
        case .dbPointer: writer.append(key: name, try dbPointer())
        default: return try code(beginsWithScope: wrapper == .scope, key, &writer)
        }
        try endWrapper(wrapper)
    }

    private mutating func endWrapper(_ wrapper: Wrapper) throws(TextError) {
        try text.skipSpace()
        if text.isRelaxed && text.take(ASCII.comma) { try text.skipSpace() }
        guard text.take(ASCII.rightBrace) else { throw text.expected("'}', since \(wrapper.name) stands alone") }
    }
}

// MARK: - Parts

extension Reader {
    /// Reads a string; `what` says which was expected.
    mutating func content(_ what: StaticString) throws(TextError) -> UnsafeRawBufferPointer {
        let quote = text.next
        guard quote == ASCII.quote || (text.isRelaxed && quote == ASCII.apostrophe) else {
            throw text.expected("\(what)")
        }
        return try text.string(quote, &valueScratch)
    }

    func string(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The error that the string at `place` is not what it should be.
    private func other(_ what: StaticString, _ place: UnsafePointer<UInt8>) -> TextError {
        text.error("found another string, expected \(what)", at: place)
    }

    mutating func objectID() throws(TextError) -> ObjectID {
        let place = text.at
        let digits = try content("24 hexadecimal digits in a string")
        guard digits.count == 24, let high = hexadecimalNumber(digits, 0..<8),
            let low = hexadecimalNumber(digits, 8..<24)
        else { throw other("24 hexadecimal digits", place) }
        return ObjectID(seconds: UInt32(truncatingIfNeeded: high), low: low)
    }

    mutating func integer(_ what: StaticString) throws(TextError) -> Int64 {
        let place = text.at
        guard let value = decimalInteger(try content(what)) else { throw other(what, place) }
        return value
    }

    private mutating func double() throws(TextError) -> Double {
        let place = text.at
        let digits = try content("a number in a string")
        if isName(digits, "Infinity") { return .infinity }
        if isName(digits, "-Infinity") { return -.infinity }
        if isName(digits, "NaN") { return .nan }
        var inner = Scanner(.json)
        inner.begin(digits.assumingMemoryBound(to: UInt8.self))
        let isNegative = digits.first == ASCII.minus
        guard !digits.isEmpty, let number = try? inner.number(), inner.at == inner.end else {
            throw other("a number in a string", place)
        }
        switch number {
        case .double(let value): return value
        case .integer(let value): return value == 0 && isNegative ? -0.0 : Double(value)
        }
    }

    mutating func decimal() throws(TextError) -> Decimal128 {
        let place = text.at
        let digits = string(try content("a decimal number in a string"))
        guard let value = Decimal128(digits) else {
            throw other("a decimal number of at most 34 digits in a string", place)
        }
        return value
    }

    private mutating func milliseconds() throws(TextError) -> Int64 {
        let place = text.at
        if text.take(ASCII.leftBrace) {
            guard try wrapperHere() == .int64 else { throw text.expected("$numberLong") }
            let value = try integer("milliseconds in a string")
            try endWrapper(.int64)
            return value
        }
        guard let date = Datetime(utf8: try content("an ISO-8601 date or $numberLong")) else {
            throw other("an ISO-8601 date such as 2026-11-21T07:39:53.123Z", place)
        }
        return date.millisecondsSinceEpoch
    }

    private mutating func one<T>(_ value: T) throws(TextError) -> T {
        let place = text.at
        guard text.isNumberStart(text.next), case .integer(1) = try text.number() else {
            throw text.error("found another value, expected 1", at: place)
        }
        return value
    }

    mutating func uuid() throws(TextError) -> [UInt8] {
        let place = text.at
        guard let bytes = uuidBytes(try content("a UUID in a string")) else { throw other("a UUID", place) }
        return bytes
    }

    mutating func base64() throws(TextError) -> [UInt8] {
        let place = text.at
        guard let bytes = base64Bytes(try content("base64 in a string")) else { throw other("base64", place) }
        return bytes
    }

    /// Reads an unsigned integer of 32 bits.
    mutating func unsigned() throws(TextError) -> UInt32 {
        let place = text.at
        guard text.isNumberStart(text.next) else { throw text.expected("an integer from 0 to 4294967295") }
        guard case .integer(let number) = try text.number(), let value = UInt32(exactly: number) else {
            throw text.error("found another number, expected an integer from 0 to 4294967295", at: place)
        }
        return value
    }

    /// Makes a regular expression, its options sorted as BSON has them.
    func regularExpression(
        _ pattern: String, _ options: String, _ place: UnsafePointer<UInt8>
    ) throws(TextError) -> BSON.Regex {
        if pattern.utf8.contains(0) || options.utf8.contains(0) {
            throw text.error("found a NUL in a regular expression, expected none", at: place)
        }
        return BSON.Regex(pattern, options: String(options.sorted()))
    }
}

// MARK: - Values of several fields

extension Reader {
    /// Reads an object of exactly two fields in either order; `read` is told which of them stands next.
    private mutating func pair(
        _ first: StaticString, _ second: StaticString, _ read: (inout Reader, _ isFirst: Bool) throws(TextError) -> Void
    ) throws(TextError) {
        let start = text.at
        try text.expect(ASCII.leftBrace)
        try text.skipSpace()
        var seen: (first: Bool, second: Bool) = (false, false)
        repeat {
            let place = text.at
            let name = try fieldName()
            let isFirst = isName(name, first)
            guard (isFirst && !seen.first) || (isName(name, second) && !seen.second) else {
                throw text.error("found another field, expected '\(first)' and '\(second)' alone", at: place)
            }
            if isFirst { seen.first = true } else { seen.second = true }
            try text.skipSpace()
            try text.expect(ASCII.colon)
            try text.skipSpace()
            try read(&self, isFirst)
        } while try isNext(ASCII.rightBrace)
        guard seen == (true, true) else {
            throw text.error("found one field, expected both '\(first)' and '\(second)'", at: start)
        }
    }

    private mutating func binary() throws(TextError) -> Binary {
        var value = Binary([])
        try pair("base64", "subType") { reader, isFirst throws(TextError) in
            if isFirst {
                value.bytes = try reader.base64()
                return
            }
            let place = reader.text.at
            let digits = try reader.content("a subtype of two hexadecimal digits in a string")
            guard (1...2).contains(digits.count), let subtype = hexadecimalNumber(digits, 0..<digits.count) else {
                throw reader.other("two hexadecimal digits", place)
            }
            value.subtype = UInt8(truncatingIfNeeded: subtype)
        }
        return value
    }

    private mutating func timestamp() throws(TextError) -> Timestamp {
        var value = Timestamp(seconds: 0, increment: 0)
        try pair("t", "i") { reader, isFirst throws(TextError) in
            let number = try reader.unsigned()
            if isFirst { value.seconds = number } else { value.increment = number }
        }
        return value
    }

    private mutating func regularExpression() throws(TextError) -> BSON.Regex {
        let place = text.at
        var (pattern, options) = ("", "")
        try pair("pattern", "options") { reader, isFirst throws(TextError) in
            let part = reader.string(try reader.content("a string"))
            if isFirst { pattern = part } else { options = part }
        }
        return try regularExpression(pattern, options, place)
    }

    private mutating func dbPointer() throws(TextError) -> DBPointer {
        var collection = ""
        var id = ObjectID(seconds: 0, low: 0)
        try pair("$ref", "$id") { reader, isFirst throws(TextError) in
            if isFirst {
                collection = reader.string(try reader.content("a collection's name in a string"))
                return
            }
            guard reader.text.take(ASCII.leftBrace), try reader.wrapperHere() == .objectID else {
                throw reader.text.expected("$oid")
            }
            id = try reader.objectID()
            try reader.endWrapper(.objectID)
        }
        return DBPointer(collection, id: id)
    }

    /// Reads code, and the scope that may be before or behind it; stands behind the colon of the first of them.
    private mutating func code(
        beginsWithScope: Bool, _ key: [UInt8], _ writer: inout DocumentWriter
    ) throws(TextError) {
        let mark = places.count
        let element = writer.count - placeOrigin
        var variables: Document?
        if beginsWithScope {
            variables = try scope()
            try text.skipSpace()
            guard text.take(ASCII.comma), try memberHere("$code") else { throw text.expected("$code beside $scope") }
        }
        let code = string(try content("code in a string"))
        try text.skipSpace()
        if !beginsWithScope, text.take(ASCII.comma) {
            try text.skipSpace()
            if !(text.isRelaxed && text.next == ASCII.rightBrace) {
                guard try memberHere("$scope") else { throw text.expected("'}' or $scope beside $code") }
                variables = try scope()
            }
        }
        try endWrapper(beginsWithScope ? .scope : .code)
        guard let variables else { return writer.append(key: key.span.bytes, JavaScript(code)) }
        writer.append(key: key.span.bytes, JavaScriptWithScope(code, scope: variables))
        // The type, the key, two lengths and the code come before the scope, which was read on its own.
        movePlaces(from: mark, by: element + 1 + key.count + 1 + 8 + code.utf8.count + 1)
    }

    /// Reads a field's name and its colon if it is `name`.
    private mutating func memberHere(_ name: StaticString) throws(TextError) -> Bool {
        try text.skipSpace()
        let place = text.at
        guard isName(try fieldName(), name) else {
            text.at = place
            return false
        }
        try text.skipSpace()
        try text.expect(ASCII.colon)
        try text.skipSpace()
        return true
    }

    private mutating func scope() throws(TextError) -> Document {
        let place = text.at
        let origin = placeOrigin
        var writer = DocumentWriter(limit: limits.documentBytes)
        writer.beginDocument()
        placeOrigin = 0
        try text.expect(ASCII.leftBrace)
        if let wrapper = try wrapperHere() {
            throw text.error("found a \(wrapper.name) value, expected a document", at: place)
        }
        try enter(place)
        try object(&writer)
        placeOrigin = origin
        if !writer.endDocument() { throw failed(writer.failure) }
        return Document(copying: DocumentView(unchecked: writer.bytes))
    }
}
