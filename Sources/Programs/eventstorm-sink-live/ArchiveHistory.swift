// An archive as the past of the live view.
import Archive
import Eventstorm
import LiveView

/// Reads older events out of the directory that `eventstorm-sink-archive` writes.
struct ArchiveHistory: HistorySource {
    let directory: String

    func open(_ range: HistoryRange) -> any HistoryCursor {
        Cursor(
            reader: ArchiveReader(
                directory, topics: range.patterns, from: range.from, storedUntil: range.storedUntil))
    }

    private final class Cursor: HistoryCursor {
        let reader: ArchiveReader

        init(reader: ArchiveReader) { self.reader = reader }

        func next(_ take: (Topic, RawSpan) -> Void) throws(HistoryError) -> Bool {
            do throws(ArchiveReadError) {
                return try reader.next(take)
            } catch {
                throw HistoryError(error.description)
            }
        }
    }
}

/// Where older events are: a database, if it is named by a URI, else an archive's directory.
func historySource(_ place: String) -> any HistorySource {
    place.hasPrefix("mongodb") ? MongoHistory(uri: place) : ArchiveHistory(directory: place)
}
