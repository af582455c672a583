// A log_format compiled: what to look for on a line, one variable after the other.

/// A format as a program of steps, each of which finds one variable and the text that follows it.
///
/// nginx leaves some formats ambiguous: a user's name may hold what looks like the text behind it. Where the first
/// place at which the rest could begin turns out wrong, the next one is tried, up to a limit.
struct HitProgram: Sendable {
    /// One variable and what follows it.
    struct Step: Sendable {
        /// How its end is found.
        var shape: Shape
        /// What its field is; nil writes nothing.
        var kind: FieldKind?
        /// What part of the request it is, if several variables can be.
        var part: RequestPart?
        /// Where its field's name stands among ``HitProgram/text``.
        var key = Slice()
        /// Where the text that follows stands there.
        var literal = Slice()
        /// The first byte of that text, or of the next variable where nothing is between.
        var first: UInt8 = 0
        /// Whether the next variable begins with ``first``.
        var isNextVariable = false
    }

    /// How the end of a variable is found.
    enum Shape: UInt8, Sendable {
        /// Digits, or `-`.
        case digits
        /// Digits and points, or `-`.
        case decimal
        /// A time of 26 characters.
        case localTime
        /// A time as in ISO 8601.
        case isoTime
        /// Up to the quotation mark that follows, which is escaped within.
        case quoted
        /// No spaces.
        case token
        /// Values with `, ` and ` : ` between them.
        case upstream
        /// Anything, up to the text that follows.
        case free
    }

    /// A part of ``HitProgram/text``.
    struct Slice: Sendable {
        var start: Int32 = 0
        var end: Int32 = 0

        var count: Int { Int(end - start) }
        var range: Range<Int> { Int(start)..<Int(end) }
    }

    /// Places that are tried on one line before it is refused.
    private static let trials = 4096

    private(set) var steps: [Step] = []
    private(set) var text: [UInt8] = []
    private var prefix = Slice()
    private let isEscaped: Bool
    private var timeStep = -1
    private var clock = CommonLogClock()
    /// Where the variables of the line stand.
    private(set) var ranges: [TextRange] = []
    /// The time on the line, or nil if the format has none.
    private(set) var milliseconds: Int64?
    /// Whether the line ends within its last two variables.
    private(set) var isTruncated = false
    private var trialsLeft = 0

    /// The time of the line that was found last is taken from this step.
    var hasTime: Bool { timeStep >= 0 }

    init(_ format: NginxLogFormat) throws(LogFormat.Problem) {
        let pieces = try NginxPieces(format.text)
        isEscaped = format.escape != .none
        prefix = store(pieces.prefix)
        var before = pieces.prefix
        var list = Self.joined(pieces.pieces)
        for index in list.indices {
            let next = index + 1 < list.count ? list[index + 1] : nil
            try append(list[index], after: before, next: next)
            before = list[index].literal
        }
        list.removeAll()
        ranges = Array(repeating: .absent, count: steps.count)
        chooseFields(pieces.pieces.isEmpty ? [] : Self.joined(pieces.pieces).map { HitVariable(named: $0.name) })
    }

    /// `$uri$is_args$args` is one thing, which only nginx needs three names for.
    private static func joined(_ pieces: [NginxPiece]) -> [NginxPiece] {
        var result: [NginxPiece] = []
        for piece in pieces {
            let isArguments = piece.name == "args" || piece.name == "query_string"
            if let last = result.last, last.literal.isEmpty,
                piece.name == "is_args" || isArguments && last.name == "request_uri"
            {
                result[result.count - 1] = NginxPiece(name: "request_uri", literal: piece.literal)
            } else {
                result.append(piece)
            }
        }
        return result
    }

    private mutating func store(_ bytes: [UInt8]) -> Slice {
        let start = Int32(text.count)
        text += bytes
        return Slice(start: start, end: Int32(text.count))
    }

    private mutating func append(
        _ piece: NginxPiece, after before: [UInt8], next: NginxPiece?
    ) throws(LogFormat.Problem) {
        let variable = HitVariable(named: piece.name)
        var step = Step(shape: Self.shape(of: variable.kind), kind: variable.kind)
        step.literal = store(piece.literal)
        if let first = piece.literal.first {
            step.first = first
            let isQuoted = first == UInt8(ascii: "\"") && before.last == UInt8(ascii: "\"") && isEscaped
            if isQuoted && (step.shape == .free || step.shape == .token || step.shape == .upstream) {
                step.shape = .quoted
            }
        } else if let next, step.shape == .token || step.shape == .free || step.shape == .upstream {
            guard ["uri", "document_uri", "request_uri"].contains(next.name) else {
                throw .badSpecification(
                    "nginx", "nothing between $\(piece.name) and $\(next.name) tells where one ends")
            }
            step.isNextVariable = true
            step.first = UInt8(ascii: "/")
        }
        steps.append(step)
    }

