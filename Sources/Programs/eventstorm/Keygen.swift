// eventstorm keygen: makes a key pair for encrypted endpoints.
import Service

extension Command {
    static let keygen = Command(
        "eventstorm keygen", "makes a key pair for encrypted endpoints",
        settings: [
            .text("pair", "NAME", "what to call it; letters, digits, - _ . @", required: true),
            Setting("dir", .directory, "DIR", "where to write it", usual: "."),
        ],
        words: "pair",
        examples: ["eventstorm keygen router", "eventstorm keygen web1 --dir /etc/eventstorm"])
}

/// Writes both files and tells what to do with them; the line for a list of clients goes to stdout.
func keygen(_ options: Options, _ signals: Signals) throws {
    let name = options.text("pair")
    let isName =
        name.utf8.count <= 64 && !name.hasPrefix(".")
        && name.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.@".unicodeScalars.contains($0))
        }
    guard isName else { throw options.failure("pair", "'\(name)' is no name: letters, digits, - _ . @, 64 at most") }
    let made = try KeyFile.create(name, in: options.text("dir"))
    Log.info("\(made.secretPath): for --keys of \(name), and for nobody else")
    Log.info("\(made.publicPath): for --server-key of those who connect to \(name)")
    Log.info("this line lets \(name) in where it stands in the file that --clients names:")
    print("\"\(name)\": \"\(made.key)\",")
}
