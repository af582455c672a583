// What went missing on links while a bucket was filled.

/// The events missing on one link.
struct LinkLoss: Hashable, Sendable {
    /// Who sent what did not arrive.
    var origin: UInt64
    /// What it is called.
    var name: String
    /// Who should have received it; empty for this program itself.
    var receiver: String = ""
    /// Which process of that name it was: one that was started again counts from the beginning.
    var receiverOrigin: UInt64 = 0
    var lost: Int64 = 0
    var malformed: Int64 = 0
    var absent: Int64 = 0
    var unknown: Int64 = 0

    var isEmpty: Bool { lost == 0 && malformed == 0 && absent == 0 && unknown == 0 }

    mutating func add(_ other: LinkLoss) {
        lost &+= other.lost
        malformed &+= other.malformed
        absent &+= other.absent
        unknown &+= other.unknown
    }
}

/// The links on which something went missing: eight at most, the others are one.
struct LossList: Hashable, Sendable {
    static let most = 8

    private(set) var links: [LinkLoss] = []

    mutating func add(_ loss: LinkLoss) {
        if loss.isEmpty { return }
        if let place = links.firstIndex(where: { $0.origin == loss.origin && $0.receiver == loss.receiver }) {
            links[place].add(loss)
        } else if links.count < Self.most {
            links.append(loss)
        } else {
            links[Self.most - 1].add(loss)
            (links[Self.most - 1].origin, links[Self.most - 1].name) = (0, "others")
        }
    }

    /// Appends the links as JSON.
    func append(to text: inout [UInt8]) {
        for (index, link) in links.enumerated() {
            text.json(index == 0 ? "{\"origin\":" : ",{\"origin\":")
            text.json(string: String(hexadecimal: link.origin))
            text.json(",\"name\":")
            text.json(string: link.name)
            if !link.receiver.isEmpty {
                text.json(",\"receiver\":")
                text.json(string: link.receiver)
            }
            for (word, count) in [
                ("lost", link.lost), ("malformed", link.malformed), ("absent", link.absent), ("unknown", link.unknown),
            ] where count != 0 {
                text.json(",")
                text.json(string: word)
                text.json(":")
                text.json(count)
            }
            text.json("}")
        }
    }
}

extension String {
    /// Sixteen digits, as origins are written.
    init(hexadecimal number: UInt64) {
        let digits = String(number, radix: 16)
        self = String(repeating: "0", count: 16 - digits.count) + digits
    }
}
