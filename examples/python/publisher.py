#!/usr/bin/env python3
"""Emits events with nothing but pyzmq and pymongo's bson: publisher.py ENDPOINT [COUNT]

An ENDPOINT after "bind:" is bound, any other connected to, as in "connect:tcp://127.0.0.1:5570".
"""
import datetime
import secrets
import struct
import sys

import bson
import zmq

TOPIC = b"demo.python"


def emit(socket, topic, origin, sequence, documents):
    """Sends documents as one message; returns the sequence of the next one."""
    stamp = struct.pack("<BBHQQ", 1, 0, len(documents), origin, sequence)
    socket.send_multipart([topic + b"\0" + stamp, b"".join(map(bson.encode, documents))])
    return sequence + len(documents)


def attach(socket, endpoint):
    """Binds or connects."""
    word, _, address = endpoint.partition(":")
    if word in ("bind", "connect"):
        getattr(socket, word)(address)
    else:
        socket.connect(endpoint)


def main(endpoint, count=10):
    socket = zmq.Context.instance().socket(zmq.XPUB)
    attach(socket, endpoint)
    socket.rcvtimeo = 5000
    # A subscription is a byte 1 and a prefix of what is wanted. What nobody wants need not be sent.
    while not (TOPIC + b"\0").startswith(socket.recv()[1:]):
        pass
    origin = secrets.randbits(64)
    sequence = 0
    while sequence < count:
        now = datetime.datetime.now(datetime.timezone.utc)
        numbers = range(sequence, min(count, sequence + 3))
        events = [{"_id": bson.ObjectId(), "timestamp": now, "n": number} for number in numbers]
        sequence = emit(socket, TOPIC, origin, sequence, events)
    socket.close(linger=1000)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], *map(int, sys.argv[2:]))
    except zmq.Again:
        sys.exit("publisher.py: nobody subscribes to " + TOPIC.decode())
