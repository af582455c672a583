// Texts of /proc for the tests.

enum Samples {
    static let stat = """
        cpu  6601 0 2117 171630 1277 0 130 10 0 0
        cpu0 2327 0 906 87512 58 0 57 5 0 0
        cpu3 4273 0 1211 84118 1219 0 73 5 0 0
        intr 183956 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
        ctxt 323458
        btime 1795247891
        processes 7931
        procs_running 1
        procs_blocked 0
        softirq 101325 0 21327 1 5117 6518 0 12 33071 0 35279

        """

    static let meminfo = """
        MemTotal:       24684096 kB
        MemFree:        20358792 kB
        MemAvailable:   23329348 kB
        Buffers:           24436 kB
        Cached:          3133048 kB
        SwapCached:            0 kB
        Active(anon):       1744 kB
        SwapTotal:       2097148 kB
        SwapFree:        2096000 kB
        Dirty:             35444 kB
        Shmem:            119188 kB
        HugePages_Total:       0

        """

    static let diskstats = """
           7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
         254       0 vda 32573 8518 4454714 28400 12578 8923 2363088 13472 2 14244 43677 1637 0 532800 1760 2308 44
           8       1 sda1 10 0 80 5 20 0 160 7 0 12 12

        """

    static let mountinfo = """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684096k
        27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
        28 27 8:1 / /var/lib/my\\040data\\134x rw,noatime shared:7 master:2 - xfs /dev/sda1 rw
        29 27 254:0 /srv /home rw,relatime - ext4 /dev/vda rw,discard
        30 27 7:0 / /snap/core ro,nodev - squashfs /dev/loop0 ro
        31 27 0:43 / /mnt/files rw - nfs4 server:/files rw
        32 27 0:44 / /pool rw - zfs pool/data rw

        """

    static let netDev = """
        Inter-|   Receive                                      |  Transmit
         face |bytes packets errs drop fifo frame comp. multic.|bytes packets errs drop fifo colls carrier compressed
            lo:    3193      29    0    0    0     0   0    0     3193      29    0    0    0     0       0    0
          ifb0:       0       0    0    0    0     0   0    0        0       0    0    0    0     0       0    0
          eth0:215214237   4343    1    2    0     0   0    0   163875    2114    3    4    0     0       0    0
        eth0:1: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0

        """

    static let pressure = """
        some avg10=3.75 avg60=2.11 avg300=1.25 total=37509374
        full avg10=0.00 avg60=0.08 avg300=0.35 total=31240535

        """
}
