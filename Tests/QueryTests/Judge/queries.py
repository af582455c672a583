"""Query documents: every operator of the match language, well formed and not."""
import documents
import expressions
from values import Raw, REGEX, binary, code, decimal, long, max_key, min_key, regex, undefined

PATHS = ["a", "b", "c", "d", "a.b", "b.a", "a.a", "d.a", "a.0", "b.0", "b.1", "a.b.c", "a.0.b", "d.0.a", "a.b.0",
         "a.0.0", "e.a", "0", "_id"]
ODD_PATHS = ["", "a.", ".a", "a..b", "a.b.", "$a", "a.$b", "a.00", "a.01", "a.-1", "a.99999999999999999999", "e", "1",
             "\u00e9", "a.1.0", "0.0", ".", "a.$"]
TYPE_NAMES = ["double", "string", "object", "array", "binData", "undefined", "objectId", "bool", "date", "null",
"regex",
              "dbPointer", "javascript", "symbol", "javascriptWithScope", "int", "timestamp", "long", "decimal",
              "minKey", "maxKey", "number"]
PATTERNS = [("a", ""), ("^a", ""), ("b$", ""), ("^$", ""), ("[ab]", ""), ("a.c", ""), ("A", "i"), ("\u00e9", ""),
            ("\u00c9", "i"), ("^a|^b", ""), ("\\d+", ""), ("(?i)A", ""), ("a\\.b", ""), (".", "s"), ("^b", "m"),
            ("a b", "x"), ("^/api", ""), ("(a)(b)", ""), ("\\bWorld", ""), ("[^a]", ""), ("^.{3}$", ""),
            ("\\p{L}", ""), ("h(?=e)", "i"), ("(?<x>a)", ""), ("a|", ""), ("\\w", ""), ("^\\S+$", ""), ("\\x{e9}", ""),
            ("a\\0?", ""), ("(a|b)\\1?", "im"), ("^.$", ""), ("l{2}", ""), ("a*", ""), ("$", "m"), ("\\Aa", "")]
BAD_PATTERNS = [("(", ""), ("[", ""), ("a{2,1}", ""), ("*", ""), ("a", "z"), ("a", "gi"), ("(?<", ""), ("\\", ""),
                ("a", "ii")]


