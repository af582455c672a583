// The books as JSON.

/// Writes books.
enum BookText {
    /// Appends the members of an object: the sums over all rows.
    static func appendTotals(of books: [LiveBook], to message: inout [UInt8]) {
        var total = LiveBook(origin: 0, name: "", topic: "")
        for book in books {
            total.received &+= book.received
            total.lost &+= book.lost
            total.malformed &+= book.malformed
            total.absent &+= book.absent
            total.unknown &+= book.unknown
        }
        appendFates(of: total, to: &message)
        for state in ["silent", "gone"] {
            message.json(",")
            message.json(string: state)
            message.json(":")
            message.json(Set(books.lazy.filter { $0.state == state }.map(\.origin)).count)
        }
    }

    /// A whole message: the rows with most missing events first, and how many more there are.
    static func message(_ books: [LiveBook]) -> [UInt8] {
        let sorted = books.sorted {
            ($1.missing, $1.received, $0.topic, $0.origin) < ($0.missing, $0.received, $1.topic, $1.origin)
        }
        var message: [UInt8] = []
        message.json("{\"type\":\"books\",\"rows\":[")
        for (index, book) in sorted.prefix(LiveLimits.bookRows).enumerated() {
            message.json(index == 0 ? "{\"origin\":\"" : ",{\"origin\":\"")
            let digits = String(book.origin, radix: 16)
            message.append(contentsOf: (String(repeating: "0", count: 16 - digits.count) + digits).utf8)
            message.json("\",\"name\":")
            message.json(string: book.name)
            message.json(",\"topic\":")
            message.json(string: book.topic)
            message.json(",\"state\":")
            message.json(string: book.state)
            message.json(",")
            appendFates(of: book, to: &message)
            message.json("}")
        }
        message.json("],\"more\":")
        message.json(max(0, sorted.count - LiveLimits.bookRows))
        message.json("}")
        return message
    }

    private static func appendFates(of book: LiveBook, to message: inout [UInt8]) {
        message.json("\"received\":")
        message.json(book.received)
        message.json(",\"lost\":")
        message.json(book.lost)
        message.json(",\"malformed\":")
        message.json(book.malformed)
        message.json(",\"absent\":")
        message.json(book.absent)
        message.json(",\"unknown\":")
        message.json(book.unknown)
    }
}
