// Names that are made of topics and fields.

import BSON
import Eventstorm
import Testing

@testable import MongoStorage

@Suite("Names of databases and collections")
struct NameTemplateTests {
    private static let event = Document {
        $0["host"] = "web1.example.org"
        $0["n"] = 5
        $0["none"] = "_none"
        $0["dollar"] = "a$b c"
        $0["list"] = true
        $0["timestamp"] = Datetime(millisecondsSinceEpoch: 1_795_294_800_123)  // 2026-11-21T21:00:00.123Z
        $0["before"] = Datetime(millisecondsSinceEpoch: -1)
        $0["far"] = Datetime(millisecondsSinceEpoch: .max)
        $0.document(key: "client") { $0["country"] = "Ö" }
    }

    private func name(_ text: String, _ use: NameTemplate.Use, topic: String = "http.hit") throws -> String {
        var name: [UInt8] = []
        try NameTemplate(text, for: use).write(Topic(topic), Self.event.view, to: &name)
        return String(decoding: name, as: UTF8.self)
    }

    @Test(
        "of collections are made of topic, fields and times",
        arguments: [
            ("events", "events"), ("{topic}", "http.hit"), ("events.{topic}", "events.http.hit"),
            ("logs_{timestamp:%Y_%m}", "logs_2026_11"), ("{timestamp:%Y-%m-%d_%H%M%S}", "2026-11-21_210000"),
            ("{timestamp:%G_%V}", "2026_47"), ("{before:%Y%m%d}", "19691231"), ("{far:%Y}", "292278994"),
            ("a_{host}", "a_web1%2Eexample%2Eorg"), ("a_{n}", "a_5"), ("{client.country}", "Ö"),
            ("a_{missing}", "a__none"), ("a_{client}", "a__none"), ("a_{host:%Y}", "a__none"),
            ("a_{none}", "a_%5Fnone"), ("a_{dollar}", "a_a%24b%20c"), ("{list}", "true"),
        ])
    func collections(text: String, name: String) throws { #expect(try self.name(text, .collection) == name) }

    @Test(
        "of databases escape what a database's name cannot have",
        arguments: [
            ("{topic}", "http%2Ehit"), ("db_{host}", "db_web1%252Eexample%252Eorg"), ("db_{n}", "db_5"),
        ])
    func databases(text: String, name: String) throws {
        let made = try self.name(text, .database)
        #expect(made == name.replacing("%25", with: "%"))
    }

    @Test("the server's own collections are out of reach")
    func system() throws {
        #expect(try name("{topic}", .collection, topic: "system.views") == "%73ystem.views")
    }

    @Test("a name that is too long has all values _other")
    func long() throws {
        let topic = String(repeating: "x", count: 250)
        #expect(try name("events.{topic}", .collection, topic: topic) == "events._other")
        #expect(try name("{topic}", .database, topic: topic) == "_other")
    }

    @Test(
        "what is wrong is said",
        arguments: [
            ("", "is empty"), ("a}", "without a '{'"), ("{a", "without a '}'"), ("{}", "is no field"),
            ("{a..b}", "is no field"), ("{$a}", "is no field"), ("a$b", "has a '$'"), ("system.x", "server's own"),
            (".a", "point"), ("a.", "point"), ("{t:%Q}", "no part of a time"), ("{t:%}", "no part of a time"),
            ("{t:}", "no pattern"), ("{t:%Y/%m}", "no pattern"), (String(repeating: "x", count: 300), "too long"),
        ])
    func wrong(text: String, reason: String) {
        let error = #expect(throws: NameError.self) { try NameTemplate(text, for: .collection) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test("a database has letters of its own", arguments: ["a.b", "a b", "a/b", "a:b", "a?"])
    func wrongDatabase(text: String) {
        #expect(throws: NameError.self) { try NameTemplate(text, for: .database) }
    }
}
