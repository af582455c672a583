// A database as the past of the live view.
import Eventstorm
import LiveView
import MongoStorage

/// Reads older events out of the collections that `eventstorm-sink-mongo` fills, one for each topic.
struct MongoHistory: HistorySource {
    /// `mongodb://HOST/DATABASE`.
    let uri: String

    func open(_ range: HistoryRange) throws(HistoryError) -> any HistoryCursor {
        do throws(MongoReadError) {
            return Cursor(
                reader: try MongoReader(
                    uri, topics: range.patterns, from: range.from, to: range.to, late: range.late))
        } catch {
            throw HistoryError(error.description)
        }
    }

    private final class Cursor: HistoryCursor {
        let reader: MongoReader

        init(reader: MongoReader) { self.reader = reader }

        func next(_ take: (Topic, RawSpan) -> Void) throws(HistoryError) -> Bool {
            do throws(MongoReadError) {
                return try reader.next(take)
            } catch {
                throw HistoryError(error.description)
            }
        }
    }
}
