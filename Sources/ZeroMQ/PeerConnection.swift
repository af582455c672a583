// PeerConnection: the system's name for one peer's connection, by which it can be ended.
internal import Glibc

/// One peer's connection, as the system knows it.
///
/// libzmq ends connections only with their endpoint or their socket. It names the descriptor of each message's
/// connection, though, and takes a connection that was shut down for one that broke. Since it may close the descriptor
/// at any time, the socket's inode is remembered: it tells another connection with the same number apart.
public struct PeerConnection: Hashable, Sendable {
    private let descriptor: CInt
    private let inode: UInt

    init?(_ descriptor: CInt) {
        guard let inode = PeerConnection.inode(of: descriptor) else { return nil }
        self.descriptor = descriptor
        self.inode = inode
    }

    /// Whether it is still open.
    public var isOpen: Bool { PeerConnection.inode(of: descriptor) == inode }

    /// Ends it if it is still open; the peer may come again.
    public func cut() {
        if isOpen { shutdown(descriptor, CInt(SHUT_RDWR)) }
    }

    private static func inode(of descriptor: CInt) -> UInt? {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFSOCK else { return nil }
        return UInt(facts.st_ino)
    }
}
