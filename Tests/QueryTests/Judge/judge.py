"""Asks a real mongod what the query language means.

Makes documents and queries from a seed, asks mongod, and writes what it answers as BSON documents, one after another:

  {kind: "documents", set, documents: […]}         before the first case about them
  {kind: "match", query, refused, ids, failed}     ids: whom it matches; failed: on whom it fails
  {kind: "project", projection, refused, results}  results: [{_id, value: the document, or failed: true}]
  {kind: "update", update, refused, results}       the same
  {kind: "expression", expression, refused, results}   the same, without either where the value is missing
  {kind: "pipeline", pipeline, ordered, refused, results: [documents], alternative}

Each case also has its number, the seed and its set; refused ones have mongod's code and message. `refused` is what
mongod refuses without a look at any document, except for pipelines, where it is any failure. `alternatives` are its
other answers, from its other engine or with the stages in the order in which they are written, where they differ. A question that ends mongod has `died` and nothing else.
"""
import argparse
import collections
import concurrent.futures
import itertools
import random
import signal
import sys
import threading

import changes
import documents
import expressions
import pipelines
import queries
import server
import values

# The kind of a case follows from its number, so that one case can be repeated alone.
KINDS = ["match", "expression", "match", "pipeline", "project", "match", "update", "expression", "match", "pipeline"]
# mongod has two engines and moves stages about, and its answers do not always agree: this keeps it from using the newer
# engine for what follows, and from moving a stage across.
NOT_OPTIMIZED = {"$_internalInhibitOptimization": {}}
EMPTY = "empty"
# Some updates end mongod 6.0.5 by a failed invariant. Whatever else is asked meanwhile is asked again, so often.
LIVES = 3
TRIES = 4  # a case that says little is made anew


