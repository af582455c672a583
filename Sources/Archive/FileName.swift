// The names of files: a topic, and a number when the name is taken.

public import Eventstorm

/// The names of files: `http.hit.bson` once finished, `http.hit.bson.part` before.
///
/// A topic is a safe name as it stands: it holds no slash, and no dot begins it. Two things are added after a `~`,
/// which no topic contains: a number from 1 when a finished file of the name exists (finished files never change), and
/// a hash when the topic is too long for a name.
public enum FileName {
    /// How the name of a finished file ends.
    public static let finished = ".bson"
    /// How the name of a file ends that is still written.
    public static let unfinished = ".bson.part"

    /// Bytes of a topic's name that are kept: file systems allow 255 with everything that is added.
    static let longestStem = 200

    /// The part of the name that stands for the topic.
    public static func stem(of topic: Topic) -> String {
        if topic.utf8.count <= longestStem { return topic.name }
        let hash = String(FNV1a.hash(topic.utf8), radix: 16)
        let padded = String(repeating: "0", count: 16 - hash.count) + hash
        // A cut character would be no UTF-8 any more.
        var end = longestStem - 17
        while topic.utf8[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: topic.utf8[..<end], as: UTF8.self) + "~" + padded
    }

    /// The name without its ending: the stem, and the number if it is not 0.
    static func base(_ stem: String, _ number: Int) -> String { number == 0 ? stem : "\(stem)~\(number)" }

    /// The topic whose events a file of this name holds, nil if it is no file of an archive.
    ///
    /// Of a topic that is too long for a name, what is left of it.
    public static func topic(of name: String) -> Topic? {
        guard let ending = [finished, unfinished].first(where: { name.hasSuffix($0) }) else { return nil }
        let stem = name.dropLast(ending.count).prefix { $0 != "~" }
        return try? Topic(String(stem))
    }
}
