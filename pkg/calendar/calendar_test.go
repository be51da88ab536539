package calendar

import (
	"math"
	"testing"
	"time"
	_ "time/tzdata" // the tests hold on a machine without a zone database

	"github.com/stretchr/testify/require"
)

// tester is what *testing.T, *testing.B and *rapid.T share.
type tester interface {
	require.TestingT
	Helper()
}

func parse(t tester, raw string) Set {
	t.Helper()
	set, err := Parse([]byte(raw), time.UTC)
	require.NoError(t, err)
	return set
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return moment.UTC()
}

// between makes intervals of pairs of RFC 3339 times.
func between(t testing.TB, times ...string) Intervals {
	t.Helper()
	var out Intervals
	for i := 0; i < len(times); i += 2 {
		out = append(out, Interval{at(t, times[i]), at(t, times[i+1])})
	}
	return out
}

func TestPlannedEvents(t *testing.T) {
	for name, c := range map[string]struct {
		json     string
		from, to string
		want     []string
	}{
		"once, by the calendar's wall clock": {
			`[{"name":"a","timezone":"America/Bogota","windows":[{"from":"2026-11-27T00:00:00","to":"2026-11-28T00:00:00"}]}]`,
			"2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z", []string{"2026-11-27T05:00:00Z", "2026-11-28T05:00:00Z"},
		},
		"to the second": {
			`[{"name":"a","windows":[{"from":"2026-11-27T10:20:31","to":"2026-11-27T10:20:32"}]}]`,
			"2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z", []string{"2026-11-27T10:20:31Z", "2026-11-27T10:20:32Z"},
		},
		"an instant by its offset, whatever the zone": {
			`[{"name":"a","timezone":"Asia/Tokyo","windows":[{"from":"2026-11-27 10:00:00Z","to":"2026-11-27T13:00:00+01:00"}]}]`,
			"2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z", []string{"2026-11-27T10:00:00Z", "2026-11-27T12:00:00Z"},
		},
		"weekly, over midnight": {
			`[{"name":"a","timezone":"Europe/Madrid","weekly":[{"days":["sat"],"from":"22:00","to":"02:00"}]}]`,
			"2026-06-01T00:00:00Z", "2026-06-15T00:00:00Z",
			[]string{"2026-06-06T20:00:00Z", "2026-06-07T00:00:00Z", "2026-06-13T20:00:00Z", "2026-06-14T00:00:00Z"},
		},
		"weekly, a whole day": {
			`[{"name":"a","weekly":[{"days":["Sunday"],"from":"00:00","to":"24:00"}]}]`,
			"2026-06-01T00:00:00Z", "2026-06-08T00:00:00Z", []string{"2026-06-07T00:00:00Z", "2026-06-08T00:00:00Z"},
		},
		"weekly, from a time of day to itself is a day": {
			`[{"name":"a","weekly":[{"days":["sun"],"from":"06:00","to":"06:00"}]}]`,
			"2026-06-02T00:00:00Z", "2026-06-09T00:00:00Z", []string{"2026-06-07T06:00:00Z", "2026-06-08T06:00:00Z"},
		},
		"holiday once": {
			`[{"name":"a","timezone":"America/Bogota","holidays":["2026-12-25"]}]`,
			"2025-01-01T00:00:00Z", "2028-01-01T00:00:00Z", []string{"2026-12-25T05:00:00Z", "2026-12-26T05:00:00Z"},
		},
		"holiday of every year": {
			`[{"name":"a","holidays":["01-01"]}]`,
			"2025-06-01T00:00:00Z", "2027-06-01T00:00:00Z",
			[]string{"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"},
		},
		"29 February is in leap years only": {
			`[{"name":"a","holidays":["02-29"]}]`,
			"2025-06-01T00:00:00Z", "2032-01-01T00:00:00Z", []string{"2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"},
		},
		"paydays, whole days; a day that a month does not have is its last": {
			`[{"name":"a","timezone":"America/Bogota","monthly":[{"days":[15,30]}]}]`,
			"2026-01-31T05:00:00Z", "2026-04-01T05:00:00Z",
			[]string{"2026-02-15T05:00:00Z", "2026-02-16T05:00:00Z", "2026-02-28T05:00:00Z", "2026-03-01T05:00:00Z",
				"2026-03-15T05:00:00Z", "2026-03-16T05:00:00Z", "2026-03-30T05:00:00Z", "2026-03-31T05:00:00Z"},
		},
		"the last day of a leap February, which three days share": {
			`[{"name":"a","monthly":[{"days":[31,29,30],"from":"00:00","to":"24:00"}]}]`,
			"2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z", []string{"2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"},
		},
		"monthly, from the last day into the next month and year": {
			`[{"name":"a","monthly":[{"days":[31],"from":"22:00","to":"02:00"}]}]`,
			"2027-01-01T01:00:00Z", "2027-02-01T12:00:00Z",
			[]string{"2027-01-01T01:00:00Z", "2027-01-01T02:00:00Z", "2027-01-31T22:00:00Z", "2027-02-01T02:00:00Z"},
		},
		"monthly, to the end of the day": {
			`[{"name":"a","monthly":[{"days":[1],"from":"18:00"},{"days":[2],"to":"06:00"}]}]`,
			"2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z", []string{"2026-05-01T18:00:00Z", "2026-05-02T06:00:00Z"},
		},
		"one that is not quiet": {
			`[{"name":"a","quiet":false,"monthly":[{"days":[15]}]},{"name":"b","quiet":true,"holidays":["12-25"]},{"name":"c","quiet":null,"holidays":["12-27"]}]`,
			"2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z",
			[]string{"2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z", "2026-12-27T00:00:00Z", "2026-12-28T00:00:00Z"},
		},
		"neighbours are one": {
			`[{"name":"a","holidays":["12-31"]},{"name":"b","holidays":["01-01"],"windows":[{"from":"2026-12-31T12:00","to":"2027-01-01T12:00"}]}]`,
			"2026-12-01T00:00:00Z", "2027-02-01T00:00:00Z", []string{"2026-12-31T00:00:00Z", "2027-01-02T00:00:00Z"},
		},
		"cut to the range": {
			`[{"name":"a","holidays":["2026-12-25"]}]`,
			"2026-12-25T06:00:00Z", "2026-12-25T07:00:00Z", []string{"2026-12-25T06:00:00Z", "2026-12-25T07:00:00Z"},
		},
		"nothing in the range": {
			`[{"name":"a","holidays":["2026-12-25"]}]`, "2026-12-26T00:00:00Z", "2026-12-27T00:00:00Z", nil,
		},
		"an empty range": {
			`[{"name":"a","holidays":["2026-12-25"]}]`, "2026-12-25T06:00:00Z", "2026-12-25T06:00:00Z", nil,
		},
		"a calendar without events": {
			`[{"name":"a"}]`, "2026-12-25T06:00:00Z", "2027-12-25T06:00:00Z", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, between(t, c.want...), parse(t, c.json).Quiet(at(t, c.from), at(t, c.to)))
		})
	}
}

