"""Aggregation expressions: mostly of the right types, some not, and some that mongod refuses to read."""
import documents
from values import date, decimal, long, max_key, min_key, object_id, regex, undefined

FIELDS = {
    "number": ["$a", "$a", "$a", "$e.a", "$_id"],
    "string": ["$b", "$b", "$b", "$e.b"],
    "date": ["$c"],
    "array": ["$d", "$d", "$d.a", "$d.b"],
    "bool": ["$e.c"],
    "object": ["$e", "$$ROOT", "$$CURRENT"],
    "any": ["$a", "$b", "$c", "$d", "$e", "$e.a", "$d.a", "$missing", "$a.b", "$d.0", "$$ROOT.a", "$$CURRENT.b",
    "$b.a",
            "$a.0.b", "$$REMOVE"],
}
KINDS = ["number", "number", "string", "date", "array", "bool", "object", "any"]
ZONES = ["UTC", "UTC", "GMT", "Z", "+02:00", "-0330", "+05", "Etc/UTC", "Europe/Berlin", "America/New_York"]
UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"]
DATE_FORMATS = ["%Y-%m-%d", "%H:%M:%S.%L", "%Y-%m-%dT%H:%M:%S.%LZ", "%j %U %w", "%G-W%V-%u", "%z %Z", "%%", "",
"%d/%m",
                "\u00e9%Y", "%b", "%B %d", "%", "%Q", "%Y%"]
TYPES = ["double", "string", "objectId", "bool", "date", "int", "long", "decimal"]