class Queries:
    """Makes queries for a set of documents, with values from them, so that they hit."""

    def __init__(self, random, documents_):
        self.random = random
        self.documents = documents_
        self.depth = 0  # of $elemMatch

    def chance(self, share):
        return self.random.random() < share

    def pick(self, *choices):
        return self.random.choice(choices)

    def place(self):
        """A path with a value that is there in some document."""
        document = self.random.choice(self.documents)
        found = [place for place in documents.places(document) if place[0] != "_id" or self.chance(0.2)]
        path, value = self.random.choice(found) if found else ("a", 1)
        if self.chance(0.15):
            path = ".".join(part for part in path.split(".") if not part.isdigit()) or "a"
        if isinstance(value, list) and value and self.chance(0.5):
            value = self.random.choice(value)
        return path, value

    def path_and_value(self):
        pick = self.random.random()
        if pick < 0.7:
            return self.place()
        if pick < 0.96:
            return self.random.choice(PATHS), self.value()
        return self.random.choice(ODD_PATHS), self.value()

    def value(self):
        return self.place()[1] if self.chance(0.6) else documents.value(self.random, 2)

    def query(self, depth=2):
        pick = self.random.random()
        if depth and pick < 0.22:
            operator = self.pick("$and", "$or", "$nor", "$or", "$and")
            return {operator: [self.query(depth - 1) for _ in range(self.random.choice([1, 2, 2, 3]))]}
        if pick < (0.30 if self.depth == 0 else 0.224):  # refused in $elemMatch
            return {"$expr": expressions.Expressions(self.random, self.documents).condition(2)}
        if pick < 0.34:
            return self.bad_query()
        if pick < 0.345:
            return {}
        result = {}
        for _ in range(self.random.choice([1, 1, 1, 2])):
            path, value = self.path_and_value()
            result[path] = self.predicate(value, depth)
        if depth and self.chance(0.04):
            result["$or"] = [self.query(depth - 1)]
        if self.chance(0.01):
            result["$comment"] = self.pick("why", 1, None)
        return result

    def predicate(self, value, depth):
        """What stands behind a path."""
        pick = self.random.random()
        if pick < 0.15:
            return value if not isinstance(value, dict) or not value or value.keys() < {"a", "b"} else {"$eq": value}
        if pick < 0.19:
            return regex(*self.random.choice(PATTERNS))
        if pick < 0.21:
            return self.bad_predicate(value)
        result = {}
        for _ in range(self.random.choice([1, 1, 1, 1, 2])):
            result.update(self.operation(value, depth))
        return result

    def operation(self, value, depth):
        make = self.random.choice([
            self.comparison, self.comparison, self.comparison, self.comparison, self.membership, self.membership,
            self.exists, self.type, self.regex, self.mod, self.size, self.all, self.elements, self.elements, self.bits,
            self.negation, self.negation])
        return make(value, depth)

    def comparison(self, value, depth):
        operator = self.pick("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")
        if self.chance(0.1):
            value = self.pick(None, min_key, max_key, float("nan"), True, [], {}, "", documents.DECIMAL_NAN)
        return {operator: value}

    def membership(self, value, depth):
        items = [value] + [self.value() for _ in range(self.random.choice([0, 1, 2, 3]))]
        if self.chance(0.15):
            items.append(regex(*self.random.choice(PATTERNS)))
        if self.chance(0.1):
            items.append(None)
        if self.chance(0.1):
            items = []
        self.random.shuffle(items)
        return {self.pick("$in", "$nin"): items}

    def exists(self, value, depth):
        return {"$exists": self.pick(True, False, True, 1, 0, None, "", 0.0, long(0), decimal(0), undefined, "x")}

    def type(self, value, depth):
        def one():
            if self.chance(0.6):
                return self.random.choice(TYPE_NAMES)
            return self.pick(1, 2, 3, 4, 16, 18.0, long(19), -1, 127, 8, 9, 10, 7, 13.0, 17, 5, decimal(2))
        return {"$type": one() if self.chance(0.7) else [one() for _ in range(self.random.randint(1, 3))]}

    def regex(self, value, depth):
        pattern, options = self.random.choice(PATTERNS)
        result = {"$regex": self.pick(pattern, pattern, regex(pattern, options))}
        if isinstance(result["$regex"], str) and (options or self.chance(0.2)):
            result["$options"] = options or self.pick("i", "m", "s", "x", "")
        if self.chance(0.2):
            result = dict(reversed(result.items()))
        return result

    def mod(self, value, depth):
        divisor = self.pick(2, 3, 2.0, long(5), 2.7, decimal(3), 1, -2, 10)
        return {"$mod": [divisor, self.pick(0, 1, 1.0, long(0), decimal(1), -1, 0.9)]}

    def size(self, value, depth):
        return {"$size": self.pick(0, 1, 2, 2.0, long(3), 3, 1)}

    def all(self, value, depth):
        if self.chance(0.15):
            return {"$all": [self.elements(value, 0) for _ in range(self.random.randint(1, 2))]}
        items = [value] + [self.value() for _ in range(self.random.choice([0, 0, 1]))]
        if self.chance(0.1):
            items.append(regex(*self.random.choice(PATTERNS)))
        return {"$all": items if self.chance(0.95) else []}

    def elements(self, value, depth):
        if isinstance(value, dict) and value and self.chance(0.7):
            key = self.random.choice(list(value))
            inner = {key: self.predicate(value[key], 0)} if not key.startswith("$") else {"a": 1}
        elif self.chance(0.3):
            self.depth += 1
            inner = self.query(max(depth - 1, 0))
            self.depth -= 1
        else:
            inner = self.operation(value, max(depth - 1, 0))
            if self.chance(0.3):
                inner.update(self.comparison(self.value(), 0))
        return {"$elemMatch": inner}

    def bits(self, value, depth):
        operator = self.pick("$bitsAllSet", "$bitsAnySet", "$bitsAllClear", "$bitsAnyClear")
        return {operator: self.pick(0, 1, 2, 3, 5, 1.0, long(2 ** 40), [0], [1, 2], [], [0, 63], [64], [200], [0, 0],
                                    binary(b"\x01"), binary(b"\xff\x00\x01"), binary(b""), 2 ** 62)}

    def negation(self, value, depth):
        if self.chance(0.2):
            return {"$not": regex(*self.random.choice(PATTERNS))}
        return {"$not": self.operation(value, depth)}

    def bad_predicate(self, value):
        """An operator with what it does not take, or an operator that does not exist."""
        pattern, options = self.random.choice(BAD_PATTERNS)
        return self.random.choice([
            {"$in": value}, {"$nin": 1}, {"$in": [{"$gt": 1}]}, {"$unknown": value}, {"$gt": regex("a")},
            {"$eq": regex("a")}, {"$ne": regex("a")}, {"$regex": 1}, {"$regex": pattern, "$options": options},
            regex(pattern, options), {"$options": "i"}, {"$regex": "a", "$options": 1}, {"$regex": regex("a", "i"),
            "$options": "m"}, {"$mod": [0, 1]}, {"$mod": [2]}, {"$mod": []}, {"$mod": 2}, {"$mod": [2, 1, 0]},
            {"$mod": ["a", 1]}, {"$mod": [2, "a"]}, {"$mod": [float("nan"), 1]}, {"$mod": [float("inf"), 0]},
            {"$mod": [0.5, 0]}, {"$mod": [1e300, 0]}, {"$size": -1}, {"$size": 1.5}, {"$size": "a"}, {"$size": None},
            {"$type": "strange"}, {"$type": 14.5}, {"$type": []}, {"$type": 0}, {"$type": 20}, {"$type": None},
            {"$type": ["int", "x"]}, {"$type": True}, {"$all": value}, {"$all": 1}, {"$all": [{"$gt": 1}]},
            {"$all": [{"$elemMatch": {"a": 1}}, 1]}, {"$elemMatch": 1}, {"$elemMatch": []}, {"$elemMatch": {}},
            {"$elemMatch": {"$unknown": 1}}, {"$elemMatch": {"a": 1, "$gt": 1}}, {"$elemMatch": {"$gt": 1, "a": 1}},
            {"$not": 1}, {"$not": {}}, {"$not": "a"}, {"$not": {"a": 1}}, {"$not": {"$unknown": 1}}, {"$not": []},
            {"$not": {"$not": {"$gt": 1}}}, {"$not": {"$regex": "a"}}, {"$not": {"$options": "i"}},
            {"$bitsAllSet": -1}, {"$bitsAllSet": 1.5}, {"$bitsAnySet": "a"}, {"$bitsAllClear": [-1]},
            {"$bitsAnyClear": ["a"]}, {"$bitsAllSet": [1.5]}, {"$bitsAllSet": None}, {"$bitsAllSet": 1e30},
            {"$bitsAllSet": [2 ** 40]}, {"$bitsAllSet": decimal(1)}, {"$exists": {"$gt": 1}}, {"$gt": 1, "a": 1},
            {"a": 1, "$gt": 1}, {"$eq": undefined}, {"$gt": undefined}, {"$in": [undefined]}, {"$ne": undefined},
            undefined, {"$elemMatch": {"$and": [{"a": 1}]}}, {"$elemMatch": {"$or": []}},
            {"$elemMatch": {"$not": {"$gt": 1}}}, {"$and": [{"$gt": 1}]}, {"$or": [{"a": 1}]}, {"$": 1},
            {"$in": [regex("(")]}, {"$gt": code("a")}, {"$regex": "a\0b"}, {"$regex": regex("a"), "$options": ""},
            {"$comment": "a"}, {"$expr": True}, {"$eq": 1, "$eq ": 1}, {"$all": [None]}, {"$all": [[value]]},
            {"$in": [[value], value]}, {"$eq": {"$gt": 1}}, {"$ne": {"$a": 1}}, {"$ref": "a", "$id": 1}])

    def bad_query(self):
        path, value = self.path_and_value()
        return self.random.choice([
            {"$and": []}, {"$or": []}, {"$nor": []}, {"$and": {}}, {"$or": 1}, {"$and": [1]}, {"$or": [{}, value]},
            {"$and": [{}]}, {"$unknown": 1}, {"$not": {path: 1}}, {"$gt": 1}, {"$exists": True}, {"$expr": {"$x": 1}},
            {"$expr": {"$gt": ["$" + path]}}, {"$and": [{path: value}, {"$unknown": 1}]}, {"$elemMatch": {"a": 1}},
            {"$a": 1}, {"": value}, {"$": 1}, {"$expr": [1]}, {"$expr": "$$UNKNOWN"}, {"$expr": {}},
            {"$expr": {"$eq": ["$a", "$b"], "$gt": [1, 2]}}, {"$nor": [{path: {"$unknown": 1}}]}, {"$and": None},
            {path: self.bad_predicate(value)}, {path: self.bad_predicate(value)}, {path: self.bad_predicate(value)}])


def is_regex(value):
    return isinstance(value, Raw) and value.type == REGEX
