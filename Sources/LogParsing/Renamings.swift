// Which names the files have now that once had a name that is followed.

/// Follows files whose names change, from the names that are followed to where they are now.
///
/// Two rotations may happen between two looks; the file between them is never seen under the name that is followed. And
/// while one renaming is looked at, the next may happen, so that the names are remembered.
struct Renamings {
    /// The most names that are remembered.
    private static let limit = 256

    /// What a file is called now, the log whose name it had, and whether that is news.
    ///
    /// Oldest first.
    private var names: [(path: String, log: String, isNew: Bool)] = []
    /// Renamings of which only the first half has come, by their cookies.
    private var halves: [UInt32: String] = [:]

    /// Notes one half of a renaming in a directory.
    mutating func note(_ change: Watcher.Change, in directory: String, isFollowed: (String) -> Bool) {
        let path = Path.join(directory, change.name)
        let index = names.firstIndex { $0.path == path }
        if change.move == .from {
            if let index {
                halves[change.cookie] = names.remove(at: index).log
            } else if isFollowed(path) {
                halves[change.cookie] = path
            }
            return
        }
        if let index { names.remove(at: index) }  // overwritten
        guard let log = halves.removeValue(forKey: change.cookie) else { return }
        names.append((path, log, true))
        if names.count > Self.limit { names.removeFirst() }
    }

    /// The names that are new since the last call, with the logs they belong to.
    mutating func takeMoved() -> [(path: String, log: String)] {
        // The second half comes right behind the first, but not always in time; of files that went elsewhere never.
        if halves.count > Self.limit { halves.removeAll() }
        let moved = names.filter(\.isNew).map { ($0.path, $0.log) }
        for index in names.indices { names[index].isNew = false }
        return moved
    }
}
