// The texts of /proc, as systems write them and as none does.
import Testing

@testable import HostMetrics

@Suite("Texts of /proc")
struct ProcTests {
    @Test("processors, online and offline, with the columns the kernel has")
    func stat() throws {
        let reading = try #require(CPUReading(stat: Samples.stat))
        #expect(reading.total.user == 6601)
        #expect(reading.total.steal == 10)
        #expect(reading.cores.keys.sorted() == [0, 3])
        #expect(reading.cores[3]?.iowait == 1219)
        #expect(reading.contextSwitches == 323_458)
        #expect(reading.forks == 7931)
        let old = try #require(CPUReading(stat: "cpu  1 2 3 4\n"))
        #expect((old.total.idle, old.total.iowait, old.forks) == (4, 0, nil))
    }

    @Test(
        "a text that says nothing of all processors is no reading",
        arguments: [
            "", "cpu0 1 2 3 4\n", "cpu 1 2 3\n", "cpu a b c d\n", "cpu 1 2 3 -4\n", "cpu 1 2 3 99999999999999999999\n",
        ])
    func noStat(text: String) { #expect(CPUReading(stat: text) == nil) }

    @Test("shares of a processor's time add up to one, even when a counter went back")
    func shares() throws {
        let before = try #require(CPUTimes("100 0 50 800 50 0 0 0".split(separator: " ")))
        let now = try #require(CPUTimes("130 10 60 840 40 5 5 0".split(separator: " ")))
        let shares = try #require(now.shares(since: before))
        #expect(shares.user == 0.3 && shares.nice == 0.1 && shares.system == 0.1 && shares.idle == 0.4)
        #expect(shares.iowait == 0 && shares.irq == 0.05 && shares.softirq == 0.05 && shares.steal == 0)
        #expect(abs(shares.total - 1) < 1e-12 && abs(shares.busy - 0.6) < 1e-12)
        #expect(now.shares(since: now) == nil)
    }

    @Test("load")
    func loadavg() throws {
        let load = try #require(LoadReading(loadavg: "0.20 0.18 12.12 3/80 11206\n"))
        #expect((load.one, load.five, load.fifteen, load.runnable, load.threads) == (0.2, 0.18, 12.12, 3, 80))
    }

    @Test(
        "a text that is no load is no reading",
        arguments: ["", "1 2 3", "1 2 x 1/2 3", "1 2 3 12 4", "nan inf 1 1/2 3", "1 2 3 1/2/3 4"])
    func noLoad(text: String) { #expect(LoadReading(loadavg: text) == nil) }

    @Test("memory in bytes")
    func meminfo() throws {
        let memory = try #require(MemoryReading(meminfo: Samples.meminfo))
        #expect(memory.total == 24_684_096 << 10)
        #expect(memory.available == 23_329_348 << 10)
        #expect(memory.cached == 3_133_048 << 10)
        #expect((memory.swapTotal, memory.swapFree) == (2_097_148 << 10, 2_096_000 << 10))
        let old = try #require(
            MemoryReading(meminfo: "MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 20 kB\n"))
        #expect(old.available == 35 << 10)
    }

    @Test(
        "a text that does not say how much memory there is is no reading",
        arguments: [
            "", "MemTotal: 1 kB\n", "MemTotal: 1 kB\nMemFree: 2 kB\n", "MemTotal: x\nMemFree: 1\n",
            "MemTotal: 99999999999999999999 kB\nMemFree: 0 kB\n",
        ])
    func noMeminfo(text: String) { #expect(MemoryReading(meminfo: text) == nil) }

    @Test("open files")
    func files() {
        #expect(FilesReading(fileNumbers: "2881\t1\t2466183\n")?.open == 2880)
        #expect(FilesReading(fileNumbers: "2881\t0\t9223372036854775807\n")?.limit == 9_223_372_036_854_775_807)
        for text in ["", "1 2", "1 2 3 4", "a b c"] { #expect(FilesReading(fileNumbers: text) == nil) }
    }

    @Test("devices that did something, in bytes")
    func diskstats() throws {
        let devices = DeviceReading.all(diskstats: Samples.diskstats)
        #expect(devices.map(\.name) == ["vda", "sda1"])
        let disk = try #require(devices.first)
        #expect((disk.number, disk.reads, disk.writes) == ("254:0", 32573, 12578))
        #expect((disk.readBytes, disk.writtenBytes) == (4_454_714 * 512, 2_363_088 * 512))
        #expect((disk.inFlight, disk.busyMilliseconds) == (2, 14244))
    }

    @Test(
        "lines that are none of a device are left out",
        arguments: ["", "8 0 sda 1 2 3", "x 0 sda 1 2 3 4 5 6 7 8 9 10 11", "8 0 sda 1 2 3 4 5 6 7 8 9 10 -1"])
    func noDevice(line: String) { #expect(DeviceReading.all(diskstats: line + "\n") == []) }

    @Test("file systems on local disks, each once")
    func mountinfo() {
        let mounts = Mount.local(mountinfo: Samples.mountinfo)
        #expect(mounts.map(\.path) == ["/", "/var/lib/my data\\x", "/pool"])
        #expect(mounts.map(\.number) == ["254:0", "8:1", "0:44"])
        #expect(mounts.map(\.type) == ["ext4", "xfs", "zfs"])
        #expect(mounts.map(\.source) == ["/dev/vda", "/dev/sda1", "pool/data"])
    }

    @Test(
        "lines that are no mount are left out",
        arguments: ["", "1 2 8:1 / /mnt rw - ext4", "1 2 8:1 / /mnt rw shared:1 master:2 x"])
    func noMount(line: String) { #expect(Mount.local(mountinfo: line) == []) }

    @Test("space, also of file systems whose free space exceeds their size")
    func space() {
        let space = Space(blocks: 100, free: 30, available: 25, blockSize: 4096)
        #expect((space?.size, space?.used, space?.available) == (409_600, 286_720, 102_400))
        #expect(Space(blocks: 0, free: 0, available: 0, blockSize: 4096) == nil)
        #expect(Space(blocks: 1, free: 2, available: 2, blockSize: 512)?.used == 0)
    }

    @Test("interfaces that moved something, also with a name right before the number or with a colon in it")
    func netDev() throws {
        let interfaces = InterfaceReading.all(dev: Samples.netDev)
        #expect(interfaces.map(\.name) == ["lo", "eth0", "eth0:1"])
        let ethernet = interfaces[1]
        #expect((ethernet.received.bytes, ethernet.received.packets) == (215_214_237, 4343))
        #expect((ethernet.received.errors, ethernet.received.dropped) == (1, 2))
        #expect(
            (ethernet.sent.bytes, ethernet.sent.packets, ethernet.sent.errors, ethernet.sent.dropped) == (
                163_875, 2114, 3, 4
            ))
    }

    @Test("pressure, of which older kernels know only a part")
    func pressure() {
        #expect(PressureReading(pressure: Samples.pressure)?.some == 37_509_374)
        #expect(PressureReading(pressure: Samples.pressure)?.full == 31_240_535)
        let some = PressureReading(pressure: "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n")
        #expect((some?.some, some?.full) == (5, nil))
        for text in ["", "full total=1", "some total=x", "some avg10=1"] {
            #expect(PressureReading(pressure: text) == nil)
        }
    }

    @Test("every text, cut anywhere and with any byte changed, is read or refused, never more")
    func damaged() {
        let readers: [(String, (String) -> Void)] = [
            (Samples.stat, { _ = CPUReading(stat: $0) }), (Samples.meminfo, { _ = MemoryReading(meminfo: $0) }),
            ("0.20 0.18 0.12 1/80 11206\n", { _ = LoadReading(loadavg: $0) }),
            (Samples.diskstats, { _ = DeviceReading.all(diskstats: $0) }),
            (Samples.mountinfo, { _ = Mount.local(mountinfo: $0) }),
            (Samples.netDev, { _ = InterfaceReading.all(dev: $0) }),
            (Samples.pressure, { _ = PressureReading(pressure: $0) }),
        ]
        for (text, read) in readers {
            let bytes = Array(text.utf8)
            for index in bytes.indices {
                read(String(decoding: bytes[..<index], as: UTF8.self))
                for byte in [0, 9, 10, 32, 45, 57, 58, 0xFF] as [UInt8] {
                    var changed = bytes
                    changed[index] = byte
                    read(String(decoding: changed, as: UTF8.self))
                }
            }
        }
    }
}
