"""BSON to and from Python, to the byte and for every type, which drivers do not do.

A document is a dict or a Raw, an array a list. An int is an int32 if it fits; long() makes an int64.
"""
import struct

DOUBLE, STRING, DOCUMENT, ARRAY, BINARY, UNDEFINED, OBJECT_ID, BOOL, DATE, NULL, REGEX = range(1, 12)
POINTER, CODE, SYMBOL, SCOPED_CODE, INT32, TIMESTAMP, INT64, DECIMAL = range(12, 20)
MIN_KEY, MAX_KEY = 255, 127


class Raw:
    """A value as it is stored: its type and its bytes."""
    __slots__ = ("type", "bytes")

    def __init__(self, type, bytes):
        self.type, self.bytes = type, bytes

    def __eq__(self, other):
        return isinstance(other, Raw) and (self.type, self.bytes) == (other.type, other.bytes)

    def __hash__(self):
        return hash((self.type, self.bytes))

    def __repr__(self):
        return f"Raw({self.type}, {self.bytes!r})"


def long(number):
    return Raw(INT64, struct.pack("<q", number))


def date(milliseconds):
    return Raw(DATE, struct.pack("<q", milliseconds))


def timestamp(seconds, increment):
    return Raw(TIMESTAMP, struct.pack("<II", increment, seconds))


def decimal(coefficient, exponent=0, negative=False):
    assert coefficient < 10 ** 34 and -6176 <= exponent <= 6111
    return Raw(DECIMAL, ((negative << 127) | (exponent + 6176 << 113) | coefficient).to_bytes(16, "little"))


def special_decimal(bits):
    return Raw(DECIMAL, (bits << 120).to_bytes(16, "little"))


DECIMAL_NAN, DECIMAL_INFINITY, DECIMAL_MINUS_INFINITY = map(special_decimal, (0x7C, 0x78, 0xF8))


def object_id(hex):
    return Raw(OBJECT_ID, bytes.fromhex(hex))


def binary(data, subtype=0):
    if subtype == 2:
        data = struct.pack("<i", len(data)) + data
    return Raw(BINARY, struct.pack("<iB", len(data), subtype) + data)


def text(string):
    data = string.encode()
    return struct.pack("<i", len(data) + 1) + data + b"\0"


def regex(pattern, options=""):
    return Raw(REGEX, pattern.encode() + b"\0" + options.encode() + b"\0")


def symbol(string):
    return Raw(SYMBOL, text(string))


def code(string):
    return Raw(CODE, text(string))


def scoped_code(string, scope):
    data = text(string) + encode(scope)
    return Raw(SCOPED_CODE, struct.pack("<i", len(data) + 4) + data)


def pointer(collection, hex):
    return Raw(POINTER, text(collection) + bytes.fromhex(hex))


undefined, min_key, max_key = Raw(UNDEFINED, b""), Raw(MIN_KEY, b""), Raw(MAX_KEY, b"")


def typed(value):
    """Returns the type and the bytes of a value."""
    if isinstance(value, Raw):
        return value.type, value.bytes
    if value is None:
        return NULL, b""
    if value is True or value is False:
        return BOOL, bytes([value])
    if isinstance(value, int):
        if -1 << 31 <= value < 1 << 31:
            return INT32, struct.pack("<i", value)
        return INT64, struct.pack("<q", value)
    if isinstance(value, float):
        return DOUBLE, struct.pack("<d", value)
    if isinstance(value, str):
        return STRING, text(value)
    if isinstance(value, dict):
        return DOCUMENT, encode(value)
    if isinstance(value, list):
        return ARRAY, encode_pairs((str(index), item) for index, item in enumerate(value))
    raise TypeError(f"{value!r} has no BSON type")


def encode_pairs(pairs):
    parts = [b""]
    for key, value in pairs:
        type, data = typed(value)
        parts += bytes((type,)), key.encode(), b"\0", data
    parts.append(b"\0")
    body = b"".join(parts)
    return struct.pack("<i", len(body) + 4) + body


def encode(document):
    return document.bytes if isinstance(document, Raw) else encode_pairs(document.items())


def as_raw(data):
    """The document of these bytes, as a value."""
    return Raw(DOCUMENT, data)


SIZES = {DOUBLE: 8, UNDEFINED: 0, OBJECT_ID: 12, BOOL: 1, DATE: 8, NULL: 0, INT32: 4, TIMESTAMP: 8, INT64: 8,
         DECIMAL: 16, MIN_KEY: 0, MAX_KEY: 0}


def size(type, data, start):
    if type in SIZES:
        return SIZES[type]
    if type == REGEX:
        return data.index(b"\0", data.index(b"\0", start) + 1) + 1 - start
    length = struct.unpack_from("<i", data, start)[0]
    return length + {STRING: 4, CODE: 4, SYMBOL: 4, BINARY: 5, POINTER: 16}.get(type, 0)


def elements(document):
    """Goes through the elements of a document's bytes: key, value as a Raw."""
    place = 4
    while document[place]:
        end = document.index(b"\0", place)
        start = end + 1
        stop = start + size(document[place], document, start)
        yield document[place + 1:end].decode(), Raw(document[place], document[start:stop])
        place = stop


def decode(raw):
    """What a reply is read with: documents, arrays, numbers, strings and booleans; the rest stays a Raw."""
    if raw.type == DOCUMENT:
        return {key: decode(value) for key, value in elements(raw.bytes)}
    if raw.type == ARRAY:
        return [decode(value) for _, value in elements(raw.bytes)]
    if raw.type == STRING:
        return raw.bytes[4:-1].decode(errors="replace")
    formats = {DOUBLE: "<d", INT32: "<i", INT64: "<q", BOOL: "<?"}
    if raw.type in formats:
        return struct.unpack(formats[raw.type], raw.bytes)[0]
    return None if raw.type == NULL else raw
