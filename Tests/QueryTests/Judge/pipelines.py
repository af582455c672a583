"""Aggregation pipelines whose results do not depend on anything that MongoDB leaves open.

What is tracked while a pipeline grows: whether the order of the documents is defined, and whether _id tells them
apart. Fields named set_… hold arrays whose order is not defined.
"""
import expressions
import queries
from values import date, decimal, long

GROUP_KEYS = ["$a", "$b", "$b", "$e.a", "$e.b", "$e.c", "$missing"]


class Pipelines:
    def __init__(self, random, documents_):
        self.random = random
        self.documents = documents_
        self.expressions = expressions.Expressions(random, documents_)
        self.queries = queries.Queries(random, documents_)

    def chance(self, share):
        return self.random.random() < share

    def pick(self, *choices):
        return self.random.choice(choices)

    def pipeline(self):
        """Returns the stages, and whether the order of the results is defined."""
        self.ordered, self.unique = True, True  # documents come as they were inserted
        self.grouped = False  # afterwards the fields are others
        if self.chance(0.07):
            return self.bad_pipeline(), False
        stages = []
        for _ in range(self.random.choice([1, 1, 2, 2, 3, 3, 4, 5])):
            if self.grouped:
                stages += self.stage_after_group()
            else:
                stages += self.stage(bool(stages))
        if not self.ordered and self.unique and self.chance(0.6):
            stages.append({"$sort": {"_id": self.pick(1, -1)}})
            self.ordered = True
        return stages, self.ordered

    def stage(self, later):
        make = self.random.choice([
            self.match, self.match, self.project, self.add_fields, self.unset, self.group, self.group, self.group,
            self.group, self.sort, self.sort, self.limit, self.skip, self.count, self.unwind, self.unwind, self.bucket,
            self.sort_by_count, self.replace_root])
        return make()

    def stage_after_group(self):
        """The result of a group: _id and fields named n…; of a count: count."""
        pick = self.random.random()
        if pick < 0.3:
            return [{"$match": {self.pick("_id", "n0", "n1", "count"): self.pick(
                {"$gt": 0}, {"$ne": None}, {"$exists": True}, {"$lt": 100}, {"$type": "number"})}}]
        if pick < 0.5:
            value = self.pick({"$add": ["$n0", 1]}, {"$type": "$n0"}, "$_id", {"$ifNull": ["$n1", "none"]},
                              {"x": "$_id"})
            return [{self.pick("$addFields", "$set"): {self.pick("more", "n9"): value}}]
        if pick < 0.6:
            return [{"$project": self.pick({"n0": 1}, {"n0": 0}, {"n0": 1, "x": "$_id"}, {"n1": 1, "_id": 1})}]
        if pick < 0.8 and self.unique:
            self.ordered = True
            return [{"$sort": {"_id": self.pick(1, -1)}}]
        if pick < 0.95 and self.ordered:
            return [{self.pick("$limit", "$skip"): self.pick(1, 2, 3, long(2))}]
        self.unique = self.ordered = True
        return [{"$group": {"_id": None, "n0": {"$sum": 1}}}]

    def match(self):
        query = self.queries.query(1)
        if self.chance(0.7):  # most should leave something
            path, value = self.queries.place()
            query = {path: self.pick({"$exists": True}, {"$ne": value}, {"$gte": value})} \
                if not isinstance(value, dict) else {path: {"$exists": True}}
        return [{"$match": query}]

    def fields(self, count):
        names = ["a", "b", "c", "d", "e", "x", "y", "e.a", "e.x", "x.y", "d.a"]
        result = {}
        for name in self.random.sample(names, count):
            if any(name.startswith(other + ".") or other.startswith(name + ".") for other in result):
                continue
            result[name] = self.expressions.expression(self.random.choice([0, 1, 1, 2]))
        return result

    def project(self):
        pick = self.random.random()
        if pick < 0.35:
            names = self.random.sample(["a", "b", "c", "d", "e", "d.a"], self.random.randint(1, 3))
            if "d" in names and "d.a" in names:
                names.remove("d.a")
            flag = self.pick(0, False, 1, True)
            projection = {name: flag for name in names}
            if self.chance(0.15):
                projection["_id"] = self.pick(0, False)
                self.unique = False
        else:
            projection = self.fields(self.random.randint(1, 3))
            for name in projection:  # a literal would be a flag
                if isinstance(projection[name], (bool, int, float)):
                    projection[name] = {"$literal": projection[name]}
            if "b" not in projection:
                projection["b"] = 1
        return [{"$project": projection}]

    def add_fields(self):
        return [{self.pick("$addFields", "$set"): self.fields(self.random.randint(1, 2))}]

    def unset(self):
        return [{"$unset": self.pick("a", "b", ["a", "e.a"], ["c"], "d.a", "missing")}]

    def group_key(self):
        pick = self.random.random()
        if pick < 0.55:
            return self.random.choice(GROUP_KEYS)
        if pick < 0.65:
            return self.pick(None, None, 1, "all", {}, {"x": "$b"}, {"x": "$missing"}, {"x": {"y": "$a"}})
        if pick < 0.8:
            return {"x": self.random.choice(GROUP_KEYS), "y": self.pick({"$type": "$a"}, "$e.c", "$b")}
        return self.pick({"$type": "$a"}, {"$gt": ["$a", 2]}, {"$toLower": "$e.b"}, {"$isNumber": "$a"}, "$c",
                         {"$dateTrunc": {"date": "$c", "unit": "day"}}, {"$ifNull": ["$b", "none"]}, "$d")

    def accumulator(self, name):
        """A field of a group; those that depend on the order only where it is defined."""
        number = self.pick("$a", "$a", "$e.a", 1, "$b", "$missing", {"$multiply": ["$e.a", 2]})
        anything = self.pick("$a", "$b", "$c", "$d", "$e", "$e.a", "$missing", {"x": "$a"})
        orderly = ["$first", "$last", "$push", "$push", "$firstN", "$lastN", "$top", "$bottom", "$topN", "$bottomN",
                   "$minN", "$maxN", "$min", "$max", "$addToSet", "$mergeObjects"]
        any_order = ["$sum", "$sum", "$avg", "$count", "$stdDevPop", "$stdDevSamp"]
        operator = self.random.choice(any_order + any_order + orderly if self.ordered else any_order)
        if operator == "$count":
            return name, {"$count": {}}
        if operator in any_order:
            return name, {operator: number}
        if operator in ("$firstN", "$lastN", "$minN", "$maxN"):
            return name, {operator: {"input": anything, "n": self.pick(1, 2, 3, 2.0, long(5))}}
        if operator in ("$top", "$bottom", "$topN", "$bottomN"):
            order = self.pick({"_id": 1}, {"_id": -1}, {"a": 1, "_id": 1}, {"b": -1, "_id": 1}, {"e.a": 1, "_id": -1},
                              {"d": -1, "a": 1, "_id": 1}, {"e.a": -1, "e.b": 1, "_id": 1})
            n = {"n": self.pick(1, 2, 3)} if operator.endswith("N") else {}
            return name, {operator: {**n, "sortBy": order, "output": self.pick(anything, ["$a", "$_id"])}}
        if operator == "$mergeObjects":
            return name, {operator: "$e"}
        return "set_" + name if operator == "$addToSet" else name, {operator: anything}

    def group(self):
        key = self.group_key()
        group = {"_id": key}
        for number in range(self.random.choice([0, 1, 1, 2, 3])):
            name, value = self.accumulator(f"n{number}")
            group[name] = value
        self.grouped, self.ordered, self.unique = True, False, key != "$d"
        if key is None or not isinstance(key, (str, dict)) or key in ("all", {}):
            self.ordered = True
        return [{"$group": group}]

    def sort(self):
        sort = {}
        paths = ["a", "b", "c", "d", "e.a", "e", "d.a", "missing"]
        if self.random.random() < 0.3:
            # Paths through the same array, in which one element gives all keys.
            paths = ["e.a", "e.b", "e.0.a", "e.b.a", "e.a.b", "e.1", "e"]
        for path in self.random.sample(paths, self.random.choice([0, 1, 1, 2, 2])):
            sort[path] = self.pick(1, -1, 1, -1, 1.0, long(-1))
        if self.unique:
            sort["_id"] = self.pick(1, -1)
        self.ordered = self.unique
        return [{"$sort": sort or {"a": 1}}]

    def limit(self):
        return [{"$limit": self.pick(1, 2, 5, 10, long(20), 10.0)}] if self.ordered else []

    def skip(self):
        return [{"$skip": self.pick(0, 1, 2, 5, long(3), 2.0)}] if self.ordered else []

    def count(self):
        self.grouped = self.ordered = self.unique = True
        return [{"$count": self.pick("count", "n0", "n")}]

    def unwind(self):
        path = self.pick("$d", "$d", "$d", "$a", "$b", "$e", "$d.a", "$e.a", "$missing")
        self.unique = False
        if self.chance(0.5):
            return [{"$unwind": path}]
        unwind = {"path": path}
        if self.chance(0.6):
            unwind["preserveNullAndEmptyArrays"] = self.pick(True, True, False)
        if self.chance(0.5):
            unwind["includeArrayIndex"] = self.pick("index", "i.j", "e", "a")
        return [{"$unwind": unwind}]

    def bucket(self):
        boundaries = self.pick([0, 1, 2, 5, 10], [-10, 0, 100], ["", "b", "z"], [0.5, 1.5, 1000], [date(0),
        date(10 ** 13)],
                               [long(0), long(3)], [decimal(0), decimal(10)])
        bucket = {"groupBy": {str: "$b"}.get(type(boundaries[0]), self.pick("$a", "$e.a")), "boundaries": boundaries}
        if boundaries[0] == date(0):
            bucket["groupBy"] = "$c"
        if self.chance(0.85):
            bucket["default"] = self.pick("other", "zzz", 10 ** 6, -1000, None)
        if self.chance(0.5):
            name, value = self.accumulator("n0")
            bucket["output"] = {name: value}
        self.grouped, self.ordered, self.unique = True, True, True
        return [{"$bucket": bucket}]

    def sort_by_count(self):
        self.grouped, self.ordered, self.unique = True, False, True
        return [{"$sortByCount": self.pick("$a", "$b", "$e.b", {"$type": "$a"}, {"$toLower": "$b"})}]

    def replace_root(self):
        self.unique = False
        root = self.pick("$$ROOT", "$$ROOT", {"$mergeObjects": ["$e", {"_id": "$_id"}]}, {"a": "$b", "b": "$e.b",
        "_id": "$_id"},
                         {"$ifNull": ["$e", {"none": 1}]}, {"x": "$d"}, {"$mergeObjects": ["$$ROOT", "$e"]}, "$e")
        return [{"$replaceRoot": {"newRoot": root}} if self.chance(0.6) else {"$replaceWith": root}]

    def bad_pipeline(self):
        return self.random.choice([
            [{"$unknown": 1}], [{}], [1], [{"$match": 1}], [{"$match": {"$unknown": 1}}], [{"$project": {}}],
            [{"$project": 1}], [{"$project": {"a": 1, "b": 0}}], [{"$project": {"a.b": 1, "a": 1}}], [{"$group": {}}],
            [{"$group": {"n": {"$sum": 1}}}], [{"$group": {"_id": 1, "n": 1}}],
            [{"$group": {"_id": 1, "n": {"$unknown": 1}}}], [{"$group": {"_id": 1, "n": {}}}],
            [{"$group": {"_id": 1, "a.b": {"$sum": 1}}}], [{"$group": {"_id": 1, "n": {"$sum": 1, "$avg": 1}}}],
            [{"$group": 1}], [{"$group": {"_id": 1, "$n": {"$sum": 1}}}],
            [{"$group": {"_id": 1, "n": {"$count": {"a": 1}}}}], [{"$sort": {}}],
            [{"$group": {"_id": 1, "n": {"$firstN": {"n": 1}}}}],
            [{"$group": {"_id": 1, "n": {"$firstN": {"input": 1, "n": 0}}}}],
            [{"$group": {"_id": 1, "n": {"$topN": {"n": 1, "output": "$a"}}}}], [{"$sort": {"a": 2}}],
            [{"$sort": {"a": "x"}}], [{"$sort": 1}], [{"$sort": {"": 1}}], [{"$sort": {"a.": 1}}], [{"$limit": 0}],
            [{"$limit": -1}], [{"$limit": "a"}], [{"$limit": 1.5}], [{"$skip": -1}], [{"$skip": "a"}],
            [{"$skip": 1.5}], [{"$count": ""}], [{"$count": 1}], [{"$count": "$a"}], [{"$count": "a.b"}],
            [{"$unwind": "a"}], [{"$unwind": 1}], [{"$unwind": {}}], [{"$unwind": "$"}],
            [{"$unwind": {"path": "$d", "unknown": 1}}], [{"$unwind": {"path": "$d", "includeArrayIndex": "$i"}}],
            [{"$unwind": {"path": "$d", "includeArrayIndex": ""}}],
            [{"$unwind": {"path": "$d", "preserveNullAndEmptyArrays": 1}}], [{"$bucket": {}}],
            [{"$bucket": {"groupBy": "$a", "boundaries": [1]}}], [{"$bucket": {"groupBy": "a", "boundaries": [1, 2]}}],
            [{"$bucket": {"groupBy": "$a", "boundaries": [2, 1]}}],
            [{"$bucket": {"groupBy": "$a", "boundaries": [1, "a"]}}],
            [{"$bucket": {"groupBy": "$a", "boundaries": [1, 1]}}],
            [{"$bucket": {"groupBy": "$a", "boundaries": [0, 5], "default": 3}}],
            [{"$bucket": {"groupBy": "$a", "boundaries": ["$a", 2]}}], [{"$sortByCount": "a"}], [{"$sortByCount": 1}],
            [{"$sortByCount": {"a": 1}}], [{"$replaceRoot": {"newRoot": 1}}], [{"$replaceRoot": {}}],
            [{"$replaceWith": "$a"}], [{"$addFields": {}}], [{"$addFields": 1}],
            [{"$addFields": {"a": {"$unknown": 1}}}], [{"$set": {"a.b": 1, "a": 2}}], [{"$addFields": {"$a": 1}}],
            [{"$addFields": {"": 1}}], [{"$unset": ""}], [{"$unset": []}], [{"$unset": 1}], [{"$unset": ["a", 1]}],
            [{"$unset": "$a"}], [{"$unset": ["a", "a.b"]}], [{"$match": {}, "$sort": {"a": 1}}],
            [{"$project": {"a": {"$slice": 1}}}], [{"$project": {"a": {"$elemMatch": {"a": 1}}}}],
            [{"$project": {"a": "$$X"}}], [{"$set": {"a": {"b": 1, "c.d": 2}}}],
            [{"$project": {"a": {"b": 1, "c": 0}}}], [{"$project": {"x": [1, "$a", "$missing"]}}]])
