"""Documents of all types. Few keys and few values, so that queries hit."""
from values import (DECIMAL_INFINITY, DECIMAL_MINUS_INFINITY, DECIMAL_NAN, binary, code, date, decimal, long, max_key,
                    min_key, object_id, pointer, regex, scoped_code, symbol, timestamp, undefined)

NAN, INFINITY = float("nan"), float("inf")
INTEGERS = [0, 1, 2, 3, 5, -1, -2, 10, 2147483647, -2147483648]
LONGS = [long(n) for n in (0, 1, 2, 3, 5, -1, 10, 2 ** 53, 2 ** 53 + 1, 2 ** 63 - 1, 2 ** 63 - 2, -2 ** 63)]
DOUBLES = [0.0, -0.0, 1.0, 2.0, 3.0, -1.0, 0.1, 1.5, 2.5, -2.5, NAN, INFINITY, -INFINITY, 2.0 ** 53, 2.0 ** 63,
           -2.0 ** 63, 1e300, 5e-324, 1e15, 123456.789]
DECIMALS = [decimal(0), decimal(1), decimal(10, -1), decimal(100, -2), decimal(2), decimal(15, -1), decimal(1, -1),
            decimal(0, 0, True), decimal(25, -1, True), decimal(2 ** 63 - 1), decimal(2 ** 53 + 1), decimal(1, 400),
            decimal(1, -400), DECIMAL_NAN, DECIMAL_INFINITY, DECIMAL_MINUS_INFINITY]
NUMBERS = [INTEGERS, LONGS, DOUBLES, DECIMALS]
PLAIN_NUMBERS = [0, 1, 2, 3, 5, -1, 10, 404, 500, 1.0, 1.5, 2.5, 0.1, -2.5, 100.25, long(1), long(2), long(2 ** 40)]
STRINGS = ["", "a", "b", "c", "ab", "abc", "A", "B", "aB", "\u00e9", "\u00df", "\u65e5\u672c", "a\0b", "1", "2", "-3",
           "1.5", "10", "Hello World", "a,b,c", " a ", "\u00e9t\u00e9", "\U0001F600x", "2024-02-29T12:34:56Z",
           "2024-01-01", "/api/v1", "abcabc", "a.b"]
PLAIN_STRINGS = ["a", "b", "c", "ab", "abc", "Ab", "\u00e9t\u00e9", "GET", "POST", "/api/v1", "/api/v2", "/", "1",
"42",
                 "a,b,c", "Hello World", ""]
DATES = [date(n) for n in (0, 1, -1, -1000, 1700000000000, 1709210096789, 951782400000, 1711846800000, 1704067200000,
                           -62135596800000, 253402300799999, -2208988800000)]
PLAIN_DATES = [date(n) for n in (0, 1700000000000, 1700003661001, 1709210096789, 1709210096790, 1704067200000,
                                 1703980799999, 951782400000, -86400001)]
OBJECT_IDS = [object_id(text) for text in ("000000000000000000000000", "65534ce04a3f0c0001020304",
                                           "65534ce04a3f0c0001020305", "ffffffffffffffffffffffff")]
BINARIES = [binary(data, kind) for data, kind in ((b"", 0), (b"a", 0), (b"ab", 0), (b"\x05", 0), (b"\xff\x00\x01", 0),
                                                  (b"a", 2), (b"0123456789abcdef", 3), (b"0123456789abcdef", 4),
                                                  (b"0123456789abcdef", 5), (b"a", 128))]
ODDITIES = [timestamp(1, 1), timestamp(1700000000, 5), timestamp(0, 1), timestamp(4294967295, 2), regex("a"),
            regex("a", "i"), regex("^b"), symbol("a"), symbol("b"), code("a"), code("x"), scoped_code("a", {}),
            scoped_code("x", {"a": 1}), pointer("judge.c", "65534ce04a3f0c0001020304"), min_key, max_key]
KEYS = ["a", "b", "c", "d"]
RARE_KEYS = ["0", "1", "", "e", "\u00e9", "a.b", "10"]


