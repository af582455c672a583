// One of our programs, as a process of its own.
import Foundation
@testable import Service
import Testing

/// A program that was started from where the tests were built; stopped at the latest when it is let go.
final class RunningProgram {
    private let process = Process()

    convenience init(_ name: String, _ arguments: String...) throws { try self.init(name, arguments: arguments) }

    init(_ name: String, arguments: [String], output: FileHandle? = nil) throws {
        let path = try #require(Executables.path(of: name), "\(name) was not built")
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        if let output {
            process.standardOutput = output
            process.standardError = output
        }
        try process.run()
    }

    deinit {
        if process.isRunning {
            signal(SIGKILL)
            process.waitUntilExit()
        }
    }

    var pid: pid_t { process.processIdentifier }

    /// Sends a signal.
    func signal(_ number: CInt) { kill(pid, number) }

    /// Whether it has ended by itself.
    var hasEnded: Bool { !process.isRunning }

    /// Waits for the end; returns the exit status.
    func waitForEnd() -> CInt {
        process.waitUntilExit()
        return process.terminationStatus
    }
}

/// Runs a program to its end; returns what it printed, and its exit status.
///
/// - Parameter error: Where its complaints go; with ours if there is none.
func output(of program: URL, _ arguments: [String], error: FileHandle? = nil) throws -> (text: String, status: CInt) {
    let process = Process()
    let output = Pipe()
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = output
    if let error { process.standardError = error }
    try process.run()
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (String(decoding: said, as: UTF8.self), process.terminationStatus)
}

/// A port of the loopback interface that nobody uses at the moment.
func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
        }
    }
    try #require(bound)
    return Int(UInt16(bigEndian: address.sin_port))
}
