// Dates as text in formats such as %Y-%m-%d.

internal import BSON

/// A format of `$dateToString` and `$dateFromString`.
struct DateFormat: Sendable {
    /// What a format is for: more letters can be written than read.
    enum Purpose {
        case reading, writing
    }

    enum Part: Sendable {
        case literal([UInt8])
        /// What stands behind `%`.
        case field(UInt8)
    }

    let parts: [Part]

    /// `2026-11-21T07:39:53.123Z`; the Z is there in any time zone, as in MongoDB 6.0.
    static let standard = DateFormat(
        parts: [
            .field(UInt8(ascii: "Y")), .literal([0x2D]), .field(UInt8(ascii: "m")), .literal([0x2D]),
            .field(UInt8(ascii: "d")), .literal([0x54]), .field(UInt8(ascii: "H")), .literal([0x3A]),
            .field(UInt8(ascii: "M")), .literal([0x3A]), .field(UInt8(ascii: "S")), .literal([0x2E]),
            .field(UInt8(ascii: "L")), .literal([0x5A]),
        ])

    private init(parts: [Part]) { self.parts = parts }

    /// Reads a format.
    init(_ text: String, for purpose: Purpose) throws(QueryError) {
        let letters = purpose == .reading ? "dGHLmMSuVYzZ" : "dGHjLmMSuUVYwzZ"
        var parts: [Part] = []
        var literal: [UInt8] = []
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "%") else {
                literal.append(byte)
                continue
            }
            guard let letter = bytes.next() else { throw QueryError("a date format ends with a single '%'") }
            if letter == UInt8(ascii: "%") {
                literal.append(letter)
            } else if letters.utf8.contains(letter) {
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = []
                parts.append(.field(letter))
            } else {
                let list = letters.map { "%\($0)" }.joined(separator: ", ")
                let found = Character(Unicode.Scalar(letter))
                throw QueryError("a date format with '%\(found)' in '\(text)', expected one of \(list), %%")
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
    }

    /// Writes a date as it is in a time zone.
    func string(_ date: Datetime, in zone: Zone) throws(QueryError) -> String {
        let local = zone.local(date)
        var text: [UInt8] = []
        for part in parts {
            switch part {
            case .literal(let bytes): text += bytes
            case .field(let letter): text += try string(letter, local, zone.offset(at: date.seconds)).utf8
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func string(_ letter: UInt8, _ local: LocalTime, _ offset: Int64) throws(QueryError) -> String {
        switch Unicode.Scalar(letter) {
        case "Y": return try year(local.year)
        case "G": return try year(local.isoYear)
        case "m": return digits(local.month, 2)
        case "d": return digits(local.day, 2)
        case "H": return digits(local.hour, 2)
        case "M": return digits(local.minute, 2)
        case "S": return digits(local.second, 2)
        case "L": return digits(local.millisecond, 3)
        case "j": return digits(local.dayOfYear, 3)
        case "u": return digits(local.isoDayOfWeek, 1)
        case "w": return digits(local.isoDayOfWeek % 7 + 1, 1)
        case "U": return digits(local.week, 2)
        case "V": return digits(local.isoWeek, 2)
        case "z":
            let minutes = abs(offset / 60)
            return (offset < 0 ? "-" : "+") + digits(minutes / 60, 2) + digits(minutes % 60, 2)
        default: return String(offset / 60)
        }
    }

    private func year(_ year: Int64) throws(QueryError) -> String {
        guard (0...9999).contains(year) else {
            throw QueryError("a date of the year \(year) has no text, only years 0 to 9999 have")
        }
        return digits(year, 4)
    }
}
