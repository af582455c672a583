#!/usr/bin/env python3
"""Prints events as JSON lines and counts what was lost: subscriber.py ENDPOINT PATTERN [COUNT]

An ENDPOINT after "bind:" is bound, any other connected to. PATTERN is a topic, "shop.*" or "*". Ends after COUNT
events.
"""
import json
import struct
import sys

import bson
import zmq


def prefix(pattern):
    """What the socket subscribes to: a prefix of the envelope."""
    return b"" if pattern == "*" else pattern[:-1].encode() if pattern.endswith(".*") else pattern.encode() + b"\0"


def attach(socket, endpoint):
    """Binds or connects."""
    word, _, address = endpoint.partition(":")
    if word in ("bind", "connect"):
        getattr(socket, word)(address)
    else:
        socket.connect(endpoint)


def main(endpoint, pattern, limit="0"):
    socket = zmq.Context.instance().socket(zmq.SUB)
    attach(socket, endpoint)
    socket.subscribe(prefix(pattern))
    rows = {}  # (origin, topic) -> [the sequence expected next, received, lost]
    printed = 0
    while not int(limit) or printed < int(limit):
        envelope, payload = socket.recv_multipart()
        topic, _, stamp = envelope.partition(b"\0")
        if topic.startswith((b"\xff", b"_es.")) and not pattern.startswith("_es."):
            continue  # the library's own
        documents = bson.decode_all(payload)
        if stamp:
            version, _, count, origin, sequence = struct.unpack("<BBHQQ", stamp)
            if version != 1 or count != len(documents):
                continue  # malformed
            row = rows.setdefault((origin, topic.decode()), [sequence, 0, 0])
            if sequence < row[0]:
                continue  # repeated
            row[2] += sequence - row[0]
            row[1] += count
            row[0] = sequence + count
        for document in documents:
            print(json.dumps({"topic": topic.decode(), **document}, default=str), flush=True)
            printed += 1
    for (origin, topic), (_, received, lost) in sorted(rows.items()):
        print(f"{origin:016x} {topic} received {received} lost {lost}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
