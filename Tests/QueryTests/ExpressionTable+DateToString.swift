// Expressions and what mongod 6.0.5 answers: dates as text.

extension ExpressionTable {
    static let datesToStrings = ExpressionTable(
        "dates to text",
        ##"""
        {$dateToString: {date: ISODate("2020-01-01T00:00:00Z"), format: {"$symbol": "%Y"}}} => refused
        {$dateToString: {date: ISODate("2020-01-01T00:00:00Z")}} => "2020-01-01T00:00:00.000Z"
        {$dateToString: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "UTC"}} => "2020-01-01T00:00:00.000Z"
        {$dateToString: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "GMT"}} => "2020-01-01T00:00:00.000Z"
        {$dateToString: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "+00:00"}} => "2020-01-01T00:00:00.000Z"
        {$dateToString: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "+02:00"}} => "2020-01-01T02:00:00.000Z"
        {$dateToString: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "Europe/Berlin"}} \##
        => "2020-01-01T01:00:00.000Z"
        {$dateToString: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "Europe/London"}} \##
        => "2020-01-01T00:00:00.000Z"
        {$dateToString: {date: ISODate("2020-01-01T00:00:00Z"), timezone: "Etc/UTC"}} => "2020-01-01T00:00:00.000Z"
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), timezone: "America/New_York", format: "%d %G \##
        %H %j %L %m %M %S %u %U %V %Y %w %z %Z %% x"}} => "30 2020 20 182 012 06 00 00 2 26 27 2020 3 -0400 -240 % x"
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), timezone: "+05:30", format: "%z %Z"}} \##
        => "+0530 330"
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), format: "%z %Z"}} => "+0000 0"
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), format: "%b"}} => refused
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), format: "%B"}} => refused
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), format: "%"}} => refused
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), format: "%x"}} => refused
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), format: ""}} => ""
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), format: null}} => null
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), format: 5}} => refused
        {$dateToString: {date: null, format: null, onNull: 7}} => 7
        {$dateToString: {date: null, format: "%x", onNull: 7}} => refused
        {$dateToString: {date: "$x", format: "%x", onNull: 7}} => fails
        {$dateToString: {date: "$x", format: 5, onNull: 7}} => fails
        {$dateToString: {date: "$x", format: "$f", onNull: 7}} => 7
        {$dateToString: {date: "$x", timezone: "$f", onNull: 7}} => 7
        {$dateToString: {date: "$x", timezone: null, onNull: 7}} => 7
        {$dateToString: {date: "$x", onNull: "$y"}} => nothing
        {$dateToString: {date: "$x"}} => null
        {$dateToString: {date: 5, onNull: 7}} => refused
        {$dateToString: {date: {"$date": {"$numberLong": "-62198755200000"}}, format: "%Y"}} => refused
        {$dateToString: {date: {"$date": {"$numberLong": "-62167219200000"}}, format: "%Y %G"}} => refused
        {$dateToString: {date: {"$date": {"$numberLong": "253402300800000"}}, format: "%Y"}} => refused
        {$dateToString: {date: {"$date": {"$numberLong": "253402300800000"}}, format: "%m"}} => "01"
        {$dateToString: {date: {"$date": {"$numberLong": "253402300800000"}}, format: "%G"}} => "9999"
        {$dateToString: {date: {"$date": {"$numberLong": "253402300800000"}}}} => refused
        {$dateToString: {format: "%Y"}} => refused
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), timezone: "-03:30", format: "%z %Z"}} \##
        => "-0330 -210"
        {$dateToString: {date: ISODate("1850-07-01T00:00:00.012Z"), timezone: "Europe/Berlin", format: "%z %Z"}} \##
        => "+0053 53"
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), format: "\u00e4%Y\u00e9"}} => "\u00e42020\u00e9"
        {$dateToString: {date: ISODate("2020-07-01T00:00:00.012Z"), timezone: "-99:99", format: "%z %Z"}} \##
        => "-10039 -6039"
        {$dateToString: {date: ISODate("2020-01-01T00:00:00Z"), onNull: {$toInt: "$x"}}} | {x: "s"} \##
        => "2020-01-01T00:00:00.000Z"
        {$dateToString: {date: "$q", timezone: {$toInt: "$x"}, onNull: 5}} | {x: "s"} => fails
        {$dateToString: {date: {$toInt: "$x"}, timezone: "$q"}} | {x: "s"} => fails
        {$dateToString: {date: "$q", format: {$toInt: "$x"}, onNull: 5}} | {x: "s"} => fails
        {$dateToString: {date: ISODate("2022-03-26T22:50:40.000Z"), timezone: "Europe/Dublin"}} \##
        => "2022-03-26T22:50:40.000Z"
        {$dateToString: {date: ISODate("1944-06-05T18:07:57.766Z"), timezone: "Asia/Kathmandu", onNull: 1}} \##
        => "1944-06-05T23:37:57.766Z"
        {$dateToString: {date: ISODate("1948-06-07T04:24:23.473Z"), format: "%d%S%mT%w"}} => "072306T2"
        {$dateToString: {date: ISODate("2002-07-16T18:21:10.318Z")}} => "2002-07-16T18:21:10.318Z"
        {$dateToString: {date: ISODate("2025-05-15T13:16:48.487Z"), timezone: "America/Sao_Paulo", onNull: 1, \##
        format: "-%G %j "}} => "-2025 135 "
        {$dateToString: {date: ISODate("2021-03-27T17:48:54.000Z"), timezone: "Europe/Dublin", onNull: null, \##
        format: "%Y%L-"}} => "2021000-"
        {$dateToString: {date: ISODate("2195-11-29T22:14:01.559Z"), timezone: "Pacific/Auckland", format: "%M--%S \##
        "}} => "14--01 "
        {$dateToString: {date: ISODate("2012-09-03T16:53:15.920Z")}} => "2012-09-03T16:53:15.920Z"
        {$dateToString: {date: ISODate("2007-03-19T14:55:57.350Z"), timezone: "Asia/Tehran", format: "%w%j"}} => "2078"
        {$dateToString: {date: ISODate("2021-10-02T14:18:01.000Z"), timezone: "Europe/Moscow", format: \##
        "%U%m%Z%m%H"}} => "39101801017"
        {$dateToString: {date: ISODate("1959-06-26T14:56:09.143Z"), timezone: "America/Los_Angeles", onNull: null, \##
        format: "%G"}} => "1959"
        {$dateToString: {date: ISODate("2031-04-19T06:38:01.558Z"), timezone: "Antarctica/Troll"}} \##
        => "2031-04-19T08:38:01.558Z"
        {$dateToString: {date: ISODate("2032-08-16T02:01:20.682Z"), timezone: "America/St_Johns", onNull: "x"}} \##
        => "2032-08-15T23:31:20.682Z"
        {$dateToString: {date: {"$date": {"$numberLong": "343857280778402"}}, timezone: "xx"}} => refused
        {$dateToString: {date: ISODate("2022-10-29T23:51:17.000Z"), timezone: "Antarctica/Troll"}} \##
        => "2022-10-30T01:51:17.000Z"
        {$dateToString: {date: {"$timestamp": {"t": 3877239348, "i": 5}}, timezone: "+02:00", format: "%V%L"}} \##
        => "46000"
        {$dateToString: {date: ISODate("2008-03-06T10:18:33.275Z"), timezone: "Australia/Lord_Howe", format: 5}} \##
        => refused
        {$dateToString: {date: {"$date": {"$numberLong": "571352740069711"}}, format: "%S%V %HT"}} => "4924 22T"
        """##)
}
