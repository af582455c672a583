// Expressions and what mongod 6.0.5 answers: counting with dates.

extension ExpressionTable {
    static let dateArithmetic = ExpressionTable(
        "counting with dates",
        ##"""
        {$dateTrunc: {date: ISODate("2020-01-01T00:00:00Z"), unit: {"$symbol": "day"}}} => refused
        {$dateAdd: {startDate: ISODate("2021-11-06T05:30:00Z"), unit: "day", amount: 1, timezone: \##
        "America/New_York"}} => ISODate("2021-11-07T05:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2021-11-08T06:30:00Z"), unit: "day", amount: -1, timezone: \##
        "America/New_York"}} => ISODate("2021-11-07T06:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2021-11-01T00:30:00Z"), unit: "day", amount: -1, timezone: \##
        "Europe/Berlin"}} => ISODate("2021-10-30T23:30:00.000Z")
        {$dateTrunc: {date: ISODate("2021-03-20T11:30:05.123Z"), unit: "hour"}} => ISODate("2021-03-20T11:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-03-20T11:30:05.123Z"), unit: "hour", binSize: 2, timezone: "+05:30"}} \##
        => ISODate("2021-03-20T10:30:00.000Z")
        {$dateTrunc: {date: ISODate("2021-03-20T11:30:05.123Z"), unit: "hour", binSize: 5, timezone: \##
        "Europe/Berlin"}} => ISODate("2021-03-20T08:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "hour", binSize: 5, timezone: \##
        "Europe/Berlin"}} => ISODate("2021-07-20T10:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "hour", binSize: 24, timezone: \##
        "Europe/Berlin"}} => ISODate("2021-07-19T23:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "hour", binSize: 1, timezone: \##
        "Asia/Kolkata"}} => ISODate("2021-07-20T11:30:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "minute", binSize: 7, timezone: \##
        "Asia/Kolkata"}} => ISODate("2021-07-20T11:24:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "second", binSize: 7, timezone: \##
        "Asia/Kolkata"}} => ISODate("2021-07-20T11:30:04.000Z")
        {$dateTrunc: {date: ISODate("1821-07-20T11:30:05.123Z"), unit: "hour", timezone: "Europe/Berlin"}} \##
        => ISODate("1821-07-20T11:00:00.000Z")
        {$dateTrunc: {date: ISODate("1821-07-20T11:30:05.123Z"), unit: "day", timezone: "Europe/Berlin"}} \##
        => ISODate("1821-07-19T23:06:32.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "millisecond", binSize: 7}} \##
        => ISODate("2021-07-20T11:30:05.123Z")
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "day", binSize: 7}} \##
        => ISODate("1999-07-17T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "week", binSize: 2}} \##
        => ISODate("1999-07-18T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "week", binSize: 2, startOfWeek: "mon"}} \##
        => ISODate("1999-07-19T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "week", startOfWeek: "Friday"}} \##
        => ISODate("2021-07-16T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "week", startOfWeek: "FRI"}} \##
        => ISODate("2021-07-16T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "week", startOfWeek: "x"}} => refused
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "day", startOfWeek: "x"}} \##
        => ISODate("2021-07-20T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "day", startOfWeek: 5}} \##
        => ISODate("2021-07-20T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "day", startOfWeek: null}} \##
        => ISODate("2021-07-20T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "week", startOfWeek: null}} => null
        {$dateTrunc: {date: ISODate("2021-07-20T11:30:05.123Z"), unit: "week", startOfWeek: 5}} => refused
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "month", binSize: 5}} \##
        => ISODate("1999-03-01T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "quarter", binSize: 5}} \##
        => ISODate("1998-10-01T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "year", binSize: 5}} \##
        => ISODate("1995-01-01T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "year", binSize: 100000}} \##
        => {"$date": {"$numberLong": "-3154748515200000"}}
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "year", binSize: 100000000000}} => refused
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "year", binSize: 100000000001}} => refused
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "year", binSize: 1000000000}} => refused
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "day", binSize: 1000000000}} \##
        => {"$date": {"$numberLong": "-86399053315200000"}}
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "hour", binSize: 100000000000}} \##
        => {"$date": {"$numberLong": "-359999053315200000"}}
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "Year"}} => refused
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "years"}} => refused
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: 5}} => refused
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: null}} => null
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "day", binSize: 0}} => refused
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "day", binSize: 1.5}} => refused
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "day", binSize: 2.0}} \##
        => ISODate("1999-07-19T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("1999-07-20T11:30:05.123Z"), unit: "day", binSize: null}} => null
        {$dateTrunc: {date: null, unit: "day", binSize: null}} => null
        {$dateTrunc: {date: "$x", unit: "x"}} => null
        {$dateTrunc: {date: "$x", unit: "$x", binSize: -1}} => null
        {$dateTrunc: {date: "a", unit: "day"}} => refused
        {$dateTrunc: {date: "a", unit: "$x"}} => null
        {$dateTrunc: {date: "a", unit: "$u"}} | {u: 5} => fails
        {$dateTrunc: {date: "$x", unit: "$u"}} | {u: 5} => null
        {$dateTrunc: {date: "$x", unit: "$u"}} | {u: "f"} => null
        {$dateTrunc: {date: "$x", unit: "day", binSize: "$u"}} | {u: "f"} => null
        {$dateTrunc: {date: "$x", unit: "day", timezone: "$u"}} | {u: "f"} => null
        {$dateTrunc: {date: "$x", unit: "week", startOfWeek: "$u"}} | {u: "f"} => null
        {$dateTrunc: {date: {"$date": {"$numberLong": "9223372036854775807"}}, unit: "year"}} \##
        => {"$date": {"$numberLong": "9223372017129600000"}}
        {$dateTrunc: {date: {"$date": {"$numberLong": "-9223372036854775808"}}, unit: "year"}} => refused
        {$dateTrunc: {date: {"$date": {"$numberLong": "-9223372036854775808"}}, unit: "hour"}} => refused
        {$dateTrunc: {date: ISODate("2021-10-31T00:30:00Z"), unit: "hour", timezone: "Europe/Berlin"}} \##
        => ISODate("2021-10-31T00:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-10-31T01:30:00Z"), unit: "hour", timezone: "Europe/Berlin"}} \##
        => ISODate("2021-10-31T01:00:00.000Z")
        {$dateTrunc: {date: ISODate("2021-10-31T01:30:00Z"), unit: "day", timezone: "Europe/Berlin"}} \##
        => ISODate("2021-10-30T22:00:00.000Z")
        {$dateTrunc: {date: {"$timestamp": {"t": 1600000000, "i": 2}}, unit: "day"}} \##
        => ISODate("2020-09-13T00:00:00.000Z")
        {$dateTrunc: {date: ObjectId("612345678901234567890123"), unit: "day"}} => ISODate("2021-08-23T00:00:00.000Z")
        {$dateAdd: {startDate: ISODate("2021-01-31T01:30:00Z"), unit: "month", amount: 1}} \##
        => ISODate("2021-02-28T01:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2021-01-31T01:30:00Z"), unit: "quarter", amount: 1}} \##
        => ISODate("2021-04-30T01:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2020-02-29T01:30:00Z"), unit: "year", amount: -1}} \##
        => ISODate("2019-02-28T01:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2020-02-29T01:30:00Z"), unit: "year", amount: -1.5}} => refused
        {$dateAdd: {startDate: ISODate("2020-02-29T01:30:00Z"), unit: "year", amount: NumberDecimal("2.0")}} \##
        => ISODate("2022-02-28T01:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2020-02-29T01:30:00Z"), unit: "year", amount: "1"}} => refused
        {$dateAdd: {startDate: ISODate("2020-02-29T01:30:00Z"), unit: "year", amount: null}} => null
        {$dateAdd: {startDate: null, unit: "yearx", amount: 1}} => null
        {$dateAdd: {startDate: "$x", unit: "yearx", amount: 1}} => null
        {$dateAdd: {startDate: "$x", unit: "year", amount: "x"}} => null
        {$dateAdd: {startDate: ISODate("2021-03-27T01:30:00Z"), unit: "day", amount: 1, timezone: "Europe/Berlin"}} \##
        => ISODate("2021-03-28T01:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2021-03-27T01:30:00Z"), unit: "hour", amount: 24, timezone: \##
        "Europe/Berlin"}} => ISODate("2021-03-28T01:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2021-10-30T00:30:00Z"), unit: "day", amount: 1, timezone: "Europe/Berlin"}} \##
        => ISODate("2021-10-31T00:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2021-10-31T01:30:00Z"), unit: "day", amount: 0, timezone: "Europe/Berlin"}} \##
        => ISODate("2021-10-31T01:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2021-10-31T01:30:00Z"), unit: "week", amount: 3, timezone: "+01:00"}} \##
        => ISODate("2021-11-21T01:30:00.000Z")
        {$dateAdd: {startDate: ISODate("2021-10-31T01:30:00Z"), unit: "year", amount: NumberLong("1000000000")}} \##
        => refused
        {$dateAdd: {startDate: ISODate("2021-10-31T01:30:00Z"), unit: "year", amount: NumberLong("200000000")}} \##
        => {"$date": {"$numberLong": "6311392035643800000"}}
        {$dateAdd: {startDate: ISODate("2021-10-31T01:30:00Z"), unit: "year", amount: NumberLong("400000000")}} \##
        => refused
        {$dateAdd: {startDate: ISODate("2021-10-31T01:30:00Z"), unit: "millisecond", amount: \##
        NumberLong("9223372036854775807")}} => refused
        {$dateSubtract: {startDate: ISODate("2021-10-31T01:30:00Z"), unit: "millisecond", amount: \##
        NumberLong("-9223372036854775808")}} => refused
        {$dateSubtract: {startDate: ISODate("2021-03-31T01:30:00Z"), unit: "month", amount: 1}} \##
        => ISODate("2021-02-28T01:30:00.000Z")
        {$dateSubtract: {startDate: {"$timestamp": {"t": 1600000000, "i": 2}}, unit: "month", amount: 1}} \##
        => ISODate("2020-08-13T12:26:40.000Z")
        {$dateSubtract: {startDate: 5, unit: "month", amount: 1}} => refused
        {$dateDiff: {startDate: ISODate("2021-03-31T01:30:00Z"), endDate: ISODate("2021-04-01T01:30:00Z"), unit: \##
        "month"}} => NumberLong("1")
        {$dateDiff: {startDate: ISODate("2021-03-31T01:30:00Z"), endDate: ISODate("2020-04-01T01:30:00Z"), unit: \##
        "quarter"}} => NumberLong("-3")
        {$dateDiff: {startDate: ISODate("2021-03-31T01:30:00Z"), endDate: ISODate("2020-04-01T01:30:00Z"), unit: \##
        "year"}} => NumberLong("-1")
        {$dateDiff: {startDate: ISODate("2021-03-31T01:30:00Z"), endDate: ISODate("2020-04-01T01:30:00Z"), unit: \##
        "week"}} => NumberLong("-52")
        {$dateDiff: {startDate: ISODate("2021-03-31T01:30:00Z"), endDate: ISODate("2020-04-01T01:30:00Z"), unit: \##
        "week", startOfWeek: "wed"}} => NumberLong("-52")
        {$dateDiff: {startDate: ISODate("2021-03-28T23:30:00Z"), endDate: ISODate("2021-03-29T01:30:00Z"), unit: \##
        "day"}} => NumberLong("1")
        {$dateDiff: {startDate: ISODate("2021-03-28T23:30:00Z"), endDate: ISODate("2021-03-29T01:30:00Z"), unit: \##
        "day", timezone: "+02:00"}} => NumberLong("0")
        {$dateDiff: {startDate: ISODate("2021-03-28T00:30:00Z"), endDate: ISODate("2021-03-28T02:10:00Z"), unit: \##
        "hour", timezone: "Europe/Berlin"}} => NumberLong("2")
        {$dateDiff: {startDate: ISODate("2021-03-28T00:30:00Z"), endDate: ISODate("2021-03-28T02:10:00Z"), unit: \##
        "hour", timezone: "+05:30"}} => NumberLong("1")
        {$dateDiff: {startDate: ISODate("2021-03-28T00:30:00Z"), endDate: ISODate("2021-03-28T02:10:00Z"), unit: \##
        "minute"}} => NumberLong("100")
        {$dateDiff: {startDate: ISODate("2021-03-28T00:30:00Z"), endDate: ISODate("2020-03-28T02:10:00.999Z"), \##
        unit: "second"}} => NumberLong("-31530000")
        {$dateDiff: {startDate: ISODate("2021-03-28T00:30:00Z"), endDate: ISODate("2021-03-28T02:10:00Z"), unit: \##
        "millisecond"}} => NumberLong("6000000")
        {$dateDiff: {startDate: {"$date": {"$numberLong": "-9223372036854775808"}}, endDate: {"$date": \##
        {"$numberLong": "9223372036854775807"}}, unit: "millisecond"}} => refused
        {$dateDiff: {startDate: {"$date": {"$numberLong": "-9223372036854775808"}}, endDate: {"$date": \##
        {"$numberLong": "9223372036854775807"}}, unit: "second"}} => NumberLong("18446744073709551")
        {$dateDiff: {startDate: {"$date": {"$numberLong": "-9223372036854775808"}}, endDate: {"$date": \##
        {"$numberLong": "9223372036854775807"}}, unit: "year"}} => NumberLong("584554049")
        {$dateDiff: {startDate: null, endDate: 5, unit: "day"}} => null
        {$dateDiff: {startDate: 5, endDate: null, unit: "day"}} => null
        {$dateDiff: {startDate: "$x", endDate: 5, unit: "dayx"}} => null
        {$dateDiff: {startDate: "$x", endDate: 5, unit: "day", startOfWeek: "x"}} => null
        {$dateDiff: {startDate: "$x", endDate: 5, unit: "week", startOfWeek: "x"}} => null
        {$dateDiff: {startDate: "$x", endDate: "$x", unit: "$u"}} | {u: "f"} => null
        {$dateDiff: {startDate: "$x", endDate: "$x", unit: "week", startOfWeek: "$u"}} | {u: 5} => null
        {$dateDiff: {startDate: "$u", endDate: "$u", unit: "week", startOfWeek: "$x"}} | {u: 5} => null
        {$dateDiff: {startDate: "$u", endDate: "$u", unit: "day", startOfWeek: "$u"}} | {u: 5} => fails
        {$dateAdd: {startDate: ISODate("1969-12-31T23:59:58.500Z"), unit: "millisecond", amount: 1}} \##
        => ISODate("1969-12-31T23:59:58.501Z")
        {$dateAdd: {startDate: ISODate("1969-12-31T23:59:58.500Z"), unit: "millisecond", amount: 0}} \##
        => ISODate("1969-12-31T23:59:58.500Z")
        {$dateAdd: {startDate: ISODate("1969-12-31T23:59:58.500Z"), unit: "millisecond", amount: 10000}} \##
        => ISODate("1970-01-01T00:00:08.500Z")
        {$dateAdd: {startDate: ISODate("1969-12-31T23:59:58.500Z"), unit: "second", amount: 1}} \##
        => ISODate("1969-12-31T23:59:58.500Z")
        {$dateAdd: {startDate: ISODate("1969-12-31T23:59:58.500Z"), unit: "second", amount: 0}} \##
        => ISODate("1969-12-31T23:59:57.500Z")
        {$dateAdd: {startDate: ISODate("1969-12-31T23:59:58.500Z"), unit: "second", amount: 10}} \##
        => ISODate("1970-01-01T00:00:07.500Z")
        {$dateAdd: {startDate: ISODate("1969-12-31T23:59:59.000Z"), unit: "second", amount: 10}} \##
        => ISODate("1970-01-01T00:00:09.000Z")
        {$dateAdd: {startDate: ISODate("1969-12-31T23:59:58.500Z"), unit: "day", amount: 0}} \##
        => ISODate("1969-12-31T23:59:57.500Z")
        {$dateAdd: {startDate: ISODate("1969-12-31T23:59:58.500Z"), unit: "month", amount: 0}} \##
        => ISODate("1969-12-31T23:59:57.500Z")
        {$dateAdd: {startDate: ISODate("1969-12-31T23:59:58.500Z"), unit: "month", amount: 1}} \##
        => ISODate("1970-01-31T23:59:57.500Z")
        {$dateSubtract: {startDate: ISODate("1970-01-01T00:00:01.500Z"), unit: "second", amount: 2}} \##
        => ISODate("1969-12-31T23:59:59.500Z")
        {$dateSubtract: {startDate: ISODate("1970-01-01T00:00:01.500Z"), unit: "second", amount: 10}} \##
        => ISODate("1969-12-31T23:59:51.500Z")
        {$dateSubtract: {startDate: ISODate("1970-01-01T00:00:01.500Z"), unit: "day", amount: 10}} \##
        => ISODate("1969-12-22T00:00:01.500Z")
        {$dateAdd: {startDate: {"$date": {"$numberLong": "-9223372036854775808"}}, unit: "second", amount: 0}} \##
        => refused
        {$dateAdd: {startDate: {"$date": {"$numberLong": "-9223372036854775807"}}, unit: "day", amount: 0}} => refused
        {$dateAdd: {startDate: {"$date": {"$numberLong": "-9223372036854775807"}}, unit: "millisecond", amount: 0}} \##
        => {"$date": {"$numberLong": "-9223372036854775807"}}
        {$dateAdd: {startDate: {"$date": {"$numberLong": "9223372036854775807"}}, unit: "second", amount: 0}} \##
        => {"$date": {"$numberLong": "9223372036854775807"}}
        {$dateTrunc: {date: "$q", unit: {$toInt: "$x"}}} | {x: "s"} => null
        {$dateTrunc: {date: {$toInt: "$x"}, unit: "$q"}} | {x: "s"} => fails
        {$dateDiff: {startDate: "$q", endDate: {$toInt: "$x"}, unit: "day"}} | {x: "s"} => null
        {$dateDiff: {startDate: {$toInt: "$x"}, endDate: "$q", unit: "day"}} | {x: "s"} => fails
        {$dateAdd: {startDate: "$q", unit: {$toInt: "$x"}, amount: 1}} | {x: "s"} => null
        {$dateAdd: {startDate: {$toInt: "$x"}, unit: "$q", amount: 1}} | {x: "s"} => fails
        {$dateAdd: {startDate: "$x", unit: "day", amount: 1, timezone: "$q"}} | {x: "s"} => null
        {$dateDiff: {startDate: ISODate("1934-08-29T08:09:04.516Z"), endDate: ISODate("2009-03-09T18:52:26.146Z"), \##
        unit: "millisecond", timezone: "Pacific/Auckland"}} => NumberLong("2351933001630")
        {$dateSubtract: {startDate: ISODate("2021-07-09T14:48:22.027Z"), unit: "week", amount: -13, timezone: \##
        "+02:00"}} => ISODate("2021-10-08T14:48:22.027Z")
        {$dateTrunc: {date: ObjectId("043ad6e2712bb93a48a43a02"), unit: null, timezone: "Asia/Kolkata"}} => null
        {$dateTrunc: {date: ISODate("2220-07-16T05:41:21.814Z"), unit: "millisecond"}} \##
        => ISODate("2220-07-16T05:41:21.814Z")
        {$dateAdd: {startDate: ISODate("2021-10-30T22:37:10.000Z"), unit: "year", amount: -13, timezone: \##
        "Europe/London"}} => ISODate("2008-10-30T23:37:10.000Z")
        {$dateTrunc: {date: ISODate("2021-03-16T13:33:24.705Z"), unit: "quarter", binSize: 2, timezone: "xx", \##
        startOfWeek: "thu"}} => refused
        {$dateAdd: {startDate: null, unit: "hour", amount: -400}} => null
        {$dateDiff: {startDate: ISODate("2000-02-29T00:00:00.000Z"), endDate: ISODate("1975-02-20T01:50:56.753Z"), \##
        unit: "millisecond", timezone: "Europe/Moscow"}} => NumberLong("-789689343247")
        {$dateAdd: {startDate: ISODate("2008-02-16T21:19:49.536Z"), unit: null, amount: 1630}} => null
        {$dateDiff: {startDate: ISODate("2030-05-08T01:39:12.856Z"), endDate: {"$date": {"$numberLong": \##
        "-230136964155081"}}, unit: "day"}} => NumberLong("-2685665")
        {$dateTrunc: {date: ISODate("2018-06-23T02:22:26.231Z"), unit: "week", timezone: "America/St_Johns"}} \##
        => ISODate("2018-06-17T02:30:00.000Z")
        {$dateTrunc: {date: ISODate("2032-03-01T02:30:00.603Z"), unit: "year", binSize: 2, startOfWeek: "WED"}} \##
        => ISODate("2032-01-01T00:00:00.000Z")
        {$dateDiff: {startDate: ISODate("2028-12-21T02:43:12.326Z"), endDate: ISODate("2025-08-23T01:08:50.171Z"), \##
        unit: "second"}} => NumberLong("-105068062")
        {$dateTrunc: {date: ISODate("2010-01-23T19:41:24.686Z"), unit: "day", timezone: "Asia/Tokyo"}} \##
        => ISODate("2010-01-23T15:00:00.000Z")
        {$dateDiff: {startDate: ISODate("0001-01-01T00:00:00.000Z"), endDate: ISODate("2021-10-02T15:46:05.000Z"), \##
        unit: "week", timezone: "America/St_Johns"}} => NumberLong("105437")
        {$dateAdd: {startDate: ISODate("1979-01-10T23:10:40.885Z"), unit: "millisecond", amount: 25, timezone: \##
        "Pacific/Auckland"}} => ISODate("1979-01-10T23:10:40.910Z")
        {$dateSubtract: {startDate: ISODate("2016-08-12T05:29:54.691Z"), unit: "week", amount: 25, timezone: \##
        "America/St_Johns"}} => ISODate("2016-02-19T06:29:54.691Z")
        {$dateDiff: {startDate: ISODate("2007-08-10T21:48:16.958Z"), endDate: ISODate("2031-07-18T09:37:40.362Z"), \##
        unit: "week"}} => NumberLong("1249")
        {$dateDiff: {startDate: ISODate("2032-12-04T17:45:59.175Z"), endDate: ISODate("2026-12-30T00:51:40.961Z"), \##
        unit: "week", startOfWeek: "Tuesday"}} => NumberLong("-309")
        {$dateTrunc: {date: {"$date": {"$numberLong": "-9000000000000000000"}}, unit: "hour", startOfWeek: null}} \##
        => {"$date": {"$numberLong": "-9000000000000000000"}}
        {$dateSubtract: {startDate: ISODate("1913-10-20T18:58:22.240Z"), unit: "millisecond", amount: 1.5, \##
        timezone: "America/Caracas"}} => refused
        {$dateSubtract: {startDate: ISODate("1967-03-18T09:50:28.940Z"), unit: "minute", amount: 1.5}} => refused
        {$dateSubtract: {startDate: ISODate("2016-09-29T11:52:21.327Z"), unit: "quarter", amount: 100}} \##
        => ISODate("1991-09-29T11:52:21.327Z")
        {$dateAdd: {startDate: ISODate("2017-11-10T14:17:43.453Z"), unit: "second", amount: 100, timezone: \##
        "Asia/Kolkata"}} => ISODate("2017-11-10T14:19:23.453Z")
        {$dateDiff: {startDate: ISODate("2146-07-10T00:00:55.061Z"), endDate: ISODate("1920-07-07T19:31:50.406Z"), \##
        unit: "quarter"}} => NumberLong("-904")
        {$dateDiff: {startDate: ISODate("1987-10-31T06:20:06.549Z"), endDate: \##
        ObjectId("5c218c86f9b5ec29d4983033"), unit: "hour"}} => NumberLong("273067")
        {$dateTrunc: {date: "abc", unit: "day", timezone: "Pacific/Auckland"}} => refused
        {$dateTrunc: {date: ISODate("2011-06-17T22:43:03.754Z"), unit: "week", binSize: 1}} \##
        => ISODate("2011-06-12T00:00:00.000Z")
        {$dateTrunc: {date: null, unit: "hour", startOfWeek: "sat"}} => null
        {$dateDiff: {startDate: ISODate("2005-09-08T17:30:29.138Z"), endDate: ISODate("2033-08-03T20:29:01.257Z"), \##
        unit: "millisecond"}} => NumberLong("880513112119")
        {$dateTrunc: {date: ISODate("1941-10-04T06:20:25.942Z"), unit: "millisecond", timezone: "Europe/London", \##
        startOfWeek: "Tuesday"}} => ISODate("1941-10-04T06:20:25.942Z")
        {$dateDiff: {startDate: ISODate("1938-11-25T02:44:22.884Z"), endDate: null, unit: "hour"}} => null
        {$dateDiff: {startDate: {"$date": {"$numberLong": "-888801411148147"}}, endDate: \##
        ISODate("2012-01-16T00:18:28.044Z"), unit: "second", timezone: "Europe/London"}} => NumberLong("890128084257")
        {$dateAdd: {startDate: ISODate("1976-08-01T13:21:30.196Z"), unit: "hour", amount: -400, timezone: \##
        "Asia/Kolkata"}} => ISODate("1976-07-15T21:21:30.196Z")
        {$dateDiff: {startDate: ISODate("2032-12-12T23:21:24.450Z"), endDate: ISODate("2009-12-24T17:26:49.040Z"), \##
        unit: "week", timezone: "America/Sao_Paulo", startOfWeek: "thu"}} => NumberLong("-1198")
        {$dateDiff: {startDate: ISODate("2010-02-18T15:40:28.742Z"), endDate: \##
        ObjectId("9d4e14eddb38732614a55715"), unit: "hour", timezone: "Africa/Monrovia"}} => NumberLong("-811760")
        {$dateTrunc: {date: ISODate("2021-03-14T10:10:49.000Z"), unit: "millisecond", timezone: "Pacific/Apia"}} \##
        => ISODate("2021-03-14T10:10:49.000Z")
        {$dateTrunc: {date: {"$date": {"$numberLong": "9000000000000000000"}}, unit: "hour"}} \##
        => {"$date": {"$numberLong": "9000000000000000000"}}
        {$dateAdd: {startDate: ISODate("2021-11-07T09:08:26.000Z"), unit: "hour", amount: -1, timezone: \##
        "Pacific/Apia"}} => ISODate("2021-11-07T08:08:26.000Z")
        {$dateDiff: {startDate: {"$date": {"$numberLong": "479980219783768"}}, endDate: null, unit: "year", \##
        timezone: "xx"}} => null
        {$dateTrunc: {date: ISODate("2025-01-19T07:01:57.658Z"), unit: "day"}} => ISODate("2025-01-19T00:00:00.000Z")
        {$dateDiff: {startDate: ISODate("1970-12-09T09:57:45.887Z"), endDate: ISODate("2004-07-09T10:09:13.723Z"), \##
        unit: "minute", timezone: "xx"}} => refused
        {$dateSubtract: {startDate: ISODate("2025-12-18T21:59:42.152Z"), unit: "day", amount: null, timezone: \##
        "Europe/Berlin"}} => null
        {$dateDiff: {startDate: ObjectId("9386991c0cd3c50354907a8d"), endDate: \##
        ISODate("2021-03-14T09:04:51.000Z"), unit: "quarter"}} => NumberLong("435")
        {$dateAdd: {startDate: ISODate("2005-06-05T19:34:39.906Z"), unit: "hour", amount: 25, timezone: "-0330"}} \##
        => ISODate("2005-06-06T20:34:39.906Z")
        """##)
}