def scalar(random):
    pick = random.random()
    if pick < 0.42:
        return random.choice(random.choice(NUMBERS))
    if pick < 0.60:
        return random.choice(STRINGS)
    if pick < 0.70:
        return random.choice([None, None, undefined])
    if pick < 0.78:
        return random.choice([True, False])
    return random.choice(random.choice([DATES, OBJECT_IDS, BINARIES, ODDITIES]))


def key(random):
    return random.choice(RARE_KEYS) if random.random() < 0.08 else random.choice(KEYS)


def value(random, depth=3):
    """Any value: more often a scalar the deeper it is."""
    pick = random.random()
    if depth > 0 and pick < 0.18:
        return {key(random): value(random, depth - 1) for _ in range(random.choice([0, 1, 1, 2, 2, 3]))}
    if depth > 0 and pick < 0.38:
        return array(random, depth - 1)
    return scalar(random)


def array(random, depth):
    length = random.choice([0, 1, 1, 2, 2, 3, 4])
    pick = random.random()
    if pick < 0.35:
        return [random.choice(random.choice(NUMBERS)) for _ in range(length)]
    if pick < 0.55:
        return [random.choice(STRINGS[:8]) for _ in range(length)]
    if pick < 0.75 and depth > 0:
        return [{key(random): value(random, depth - 1) for _ in range(random.choice([0, 1, 2]))}
                for _ in range(length)]
    return [value(random, depth) for _ in range(length)]


def mixed(random):
    """Anything anywhere."""
    return {k: value(random) for k in random.sample(KEYS + [key(random)], random.randint(1, 5))}


def numeric(random):
    """Numbers of all types, which are often equal."""
    def number():
        return random.choice(random.choice(NUMBERS)[:8] if random.random() < 0.6 else random.choice(NUMBERS))
    document = {"a": number(), "b": [number() for _ in range(random.randint(0, 3))], "c": {"a": number()}}
    if random.random() < 0.5:
        document["d"] = [{"a": number()} for _ in range(random.randint(0, 2))]
    return {k: v for k, v in document.items() if random.random() < 0.85}


def event(random):
    """What events look like: a is a number, b a string, c a date, d an array, e a document."""
    numbers, strings = PLAIN_NUMBERS, PLAIN_STRINGS
    document = {
        "a": random.choice(numbers), "b": random.choice(strings), "c": random.choice(PLAIN_DATES),
        "d": random.choice([
            [random.choice(numbers) for _ in range(random.randint(0, 4))],
            [random.choice(strings) for _ in range(random.randint(0, 3))],
            [{"a": random.choice(numbers), "b": random.choice(strings)} for _ in range(random.randint(0, 3))]]),
        "e": {"a": random.choice(numbers), "b": random.choice(strings), "c": random.choice([True, False])},
    }
    return {k: v if random.random() < 0.97 else None for k, v in document.items() if random.random() < 0.95}


def nested(random):
    """Arrays in arrays, and documents in them."""
    def deep(depth):
        pick = random.random()
        if depth == 0 or pick < 0.25:
            return random.choice([0, 1, 2, 1.0, "a", "b", None, True])
        if pick < 0.65:
            return [deep(depth - 1) for _ in range(random.randint(0, 3))]
        return {k: deep(depth - 1) for k in random.sample(["a", "b", "c", "0", "1"], random.randint(0, 3))}
    return {k: deep(4) for k in random.sample(["a", "b", "c", "d"], random.randint(1, 3))}


SETS = [event, mixed, event, numeric, event, nested, event, mixed, event, mixed, numeric, nested]
EVENT_SETS = [number for number, kind in enumerate(SETS) if kind is event]


def make_set(random, number):
    """Returns the documents of a set, each with an int as _id."""
    return [{"_id": index, **{k: v for k, v in SETS[number](random).items() if k != "_id"}}
            for index in range(random.randint(30, 60))]


def places(value, path=""):
    """All paths of a document with the values there, through arrays with the index and without."""
    if isinstance(value, dict):
        inner = [(k, v) for k, v in value.items()]
    elif isinstance(value, list):
        inner = [(str(i), v) for i, v in enumerate(value)]
        for item in value:
            if isinstance(item, dict):
                yield from places(item, path)
    else:
        return
    for k, v in inner:
        at = f"{path}.{k}" if path else k
        yield at, v
        yield from places(v, at)
