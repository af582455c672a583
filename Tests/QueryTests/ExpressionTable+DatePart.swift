// Expressions and what mongod 6.0.5 answers: parts of dates.

extension ExpressionTable {
    static let dateParts = ExpressionTable(
        "parts of dates",
        ##"""
        {$year: {date: ISODate("2020-01-01T00:00:00Z"), timezone: {"$symbol": "UTC"}}} => refused
        {$dateFromParts: {year: 2021, month: 11, day: 7, hour: 1, minute: 30, timezone: "America/New_York"}} \##
        => ISODate("2021-11-07T06:30:00.000Z")
        {$dateFromParts: {year: 2021, month: 3, day: 14, hour: 2, minute: 30, timezone: "America/New_York"}} \##
        => ISODate("2021-03-14T07:30:00.000Z")
        {$year: ISODate("2020-01-01T00:00:00Z")} => 2020
        {$year: [ISODate("2020-01-01T00:00:00Z")]} => 2020
        {$year: {}} => refused
        {$year: {date: null, timezone: "xx"}} => null
        {$year: {date: "$x", timezone: "xx"}} => null
        {$year: {date: "$x", timezone: 5}} => null
        {$year: {date: "$x", timezone: "$y"}} => null
        {$year: {date: 5, timezone: null}} => refused
        {$year: {date: "abc"}} => refused
        {$year: {date: ISODate("2020-01-01T00:00:00Z"), timezone: null}} => null
        {$year: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "$y"}} => null
        {$year: {date: ISODate("2020-01-01T00:00:00Z"), timezone: 5}} => refused
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "+02:00"}} => 2
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "+0230"}} => 2
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "+02"}} => 2
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "+2"}} => refused
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "02:00"}} => refused
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "+99:99"}} => 4
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "+02:5"}} => refused
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "-02:00:00"}} => refused
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "UTC"}} => 0
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "utc"}} => refused
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "Z"}} => refused
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "GMT"}} => 0
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: ""}} => refused
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "europe/berlin"}} => refused
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "Europe/Berlin"}} => 1
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "EST"}} => 19
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "CET"}} => 1
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "EST5EDT"}} => 19
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "America/Kentucky/Monticello"}} => 19
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "posixrules"}} => refused
        {$hour: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "right/UTC"}} => refused
        {$hour: {date: ISODate("2050-07-01T00:00:00Z"), timezone: "Europe/Berlin"}} => 2
        {$hour: {date: ISODate("2037-07-01T00:00:00Z"), timezone: "Europe/Berlin"}} => 2
        {$hour: {date: ISODate("2050-01-01T00:00:00Z"), timezone: "America/New_York"}} => 19
        {$hour: {date: ISODate("2050-07-01T00:00:00Z"), timezone: "America/New_York"}} => 20
        {$minute: {date: ISODate("1850-07-01T00:00:00Z"), timezone: "Europe/Berlin"}} => 53
        {$second: {date: ISODate("1850-07-01T00:00:00Z"), timezone: "Europe/Berlin"}} => 28
        {$minute: {date: ISODate("1000-07-01T00:00:00Z"), timezone: "Europe/Berlin"}} => 53
        {$year: {"$date": {"$numberLong": "9223372036854775807"}}} => 292278994
        {$year: {"$date": {"$numberLong": "-9223372036854775808"}}} => -292275055
        {$year: {date: {"$date": {"$numberLong": "-9223372036854775808"}}, timezone: "-01:00"}} => -292275055
        {$year: {date: {"$date": {"$numberLong": "9223372036854775807"}}, timezone: "+01:00"}} => 292278994
        {$millisecond: ISODate("1969-12-31T23:59:59.999Z")} => 999
        {$second: ISODate("1969-12-31T23:59:59.999Z")} => 59
        {$week: ISODate("2017-01-01T00:00:00Z")} => 1
        {$week: ISODate("2016-01-01T00:00:00Z")} => 0
        {$isoWeek: ISODate("2016-01-01T00:00:00Z")} => 53
        {$isoWeekYear: ISODate("2016-01-01T00:00:00Z")} => NumberLong("2015")
        {$isoDayOfWeek: ISODate("2016-01-03T00:00:00Z")} => 7
        {$dayOfWeek: ISODate("2016-01-03T00:00:00Z")} => 1
        {$dayOfYear: ISODate("2016-12-31T00:00:00Z")} => 366
        {$year: {"$timestamp": {"t": 1600000000, "i": 2}}} => 2020
        {$year: {"$timestamp": {"t": 4000000000, "i": 2}}} => 2096
        {$year: ObjectId("612345678901234567890123")} => 2021
        {$year: ObjectId("f12345678901234567890123")} => 1962
        {$year: {date: ISODate("2020-01-01T00:00:00Z"), x: 1}} => refused
        {$year: {timezone: "UTC"}} => refused
        {$year: []} => refused
        {$year: [1, 2]} => refused
        {$year: {a: ISODate("2020-01-01T00:00:00Z")}} => refused
        {$year: {$literal: ISODate("2020-01-01T00:00:00Z")}} => 2020
        {$dateToParts: {date: ISODate("2020-07-01T01:02:03.004Z")}} \##
        => {year: 2020, month: 7, day: 1, hour: 1, minute: 2, second: 3, millisecond: 4}
        {$dateToParts: {date: ISODate("2020-07-01T01:02:03.004Z"), iso8601: true, timezone: "+01:00"}} \##
        => {isoWeekYear: 2020, isoWeek: 27, isoDayOfWeek: 3, hour: 2, minute: 2, second: 3, millisecond: 4}
        {$dateToParts: {date: ISODate("2020-07-01T01:02:03.004Z"), iso8601: null}} => null
        {$dateToParts: {date: ISODate("2020-07-01T01:02:03.004Z"), iso8601: 5}} => refused
        {$dateToParts: {date: null, iso8601: 5}} => refused
        {$dateToParts: {date: "$x", iso8601: 5}} => fails
        {$dateToParts: {date: "$x", timezone: "$y"}} => null
        {$dateToParts: {date: 5}} => refused
        {$dateFromParts: {year: 2020}} => ISODate("2020-01-01T00:00:00.000Z")
        {$dateFromParts: {year: 2020, month: 14, day: 0, hour: -1, minute: 100, second: 100, millisecond: -5}} \##
        => ISODate("2021-01-31T00:41:39.995Z")
        {$dateFromParts: {year: 0}} => refused
        {$dateFromParts: {year: 1}} => ISODate("0001-01-01T00:00:00.000Z")
        {$dateFromParts: {year: 9999, month: 13}} => {"$date": {"$numberLong": "253402300800000"}}
        {$dateFromParts: {year: 10000}} => refused
        {$dateFromParts: {year: 2020, month: 32767}} => ISODate("4750-07-01T00:00:00.000Z")
        {$dateFromParts: {year: 2020, month: 32768}} => refused
        {$dateFromParts: {year: 2020, month: -32768}} => {"$date": {"$numberLong": "-84596313600000"}}
        {$dateFromParts: {year: 2020, month: -32769}} => refused
        {$dateFromParts: {year: 2020, day: 40000}} => refused
        {$dateFromParts: {year: 2020, hour: 40000}} => refused
        {$dateFromParts: {year: 2020, second: 40000}} => ISODate("2020-01-01T11:06:40.000Z")
        {$dateFromParts: {year: 2020, millisecond: 400000}} => ISODate("2020-01-01T00:06:40.000Z")
        {$dateFromParts: {year: 2020, second: 3000000000}} => ISODate("2115-01-25T05:20:00.000Z")
        {$dateFromParts: {year: 2020, millisecond: NumberLong("3000000000")}} => ISODate("2020-02-04T17:20:00.000Z")
        {$dateFromParts: {year: 2020.5}} => refused
        {$dateFromParts: {year: 2020.0}} => ISODate("2020-01-01T00:00:00.000Z")
        {$dateFromParts: {year: "2020"}} => refused
        {$dateFromParts: {year: null}} => null
        {$dateFromParts: {year: 2020, month: null}} => null
        {$dateFromParts: {year: 2020, month: null, day: "x"}} => null
        {$dateFromParts: {year: 2020, timezone: null}} => null
        {$dateFromParts: {year: 2020, timezone: "Europe/Berlin"}} => ISODate("2019-12-31T23:00:00.000Z")
        {$dateFromParts: {year: 2020, timezone: "+01:00"}} => ISODate("2019-12-31T23:00:00.000Z")
        {$dateFromParts: {isoWeekYear: 2020, isoWeek: 53, isoDayOfWeek: 0}} => ISODate("2020-12-27T00:00:00.000Z")
        {$dateFromParts: {isoWeekYear: 2020}} => ISODate("2019-12-30T00:00:00.000Z")
        {$dateFromParts: {isoWeekYear: 2020, isoWeek: -7, isoDayOfWeek: 100}} => ISODate("2020-02-11T00:00:00.000Z")
        {$dateFromParts: {isoWeekYear: 0}} => refused
        {$dateFromParts: {isoWeekYear: 2020, year: 2020}} => refused
        {$dateFromParts: {isoWeekYear: 2020, month: 2}} => refused
        {$dateFromParts: {year: 2020, isoWeek: 2}} => refused
        {$dateFromParts: {month: 2}} => refused
        {$dateFromParts: {year: 2021, month: 3, day: 28, hour: 2, minute: 30, timezone: "Europe/Berlin"}} \##
        => ISODate("2021-03-28T01:30:00.000Z")
        {$dateFromParts: {year: 2021, month: 10, day: 31, hour: 2, minute: 30, timezone: "Europe/Berlin"}} \##
        => ISODate("2021-10-31T01:30:00.000Z")
        {$hour: {date: ISODate("2020-07-01T00:00:00.012Z"), timezone: "-99:99"}} => 19
        {$dateFromParts: {year: 0, month: null}} => null
        {$dateFromParts: {year: "x", hour: null}} => null
        {$dateFromParts: {year: null, hour: "x"}} => refused
        {$dateFromParts: {year: "x", timezone: null}} => null
        {$dateFromParts: {year: null, timezone: "x"}} => refused
        {$dateFromParts: {year: 2020, millisecond: NumberLong("9223372036854775807")}} => refused
        {$dateFromParts: {year: 2020, second: NumberLong("9223372036854775807")}} => refused
        {$dateFromParts: {year: 2020, second: NumberLong("9223372036854775")}} => refused
        {$dateToParts: {date: null, timezone: "xx"}} => refused
        {$dateToParts: {date: 5, timezone: null}} => null
        {$dateToParts: {date: {"$date": {"$numberLong": "9223372036854775807"}}}} \##
        => {year: 292278994, month: 8, day: 17, hour: 7, minute: 12, second: 55, millisecond: 807}
        {$year: {date: "$q", timezone: {$toInt: "$x"}}} | {x: "s"} => null
        {$dateToParts: {date: "$q", timezone: {$toInt: "$x"}}} | {x: "s"} => fails
        {$dateToParts: {date: {$toInt: "$x"}, timezone: "$q"}} | {x: "s"} => fails
        {$dateFromParts: {year: {$toInt: "$x"}, hour: "$q"}} | {x: "s"} => null
        {$dateFromParts: {year: "$q", hour: {$toInt: "$x"}}} | {x: "s"} => fails
        {$dateFromParts: {year: "$q", month: {$toInt: "$x"}}} | {x: "s"} => null
        {$dateFromParts: {year: {$toInt: "$x"}, month: "$q"}} | {x: "s"} => fails
        {$dateFromParts: {year: 2032, minute: 52, second: -32768, millisecond: 724, timezone: "Asia/Tokyo"}} \##
        => ISODate("2031-12-31T06:45:52.724Z")
        {$dateFromParts: {isoWeekYear: 1994, isoWeek: 37, minute: 20, second: 0}} \##
        => ISODate("1994-09-12T00:20:00.000Z")
        {$dateFromParts: {year: 0, day: -5, hour: 18, timezone: "America/Sao_Paulo"}} => refused
        {$dateFromParts: {year: 2020, millisecond: 473, timezone: "Europe/Dublin"}} \##
        => ISODate("2020-01-01T00:00:00.473Z")
        {$isoWeekYear: ISODate("2024-02-27T20:00:09.332Z")} => NumberLong("2024")
        {$dayOfYear: ISODate("2329-12-14T15:41:23.664Z")} => 348
        {$dateFromParts: {year: 1000, day: 12, hour: 0, minute: 0, second: 26, millisecond: 1.0, timezone: \##
        "+02:00"}} => ISODate("1000-01-11T22:00:26.001Z")
        {$isoWeekYear: ISODate("2022-10-29T21:23:54.000Z")} => NumberLong("2022")
        {$isoWeek: {date: ISODate("2008-04-22T03:34:41.300Z"), timezone: "Europe/London"}} => 17
        {$dayOfMonth: {date: ISODate("2016-11-29T04:47:50.275Z"), timezone: "UTC"}} => 29
        {$second: {date: ISODate("2020-10-01T20:53:50.444Z"), timezone: "America/Sao_Paulo"}} => 50
        {$dateToParts: {date: ISODate("2021-10-30T21:55:06.000Z"), timezone: "America/Caracas"}} \##
        => {year: 2021, month: 10, day: 30, hour: 17, minute: 55, second: 6, millisecond: 0}
        {$dateToParts: {date: ISODate("2010-06-25T22:36:33.516Z"), iso8601: true}} \##
        => {isoWeekYear: 2010, isoWeek: 25, isoDayOfWeek: 5, hour: 22, minute: 36, second: 33, millisecond: 516}
        {$dateFromParts: {year: 230, month: 4, hour: 22, millisecond: 50, timezone: "Asia/Tehran"}} \##
        => ISODate("0230-04-01T18:34:16.050Z")
        {$dateToParts: {date: ISODate("2202-05-31T04:22:58.948Z"), iso8601: null}} => null
        {$dateToParts: {date: ISODate("2144-07-08T03:16:09.263Z")}} \##
        => {year: 2144, month: 7, day: 8, hour: 3, minute: 16, second: 9, millisecond: 263}
        {$isoDayOfWeek: {date: ISODate("2021-10-09T14:52:14.951Z"), timezone: "Europe/Berlin"}} => 6
        {$dateFromParts: {isoWeekYear: 2036, isoWeek: 1.0, hour: 16, minute: 31, second: 1, timezone: \##
        "Europe/London"}} => ISODate("2035-12-31T16:31:01.000Z")
        {$dayOfWeek: {date: ISODate("2020-10-03T12:42:39.000Z"), timezone: "xx"}} => refused
        {$dateFromParts: {isoWeekYear: 7280, isoDayOfWeek: 5, second: 7, millisecond: 879}} \##
        => ISODate("7280-01-05T00:00:07.879Z")
        {$year: {date: ISODate("1970-01-01T00:00:00.000Z")}} => 1970
        {$dateFromParts: {isoWeekYear: 2828, hour: 9, minute: 32, timezone: "Pacific/Auckland"}} \##
        => ISODate("2828-01-02T20:32:00.000Z")
        {$dateFromParts: {year: 2014, month: 10, day: 29, minute: 37, second: 56, millisecond: 497}} \##
        => ISODate("2014-10-29T00:37:56.497Z")
        {$month: {date: ISODate("2013-11-24T23:27:03.272Z")}} => 11
        {$dateFromParts: {isoWeekYear: 1964}} => ISODate("1963-12-30T00:00:00.000Z")
        {$dayOfYear: ISODate("2023-08-18T12:08:20.360Z")} => 230
        {$dateToParts: {date: ISODate("1919-10-14T14:27:44.398Z")}} \##
        => {year: 1919, month: 10, day: 14, hour: 14, minute: 27, second: 44, millisecond: 398}
        {$isoWeek: {date: ISODate("1927-12-23T12:08:08.587Z")}} => 51
        {$dateFromParts: {isoWeekYear: 2027, isoWeek: 18, isoDayOfWeek: 40000, minute: 43, timezone: \##
        "Pacific/Apia"}} => refused
        {$dateFromParts: {year: 1988, day: 23, minute: 55, millisecond: 733}} => ISODate("1988-01-23T00:55:00.733Z")
        {$dayOfWeek: {date: ISODate("1921-04-24T21:23:37.325Z"), timezone: "+14"}} => 2
        {$dateFromParts: {isoWeekYear: 1987, isoWeek: 5, minute: 10, second: 41, millisecond: 351}} \##
        => ISODate("1987-01-26T00:10:41.351Z")
        {$dateToParts: {date: null, iso8601: true}} => null
        {$month: ISODate("2029-07-05T10:25:55.337Z")} => 7
        {$dateToParts: {date: ISODate("1957-11-10T00:22:50.222Z"), timezone: "Pacific/Auckland", iso8601: true}} \##
        => {isoWeekYear: 1957, isoWeek: 45, isoDayOfWeek: 7, hour: 12, minute: 22, second: 50, millisecond: 222}
        {$dateFromParts: {isoWeekYear: 2002, minute: 31, millisecond: 406}} => ISODate("2001-12-31T00:31:00.406Z")
        {$minute: {date: ISODate("2029-05-17T11:44:16.765Z"), timezone: "Europe/Dublin"}} => 44
        {$minute: ISODate("1911-08-30T18:44:04.578Z")} => 44
        {$dateFromParts: {isoWeekYear: 2006, isoWeek: 41, isoDayOfWeek: -32768, minute: 49, second: 42, \##
        millisecond: 32767, timezone: "Europe/Berlin"}} => ISODate("1917-01-19T23:50:14.767Z")
        {$dateToParts: {date: ISODate("2176-01-15T09:30:21.598Z"), timezone: 5, iso8601: true}} => refused
        {$week: {date: ISODate("2029-10-16T00:23:21.915Z"), timezone: "Pacific/Auckland"}} => 41
        {$dateFromParts: {year: 2005, day: 17, hour: 13, millisecond: 899}} => ISODate("2005-01-17T13:00:00.899Z")
        {$dateFromParts: {year: 2039, day: 4, minute: 11, second: 7}} => ISODate("2039-01-04T00:11:07.000Z")
        {$dateFromParts: {year: 2018, day: 22, hour: 4, timezone: "Asia/Tehran"}} \##
        => ISODate("2018-01-22T00:30:00.000Z")
        {$dateFromParts: {year: 2685, month: 5, minute: -32768, millisecond: 584}} \##
        => ISODate("2685-04-08T05:52:00.584Z")
        """##)
}
