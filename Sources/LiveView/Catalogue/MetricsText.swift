// The fabric's counters for Prometheus.

import BSON
import Eventstorm

/// Writes `/metrics` in the text format of Prometheus, version 0.0.4.
struct MetricsText {
    private(set) var text: [UInt8] = []

    /// What the live server says about itself.
    struct Own {
        var clients = 0
        var watches = 0
        var bytes = 0
        var sentBytes: UInt64 = 0
        var total = Volume()
    }

    init(_ statuses: StatusBook, _ own: Own, now: Int64) {
        let processes = statuses.processes.sorted { $0.key < $1.key }.map(\.value)
        gauge("eventstorm_live_clients", "WebSocket clients.", Double(own.clients))
        gauge("eventstorm_live_watches", "Different questions that are answered.", Double(own.watches))
        gauge("eventstorm_live_kept_bytes", "Bytes kept to answer them.", Double(own.bytes))
        counter("eventstorm_live_received_events_total", "Events that came in.", own.total.events)
        counter("eventstorm_live_received_bytes_total", "Their bytes.", own.total.bytes)
        counter("eventstorm_live_sent_bytes_total", "Bytes sent to clients.", own.sentBytes)
        appendProcesses(processes, now)
        appendSources(processes)
        appendLinks(processes)
        appendFates(processes)
    }

    // MARK: Families

    private mutating func appendProcesses(_ processes: [StatusBook.Process], _ now: Int64) {
        family("eventstorm_process_silence_seconds", "gauge", "Seconds since the process's last status.")
        for process in processes {
            sample("eventstorm_process_silence_seconds", labels(process), Double(max(0, now - process.heardAt)) / 1_000)
        }
        family("eventstorm_process_cpu_seconds_total", "counter", "Processor time since the process began.")
        for process in processes {
            sample("eventstorm_process_cpu_seconds_total", labels(process), process.status.usage.cpuSeconds)
        }
        family("eventstorm_process_resident_bytes", "gauge", "Resident memory.")
        for process in processes {
            sample("eventstorm_process_resident_bytes", labels(process), Double(process.status.usage.residentBytes))
        }
        family("eventstorm_process_queued_bytes", "gauge", "Bytes that wait in the process's queues.")
        for process in processes {
            sample("eventstorm_process_queued_bytes", labels(process), Double(process.status.usage.queuedBytes))
        }
    }

    private mutating func appendSources(_ processes: [StatusBook.Process]) {
        family("eventstorm_source_events_total", "counter", "Events of a publisher by their fate.")
        for process in processes {
            for row in process.status.beat.topics {
                for (fate, count) in [
                    ("emitted", row.counts.emitted), ("unwanted", row.counts.unwanted),
                    ("refused", row.counts.refused), ("sent", row.counts.next),
                ] {
                    sample(
                        "eventstorm_source_events_total",
                        labels(process) + [("topic", row.topic.name), ("fate", fate)], Double(count))
                }
            }
        }
    }

    private mutating func appendLinks(_ processes: [StatusBook.Process]) {
        family("eventstorm_link_events_total", "counter", "Events on a link by their fate, as its receiver counts.")
        for process in processes {
            for row in process.status.upstream {
                for (fate, count) in [
                    ("received", row.counts.received), ("lost", row.counts.lost),
                    ("malformed", row.counts.malformed), ("absent", row.counts.absent),
                    ("unknown", row.counts.unknown),
                ] {
                    sample(
                        "eventstorm_link_events_total",
                        labels(process) + [
                            ("from", String(hexadecimal: row.origin)), ("topic", row.topic.name), ("fate", fate),
                        ], Double(count))
                }
            }
        }
    }

    private mutating func appendFates(_ processes: [StatusBook.Process]) {
        family("eventstorm_process_events_total", "counter", "Events inside a router or sink by their fate.")
        for process in processes {
            for row in process.status.fates {
                for fate in Fate.allCases where row.counts[fate] > 0 {
                    sample(
                        "eventstorm_process_events_total",
                        labels(process) + [("topic", row.topic.name), ("fate", fate.rawValue)],
                        Double(row.counts[fate]))
                }
            }
        }
    }

    private func labels(_ process: StatusBook.Process) -> [(String, String)] {
        let beat = process.status.beat
        return [
            ("process", beat.process.name), ("role", beat.process.role), ("host", beat.process.host),
            ("origin", String(hexadecimal: beat.origin)),
        ]
    }

    // MARK: Lines

    private mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        family(name, "gauge", help)
        sample(name, [], value)
    }

    private mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        family(name, "counter", help)
        sample(name, [], Double(value))
    }

    private mutating func family(_ name: String, _ type: String, _ help: String) {
        text.append(contentsOf: "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n".utf8)
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        text.append(contentsOf: name.utf8)
        for (index, (label, content)) in labels.enumerated() {
            text.json(index == 0 ? "{" : ",")
            text.append(contentsOf: "\(label)=\"".utf8)
            for byte in content.utf8 {
                switch byte {
                case UInt8(ascii: "\\"): text.json("\\\\")
                case UInt8(ascii: "\""): text.json("\\\"")
                case UInt8(ascii: "\n"): text.json("\\n")
                default: text.append(byte)
                }
            }
            text.append(UInt8(ascii: "\""))
        }
        if !labels.isEmpty { text.json("}") }
        text.append(UInt8(ascii: " "))
        if let whole = Int64(exactly: value) { text.json(whole) } else { text.json(value) }
        text.append(UInt8(ascii: "\n"))
    }
}
