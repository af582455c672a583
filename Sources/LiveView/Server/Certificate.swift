// What the server shows over TLS.

internal import CWebSockets
import Glibc

/// The file with the certificate, those above it, and the key.
enum Certificate {
    /// Lets connections from now on begin with what is in a file.
    ///
    /// - Parameter tls: OpenSSL's `SSL_CTX`; nil to look whether the file can be used, and no more.
    /// - Returns: Why it cannot be used, in which case nothing has changed; nil if it can.
    static func use(_ path: String, in tls: UnsafeMutableRawPointer?) -> String? {
        guard access(path, R_OK) == 0 else { return String(cString: strerror(errno)) }
        return CWebSockets_useCertificate(tls, path).map { String(cString: $0) }
    }
}
