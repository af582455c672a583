#!/usr/bin/env python3
"""Asks eventstorm-sink-live a question and prints its answers, one line of JSON each. Needs nothing but Python.

    watch.py http://127.0.0.1:8080/ '{"topic": "http.hit", "group": "status", "every": "1s", "last": "5m"}'

docs/live.md describes questions and answers. With --whole it ends when the past is read, else never.
"""
import argparse
import base64
import json
import os
import socket
import struct
import sys
import urllib.parse


class Live:
    """A WebSocket as RFC 6455 has it: text frames there and back."""

    def __init__(self, address):
        url = urllib.parse.urlsplit(address)
        self.socket = socket.create_connection((url.hostname, url.port or 80))
        self.stream = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET /live HTTP/1.1\r\nHost: {url.netloc}\r\nOrigin: http://{url.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        status = self.stream.readline().decode().strip()
        if " 101 " not in status:
            raise SystemExit(f"{address}: {status}")
        while self.stream.readline().strip():
            pass

    def send(self, message, opcode=1):
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        mask = os.urandom(4)
        size = len(payload)
        length = struct.pack("!B", 0x80 | size) if size < 126 else struct.pack("!BH", 0xFE, size)
        body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + body)

    def messages(self):
        parts = b""
        while True:
            head = self.stream.read(2)
            if len(head) < 2:
                return
            size = head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(self.stream.read(2 if size == 126 else 8), "big")
            payload, opcode = self.stream.read(size), head[0] & 15
            if opcode == 9:
                self.send(payload, opcode=10)
            elif opcode == 8:
                raise SystemExit(f"the server closed: {payload[2:].decode()}")
            elif opcode < 3:
                parts += payload
                if head[0] & 0x80:
                    yield json.loads(parts)
                    parts = b""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("address", help="the page's address")
    parser.add_argument("question", help="a watch: JSON")
    parser.add_argument("--whole", action="store_true", help="end when the past is whole")
    arguments = parser.parse_args()
    live = Live(arguments.address)
    live.send({"type": "watch", "id": "w", **json.loads(arguments.question)})
    for message in live.messages():
        if message.get("id") != "w":
            continue
        print(json.dumps(message), flush=True)
        if message["type"] == "error":
            raise SystemExit(1)
        if arguments.whole and message.get("history") in ("whole", "failed"):
            raise SystemExit(0 if message["history"] == "whole" else 1)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(0)
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error.strerror or error}")
