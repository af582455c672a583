// The operators of expressions that search with regular expressions.

internal import BSON
internal import Synchronization

extension Function {
    /// The functions with regular expressions.
    static let regexes: [Function] = [
        Function(name: "$regexMatch", operands: regexNames) { operands throws(QueryError) in
            guard let search = try RegexSearch("$regexMatch", operands) else { return .bool(false) }
            return .bool(try search.expression.matches(search.text.utf8Span.span.bytes))
        },
        Function(name: "$regexFind", operands: regexNames) { operands throws(QueryError) in
            guard let search = try RegexSearch("$regexFind", operands) else { return .null }
            return try search.found(limit: 1).first ?? .null
        },
        Function(name: "$regexFindAll", operands: regexNames) { operands throws(QueryError) in
            guard let search = try RegexSearch("$regexFindAll", operands) else { return .array([]) }
            return .array(try search.found(limit: .max))
        },
    ]

    private static var regexNames: Operands {
        .named([
            Name(name: "input", isRequired: true), Name(name: "regex", isRequired: true),
            Name(name: "options", isRequired: false),
        ])
    }
}

/// A text and what is searched for in it.
private struct RegexSearch {
    let expression: RegularExpression
    let text: String

    /// Reads the operands; `nil` if there is nothing to search for, or nothing to search in.
    init?(_ name: String, _ operands: [Value?]) throws(QueryError) {
        let input = operands.operand(0)
        let wanted = operands.operand(1)
        if !input.isNullish, input.text == nil {
            throw QueryError("'input' of \(name) must be a string, found \(input.typeName)")
        }
        var options: String?
        if !operands.operand(2).isNullish { options = try operands.operand(2).text(for: "'options' of \(name)") }
        var pattern = ""
        switch wanted {
        case .missing, .null, .undefined: return nil
        case .string(let text): pattern = text
        case .regex(let regex):
            pattern = regex.pattern
            if options != nil && !regex.options.isEmpty {
                throw QueryError("\(name) got options of a regular expression twice: in 'regex' and in 'options'")
            }
            options = regex.options.isEmpty ? options : regex.options
        default:
            throw QueryError("'regex' of \(name) must be a string or a regular expression, found \(wanted.typeName)")
        }
        expression = try RegexSearch.compiled(pattern, options ?? "")
        guard let text = input.text else { return nil }
        self.text = text
    }

    /// Finds up to `limit` matches that do not overlap.
    func found(limit: Int) throws(QueryError) -> [Value] {
        let bytes = Array(text.utf8)
        var results: [Value] = []
        var offset = 0
        var points = 0  // code points in front of `counted`
        var counted = 0
        repeat {
            let match = try expression.firstMatch(in: bytes.span.bytes, from: offset)
            guard let match, let first = match.first, let whole = first else { break }
            points += bytes[counted..<whole.lowerBound].count { $0 & 0xC0 != 0x80 }
            counted = whole.lowerBound
            results.append(RegexSearch.result(bytes, match, whole, points))
            offset = whole.upperBound
            if whole.isEmpty {
                repeat { offset += 1 } while offset < bytes.count && bytes[offset] & 0xC0 == 0x80
            }
        } while results.count < limit && offset < bytes.count
        return results
    }

    private static func result(_ bytes: [UInt8], _ match: [Range<Int>?], _ whole: Range<Int>, _ points: Int) -> Value {
        func text(_ range: Range<Int>?) -> Value {
            range.map { .string(String(decoding: bytes[$0], as: UTF8.self)) } ?? .null
        }
        return .document(
            Document {
                $0["match"] = text(whole)
                $0["idx"] = Int32(clamping: points)
                $0["captures"] = Value.array(match.dropFirst().map(text))
            })
    }

    /// Compiles an expression, or finds it among the last ones.
    private static func compiled(_ pattern: String, _ options: String) throws(QueryError) -> RegularExpression {
        let key = Key(pattern: pattern, options: options)
        if let known = cache.withLock({ $0[key] }) { return known }
        let expression = try RegularExpression(pattern: pattern, options: options)
        cache.withLock { cache in
            // Patterns out of documents could be without end.
            if cache.count >= cacheLimit { cache.removeAll() }
            cache[key] = expression
        }
        return expression
    }

    private struct Key: Hashable {
        var pattern: String
        var options: String
    }

    /// Expressions that are kept compiled.
    private static let cacheLimit = 256
    private static let cache = Mutex<[Key: RegularExpression]>([:])
}