class Expressions:
    def __init__(self, random, documents_, zones=ZONES):
        self.random = random
        self.documents = documents_
        self.variables = []
        self.zones = zones

    def chance(self, share):
        return self.random.random() < share

    def pick(self, *choices):
        return self.random.choice(choices)

    def expression(self, depth=3):
        return self.of(self.random.choice(KINDS), depth)

    def condition(self, depth):
        return self.of("bool", depth) if self.chance(0.85) else self.of("any", depth)

    def of(self, kind, depth):
        """An expression that is of this kind if its fields are."""
        pick = self.random.random()
        if pick < 0.025:
            return self.bad()
        if pick < 0.06:
            kind = self.random.choice(KINDS)
        if depth <= 0 or pick < 0.18:
            return self.leaf(kind)
        if pick < 0.26:
            return self.choice_of(kind, depth - 1)
        return getattr(self, kind)(depth - 1)

    def leaf(self, kind):
        if self.chance(0.62):
            fitting = [name for name, of in self.variables if of in (kind, "any") or kind == "any"]
            if fitting and self.chance(0.7):
                return "$$" + self.random.choice(fitting)
            return self.random.choice(FIELDS[kind])
        if self.chance(0.06):
            return self.pick(None, undefined, "$missing")
        return self.literal(kind)

    def literal(self, kind):
        random = self.random
        if kind == "number":
            return random.choice(documents.PLAIN_NUMBERS if self.chance(0.7) else random.choice(documents.NUMBERS))
        if kind == "string":
            return random.choice([text for text in documents.STRINGS if not text.startswith("$")])
        if kind == "date":
            return random.choice(documents.PLAIN_DATES if self.chance(0.8) else documents.DATES)
        if kind == "bool":
            return self.pick(True, False)
        if kind == "array":
            if self.chance(0.5):
                return {"$literal": documents.array(random, 1)}
            return [self.leaf(random.choice(KINDS)) for _ in range(random.randint(0, 3))]
        if kind == "object":
            return {k: self.leaf(random.choice(KINDS)) for k in random.sample("abc", random.randint(1, 2))}
        if self.chance(0.3):
            return {"$literal": documents.value(random, 2)}
        return random.choice([1, "a", True, None, 2.5, date(0), object_id("65534ce04a3f0c0001020304"), min_key,
        max_key,
                              regex("a"), long(7), decimal(5, -1)])

    def choice_of(self, kind, depth):
        """What yields any kind: conditions, alternatives, variables, elements of arrays."""
        make = self.random.randrange(6)
        if make == 0:
            parts = [self.of("bool", depth), self.of(kind, depth), self.of(kind, depth)]
            return {"$cond": parts if self.chance(0.5) else dict(zip(self.shuffled("if", "then", "else"), parts))}
        if make == 1:
            count = self.random.choice([2, 2, 3])
            return {"$ifNull": [self.of(kind, depth) for _ in range(count)]}
        if make == 2:
            branches = [{"case": self.of("bool", depth), "then": self.of(kind, depth)}
                        for _ in range(self.random.randint(1, 3))]
            switch = {"branches": branches}
            if self.chance(0.85):
                switch["default"] = self.of(kind, depth)
            return {"$switch": switch}
        if make == 3:
            name = self.pick("x", "y", "value_1", "caf\u00e9")
            of = self.random.choice(KINDS)
            value = self.of(of, depth)
            return {"$let": {"vars": {name: value}, "in": self.within((name, of), kind, depth)}}
        if make == 4:
            items = [self.of(kind, depth) for _ in range(self.random.randint(1, 3))]
            return {"$arrayElemAt": [items, self.pick(0, 0, -1, 1, 1.0, long(0), 5, -5)]}
        return {self.pick("$first", "$last"): [[self.of(kind, depth) for _ in range(self.random.randint(1, 2))]]}

    def shuffled(self, *items):
        return self.random.sample(items, len(items)) if self.chance(0.1) else list(items)

    def within(self, variable, kind, depth):
        self.variables.append(variable)
        try:
            return self.of(kind, depth)
        finally:
            self.variables.pop()

    def number(self, depth):
        number = lambda: self.of("number", depth)
        make = self.random.randrange(15)
        if make < 3:
            operator = self.pick("$add", "$multiply")
            return {operator: [number() for _ in range(self.random.choice([1, 2, 2, 3]))]}
        if make < 5:
            return {self.pick("$subtract", "$divide", "$mod", "$pow"): [number(), number()]}
        if make == 5:
            return {self.pick("$abs", "$ceil", "$floor", "$sqrt", "$exp", "$ln", "$log10"): number()}
        if make == 6:
            return {self.pick("$round", "$trunc"): [number(), self.pick(0, 1, 2, -1, -2, 1.0, long(3))]}
        if make == 7:
            return {"$log": [number(), self.pick(2, 10, number())]}
        if make == 8:
            return {self.pick("$strLenCP", "$strLenBytes"): self.of("string", depth)}
        if make == 9:
            arguments = [self.of("string", depth), self.literal("string")]
            for bound in self.random.choice([(), (), (1,), (0, 3), (2, 1)]):
                arguments.append(bound)
            return {self.pick("$indexOfCP", "$indexOfBytes"): arguments}
        if make == 10:
            return {"$size": self.of("array", depth)}
        if make == 11:
            operator = self.pick("$sum", "$avg", "$min", "$max")
            return {operator: self.pick(self.of("array", depth), [number(), number()])}
        if make == 12:
            return self.date_part(depth)
        if make == 13:
            return {self.pick("$toInt", "$toLong", "$toDouble", "$toDecimal"): self.of(self.pick(
                "number", "number", "string", "bool", "date"), depth)}
        return {"$cmp": [self.of("any", depth), self.of("any", depth)]}

    def string(self, depth):
        string = lambda: self.of("string", depth)
        make = self.random.randrange(11)
        if make < 2:
            return {"$concat": [string() for _ in range(self.random.choice([1, 2, 3]))]}
        if make == 2:
            return {self.pick("$toLower", "$toUpper"): string()}
        if make == 3:
            operator = self.pick("$substrCP", "$substrBytes")
            return {operator: [string(), self.pick(0, 1, 2, 0, 5), self.pick(1, 2, 3, 100)]}
        if make == 4:
            trim = {"input": string()}
            if self.chance(0.4):
                trim["chars"] = self.pick("a", " ", "ab", "\u00e9", "", "/", None)
            return {self.pick("$trim", "$ltrim", "$rtrim"): trim}
        if make == 5:
            return {"$toString": self.of(self.random.choice(KINDS), depth)}
        if make == 6:
            return {"$type": self.of("any", depth)}
        if make == 7:
            replace = {"input": string(), "find": self.literal("string"), "replacement": self.literal("string")}
            return {self.pick("$replaceOne", "$replaceAll"): replace}
        if make == 8:
            return self.date_to_string(depth)
        if make == 9:
            return {"$toString": self.of("number", depth)}
        return {"$arrayElemAt": [{"$split": [string(), self.pick(",", "a", " ", "/", "")]}, self.pick(0, 1, -1)]}

    def date_to_string(self, depth):
        arguments = {"date": self.of("date", depth)}
        if self.chance(0.7):
            arguments["format"] = self.random.choice(DATE_FORMATS)
        if self.chance(0.4):
            arguments["timezone"] = self.random.choice(self.zones)
        if self.chance(0.2):
            arguments["onNull"] = self.literal("any")
        return {"$dateToString": arguments}

    def date_part(self, depth):
        operator = self.pick("$year", "$month", "$dayOfMonth", "$dayOfYear", "$dayOfWeek", "$hour", "$minute",
        "$second",
                             "$millisecond", "$week", "$isoWeek", "$isoWeekYear", "$isoDayOfWeek")
        value = self.of("date", depth)
        if self.chance(0.3):
            return {operator: {"date": value, "timezone": self.random.choice(self.zones)}}
        return {operator: value}

    def date(self, depth):
        value = self.of("date", depth)
        make = self.random.randrange(6)
        if make < 2:
            arguments = {"date": value, "unit": self.random.choice(UNITS)}
            if self.chance(0.5):
                arguments["binSize"] = self.pick(1, 2, 3, 5, 7, long(10), 2.0)
            if self.chance(0.2):
                arguments["timezone"] = self.random.choice(self.zones)
            if self.chance(0.2):
                arguments["startOfWeek"] = self.pick("monday", "mon", "Friday", "sun")
            return {"$dateTrunc": arguments}
        if make == 2:
            arguments = {"startDate": value, "unit": self.random.choice(UNITS),
                         "amount": self.pick(1, -1, 5, 30, long(13))}
            if self.chance(0.2):
                arguments["timezone"] = self.random.choice(self.zones)
            return {self.pick("$dateAdd", "$dateSubtract"): arguments}
        if make == 3:
            return {self.pick("$add", "$subtract"): [value, self.pick(1000, long(86400000), 1.5, -1, decimal(25, -1))]}
        if make == 4:
            return {"$toDate": self.of(self.pick("date", "string", "number"), depth)}
        return {"$add": [1000, value]}

    def bool(self, depth):
        make = self.random.randrange(10)
        if make < 4:
            kind = self.random.choice(KINDS)
            operator = self.pick("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")
            return {operator: [self.of(kind, depth), self.of(kind, depth)]}
        if make == 4:
            return {self.pick("$and", "$or"): [self.of("bool", depth) for _ in range(self.random.randint(0, 3))]}
        if make == 5:
            return {"$not": [self.of("any", depth)]}
        if make == 6:
            return {"$in": [self.of("any", depth), self.of("array", depth)]}
        if make == 7:
            arguments = {"input": self.of("string", depth),
                         "regex": self.pick("a", "^/api", regex("A", "i"), "[b-d]+$", "(")}
            if isinstance(arguments["regex"], str) and self.chance(0.3):
                arguments["options"] = self.pick("i", "m", "", "is")
            return {"$regexMatch": arguments}
        if make == 8:
            return {self.pick("$isNumber", "$toBool", "$isArray"): self.of("any", depth)}
        return {"$regexMatch": {"input": self.of("string", depth), "regex": "b"}}

    def array(self, depth):
        make = self.random.randrange(11)
        name = self.pick("this", "x", "item")
        if make < 2:
            of = self.pick("number", "any")
            loop = {"input": self.of("array", depth), "cond": self.within((name, of), "bool", depth)}
            return {"$filter": loop if name == "this" else {**loop, "as": name}}
        if make < 4:
            loop = {"input": self.of("array", depth),
                    "in": self.within((name, "any"), self.random.choice(KINDS), depth)}
            return {"$map": loop if name == "this" else {**loop, "as": name}}
        if make == 4:
            position = self.random.choice([[1], [2], [-1], [0, 1], [1, 2], [-2, 1], [5, 2], [1.0], [0]])
            return {"$slice": [self.of("array", depth)] + position}
        if make == 5:
            return {"$concatArrays": [self.of("array", depth) for _ in range(self.random.randint(1, 3))]}
        if make == 6:
            return {"$split": [self.of("string", depth), self.pick(",", " ", "a", "bc", "/")]}
        if make == 7:
            return {"$reverseArray": self.of("array", depth)}
        if make == 8:
            return {"$range": [0, self.pick(0, 1, 3, 5, -3), self.pick(1, 2, -1)]}
        return [self.of(self.random.choice(KINDS), depth) for _ in range(self.random.randint(0, 3))]

    def object(self, depth):
        if self.chance(0.15):
            return {"$mergeObjects": [self.of("object", depth), self.of("object", depth)]}
        return {k: self.of(self.random.choice(KINDS), depth)
                for k in self.random.sample(["a", "b", "c", "0"], self.random.randint(1, 3))}

    def any(self, depth):
        if self.chance(0.15):
            arguments = {"input": self.of("any", depth), "to": self.pick(*TYPES, 1, 16, 18.0, "strange", None)}
            for name, share in (("onError", 0.6), ("onNull", 0.3)):
                if self.chance(share):
                    arguments[name] = self.literal("any")
            return {"$convert": arguments}
        if self.chance(0.15):
            return self.date_difference(depth)
        if self.chance(0.1):
            return {"$arrayElemAt": [self.of("array", depth), self.of("number", 0)]}
        return self.of(self.random.choice(KINDS), depth)

    def date_difference(self, depth):
        arguments = {"startDate": self.of("date", depth), "endDate": self.of("date", depth),
                     "unit": self.random.choice(UNITS)}
        if self.chance(0.2):
            arguments["timezone"] = self.random.choice(self.zones)
        if self.chance(0.2):
            arguments["startOfWeek"] = self.pick("monday", "tue", "Saturday")
        return {"$dateDiff": arguments}

    def bad(self):
        return self.random.choice([
            {"$unknown": 1}, {"$add": "a"}, {"$subtract": [1]}, {"$cond": [1, 2]}, {"$cond": {"if": 1, "then": 2}},
            {"$switch": {}}, {"$switch": {"branches": []}}, {"$let": {"vars": {}}},
            {"$let": {"vars": {"X": 1}, "in": 1}}, {"$eq": [1]}, {"$eq": 1}, "$$UNKNOWN", "$", "$$", "$a.", "$.a",
            "$a..b", {"$map": {"input": [1]}}, {"$filter": {"input": 1, "cond": True}}, {"$filter": {"cond": True}},
            {"$arrayElemAt": [[1]]}, {"$size": 1}, {"$in": [1, 2]}, {"$divide": [1, 0]}, {"$mod": [1, 0]},
            {"$sqrt": -1}, {"$ln": 0}, {"$concat": ["a", 1]}, {"$toInt": "x"}, {"$dateTrunc": {"date": date(0)}},
            {"$ifNull": [1]}, {"$ifNull": 1}, {"$dateTrunc": {"date": date(0), "unit": "eon"}},
            {"$dateToString": {"format": "%Y"}}, {"a": 1, "$add": [1]}, {"$add": [1], "a": 1},
            {"$substrCP": ["abc", -1, 2]}, {"$split": ["a", ""]}, {"$split": ["a", 1]}, {"$year": "a"},
            {"$year": {"date": date(0), "zone": "UTC"}}, {"$hour": {"date": date(0), "timezone": "Nowhere"}},
            {"$convert": {"input": 1}}, {"$convert": {"to": "int"}}, {"$convert": {"input": "a", "to": "int"}},
            {"": 1}, {"a.b": 1}, {"$slice": [[1, 2], 0, 0]}, {"$slice": [1, 1]}, {"$regexMatch": {"input": "a"}},
            {"$literal": 1, "a": 2}, {"$trim": {"chars": "a"}}, {"$trim": "a"}, {"$indexOfCP": ["a"]},
            {"$indexOfCP": ["a", 1]}, {"$strLenCP": 1}, {"$round": [1.5, 101]}, {"$round": [1.5, 0.5]},
            {"$pow": [0, -1]}, {"$log": [1, 1]}, {"$toUpper": ["a", "b"]},
            {"$dateAdd": {"startDate": date(0), "unit": "day", "amount": 1.5}}, {"$range": [0, 5, 0]}, {"$cmp": [1]},
            {"$dateTrunc": {"date": date(0), "unit": "day", "binSize": 0}}, {"$not": [1, 2]}, {"$type": [1, 2]},
            {"$toDate": True}, {"$concatArrays": [[1], 2]}, {"$reverseArray": "a"}, {"$mergeObjects": [1]}, {}, [],
            None])
