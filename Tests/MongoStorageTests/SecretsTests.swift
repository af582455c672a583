// Passwords stay out of messages.

import Testing

@testable import MongoStorage
@testable import Service

@Suite("Secrets of a URI")
struct SecretsTests {
    @Test(
        "are hidden in messages",
        arguments: [
            ("mongodb://u:geheim@h/db", "geheim"), ("mongodb+srv://u:geheim@h", "geheim"),
            ("mongodb://u:ge%40heim@h:1,i:2/db?tls=true", "ge@heim"), ("mongodb://u:a:b@h", "a:b"),
            ("mongodb://u:ge@heim@h", "ge@heim"),
        ])
    func hidden(uri: String, password: String) {
        let message = Secrets(in: uri).hidden(in: "no '\(password)' in \(uri)")
        #expect(!message.contains(password) && message.contains("no '***' in mongodb"))
    }

    @Test("are not found where there are none", arguments: ["mongodb://h/db", "mongodb://u@h", "nonsense:x@y", ""])
    func none(uri: String) { #expect(Secrets(in: uri).isEmpty) }

    @Test("are in no description of servers, and in no error")
    func descriptions() throws {
        let address = try ServerAddress("mongodb://u:geheim@a:1,b/db?replicaSet=r", applicationName: "test")
        #expect(address.description == "mongodb://a:1,b:27017" && address.database == "db")
        for uri in ["mongodb://u:geheim@", "mongodb://u:geh/eim@h", "mongodb://u:geheim@h/?tls=perhaps", "geheim"] {
            let error = #expect(throws: NameError.self) { try ServerAddress(uri, applicationName: "test") }
            #expect(error?.description.contains("geheim") == false && error?.description.contains("geh/eim") == false)
        }
    }

    @Test(
        "a collection may follow the database",
        arguments: [
            ("mongodb://h/db.a.b?w=1", "db", "a.b"), ("mongodb://u:p.q@h.i/db.c", "db", "c"),
            ("mongodb://h.i/db", "db", nil), ("mongodb://h.i", nil, nil),
        ])
    func collections(uri: String, database: String?, collection: String?) throws {
        let address = try ServerAddress(uri, takesCollection: true, applicationName: "test")
        #expect(address.database == database && address.collection == collection)
    }
}
