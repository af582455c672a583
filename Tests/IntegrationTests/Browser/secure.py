"""Asks a live view over TLS: secure.py PORT CERTIFICATE NAME PASSWORD, and prints what it found as JSON."""
import http.client
import json
import socket
import ssl
import sys
import time
import urllib.parse
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # of the versions that must be refused
port, certificate, name, password = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
trusting = ssl.create_default_context(cafile=certificate)


def wait():
    """Until the server is there, and shows this certificate."""
    end = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 20) as raw:
                return trusting.wrap_socket(raw, server_hostname="localhost").close()
        except (OSError, ssl.SSLError):
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def ask(method, path, body=None, headers={}):
    connection = http.client.HTTPSConnection("localhost", port, context=trusting, timeout=20)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer


def tried(version, port=port):
    """Whether the server speaks a version of TLS."""
    context = ssl.create_default_context(cafile=certificate)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection(("127.0.0.1", port), 20) as raw:
            with context.wrap_socket(raw, server_hostname="localhost") as connection:
                return connection.version()
    except (ssl.SSLError, ConnectionResetError):
        return None


def plain():
    """What comes back to who speaks plain HTTP."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % port)
        try:
            return connection.recv(4096).decode("latin-1")
        except ConnectionResetError:
            return ""


def live(cookie):
    """The first message of the WebSocket."""
    with socket.create_connection(("127.0.0.1", port), 20) as raw:
        with trusting.wrap_socket(raw, server_hostname="localhost") as connection:
            connection.sendall((f"GET /live HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: https://localhost:{port}\r\n"
                                f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\n\r\n").encode())
            file = connection.makefile("rb")
            status = file.readline().split()[1].decode()
            while file.readline() not in (b"\r\n", b""):
                pass
            if status != "101":
                return {"status": status}
            length = file.read(2)[1]
            if length == 126:
                length = int.from_bytes(file.read(2), "big")
            return {"status": status, "type": json.loads(file.read(length))["type"]}


wait()
form = urllib.parse.urlencode({"name": name, "password": password})
page, entered = ask("GET", "/"), ask("POST", "/login", form, {"Origin": f"https://localhost:{port}"})
foreign = ask("POST", "/login", form, {"Origin": f"http://localhost:{port}"})
cookie = entered.getheader("Set-Cookie")
known = cookie.split(";")[0]
print(json.dumps({
    "page": [str(page.status), page.getheader("Location")],
    "entered": entered.status,
    "cookie": sorted(part.strip().split("=")[0] for part in cookie.split(";")[1:]),
    "inside": ask("GET", "/", headers={"Cookie": known}).status,
    "foreign": foreign.status,
    "live": live(known),
    "stranger": live("no=1"),
    "versions": [tried(version) for version in (
        ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)],
    "plain": plain(),
}))