class Judge:
    def __init__(self, mongod, seed):
        self.server, self.seed = mongod, seed
        self.local = threading.local()
        self.sets = {}
        self.lock = threading.Lock()
        self.prepare()

    def prepare(self):
        """What a new server needs."""
        self.sets.clear()
        self.connection.run({"create": EMPTY})

    @property
    def connection(self):
        """This thread's connection to the present server."""
        if getattr(self.local, "port", None) != self.server.port:
            self.local.connection = server.Connection(self.server.port)
            self.local.port = self.server.port
            self.local.scratch = f"scratch{threading.get_ident()}"
        return self.local.connection

    def revive(self, port):
        """Replaces the server at this port, unless another thread has done so."""
        with self.lock:
            if port == self.server.port:
                self.server.restart()
                self.prepare()

    def random(self, *what):
        return random.Random("/".join(map(str, (self.seed,) + what)))

    def set(self, number):
        """The documents of a set; mongod has them once they are asked for."""
        with self.lock:
            if number not in self.sets:
                made = documents.make_set(self.random("set", number), number)
                encoded = [values.encode(document) for document in made]
                name = f"set{number}"
                self.connection.insert(name, [values.as_raw(document) for document in encoded])
                if self.connection.find(name, sort={"_id": 1}) != encoded:
                    raise AssertionError(f"mongod has changed documents of set {number}, seed {self.seed}")
                self.sets[number] = made, encoded, name
            return self.sets[number]

    def case(self, number):
        """Makes a case and asks; returns its document."""
        for _ in range(LIVES):
            port = self.server.port
            try:
                return self.ask(number)
            except OSError:
                self.revive(port)
        return {"kind": KINDS[number % len(KINDS)], "number": number, "seed": str(self.seed), "died": True}

    def ask(self, number):
        kind = KINDS[number % len(KINDS)]
        chance = self.random("case", number)
        usual = documents.EVENT_SETS if kind == "pipeline" and chance.random() < 0.8 else range(len(documents.SETS))
        set_number = chance.choice(usual)
        made, _, name = self.set(set_number)
        for _ in range(TRIES):
            result = getattr(self, kind)(chance, made, name)
            if not self.is_dull(result, made) or chance.random() < 0.15:
                break
        return {"kind": kind, "number": number, "seed": str(self.seed), "set": set_number, **result}

    def is_dull(self, case, made):
        """Whether the answer says little: nothing, or everything."""
        if case["refused"]:
            return False
        if "ids" in case:
            return len(case["ids"]) in (0, len(made)) and not case["failed"]
        if "pipeline" in case:
            return not case["results"]
        return not any("value" in result for result in case["results"])

    def refusal(self, ask):
        """What mongod says against a question whatever the documents are."""
        try:
            ask(EMPTY)
            return None
        except server.Refused as refused:
            return {"refused": True, "code": refused.code, "message": refused.message}

    def match(self, chance, made, name):
        query = queries.Queries(chance, made).query()
        failed = []
        try:
            found = self.connection.find(name, query, {"_id": 1})
        except server.Refused:
            refusal = self.refusal(lambda collection: self.connection.find(collection, query))
            if refusal:
                return {"query": query, **refusal}
            found = []
            for document in made:
                try:
                    found += self.connection.find(name, {"$and": [{"_id": document["_id"]}, query]}, {"_id": 1})
                except server.Refused:
                    failed.append(document["_id"])
        ids = sorted(values.decode(dict(values.elements(document))["_id"]) for document in found)
        return {"query": query, "refused": False, "ids": ids, "failed": failed}

    def each(self, key, what, name, made, ask):
        """Results for each document, alone where asking for all fails; `ask` yields a dict by _id."""
        try:
            results = ask(name, {})
        except server.Refused:
            refusal = self.refusal(lambda collection: ask(collection, {}))
            if refusal:
                return {key: what, **refusal}
            results = {}
            for document in made:
                try:
                    results.update(ask(name, {"_id": document["_id"]}))
                except server.Refused:
                    results[document["_id"]] = {"failed": True}
        answers = [{"_id": document["_id"], **results.get(document["_id"], {})} for document in made]
        return {key: what, "refused": False, "results": answers}

    def project(self, chance, made, name):
        projection = changes.Changes(chance, made).projection()

        def ask(collection, filter):
            found = self.connection.find(collection, filter, projection, {"_id": 1})
            ids = sorted(document["_id"] for document in made) if not filter else [filter["_id"]]
            return {id: {"value": values.as_raw(data)} for id, data in zip(ids, found)}
        return self.each("projection", projection, name, made, ask)

    def expression(self, chance, made, name):
        expression = expressions.Expressions(chance, made).expression(chance.choice([1, 2, 2, 3]))

        def ask(collection, filter):
            found = self.connection.aggregate(collection, [
                {"$match": filter}, {"$replaceWith": {"_id": "$_id", "value": expression}}])
            results = {}
            for document in found:
                fields = dict(values.elements(document))
                results[values.decode(fields.pop("_id"))] = fields
            return results
        return self.each("expression", expression, name, made, ask)

    def update(self, chance, made, name):
        update = changes.Changes(chance, made).update()
        refusal = self.refusal(lambda collection: self.update_all(collection, made[:1], update))
        if refusal:
            return {"update": update, **refusal}
        connection, scratch = self.connection, self.local.scratch
        connection.run({"delete": scratch, "deletes": [{"q": {}, "limit": 0}]})
        connection.insert(scratch, made)
        errors = connection.update(scratch, [{"_id": document["_id"]} for document in made], update)
        changed = connection.find(scratch, sort={"_id": 1})
        results = [{"_id": document["_id"],
                    **({"failed": True} if index in errors else {"value": values.as_raw(after)})}
                   for index, (document, after) in enumerate(zip(made, changed))]
        return {"update": update, "refused": False, "results": results}

    def update_all(self, collection, made, update):
        for refused in self.connection.update(collection, [{"_id": document["_id"]} for document in made],
                                              update).values():
            raise refused

    def pipeline(self, chance, made, name):
        stages, ordered = pipelines.Pipelines(chance, made).pipeline()

        def ask(pipeline):
            case = {"pipeline": stages, "ordered": ordered}
            try:
                results = [values.as_raw(document) for document in self.connection.aggregate(name, pipeline)]
                return {**case, "refused": False, "results": results}
            except server.Refused as refused:
                return {**case, "refused": True, "code": refused.code, "message": refused.message}
        case = ask(stages)
        step_by_step = [part for stage in stages for part in (NOT_OPTIMIZED, stage)]
        others = {self.contents(other): other for other in (ask([NOT_OPTIMIZED] + stages), ask(step_by_step))}
        others.pop(self.contents(case), None)
        if others:
            case["alternatives"] = list(others.values())
        return case

    @staticmethod
    def contents(case):
        return None if case["refused"] else tuple(sorted(document.bytes for document in case["results"]))


