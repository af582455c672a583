// eventstorm: the tool for people.
import Service

Program.run(
    "eventstorm", "a brokerless event fabric",
    words: [
        Program.Word(.up, up),
        Program.Word(.check, check),
        Program.Word(.explain, explain),
        Program.Word(.emit, emit),
        Program.Word(.tap, tap),
        Program.Word(.books, books),
        Program.Word(.query, query),
        Program.Word(.keygen, keygen),
    ])
