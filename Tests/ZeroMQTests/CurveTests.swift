// Curve: keys as text.
import Testing
import ZeroMQ

@Suite("CURVE", .timeLimit(.minutes(1)))
struct CurveTests {
    @Test("keys are different, and come back from their text")
    func keys() throws {
        let pair = try CurveKeyPair.generate()
        let other = try CurveKeyPair.generate()
        #expect(pair.publicKey != other.publicKey)
        let text = pair.publicKey.description
        #expect(text.utf8.count == 40 && CurveKey(text) == pair.publicKey)
        let secret = try #require(CurveSecret(pair.secret.reveal()))
        #expect(try CurveKeyPair(secret: secret).publicKey == pair.publicKey)
        #expect("\(pair)".contains(pair.secret.reveal()) == false)
    }

    @Test(
        "what is no key is refused",
        arguments: [
            "", "short", String(repeating: "a", count: 39), String(repeating: "ä", count: 20),
            String(repeating: "~", count: 40),
        ])
    func noKey(_ text: String) {
        #expect(CurveKey(text) == nil)
        #expect(CurveSecret(text) == nil)
    }
}