class Statistics:
    """How good a mix the cases are."""

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)

    def add(self, case):
        count = self.counts[case["kind"]]
        count["cases"] += 1
        if "died" in case:
            count["mongod dies"] += 1
            return
        if case["refused"]:
            count["refused"] += 1
        elif case["kind"] == "match":
            count["some hit, some miss"] += bool(case["ids"]) and case["ids"][-1] != len(case["ids"]) - 1
            count["fails on some"] += bool(case["failed"])
        elif case["kind"] == "pipeline":
            count["not empty"] += bool(case["results"])
            count["engines differ"] += "alternatives" in case
            count["ordered"] += case["ordered"]
        else:
            count["fails on some"] += any("failed" in result for result in case["results"])
            count["fails on all"] += all("failed" in result for result in case["results"])
            count["a value on some"] += any("value" in result for result in case["results"])

    def __str__(self):
        return "\n".join(
            f"{kind}: {count['cases']} cases; " + ", ".join(
                f"{name} {100 * share / count['cases']:.0f} %" for name, share in count.items() if name != "cases")
            for kind, count in sorted(self.counts.items()))


def cases(judge, numbers, threads):
    """Yields the documents of the stream in the order of the numbers."""
    known = set()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        pending = collections.deque()
        for number in itertools.chain(numbers, [None] * 64):
            if number is not None:
                pending.append(pool.submit(judge.case, number))
            if len(pending) < 64 and number is not None or not pending:
                continue
            case = pending.popleft().result()
            if "set" in case and case["set"] not in known:
                known.add(case["set"])
                made = documents.make_set(judge.random("set", case["set"]), case["set"])
                yield {"kind": "documents", "set": case["set"], "documents": made}
            yield case


def main():
    parser = argparse.ArgumentParser(description="Asks a mongod what the query language means.")
    parser.add_argument("mongod", help="the program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--kinds", default=",".join(sorted(set(KINDS))))
    parser.add_argument("--only", type=int, help="the number of the only case")
    parser.add_argument("--threads", type=int, default=3)
    parser.add_argument("--out", help="a file instead of the standard output")
    parser.add_argument("--stats", action="store_true", help="say how good the mix is, and write nothing else")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    kinds = arguments.kinds.split(",")
    numbers = (number for number in itertools.count() if KINDS[number % len(KINDS)] in kinds)
    numbers = itertools.islice(numbers, arguments.cases) if arguments.only is None else [arguments.only]
    statistics = Statistics()
    with server.Server(arguments.mongod) as mongod:
        judge = Judge(mongod, arguments.seed)
        with open(arguments.out, "wb") if arguments.out else sys.stdout.buffer as output:
            for case in cases(judge, numbers, arguments.threads):
                if not arguments.stats:
                    output.write(values.encode(case))
                elif case["kind"] != "documents":
                    statistics.add(case)
            if arguments.stats:
                print(statistics)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit("nobody reads the answers any more")
