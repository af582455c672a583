// Stages $project, $set and $unset, and what mongod 6.0.5 makes of documents by them.

extension ExpressionTable {
    static let stages = ExpressionTable(
        "stages that change fields",
        ##"""
        {$project: {}} | {a: 1, b: {c: 1, d: [1, {e: 2, f: 3}, [{e: 4, f: 5}]]}, e: 5} => refused
        {$project: {"a.$": 1}} | {a: 1, b: 2} => refused
        {$project: {"a.$": 0}} | {a: 1, b: 2} => refused
        {$project: {a: {$slice: 1}}} | {a: [1, 2, 3], b: 2} => refused
        {$project: {a: {$slice: -2}}} | {a: [1, 2, 3], b: 2} => refused
        {$project: {a: {$slice: [1, 1]}}} | {a: [1, 2, 3], b: 2} => refused
        {$project: {a: {$slice: [-2, 1]}}} | {a: [1, 2, 3], b: 2} => refused
        {$project: {a: {$slice: [-5, 1]}}} | {a: [1, 2, 3], b: 2} => refused
        {$project: {a: {$slice: 1.9}}} | {a: [1, 2, 3], b: 2} => refused
        {$project: {a: {$slice: 1}, b: 1}} | {a: [1, 2, 3], b: 2} => refused
        {$project: {a: {$slice: 1}, b: 0}} | {a: [1, 2, 3], b: 2} => refused
        {$project: {b: 1, a: {$slice: 1}}} | {a: [1, 2, 3], b: 2} => refused
        {$project: {b: 0, a: {$slice: 1}}} | {a: [1, 2, 3], b: 2, c: 3} => refused
        {$project: {_id: 0, a: {$slice: 1}}} | {a: [1, 2, 3], b: 2, c: 3} => refused
        {$project: {_id: 1, a: {$slice: 1}}} | {a: [1, 2, 3], b: 2, c: 3} => refused
        {$project: {"a.b": {$slice: 1}}} | {a: {b: [1, 2, 3]}, b: 2, c: 3} => refused
        {$project: {a: {b: {$slice: 1}}}} | {a: {b: [1, 2, 3], c: 1}, b: 2, c: 3} => refused
        {$project: {"a.b": {$slice: 1}}} | {a: [{b: [1, 2, 3], c: 1}, {b: [4, 5]}, {b: 6}, 7, [{b: [1, 2]}]], b: \##
        2, c: 3} => refused
        {$project: {a: {$slice: 1}}} | {a: [[1, 2], [3, 4]], b: 2, c: 3} => refused
        {$project: {a: {$slice: 1}}} | {a: 5, b: 2, c: 3} => refused
        {$project: {a: {$slice: 1}}} | {b: 2, c: 3} => refused
        {$project: {a: {$slice: 1}, c: 1}} | {b: 2, c: 3} => refused
        {$project: {a: {$slice: 1}, d: "$b"}} | {a: [1, 2, 3], b: 2, c: 3} => refused
        {$project: {a: {$slice: 1}, d: {$literal: 1}}} | {a: [1, 2, 3], b: 2, c: 3} => refused
        {$project: {a: {$elemMatch: {$gt: 1}}}} | {a: [1, 2, 3], b: 2, c: 3} => refused
        {$project: {a: {$elemMatch: {$gt: 5}}}} | {a: [1, 2, 3], b: 2, c: 3} => refused
        {$project: {a: {$elemMatch: {x: 2}}}} | {a: [{x: 1, y: 1}, {x: 2, y: 2}], b: 2, c: 3} => refused
        {$project: {b: 1, a: {$elemMatch: {x: 2}}}} | {a: [{x: 1, y: 1}, {x: 2, y: 2}], b: 2, c: 3} => refused
        {$project: {b: 0, a: {$elemMatch: {x: 2}}}} | {a: [{x: 1, y: 1}, {x: 2, y: 2}], b: 2, c: 3} => refused
        {$project: {_id: 0, a: {$elemMatch: {x: 2}}}} | {a: [{x: 1, y: 1}, {x: 2, y: 2}], b: 2, c: 3} => refused
        {$project: {c: 1, a: {$elemMatch: {x: 2}}, b: 1}} | {b: 2, a: [{x: 1, y: 1}, {x: 2, y: 2}], c: 3} => refused
        {$project: {a: {$elemMatch: {}}}} | {b: 2, a: [{x: 1, y: 1}, {x: 2, y: 2}], c: 3} => refused
        {$project: {a: {$elemMatch: {}}}} | {b: 2, a: [1, 2], c: 3} => refused
        {$project: {a: {$elemMatch: {x: 2}}}} | {b: 2, a: {x: 2}, c: 3} => refused
        {$project: {a: {$elemMatch: {x: 2}}}} | {b: 2, a: {"0": {x: 2}}, c: 3} => refused
        {$project: {a: {$elemMatch: {x: 2}}}} | {b: 2, a: [[{x: 2}]], c: 3} => refused
        {$project: {a: {$elemMatch: {$elemMatch: {$gt: 1}}}}} | {b: 2, a: [[1, 2]], c: 3} => refused
        {$project: {a: {$elemMatch: {"0": 1}}}} | {b: 2, a: [[1, 2]], c: 3} => refused
        {$addFields: {c: 1}} | {a: 1, b: 2} => {_id: 0, a: 1, b: 2, c: 1}
        {$set: {a: {x: 1}}} | {a: 1, b: 2} => {_id: 0, a: {x: 1}, b: 2}
        {$set: {a: {x: 1}}} | {a: {y: 2}, b: 2} => {_id: 0, a: {y: 2, x: 1}, b: 2}
        {$set: {"a.x": 1}} | {a: {y: 2}, b: 2} => {_id: 0, a: {y: 2, x: 1}, b: 2}
        {$set: {"a.x": "$b"}} | {a: [{y: 2}, 5, [6, {z: 1}], []], b: 2} \##
        => {_id: 0, a: [{y: 2, x: 2}, {x: 2}, [{x: 2}, {z: 1, x: 2}], []], b: 2}
        {$set: {"a.y": "$$REMOVE"}} | {a: [{y: 2}, 5], b: 2} => {_id: 0, a: [{}, {}], b: 2}
        {$set: {"a.y": "$nope"}} | {a: [{y: 2}, 5], b: 2} => {_id: 0, a: [{}, {}], b: 2}
        {$set: {a: "$nope"}} | {a: 1, b: 2} => {_id: 0, b: 2}
        {$set: {a: "$$REMOVE"}} | {a: 1, b: 2} => {_id: 0, b: 2}
        {$set: {"a.b.c": "$$REMOVE"}} | {a: 1, b: 2} => {_id: 0, a: {b: {}}, b: 2}
        {$set: {"x.b.c": "$nope"}} | {a: 1, b: 2} => {_id: 0, a: 1, b: 2, x: {b: {}}}
        {$set: {a: "$b", b: "$a"}} | {a: 1, b: 2} => {_id: 0, a: 2, b: 1}
        {$set: {}} | {a: 1, b: 2} => {_id: 0, a: 1, b: 2}
        {$set: {a: {}}} | {a: 1, b: 2} => refused
        {$set: {a: {b: {}}}} | {a: 1, b: 2} => refused
        {$set: {a: {$literal: {}}}} | {a: 1, b: 2} => {_id: 0, a: {}, b: 2}
        {$set: {a: []}} | {a: 1, b: 2} => {_id: 0, a: [], b: 2}
        {$set: {a: true, c: false, d: 0}} | {a: 1, b: 2} => {_id: 0, a: true, b: 2, c: false, d: 0}
        {$set: {a: 1, "a.b": 1}} | {a: 1, b: 2} => refused
        {$set: {"a.b": 1, a: 1}} | {a: 1, b: 2} => refused
        {$set: {"a.b": 1, a: {c: 2}}} | {a: 1, b: 2} => {_id: 0, a: {b: 1, c: 2}, b: 2}
        {$set: {a: {b: 1}, "a.c": 1}} | {a: 1, b: 2} => {_id: 0, a: {b: 1, c: 1}, b: 2}
        {$set: {"": 1}} | {a: 1, b: 2} => refused
        {$set: {"a.": 1}} | {a: 1, b: 2} => refused
        {$set: {$a: 1}} | {a: 1, b: 2} => refused
        {$set: {a: {$b: 1}}} | {a: 1, b: 2} => refused
        {$set: {a: {$add: [1, 2], x: 1}}} | {a: 1, b: 2} => refused
        {$set: {a: {x: 1, $add: [1, 2]}}} | {a: 1, b: 2} => refused
        {$set: {"a.$": 1}} | {a: 1, b: 2} => refused
        {$set: 5} | {a: 1, b: 2} => refused
        {$set: {_id: 5}} | {a: 1, b: 2} => {_id: 5, a: 1, b: 2}
        {$set: {a: {"x.y": 1}}} | {a: 1, b: 2} => refused
        {$set: {z: 1, "y.q": 1, x: 1}} | {a: 1, b: 2} => {_id: 0, a: 1, b: 2, z: 1, y: {q: 1}, x: 1}
        {$set: {"c.d": 1, "a.q": 2, b: 3}} | {a: 1, b: 2} => {_id: 0, a: {q: 2}, b: 3, c: {d: 1}}
        {$set: {"a.0": 7}} | {a: {"0": 1}, b: 2} => {_id: 0, a: {"0": 7}, b: 2}
        {$set: {"a.0": 7}} | {a: [1, 2], b: 2} => {_id: 0, a: [{"0": 7}, {"0": 7}], b: 2}
        {$unset: "a"} | {a: 1, b: 2} => {_id: 0, b: 2}
        {$unset: ["a", "b"]} | {a: 1, b: 2} => {_id: 0}
        {$unset: []} | {a: 1, b: 2} => refused
        {$unset: ["a", "a"]} | {a: 1, b: 2} => refused
        {$unset: ["a", "a.b"]} | {a: 1, b: 2} => refused
        {$unset: ["a", 5]} | {a: 1, b: 2} => refused
        {$unset: 5} | {a: 1, b: 2} => refused
        {$unset: ""} | {a: 1, b: 2} => refused
        {$unset: "$a"} | {a: 1, b: 2} => refused
        {$unset: ["a.b", "_id"]} | {a: {b: 1, c: 2}, b: 2} => {a: {c: 2}, b: 2}
        {$unset: {a: 1}} | {a: 1, b: 2} => refused
        {$project: {a: {x: 1, y: "$b"}, b: 1}} | {a: {x: 1}, b: 2} => {_id: 0, a: {x: 1, y: 2}, b: 2}
        """##)
}
