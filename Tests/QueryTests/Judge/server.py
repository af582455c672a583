"""A mongod of its own on 127.0.0.1, and connections to it that hand out the bytes of its answers."""
import ctypes
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import values


class Refused(Exception):
    """What mongod answers instead of a result."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Server:
    """A mongod that ends with the `with` block, or with this process, however that ends."""

    def __init__(self, program):
        self.program = program

    def restart(self):
        self.__exit__()
        self.__enter__()

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="judge-")
        try:
            for _ in range(5):  # the port may be taken between finding it and using it
                if self.start():
                    return self
            with open(self.directory + "/log", errors="replace") as log:
                raise SystemExit("mongod does not start; its log ends with:\n" + "".join(log.readlines()[-5:]))
        except BaseException:
            self.__exit__()
            raise

    def start(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        libc = ctypes.CDLL(None)
        set_death_signal = 1  # PR_SET_PDEATHSIG
        self.process = subprocess.Popen(
            [self.program, "--dbpath", self.directory, "--port", str(self.port), "--bind_ip", "127.0.0.1",
             "--nounixsocket", "--nojournal", "--wiredTigerCacheSizeGB", "0.25", "--logpath", self.directory + "/log",
             "--setParameter", "diagnosticDataCollectionEnabled=false"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: libc.prctl(set_death_signal, signal.SIGKILL))
        deadline = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                Connection(self.port).run({"ping": 1})
                return True
            except OSError:
                time.sleep(0.02)
        return False

    def __exit__(self, *_):
        process = getattr(self, "process", None)
        if process and process.poll() is None:
            process.kill()
            process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Connection:
    """Speaks OP_MSG."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self, count):
        parts = []
        while count:
            part = self.socket.recv(min(count, 1 << 20))
            if not part:
                raise ConnectionError("mongod has closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def run(self, command):
        """Runs a command; returns the bytes of the reply."""
        body = values.encode({**command, "$db": "judge"})
        op_msg = 2013
        self.socket.sendall(struct.pack("<iiiiIB", len(body) + 21, 1, 0, op_msg, 0, 0) + body)
        length = struct.unpack("<i", self.receive(4))[0]
        reply = self.receive(length - 4)[17:]
        fields = dict(values.elements(reply))
        if values.decode(fields["ok"]) != 1:
            raise Refused(values.decode(fields["code"]), values.decode(fields["errmsg"]))
        return fields

    def query(self, command):
        """Runs find or aggregate; returns the bytes of each document."""
        cursor = dict(values.elements(self.run(command)["cursor"].bytes))
        if values.decode(cursor["id"]):
            raise AssertionError("a batch held too little")
        return [document.bytes for _, document in values.elements(cursor["firstBatch"].bytes)]

    def find(self, collection, filter=None, projection=None, sort=None):
        command = {"find": collection, "filter": filter or {}, "batchSize": 100_000, "singleBatch": False}
        if projection is not None:
            command["projection"] = projection
        if sort:
            command["sort"] = sort
        return self.query(command)

    def aggregate(self, collection, pipeline):
        return self.query({"aggregate": collection, "pipeline": pipeline, "cursor": {"batchSize": 100_000}})

    def insert(self, collection, documents):
        reply = self.run({"insert": collection, "documents": documents})
        if "writeErrors" in reply:
            raise AssertionError(f"mongod refuses a document: {values.decode(reply['writeErrors'])}")

    def update(self, collection, filters, update):
        """Runs the update once for each filter; returns the number of each filter it failed for, with the reason."""
        updates = [{"q": filter, "u": update} for filter in filters]
        reply = self.run({"update": collection, "updates": updates, "ordered": False})
        errors = values.decode(reply["writeErrors"]) if "writeErrors" in reply else []
        return {error["index"]: Refused(error["code"], error["errmsg"]) for error in errors}
