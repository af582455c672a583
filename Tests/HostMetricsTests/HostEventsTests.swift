// Readings become events: rates over a time that the test sets.
import BSON
import Foundation
import Testing

@testable import HostMetrics

@Suite("Host events")
struct HostEventsTests {
    /// The events of two readings, as documents by topic.
    private func events(_ before: HostReading, _ now: HostReading) -> [HostTopic: [Document]] {
        var maker = HostEvents(host: "box")
        var found: [HostTopic: [Document]] = [:]
        maker.take(before) { topic, _ in Issue.record("the first reading has no rates, but \(topic) came of it") }
        maker.take(now) { topic, build in found[topic, default: []].append(Document { build(&$0) }) }
        return found
    }

    private func number(_ document: Document?, _ path: String) -> Double? { document?.view.find(path: path)?.number }
    private func text(_ document: Document?, _ path: String) -> String? { document?.view.find(path: path)?.string }

    private func reading(at seconds: Double, _ fill: (inout HostReading) -> Void) -> HostReading {
        var reading = HostReading(time: .seconds(seconds))
        fill(&reading)
        return reading
    }

    @Test("processors: shares of all and of each that was there before")
    func cpu() {
        let before = reading(at: 10) {
            $0.cpu = CPUReading(stat: "cpu 100 0 0 100\ncpu0 50 0 0 50\nctxt 1000\nprocesses 10\n")
        }
        let now = reading(at: 12) {
            $0.cpu = CPUReading(stat: "cpu 250 0 50 300\ncpu0 100 0 0 200\ncpu1 100 0 0 0\nctxt 1500\nprocesses 11\n")
            $0.load = LoadReading(loadavg: "1.5 0.5 0.25 2/90 7\n")
        }
        let event = events(before, now)[.cpu]?.first
        #expect(number(event, "interval") == 2)
        #expect(number(event, "user") == 0.375 && number(event, "system") == 0.125 && number(event, "idle") == 0.5)
        #expect(number(event, "busy") == 0.5 && number(event, "load1") == 1.5 && number(event, "threads") == 90)
        #expect(number(event, "context_switches_per_second") == 250 && number(event, "forks_per_second") == 0.5)
        #expect(number(event, "cores.0.core") == 0 && number(event, "cores.0.user") == 0.25)
        #expect(number(event, "cores.1.core") == nil)
        #expect(text(event, "host") == "box")
    }

    @Test("memory, open files")
    func memory() {
        let now = reading(at: 1) {
            $0.memory = MemoryReading(meminfo: Samples.meminfo)
            $0.files = FilesReading(fileNumbers: "10 0 100\n")
        }
        let found = events(reading(at: 0) { _ in }, now)
        #expect(number(found[.memory]?.first, "used") == Double((24_684_096 - 23_329_348) << 10))
        #expect(number(found[.memory]?.first, "swap_used") == Double((2_097_148 - 2_096_000) << 10))
        #expect(number(found[.files]?.first, "open") == 10)
        #expect(found[.cpu] == nil && found[.disk] == nil && found[.pressure] == nil)
    }

    @Test("a disk's space and work are one event, and a device that is not mounted has its own")
    func disk() throws {
        let mount = try #require(Mount.local(mountinfo: Samples.mountinfo).first)
        let space = try #require(Space(blocks: 100, free: 40, available: 20, blockSize: 10))
        let before = reading(at: 0) {
            $0.devices = DeviceReading.all(
                diskstats: "254 0 vda 1 0 100 0 1 0 100 0 0 0 0\n8 0 sda 5 0 0 0 0 0 0 0 0 0 0\n")
        }
        let now = reading(at: 2) {
            $0.fileSystems = [.init(mount: mount, space: space)]
            $0.devices = DeviceReading.all(
                diskstats:
                    "254 0 vda 3 0 104 0 5 0 116 0 7 500 0\n"
                    + "8 0 sda 4 0 0 0 0 0 0 0 0 0 0\n8 16 sdb 4 0 0 0 0 0 0 0 0 0 0\n"
            )
        }
        let disks = try #require(events(before, now)[.disk])
        #expect(disks.map { text($0, "device") } == ["vda", "sda", "sdb"])
        #expect(disks.map { text($0, "mount") } == ["/", nil, nil])
        #expect(number(disks[0], "used") == 600 && number(disks[0], "used_fraction") == 0.75)
        #expect(
            number(disks[0], "read_bytes_per_second") == 1024 && number(disks[0], "written_bytes_per_second") == 4096)
        #expect(number(disks[0], "reads_per_second") == 1 && number(disks[0], "writes_per_second") == 2)
        #expect(number(disks[0], "busy") == 0.25 && number(disks[0], "in_flight") == 7)
        // A counter that went back says nothing, and neither does a device that has just appeared.
        #expect(number(disks[1], "reads_per_second") == nil && number(disks[1], "writes_per_second") == 0)
        #expect(number(disks[2], "reads_per_second") == nil)
    }

    @Test("interfaces")
    func network() {
        let line = { (bytes: Int, packets: Int) in "eth0: \(bytes) \(packets) 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n" }
        let before = reading(at: 0) { $0.interfaces = InterfaceReading.all(dev: line(1000, 10)) }
        let now = reading(at: 0.5) {
            $0.interfaces = InterfaceReading.all(dev: line(3000, 20) + "new0: 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n")
        }
        let found = events(before, now)[.network]
        #expect(found?.count == 1)
        #expect(text(found?.first, "interface") == "eth0")
        #expect(
            number(found?.first, "rx_bytes_per_second") == 4000 && number(found?.first, "rx_packets_per_second") == 20)
        #expect(number(found?.first, "tx_bytes_per_second") == 0)
    }

    @Test("pressure as a fraction of the time")
    func pressure() {
        let before = reading(at: 0) {
            $0.pressure = ["cpu": PressureReading(pressure: "some total=1000000")].compactMapValues { $0 }
        }
        let now = reading(at: 2) {
            $0.pressure = ["cpu": PressureReading(pressure: "some total=1500000")].compactMapValues { $0 }
        }
        let event = events(before, now)[.pressure]?.first
        #expect(number(event, "cpu_some") == 0.25)
        #expect(number(event, "cpu_full") == nil)
    }

    @Test("this host can be read, and its figures make sense")
    func thisHost() throws {
        let first = HostReading.now()
        let memory = try #require(first.memory)
        #expect(memory.total > 0 && memory.available <= memory.total)
        #expect(first.cpu?.cores.isEmpty == false)
        // A changed root, as in a chroot, is not in the list of mounts.
        let mounts = try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).split(separator: "\n")
        let isRootListed = mounts.contains { $0.split(separator: " ").dropFirst().first == "/" }
        #expect(first.fileSystems.contains { $0.mount.path == "/" } == isRootListed)
        var second = HostReading.now()
        second.time = first.time + .seconds(1)
        for (_, documents) in events(first, second) {
            for document in documents { #expect(text(document, "host") == "box") }
        }
    }
}