    private static func shape(of kind: FieldKind) -> Shape {
        switch kind {
        case .int32, .int64: .digits
        case .double, .epochTime: .decimal
        case .localTime: .localTime
        case .isoTime: .isoTime
        case .token, .flag: .token
        case .upstreamToken, .upstreamInt32, .upstreamInt64, .upstreamDouble: .upstream
        case .text, .request, .target, .list: .free
        }
    }

    /// Decides which variables are written, where several say the same.
    private mutating func chooseFields(_ variables: [HitVariable]) {
        let times: [FieldKind] = [.epochTime, .isoTime, .localTime]
        for kind in times where timeStep < 0 { timeStep = steps.firstIndex { $0.kind == kind } ?? -1 }
        let hasTarget = variables.contains { $0.kind == .request || $0.kind == .target }
        var seen: Set<String> = []
        for (index, variable) in variables.enumerated() {
            let isPath = variable.field == "uri" && !hasTarget
            let field = isPath ? "path" : variable.field
            steps[index].part = RequestPart(field: field)
            steps[index].key = store(Array(field.utf8))
            if variable.kind.isTime || !seen.insert(field).inserted { steps[index].kind = nil }
        }
    }
}

// MARK: - Matching

extension HitProgram {
    /// Finds all variables on a line.
    ///
    /// - Parameter isPlain: Whether the line is all ASCII and has no backslash.
    mutating func match(_ line: RawSpan, isPlain: Bool) -> Refusal? {
        guard line.byteCount > 0 else { return .empty }
        trialsLeft = Self.trials
        isTruncated = false
        milliseconds = nil
        guard has(prefix, line, at: 0) else { return .unexpectedFields }
        return match(from: 0, line, at: prefix.count, isPlain)
    }

    /// Finds the variables from one step on.
    private mutating func match(from first: Int, _ line: RawSpan, at start: Int, _ isPlain: Bool) -> Refusal? {
        var position = start
        var index = first
        while index < steps.count {
            let step = steps[index]
            var end: Int
            switch step.shape {
            case .digits: end = Self.endOfDigits(line, position, point: false)
            case .decimal: end = Self.endOfDigits(line, position, point: true)
            case .localTime:
                end = position + CommonLogTime.length
                if end > line.byteCount { return .badTimestamp }
            case .isoTime:
                end = position
                guard ISOLogTime.milliseconds(in: line, at: &end) != nil else { return .badTimestamp }
            case .quoted: end = Self.endOfQuoted(line, position, isPlain)
            case .token, .upstream, .free:
                if step.literal.count == 0 && !step.isNextVariable {
                    end = line.byteCount
                } else if steps.count - index > 1 || step.literal.count > 0 {
                    return matchFree(index, line, at: position, isPlain)
                } else {
                    end = line.byteCount
                }
            }
            if let refusal = keep(index, line, position, end) { return refusal }
            if !has(step.literal, line, at: end) { return mismatch(index, line, position, end) }
            position = end + step.literal.count
            index += 1
        }
        return position == line.byteCount ? nil : .unexpectedFields
    }

    /// Remembers where a variable stands, and reads the time.
    @inline(__always)
    private mutating func keep(_ index: Int, _ line: RawSpan, _ start: Int, _ end: Int) -> Refusal? {
        ranges[index] = TextRange(start, end, in: line)
        guard index == timeStep else { return nil }
        milliseconds =
            switch steps[index].shape {
            case .localTime: clock.milliseconds(in: line, at: start)
            case .isoTime:
                {
                    var place = start
                    return ISOLogTime.milliseconds(in: line, at: &place)
                }()
            default: EpochLogTime.milliseconds(in: line, start..<end)
            }
        return milliseconds == nil ? .badTimestamp : nil
    }

    /// What is wrong where the text behind a variable is not there: the line may end too early.
    private mutating func mismatch(_ index: Int, _ line: RawSpan, _ start: Int, _ end: Int) -> Refusal? {
        let rest = line.byteCount - end
        guard rest < steps[index].literal.count, hasBeginning(of: steps[index].literal, line, at: end) else {
            return .unexpectedFields
        }
        guard index + 2 >= steps.count, index > 1, milliseconds != nil || timeStep < 0 else { return .missingFields }
        for later in index + 1..<max(index + 1, steps.count) { ranges[later] = .absent }
        isTruncated = true
        return nil
    }

