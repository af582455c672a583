// The books of a whole fabric, from the status that each process publishes.
public import BSON
public import Eventstorm

/// Collects status events and says whether each event of each process has exactly one fate.
///
///     var books = Books()
///     try books.observe(event, now: now)      // each event on `_es.status`
///     let report = books.report(now: now)
///     print(report.table, report.isBalanced)
///
/// Processes of one name that follow each other, as after a crash, are one line of succession: what was lost between
/// two of them is part of the books.
public struct Books: Sendable {
    /// The processes heard, in the order in which they were.
    var processes: [HeardProcess] = []
    private var places: [UInt64: Int] = [:]

    /// Processes kept, as many as a ledger keeps origins: beyond, the one silent for longest makes room.
    static let processLimit = Limits.ledgerOrigins

    /// Makes empty books.
    public init() {}

    /// How many processes were heard.
    public var processCount: Int { processes.count }

    /// Takes in a status event.
    ///
    /// - Parameters:
    ///   - event: A document from `_es.status`.
    ///   - now: Nanoseconds of a monotonic clock.
    /// - Throws: What is wrong with a document that is no status.
    public mutating func observe(_ event: DocumentView, now: UInt64) throws(RecordError) {
        observe(try StatusDocument(event), now: now)
    }

    /// Takes in a status.
    public mutating func observe(_ status: StatusDocument, now: UInt64) {
        if let place = places[status.beat.origin] {
            processes[place].observe(status, now: now)
            return
        }
        if processes.count == Books.processLimit { removeSilent() }
        places[status.beat.origin] = processes.count
        processes.append(HeardProcess(status, now: now))
    }

    private mutating func removeSilent() {
        guard let silent = processes.indices.min(by: { processes[$0].lastHeard < processes[$1].lastHeard }) else {
            return
        }
        processes.remove(at: silent)
        places = Dictionary(uniqueKeysWithValues: zip(processes.map(\.origin), processes.indices))
    }

    /// The last status of an origin.
    func process(_ origin: UInt64) -> HeardProcess? { places[origin].map { processes[$0] } }
}

/// What was heard of one process.
struct HeardProcess: Sendable {
    /// The last status.
    private(set) var status: StatusDocument
    /// When the first and the last one came.
    let firstHeard: UInt64
    private(set) var lastHeard: UInt64
    /// What it had sent, as its last few statuses said, oldest first: a receiver of its events can only know what was
    /// said some time ago.
    private var history: [(heard: UInt64, sent: [Topic: UInt64])] = []

    private static let historyLength = 16

    init(_ status: StatusDocument, now: UInt64) {
        self.status = status
        firstHeard = now
        lastHeard = now
        remember(now)
    }

    var origin: UInt64 { status.beat.origin }
    var identity: ProcessIdentity { status.beat.process }
    var isFinal: Bool { status.beat.final }

    mutating func observe(_ status: StatusDocument, now: UInt64) {
        // Behind its last words nothing comes, but paths of different length may mix the order.
        if isFinal || status.beat.at < self.status.beat.at { return }
        self.status = status
        lastHeard = now
        remember(now)
    }

    private mutating func remember(_ now: UInt64) {
        if history.count == HeardProcess.historyLength { history.removeFirst() }
        let sent = status.beat.topics.map { ($0.topic, $0.counts.next) }
        history.append((now, Dictionary(sent, uniquingKeysWith: max)))
    }

    func state(now: UInt64) -> OriginState {
        if isFinal { return .closed }
        let age = now > lastHeard ? now - lastHeard : 0
        return age >= Limits.goneAfter ? .gone : age >= Limits.silentAfter ? .silent : .alive
    }

    /// What it had sent on a topic; nil if it says nothing of that topic.
    func sent(_ topic: Topic) -> UInt64? { history.last?.sent[topic] }

    /// Whether each event that it sent on a topic was one that it had received on the same topic, and none went twice.
    ///
    /// Only then does an event that left tell that one had come in.
    func sendsEachOnce(_ topic: Topic) -> Bool {
        guard let counts = status.fates.first(where: { $0.topic == topic })?.counts else { return false }
        return counts[.copies] == counts[.forwarded] && sent(topic) == counts[.forwarded]
    }

    /// What it had sent on a topic as far as was heard at a time.
    func sent(_ topic: Topic, heardBy time: UInt64) -> UInt64? {
        history.last { $0.heard <= time }?.sent[topic]
    }
}
