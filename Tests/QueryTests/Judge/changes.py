"""Updates ($set, $unset, $rename) and projections."""
import expressions
import queries
from values import decimal, long


def is_prefix(path, other):
    """Whether one path is on the way to the other."""
    return (other + ".").startswith(path + ".")


class Changes:
    def __init__(self, random, documents_):
        self.random = random
        self.documents = documents_
        self.queries = queries.Queries(random, documents_)

    def chance(self, share):
        return self.random.random() < share

    def pick(self, *choices):
        return self.random.choice(choices)

    def path(self):
        pick = self.random.random()
        if pick < 0.45:
            return self.queries.place()[0]
        if pick < 0.95:
            return self.pick(*queries.PATHS, "new", "e.new", "a.new.b", "d.2", "d.0.new", "new.0", "a.b", "e", "b.5")
        return self.random.choice(queries.ODD_PATHS)

    def fresh_path(self, taken):
        """A path that mostly is not on the way to one of those taken, nor the other way round."""
        for _ in range(10):
            path = self.path()
            if not any(is_prefix(path, other) or is_prefix(other, path) for other in taken):
                break
            if self.chance(0.01):
                break
        taken.append(path)
        return path

    def update(self):
        if self.chance(0.06):
            return self.bad_update()
        result, taken = {}, []
        for operator in self.random.sample(["$set", "$unset", "$rename"], self.random.choice([1, 1, 1, 2])):
            fields = result[operator] = {}
            for _ in range(self.random.choice([1, 1, 2, 3])):
                path = self.fresh_path(taken)
                if operator == "$set":
                    value = self.queries.value()
                    fields[path] = value
                elif operator == "$unset":
                    fields[path] = self.pick("", 1, True, None)
                else:
                    fields[path] = self.fresh_path(taken)
        return result

    def bad_update(self):
        path = self.path()
        return self.random.choice([
            {"$set": {}}, {"$set": 1}, {"$set": []}, {"$unset": "a"}, {"$rename": {"a": 1}}, {"$rename": {"a": "a"}},
            {"$rename": {"a": "a.b"}}, {"$rename": {"a.b": "a"}}, {"$set": {path: 1, path + ".x": 2}},
            {"$set": {path: 1}, "$unset": {path: 1}}, {"$unknown": {path: 1}}, {"$set": {"_id": 1}},
            {"$unset": {"_id": 1}}, {"$rename": {"_id": "a"}}, {"$rename": {"a": "_id"}}, {"$set": {"a": 1}, "b": 1},
            {"$set": {"": 1}}, {"$set": {"a.": 1}}, {"$set": {".a": 1}}, {"$set": {"a..b": 1}}, {"$set": {"$a": 1}},
            {"$set": {"a.$b": 1}}, {"$set": {"a": {"$b": 1}}}, {"$set": {"a.$": 1}}, {"$set": {"a.$[]": 1}},
            {"$rename": {"a": ""}}, {"$rename": {"": "a"}}, {"$rename": {"a": "b", "b": "c"}},
            {"$rename": {"a": "b.$"}}, {"$set": {"d": [{"$x": 1}]}}, {"$set": {"a": 1, "a.b": 2}},
            {"$set": {"a.b": 1, "a.c": 2}}, {"$rename": {"d.0": "a"}}, {"$rename": {"a": "d.0"}}])

    def projection(self):
        pick = self.random.random()
        if pick < 0.06:
            return self.bad_projection()
        result, taken = {}, []
        including = self.chance(0.6)
        for _ in range(self.random.choice([1, 1, 2, 2, 3])):
            path = self.fresh_path(taken)
            flag = self.pick(1, True, 1, 1.0, long(1), 5, decimal(1)) if including else self.pick(
                0, False, 0, 0.0, long(0), decimal(0))
            kind = self.random.random()
            if kind < 0.62:
                result[path] = flag
            elif kind < 0.72:
                result[path] = {"$slice": self.pick(0, 1, 2, -1, -2, 1.0, long(2), [0, 1], [1, 2], [-2, 1], [5, 1],
                                                     [-9, 2])}
            elif kind < 0.80 and "." not in path:
                value = self.queries.place()[1]
                result[path] = self.queries.elements(value, 1)
            elif kind < 0.82 and including:
                result[path] = {key: flag for key in self.random.sample("abc", self.random.choice([1, 1, 2]))}
            elif kind > 0.97 or not including:
                result[path] = flag
            else:
                # An expression; without one of these words first, a value would be taken for a flag.
                result[path] = expressions.Expressions(self.random, self.documents).expression(2)
        if self.chance(0.3):
            result["_id"] = self.pick(0, 1, False, True)
        return result

    def bad_projection(self):
        path = self.path()
        return self.random.choice([
            {"a": 1, "b": 0}, {"a": 0, "b": 1}, {"a": 1, "a.b": 1}, {"a.b": 1, "a": 1}, {"a.b": 1, "a.c": 0},
            {path: {"$slice": "a"}}, {path: {"$slice": [1]}}, {path: {"$slice": [1, 0]}}, {path: {"$slice": [1, -1]}},
            {path: {"$slice": [1, 2, 3]}}, {"a": {"$slice": [0, "x"]}}, {path: {"$elemMatch": 1}},
            {"a.b": {"$elemMatch": {"a": 1}}}, {"": 1}, {"a.": 1}, {".a": 1}, {"a..b": 1}, {"$a": 1}, {"a.$b": 1},
            {"a.$": 1}, {"$": 1}, {"a": {"$unknown": 1}}, {"a": {}}, {"a": []}, {"a": [1]}, {"a": "x"}, {"a": None},
            {"a": "$b"}, {"a": {"b": "$c"}}, {"_id": 0, "a": 1, "b": 0}, {"_id": "$a"}, {"a": {"$add": "x"}},
            {"a": {"b": {"c": 1}, "d": 0}}, {"a": {"$slice": 1, "b": 1}}, {"a": {"b": 1}, "a.b": 1},
            {"a": 1, "b": {"$slice": 1}}, {"a": 0, "b": {"$slice": 1}}, {"a": 0, "b": "$a"},
            {"a": 0, "b": {"$add": [1, 1]}}, {"a": {"b.c": 1}}, {"_id.a": 1}, {"_id.a": 0}, {"_id": 1, "_id.a": 1}, {},
            {"_id": 0}, {"_id": 1}])
