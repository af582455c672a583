"""Asks the page's modules single questions, in the browser that they are made for: scales, units, queries, watches."""

from driver import browser, check, open_page, step

# Each is a module, what is computed with it (as `m`), and what that must be.
TABLES = {
    "scales are round": ("scale", [
        ("m.valueMarks(0, 9.7, 5, 'plain')", [0, 2, 4, 6, 8, 10]),
        ("m.valueMarks(0, 0.03, 3, 'seconds')", [0, 0.01, 0.02, 0.03]),
        ("m.valueMarks(0, 3000, 3, 'bytes')", [0, 1024, 2048, 3072]),
        ("m.valueMarks(0, 100, 3, 'seconds')", [0, 60, 120]),
        ("m.valueMarks(-5, 5, 2, 'plain')", [-5, 0, 5]),
        ("m.bucketStep(1001)", 2000),
        ("m.timeMarks(1_000, 61_000, 6)", {"marks": [10_000, 20_000, 30_000, 40_000, 50_000, 60_000], "step": 10_000}),
    ]),
    "numbers have units that people read": ("format", [
        ("m.tell(0.0123, 'seconds')", "12.3 ms"), ("m.tell(1536, 'bytes')", "1.5 KiB"), ("m.tell(0.256, 'fraction')", "25.6%"),
        ("m.tell(12345, 'rate')", "12.3k/s"), ("m.tell(NaN, 'plain')", "–"), ("m.tell(999.96, 'plain')", "1k"),
        ("m.tell(0, 'seconds')", "0 s"), ("m.unitOf('http.hit', 'request_time')", "seconds"),
        ("m.unitOf('host.cpu', 'busy')", "fraction"), ("m.unitOf('shop.order', 'total')", "plain"),
        ("m.spanOf('5m')", 300_000), ("m.spanText(90_000)", "90s"), ("Number.isNaN(m.spanOf('5 minutes'))", True),
        ("m.brief({$date: '2026-01-01T00:00:00Z'})", "2026-01-01T00:00:00Z"), ("m.brief([1, 2])", "[2]"),
    ]),
    "a click changes a query and keeps the rest of it": ("query", [
        ("m.including('', 'host', 'h1')", '{host: "h1"}'),
        ("m.including('{status: {$gte: 500}}', 'host', 'h\"1')", '{status: {$gte: 500}, host: "h\\"1"}'),
        ("m.including('{host: \"h2\"}', 'host', 'h1')", '{host: "h1"}'),
        ("m.including('{}', 'a.b c', null)", '{"a.b c": null}'),
        ("m.excluding('', 'host', 'h1')", '{host: {$ne: "h1"}}'),
        ("m.excluding('{host: {$ne: \"h1\"}}', 'host', 'h2')", '{host: {$nin: ["h1", "h2"]}}'),
        ("m.excluding('{host: {$nin: [\"h1\", \"h2\"]}}', 'host', 'h3')", '{host: {$nin: ["h1", "h2", "h3"]}}'),
        ("m.excluding('{path: /^.a,b}/}', 'path', '/a')", '{$and: [{path: /^.a,b}/}, {path: {$ne: "/a"}}]}'),
        ("m.both('{a: 1}', '  ')", "{a: 1}"), ("m.both('{a: 1}', '{b: 2}')", "{$and: [{a: 1}, {b: 2}]}"),
        ("m.describe(m.membersOf('{status: {$gte: 500, $lt: 600}}')[0])", "status ≥ 500, status < 600"),
        ("m.without('{a: 1, b: {c: [2, 3]}}', 0)", "{b: {c: [2, 3]}}"), ("m.membersOf('{a: 1')", None),
    ]),
    "a query is known as far as it is written": ("tokens", [
        ("m.contextAt('{sta').kind", "key"), ("m.contextAt('{sta').word", "sta"), ("m.contextAt('{status: ').kind", "value"),
        ("m.contextAt('{status: {$g').kind", "operator"), ("m.contextAt('{status: {$gte: 5').field", "status"),
        ("m.contextAt('{$or: [{ho').kind", "key"), ("m.contextAt('{a: 1, b').kind", "key"),
        ("m.contextAt('{host: {$in: [\"a\", \"b').field", "host"), ("m.contextAt('').isOutside", True),
        ("m.tokenize('{a: [1}').mistake.place", 6), ("m.tokenize('{a: /x/i}').mistake", None),
        ("m.tokenize('{a: \"x}').mistake.place", 4),
    ]),
}

WATCH = """(m) => {
    const watch = new m.Watch("w", { every: "1s", last: "1m" });
    const bucket = (time, count, more) => ({ time, received: count, rows: count ? [[0, count]] : [], ...more });
    const known = (from, to) => JSON.stringify(watch.unknown(from, to));
    const told = [];
    watch.take({ type: "snapshot", time: 20_500, since: 10_000, groups: [], buckets: [bucket(9_000, 3), bucket(12_000, 5)] });
    watch.tick(21_000);
    told.push(watch.buckets.map(({ time }) => time).join(), known(0, 20_000));
    watch.isLive = false;
    watch.tick(39_000);
    watch.take({ type: "snapshot", time: 40_000, since: 35_000, groups: [], buckets: [bucket(36_000, 1)] });
    told.push(known(0, 40_000));
    watch.take({ type: "change", time: 41_000, groups: [], history: "reading", buckets: [bucket(30_000, 7, { past: true })] });
    told.push(known(0, 40_000));
    watch.take({ type: "change", time: 42_000, groups: [], buckets: [], history: "whole" });
    told.push(known(0, 40_000), known(0, 60_000));
    watch.take({ type: "error", message: "no" });
    told.push(watch.mistake);
    return told;
}"""

EXPECTED = [
    "12000", "[[0,10000]]", "[[0,10000],[21000,35000]]", "[[0,10000],[21000,30000]]", "[]", "[[42000,60000]]", "no",
]

CHECKED = """(m) => {
    const of = (board) => { try { return m.checked(board); } catch (error) { return error.message; } };
    const board = of({ title: 5, panels: [{ id: "a", kind: "line", topic: "x", w: 99, h: "2", match: {}, __proto__: { a: 1 }, on: "x" }] });
    return [of({}), of({ panels: [{ kind: "constructor" }] }), JSON.stringify(board)];
}"""

with browser() as made:
    page = open_page(made)

    def compute(module, text):
        return page.evaluate(f"async () => ({text})(await import('/{module}.js'))")

    for title, (module, rows) in TABLES.items():
        with step(title):
            for text, expected in rows:
                result = compute(module, f"(m) => {text} ?? null")
                check(result == expected, f"{text} is {result!r}, not {expected!r}")
    with step("what was not told is not known, and zero only where all was told"):
        result = compute("watch", WATCH)
        check(result == EXPECTED, f"{result} instead of {EXPECTED}")
    with step("a dashboard from outside is taken as far as it is one"):
        result = compute("dashboards", CHECKED)
        expected = '{"title":"5","panels":[{"kind":"line","topic":"x","id":"a","w":12,"h":6}]}'
        check(result == ["no panels in it", "panel 1 is of no known kind", expected], result)