// A planned event is what the clock on the wall shows, in one piece, on the days when clocks change too.
func TestClockChanges(t *testing.T) {
	weekly := func(zone, from, to string) string {
		return `[{"name":"a","timezone":"` + zone + `","weekly":[{"days":["sat","sun"],"from":"` + from + `","to":"` + to + `"}]}]`
	}
	for name, c := range map[string]struct {
		json     string
		from, to string
		want     []string
	}{
		// Madrid: 02:00 becomes 03:00 on 29 March 2026, 03:00 becomes 02:00 on 25 October.
		"night that loses an hour": {
			weekly("Europe/Madrid", "22:00", "04:00"), "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z",
			[]string{"2026-03-28T21:00:00Z", "2026-03-29T02:00:00Z"},
		},
		"night that gains an hour": {
			weekly("Europe/Madrid", "22:00", "04:00"), "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z",
			[]string{"2026-10-24T20:00:00Z", "2026-10-25T03:00:00Z"},
		},
		"end at the time that is twice there, which is not inside the event": {
			weekly("Europe/Madrid", "22:00", "02:00"), "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z",
			[]string{"2026-10-24T20:00:00Z", "2026-10-25T00:00:00Z"},
		},
		"end within the hour that is twice there": {
			weekly("Europe/Madrid", "22:00", "02:30"), "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z",
			[]string{"2026-10-24T20:00:00Z", "2026-10-25T01:30:00Z"},
		},
		"event within the hour that is twice there lasts through both": {
			weekly("Europe/Madrid", "02:15", "02:45"), "2026-10-25T00:00:00Z", "2026-10-25T12:00:00Z",
			[]string{"2026-10-25T00:15:00Z", "2026-10-25T01:45:00Z"},
		},
		"start in the skipped hour is the moment of the change": {
			weekly("Europe/Madrid", "02:30", "05:00"), "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"},
		},
		"end in the skipped hour is the moment of the change": {
			weekly("Europe/Madrid", "00:00", "02:30"), "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z",
			[]string{"2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z"},
		},
		"event within the skipped hour does not happen": {
			weekly("Europe/Madrid", "02:10", "02:50"), "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", nil,
		},
		"holiday of 23 hours": {
			`[{"name":"a","timezone":"Europe/Madrid","holidays":["2026-03-29"]}]`, "2026-03-01T00:00:00Z", "2026-04-12T12:00:00Z",
			[]string{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		},
		"holiday of 25 hours": {
			`[{"name":"a","timezone":"Europe/Madrid","holidays":["10-25"]}]`, "2026-03-01T00:00:00Z", "2026-12-12T12:00:00Z",
			[]string{"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		},
		"payday of 23 hours": {
			`[{"name":"a","timezone":"Europe/Madrid","monthly":[{"days":[29]}]}]`, "2026-03-01T00:00:00Z", "2026-04-12T12:00:00Z",
			[]string{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		},
		"payday of 25 hours": {
			`[{"name":"a","timezone":"Europe/Madrid","monthly":[{"days":[25]}]}]`, "2026-10-01T00:00:00Z", "2026-11-12T12:00:00Z",
			[]string{"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		},
		"monthly event within the skipped hour does not happen": {
			`[{"name":"a","timezone":"Europe/Madrid","monthly":[{"days":[29],"from":"02:10","to":"02:50"}]}]`, "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z",
			[]string{"2026-04-29T00:10:00Z", "2026-04-29T00:50:00Z"},
		},
		// Havana: 01:00 becomes 00:00 on 1 November 2026, so that midnight is twice there; 00:00 becomes 01:00 on 8 March.
		"holiday with two midnights": {
			`[{"name":"a","timezone":"America/Havana","holidays":["2026-11-01"]}]`, "2026-10-30T00:00:00Z", "2026-11-12T12:00:00Z",
			[]string{"2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
		},
		"holiday before two midnights": {
			`[{"name":"a","timezone":"America/Havana","holidays":["2026-10-31"]}]`, "2026-10-30T00:00:00Z", "2026-11-12T12:00:00Z",
			[]string{"2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z"},
		},
		"holiday without a midnight": {
			`[{"name":"a","timezone":"America/Havana","holidays":["2026-03-08"]}]`, "2026-03-01T00:00:00Z", "2026-03-12T12:00:00Z",
			[]string{"2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"},
		},
		// Apia had no 30 December 2011: it moved over the date line.
		"day that a place never had": {
			`[{"name":"a","timezone":"Pacific/Apia","holidays":["12-30"]}]`, "2011-12-01T00:00:00Z", "2012-02-01T00:00:00Z", nil,
		},
		"days around the one that a place never had": {
			`[{"name":"a","timezone":"Pacific/Apia","holidays":["12-29","12-31"]}]`, "2011-12-01T00:00:00Z", "2012-02-01T00:00:00Z",
			[]string{"2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z"},
		},
		"window once over a change": {
			`[{"name":"a","timezone":"Europe/Madrid","windows":[{"from":"2026-10-25T02:30:00","to":"2026-10-25T02:31:00"}]}]`,
			"2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-25T01:31:00Z"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, between(t, c.want...), parse(t, c.json).Quiet(at(t, c.from), at(t, c.to)))
		})
	}
}

func TestWhichCalendarHolds(t *testing.T) {
	set := parse(t, `[{"name":"holidays","holidays":["12-25"]},{"name":"black-friday","windows":[{"from":"2026-11-27T00:02:00","to":"2026-11-28T00:00:00"}]}]`)
	start := at(t, "2026-11-27T00:00:00Z")
	require.Equal(t, "", set.Holding(start, start))
	require.Equal(t, "", set.Holding(start, start.Add(2*time.Minute)), "the end of a bucket is not part of it")
	require.Equal(t, "black-friday", set.Holding(start, start.Add(5*time.Minute)), "a bucket that overlaps in part is quiet")
	require.Equal(t, "black-friday", set.Holding(at(t, "2026-11-27T23:59:59Z"), time.Time{}))
	require.Equal(t, "holidays", set.Holding(at(t, "2026-12-25T12:00:00Z"), time.Time{}))
	require.True(t, set.Contains(at(t, "2026-11-27T00:02:00Z")))
	require.False(t, set.Contains(at(t, "2026-11-28T00:00:00Z")))
}

// A calendar that is not quiet silences nothing, and is not said to.
func TestOneThatIsNotQuietHoldsNoScore(t *testing.T) {
	set := parse(t, `[{"name":"paydays","quiet":false,"holidays":["12-25"]},{"name":"holidays","holidays":["12-25"]}]`)
	noon := at(t, "2026-12-25T12:00:00Z")
	require.Equal(t, "holidays", set.Holding(noon, noon))
	require.Equal(t, "", set[:1].Holding(noon, noon))
	require.False(t, set[:1].Contains(noon))
}

func TestMarks(t *testing.T) {
	set := parse(t, `[{"name":"holidays","timezone":"America/Bogota","holidays":["2026-12-30"]},{"name":"never","holidays":["2020-01-01"]},
		{"name":"paydays","timezone":"America/Bogota","quiet":false,"monthly":[{"days":[15,30]}]}]`)
	start := at(t, "2026-12-29T12:00:00Z")
	marks, err := set.Marks(start, 6*time.Hour, 10)
	require.NoError(t, err)
	const both = 1<<0 | 1<<2
	require.Equal(t, []uint32{0, 0, both, both, both, both, both, 0, 0, 0}, marks, "from 30 December 05:00 to the next day 05:00 in UTC")
	for name, none := range map[string]func() ([]uint32, error){
		"nothing planned": func() ([]uint32, error) { return set.Marks(start, time.Hour, 17) },
		"no calendar":     func() ([]uint32, error) { return Set(nil).Marks(start, time.Hour, 100) },
		"no bucket":       func() ([]uint32, error) { return set.Marks(start, time.Hour, 0) },
		"no period":       func() ([]uint32, error) { return set.Marks(start, 0, 100) },
	} {
		marks, err := none()
		require.NoError(t, err, name)
		require.Nil(t, marks, name)
	}
}

// Calendars beyond the last bit are refused, not left out.
func TestMarksHaveALimit(t *testing.T) {
	var set Set
	for range MaxMarked {
		set = append(set, parse(t, `[{"name":"a","holidays":["12-25"]}]`)...)
	}
	christmas := at(t, "2026-12-25T00:00:00Z")
	marks, err := set.Marks(christmas, time.Hour, 1)
	require.NoError(t, err)
	require.Equal(t, []uint32{math.MaxUint32}, marks)
	_, err = append(set, set[0]).Marks(christmas, time.Hour, 1)
	require.EqualError(t, err, "33 calendars are chosen, and at most 32 can be told apart: name those that matter")
}

func TestChoose(t *testing.T) {
	set := parse(t, `[{"name":"a"},{"name":"b"},{"name":"c"}]`)
	for _, c := range []struct{ names, want []string }{
		{[]string{"*"}, []string{"a", "b", "c"}},
		{[]string{"c", "a"}, []string{"a", "c"}},
		{[]string{}, []string{}},
		{nil, []string{}},
	} {
		chosen, err := set.Choose(c.names)
		require.NoError(t, err)
		require.Equal(t, c.want, chosen.Names())
	}
	require.Equal(t, []string{"a", "b", "c"}, set.Names(), "the set itself is left as it was")
	_, err := set.Choose([]string{"a", "d"})
	require.EqualError(t, err, `"d" is no calendar of this data source, which has a, b, c`)
	_, err = Set(nil).Choose([]string{"d"})
	require.ErrorContains(t, err, "which has none")
}

func TestMistakesNameTheField(t *testing.T) {
	for raw, says := range map[string]string{
		`{}`:                                 `field "calendars": a JSON object does not fit here: it must be a list`,
		`["a"]`:                              `field "calendars[0]": a JSON string does not fit here: it must be an object`,
		`[{}]`:                               `field "calendars[0].name": "" is no name`,
		`[{"name":"*"}]`:                     `field "calendars[0].name": "*" is no name`,
		`[{"name":7}]`:                       `field "calendars[0].name": a JSON number`,
		`[{"name":"a"},{"name":" a "}]`:      `field "calendars[1].name": "a" stands twice`,
		`[{"name":"a","widows":[]}]`:         `field "calendars[0].widows": is unknown: use name, timezone, quiet, windows, weekly, monthly, holidays`,
		`[{"name":"a","Windows":[]}]`:        `field "calendars[0].Windows": is unknown`,
		`[{"name":"a","timezone":"Mars"}]`:   `field "calendars[0].timezone": "Mars" is no IANA time zone`,
		`[{"name":"a","timezone":"Local"}]`:  `field "calendars[0].timezone": "Local" is no IANA time zone`,
		`[{"name":"a","windows":"x"}]`:       `field "calendars[0].windows": a JSON string does not fit here: it must be a list`,
		`[{"name":"a","windows":[{}]}]`:      `field "calendars[0].windows[0].from": "" is no time`,
		`[{"name":"a","windows":[{"f":1}]}]`: `field "calendars[0].windows[0].f": is unknown`,
		`[{"name":"a","windows":[{"from":"2026-11-27T00:00:00"}]}]`:                                                                       `field "calendars[0].windows[0].to": "" is no time`,
		`[{"name":"a","windows":[{"from":"2026-11-27","to":"2026-11-28"}]}]`:                                                              `field "calendars[0].windows[0].from": "2026-11-27" is no time`,
		`[{"name":"a","windows":[{"from":"2026-11-27T00:00:00.5","to":"2026-11-28T00:00"}]}]`:                                             `to the second`,
		`[{"name":"a","windows":[{"from":"2026-11-28T00:00:00","to":"2026-11-28T00:00:00"}]}]`:                                            `field "calendars[0].windows[0].to": is not after from in UTC`,
		`[{"name":"a","timezone":"Europe/Madrid","windows":[{"from":"2026-03-29T02:10:00","to":"2026-03-29T02:50:00"}]}]`:                 `field "calendars[0].windows[0].to": is not after from in Europe/Madrid`,
		`[{"name":"a"},{"name":"b","weekly":[{"days":["sat"],"from":"25:00","to":"02:00"}]}]`:                                             `field "calendars[1].weekly[0].from": "25:00" is no time of day`,
		`[{"name":"a","weekly":[{"days":["sat"],"from":"24:00","to":"02:00"}]}]`:                                                          `field "calendars[0].weekly[0].from": 24:00 is no start`,
		`[{"name":"a","weekly":[{"days":["sat"],"from":"22:00","to":1320}]}]`:                                                             `field "calendars[0].weekly[0].to": a JSON number does not fit here: it must be a text in quotes`,
		`[{"name":"a","weekly":[{"days":["sat","caturday"],"from":"22:00","to":"02:00"}]}]`:                                               `field "calendars[0].weekly[0].days[1]": "caturday" is no day`,
		`[{"name":"a","weekly":[{"from":"22:00","to":"02:00"}]}]`:                                                                         `field "calendars[0].weekly[0].days": is empty`,
		`[{"name":"a"},{"name":"b","quiet":"no"}]`:                                                                                        `field "calendars[1].quiet": a JSON string does not fit here: it must be true or false`,
		`[{"name":"a","monthly":{}}]`:                                                                                                     `field "calendars[0].monthly": a JSON object does not fit here: it must be a list`,
		`[{"name":"a","monthly":[{}]}]`:                                                                                                   `field "calendars[0].monthly[0].days": is empty: list the days of the month, e.g. 15, 30`,
		`[{"name":"a","monthly":[{"days":15}]}]`:                                                                                          `field "calendars[0].monthly[0].days": a JSON number does not fit here: it must be a list`,
		`[{"name":"a","monthly":[{"days":[1]},{"days":[15,0]}]}]`:                                                                         `field "calendars[0].monthly[1].days[1]": 0 is no day of a month: use 1 to 31`,
		`[{"name":"a","monthly":[{"days":[32]}]}]`:                                                                                        `field "calendars[0].monthly[0].days[0]": 32 is no day of a month`,
		`[{"name":"a","monthly":[{"days":[-1]}]}]`:                                                                                        `field "calendars[0].monthly[0].days[0]": -1 is no day of a month`,
		`[{"name":"a","monthly":[{"days":[null]}]}]`:                                                                                      `field "calendars[0].monthly[0].days[0]": 0 is no day of a month`,
		`[{"name":"a","monthly":[{"days":[1.5]}]}]`:                                                                                       `field "calendars[0].monthly[0].days[0]": a JSON number 1.5 does not fit here: it must be a day of the month`,
		`[{"name":"a","monthly":[{"days":["15"]}]}]`:                                                                                      `field "calendars[0].monthly[0].days[0]": a JSON string does not fit here: it must be a day of the month`,
		`[{"name":"a","monthly":[{"days":[15],"day":1}]}]`:                                                                                `field "calendars[0].monthly[0].day": is unknown: use days, from, to`,
		`[{"name":"a","monthly":[{"days":[15],"from":"24:00"}]}]`:                                                                         `field "calendars[0].monthly[0].from": 24:00 is no start`,
		`[{"name":"a","monthly":[{"days":[15],"from":9}]}]`:                                                                               `field "calendars[0].monthly[0].from": a JSON number does not fit here: it must be a text in quotes`,
		`[{"name":"a","monthly":[{"days":[15],"to":"noon"}]}]`:                                                                            `field "calendars[0].monthly[0].to": "noon" is no time of day`,
		`[{"name":"a","holidays":["2027-02-29"]}]`:                                                                                        `field "calendars[0].holidays[0]": "2027-02-29" is no day`,
		`[{"name":"a","holidays":["01-01","02-30"]}]`:                                                                                     `field "calendars[0].holidays[1]": "02-30" is no day`,
		`[{"name":"a","holidays":["25.12.2026"]}]`:                                                                                        `is no day such as 2026-12-25`,
		`[{"name":"a","windows":[{"from":"2026-11-27T00:00:00","to":"2026-11-28T00:00:00"}],"holidays":[{"date":"2026-12-25","x":[1]}]}]`: `field "calendars[0].holidays[0]": a JSON object does not fit here`,
	} {
		_, err := Parse([]byte(raw), time.UTC)
		require.ErrorContains(t, err, says, raw)
	}
}

func TestNothingIsNoCalendar(t *testing.T) {
	for _, raw := range []string{"", "null", "[]"} {
		set, err := Parse([]byte(raw), nil)
		require.NoError(t, err)
		require.Empty(t, set)
		require.Empty(t, set.Quiet(at(t, "2020-01-01T00:00:00Z"), at(t, "2030-01-01T00:00:00Z")))
	}
}

// A calendar without a zone has the data source's.
func TestZoneOfTheDataSource(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	require.NoError(t, err)
	set, err := Parse([]byte(`[{"name":"a","holidays":["2026-06-01"]},{"name":"b","timezone":"UTC","holidays":["2026-07-01"]}]`), madrid)
	require.NoError(t, err)
	require.Equal(t, between(t, "2026-05-31T22:00:00Z", "2026-06-01T22:00:00Z", "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"),
		set.Quiet(at(t, "2026-01-01T00:00:00Z"), at(t, "2027-01-01T00:00:00Z")))
}
