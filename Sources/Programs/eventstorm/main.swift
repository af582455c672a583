// eventstorm: the tool for people.
import Service

Program.run(
    "eventstorm", "a brokerless event fabric",
    words: [
        Program.Word(.emit, emit),
        Program.Word(.tap, tap),
    ])
