// mongosh's notation of values: /regex/i, ObjectId("…"), ISODate("…") and the others.

internal import BSON

/// A function of mongosh that makes a value.
private enum ShellFunction: String {
    case objectID = "ObjectId"
    case isoDate = "ISODate"
    case date = "Date"
    case numberInt = "NumberInt"
    case int32 = "Int32"
    case numberLong = "NumberLong"
    case long = "Long"
    case double = "Double"
    case numberDecimal = "NumberDecimal"
    case decimal128 = "Decimal128"
    case timestamp = "Timestamp"
    case uuid = "UUID"
    case binData = "BinData"
    case regExp = "RegExp"
    case minKey = "MinKey"
    case maxKey = "MaxKey"
}

extension Reader {
    /// Reads a value in mongosh's notation; `false` if there is none here.
    mutating func shellValue(
        _ key: UnsafeRawBufferPointer, _ writer: inout DocumentWriter
    ) throws(TextError) -> Bool {
        let name = key.bytes
        if text.next == ASCII.slash {
            writer.append(key: name, try regexLiteral())
            return true
        }
        if text.take("undefined") {
            writer.append(key: name, Undefined())
            return true
        }
        let place = text.at
        let isNew = text.take("new")
        if isNew { try text.skipSpace() }
        guard let word = try text.name(&valueScratch), let function = ShellFunction(rawValue: string(word)),
            function != .date || isNew
        else {
            text.at = place
            return false
        }
        try text.skipSpace()
        // mongosh knows these two as constants, too.
        let hasArguments = text.next == ASCII.leftParenthesis || !(function == .minKey || function == .maxKey)
        if hasArguments {
            try text.expect(ASCII.leftParenthesis)
            try text.skipSpace()
        }
        try call(function, name, &writer)
        if hasArguments {
            try text.skipSpace()
            try text.expect(ASCII.rightParenthesis)
        }
        return true
    }

    private mutating func call(
        _ function: ShellFunction, _ name: RawSpan, _ writer: inout DocumentWriter
    ) throws(TextError) {
        switch function {
        case .objectID: writer.append(key: name, try objectID())
        case .isoDate, .date: writer.append(key: name, try date())
        case .numberInt, .int32: writer.append(key: name, try int32Argument())
        case .numberLong, .long: writer.append(key: name, try integerArgument())
        case .double: writer.append(key: name, try doubleArgument())
        case .numberDecimal, .decimal128: writer.append(key: name, try decimal())
        case .timestamp:
            let seconds = try unsigned()
            try nextArgument()
            writer.append(key: name, Timestamp(seconds: seconds, increment: try unsigned()))
        case .uuid: writer.append(key: name, Binary(try uuid(), subtype: 4))
        case .binData:
            let place = text.at
            guard let subtype = UInt8(exactly: try unsigned()) else {
                throw text.error("found another number, expected a subtype from 0 to 255", at: place)
            }
            try nextArgument()
            writer.append(key: name, Binary(try base64(), subtype: subtype))
        case .regExp: writer.append(key: name, try regexArguments())
        case .minKey: writer.append(key: name, MinKey())
        case .maxKey: writer.append(key: name, MaxKey())
        }
    }

    private mutating func nextArgument() throws(TextError) {
        try text.skipSpace()
        try text.expect(ASCII.comma)
        try text.skipSpace()
    }

    /// An integer, as such or in a string.
    private mutating func integerArgument() throws(TextError) -> Int64 {
        guard text.isNumberStart(text.next) else { return try integer("an integer of 64 bits") }
        let place = text.at
        guard case .integer(let value) = try text.number() else {
            throw text.error("found another number, expected an integer of 64 bits", at: place)
        }
        return value
    }

    private mutating func int32Argument() throws(TextError) -> Int32 {
        let place = text.at
        guard let value = Int32(exactly: try integerArgument()) else {
            throw text.error("found an integer of more than 32 bits, expected one of 32 bits", at: place)
        }
        return value
    }

    private mutating func doubleArgument() throws(TextError) -> Double {
        guard text.isNumberStart(text.next) else { throw text.expected("a number") }
        switch try text.number() {
        case .integer(let value): return Double(value)
        case .double(let value): return value
        }
    }

    private mutating func date() throws(TextError) -> Datetime {
        let place = text.at
        if text.isNumberStart(text.next) { return Datetime(millisecondsSinceEpoch: try integerArgument()) }
        guard let date = Datetime(utf8: try content("an ISO-8601 date in a string")) else {
            throw text.error("found another string, expected an ISO-8601 date such as 2026-11-21", at: place)
        }
        return date
    }

    private mutating func regexArguments() throws(TextError) -> BSON.Regex {
        let place = text.at
        let pattern = string(try content("a pattern in a string"))
        try text.skipSpace()
        guard text.next == ASCII.comma else { return try regularExpression(pattern, "", place) }
        try nextArgument()
        return try regularExpression(pattern, string(try content("options in a string")), place)
    }

    /// Reads `/pattern/options`; a slash within brackets or behind a backslash belongs to the pattern.
    private mutating func regexLiteral() throws(TextError) -> BSON.Regex {
        let place = text.at
        text.at += 1
        let first = text.at
        var isInClass = false
        while text.at == text.end || text.at.pointee != ASCII.slash || isInClass {
            if text.at == text.end || text.isLineEnd() {
                throw text.expected("the regular expression's end, '/'")
            }
            switch text.next {
            case ASCII.leftBracket: isInClass = true
            case ASCII.rightBracket: isInClass = false
            case ASCII.backslash: text.at += 1
            default: break
            }
            if text.at < text.end && !text.isLineEnd() { text.at += 1 }
        }
        let pattern = string(UnsafeRawBufferPointer(start: first, count: text.at - first))
        text.at += 1
        let options = text.at
        while text.at < text.end && text.isASCIINamePart(text.next) {
            guard "imsux".utf8.contains(text.next) else { throw text.expected("one of the options i, m, s, u, x") }
            text.at += 1
        }
        let letters = string(UnsafeRawBufferPointer(start: options, count: text.at - options))
        return try regularExpression(pattern, letters, place)
    }
}
