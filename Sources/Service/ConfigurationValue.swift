// A value of a configuration as it was written, for settings that a component reads itself.

package import BSON
internal import BSONText

/// A value of a configuration with its place in the file.
package struct ConfigurationValue: Sendable {
    let parsed: ParsedDocument
    let offset: Int
    let path: String
    /// How messages call it: `router.routes[0].match`.
    package let label: String

    /// The element; its views' offsets are those that ``problem(_:at:_:)`` understands.
    package var element: ElementView? {
        @_lifetime(borrow self) get { parsed.document.view.element(at: offset) }
    }

    /// What is wrong with the value, or with an element inside of it.
    ///
    /// - Parameters:
    ///   - message: What was found and what would be right.
    ///   - offset: The element's offset; nil for the whole value.
    ///   - suffix: What follows the label, such as `[0].topic`.
    package func problem(_ message: String, at offset: Int? = nil, _ suffix: String = "") -> Problem {
        let inner = offset.flatMap { parsed.place(ofElementAt: $0) }
        let place = inner ?? parsed.valuePlace(ofElementAt: self.offset) ?? parsed.place
        return Problem(
            line: place.line, column: place.column, message: "\(path):\(place): \(label)\(suffix): \(message)",
            isConfiguration: true)
    }
}

extension ConfigurationValue: Equatable {
    /// Whether both are the same place of the same file.
    package static func == (left: ConfigurationValue, right: ConfigurationValue) -> Bool {
        left.offset == right.offset && left.path == right.path && left.label == right.label
    }
}