    /// Tries the places at which the text behind a variable stands, nearest first.
    private mutating func matchFree(_ index: Int, _ line: RawSpan, at start: Int, _ isPlain: Bool) -> Refusal? {
        let result = matchFree(index, steps[index].first, line, at: start, isPlain)
        // Where a garbage request left the next variable without a value, it is a `-` that nothing separates either.
        guard result != nil, steps[index].isNextVariable else { return result }
        return matchFree(index, UInt8(ascii: "-"), line, at: start, isPlain)
    }

    private mutating func matchFree(
        _ index: Int, _ first: UInt8, _ line: RawSpan, at start: Int, _ isPlain: Bool
    ) -> Refusal? {
        let step = steps[index]
        var from = start
        var result = Refusal.missingFields
        while trialsLeft > 0, from <= line.byteCount, let end = line.firstIndex(of: first, from: from) {
            trialsLeft -= 1
            from = end + 1
            if step.shape != .free, Self.hasSpace(line, start..<end, isList: step.shape == .upstream) { break }
            if step.isNextVariable {
                if first == UInt8(ascii: "-"), !isAbsent(index + 1, line, at: end) { continue }
            } else if !has(step.literal, line, at: end) {
                continue
            }
            if step.shape == .upstream, Self.goesOn(line, start, end) { continue }
            if isEscaped, step.shape == .free, Self.hasQuote(line, start..<end) { break }
            if keep(index, line, start, end) != nil { continue }
            guard let refusal = match(from: index + 1, line, at: end + step.literal.count, isPlain) else { return nil }
            result = refusal
            if index + 1 == steps.count { continue }
        }
        return result
    }

    /// Whether a variable is nothing but the `-` that stands here.
    private func isAbsent(_ index: Int, _ line: RawSpan, at start: Int) -> Bool {
        guard index < steps.count else { return false }
        let literal = steps[index].literal
        return literal.count == 0 ? start + 1 == line.byteCount : has(literal, line, at: start + 1)
    }

    @inline(__always)
    private func has(_ literal: Slice, _ line: RawSpan, at start: Int) -> Bool {
        let count = literal.count
        guard start + count <= line.byteCount else { return false }
        for index in 0..<count where line.byte(at: start + index) != text[Int(literal.start) + index] { return false }
        return true
    }

    private func hasBeginning(of literal: Slice, _ line: RawSpan, at start: Int) -> Bool {
        for index in start..<line.byteCount where line.byte(at: index) != text[Int(literal.start) + index - start] {
            return false
        }
        return true
    }

    @inline(__always)
    private static func endOfDigits(_ line: RawSpan, _ start: Int, point: Bool) -> Int {
        var index = start
        while index < line.byteCount {
            let byte = line.byte(at: index)
            guard byte &- 48 <= 9 || point && byte == UInt8(ascii: ".") else { break }
            index += 1
        }
        if index == start, index < line.byteCount, line.byte(at: index) == UInt8(ascii: "-") { return index + 1 }
        return index
    }

    @inline(__always)
    private static func endOfQuoted(_ line: RawSpan, _ start: Int, _ isPlain: Bool) -> Int {
        if isPlain { return line.firstIndex(of: UInt8(ascii: "\""), from: start) ?? line.byteCount }
        var index = start
        while index < line.byteCount {
            let byte = line.byte(at: index)
            if byte == UInt8(ascii: "\"") { return index }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return line.byteCount
    }

    /// Whether a value would hold a space, other than those that separate values of a list.
    private static func hasSpace(_ line: RawSpan, _ range: Range<Int>, isList: Bool) -> Bool {
        for index in range where line.byte(at: index) == UInt8(ascii: " ") {
            guard isList, index > range.lowerBound else { return true }
            let before = line.byte(at: index - 1)
            let isColon = line.has(" : ", at: index) || line.has(" : ", at: index - 2)
            if before != UInt8(ascii: ",") && !isColon { return true }
        }
        return false
    }

    /// Whether a list that would end here goes on.
    private static func goesOn(_ line: RawSpan, _ start: Int, _ end: Int) -> Bool {
        end > start && line.byte(at: end - 1) == UInt8(ascii: ",") || line.has(" : ", at: end)
            || end >= 2 && line.has(" : ", at: end - 2)
    }

    private static func hasQuote(_ line: RawSpan, _ range: Range<Int>) -> Bool {
        line.firstIndex(of: UInt8(ascii: "\""), in: range) != nil
    }
}
