package calendar

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// zones with every kind of clock change: an hour, half an hour, at midnight, over the date line, and none.
var zones = []string{"UTC", "Europe/Madrid", "America/New_York", "America/Havana", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// plan is a calendar as a test knows it.
type plan struct {
	zone     *time.Location
	days     [7]bool
	from, to int // of the weekly and the monthly event, in minutes; to may be before from
	monthly  []int
	quiet    bool
	holiday  string
	window   [2]time.Time // on the wall, written as UTC
	json     string
}

func drawPlan(t *rapid.T) plan {
	var p plan
	name := rapid.SampledFrom(zones).Draw(t, "zone")
	zone, err := time.LoadLocation(name)
	require.NoError(t, err)
	p.zone = zone
	var days []string
	for _, day := range rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 3, rapid.ID).Draw(t, "days") {
		p.days[day] = true
		days = append(days, dayNames[day])
	}
	p.from, p.to = rapid.IntRange(0, 1439).Draw(t, "from"), rapid.IntRange(0, 1439).Draw(t, "to")
	p.monthly = rapid.SliceOfNDistinct(rapid.IntRange(1, 31), 1, 3, rapid.ID).Draw(t, "days of the month")
	p.quiet = rapid.Bool().Draw(t, "quiet")
	p.holiday = rapid.SampledFrom([]string{"02-29", "01-01", "12-30", "10-25", "03-08", "11-01"}).Draw(t, "holiday")
	p.window[0] = base.Add(time.Duration(rapid.IntRange(0, 60*24*400).Draw(t, "window")) * time.Minute)
	p.window[1] = p.window[0].Add(time.Duration(rapid.IntRange(180, 4000).Draw(t, "minutes")) * time.Minute)
	clock := func(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
	raw, err := json.Marshal([]map[string]any{{
		"name": "a", "timezone": name, "quiet": p.quiet, "holidays": []string{p.holiday},
		"monthly": []map[string]any{{"days": p.monthly, "from": clock(p.from), "to": clock(p.to)}},
		"weekly":  []map[string]any{{"days": days, "from": clock(p.from), "to": clock(p.to)}},
		"windows": []map[string]any{{"from": p.window[0].Format("2006-01-02T15:04:05"), "to": p.window[1].Format("2006-01-02T15:04:05")}},
	}})
	require.NoError(t, err)
	p.json = string(raw)
	return p
}

// base is before Apia's move over the date line, and when São Paulo still changed its clocks.
var base = time.Date(2011, 9, 1, 0, 0, 0, 0, time.UTC)

// shows says whether the clock on the wall shows a time of a planned event at t.
func (p plan) shows(t time.Time) bool {
	local := t.In(p.zone)
	minute := local.Hour()*60 + local.Minute()
	before := time.Date(local.Year(), local.Month(), local.Day()-1, 12, 0, 0, 0, time.UTC)
	today := p.days[local.Weekday()] || ofMonth(p.monthly, local)
	yesterday := p.days[before.Weekday()] || ofMonth(p.monthly, before)
	onWall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
	switch {
	case local.Format("01-02") == p.holiday, !onWall.Before(p.window[0]) && onWall.Before(p.window[1]):
		return true
	case p.from < p.to:
		return today && minute >= p.from && minute < p.to
	default:
		return today && minute >= p.from || yesterday && minute < p.to
	}
}

// ofMonth says whether the date is one of those days of its month: the last day is also each day that the month does not have.
func ofMonth(days []int, date time.Time) bool {
	isLast := time.Date(date.Year(), date.Month(), date.Day()+1, 0, 0, 0, 0, time.UTC).Day() == 1
	return slices.Contains(days, date.Day()) || isLast && slices.Max(days) > date.Day()
}

// steady says that no clock change is within two days of t.
func (p plan) steady(t time.Time) bool {
	start, end := t.In(p.zone).ZoneBounds()
	return (start.IsZero() || t.Sub(start) > 48*time.Hour) && (end.IsZero() || end.Sub(t) > 48*time.Hour)
}

// What the clock shows is inside; away from clock changes nothing else is.
func TestPlannedIsWhatTheClockShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		set := parse(t, p.json)
		set[0].quiet = true
		start := base.Add(time.Duration(rapid.IntRange(0, 400*24).Draw(t, "hours")) * time.Hour)
		marks := set.Quiet(start, start.Add(5*24*time.Hour)).Mark(start, time.Minute, 5*24*60)
		for i, quiet := range marks {
			moment := start.Add(time.Duration(i) * time.Minute)
			if shown := p.shows(moment); shown && !quiet || quiet && !shown && p.steady(moment) {
				t.Fatalf("%s: the clock shows an event: %v, quiet: %v", moment.In(p.zone), shown, quiet)
			}
		}
	})
}

// A range is the sum of its parts, its intervals are sorted and disjoint, and every way to ask agrees.
func TestRangesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := append(parse(t, drawPlan(t).json), parse(t, drawPlan(t).json)...)
		minutes := rapid.SliceOfN(rapid.IntRange(0, 60*24*420), 3, 3).Draw(t, "minutes")
		moment := func(i int) time.Time { return base.Add(time.Duration(minutes[i]) * time.Minute) }
		start, end := moment(0), moment(0).Add(time.Duration(minutes[1]%(60*24*60))*time.Minute)
		cut := start.Add(end.Sub(start) / 3).Truncate(time.Second)
		whole := set.Quiet(start, end)
		require.Equal(t, whole, merge(append(set.Quiet(start, cut), set.Quiet(cut, end)...)))
		for i, interval := range whole {
			require.True(t, interval.Start.Before(interval.End))
			require.False(t, interval.Start.Before(start) || interval.End.After(end))
			require.True(t, i == 0 || whole[i-1].End.Before(interval.Start))
			require.True(t, set.Contains(interval.Start))
			require.True(t, set.Contains(interval.End.Add(-1)))
			require.True(t, interval.End.Equal(end) || !set.Contains(interval.End))
		}
		period := time.Duration(1+minutes[2]%90) * time.Minute
		for i, quiet := range whole.Mark(start, period, int(end.Sub(start)/period)) {
			bucket := start.Add(time.Duration(i) * period)
			require.Equal(t, quiet, whole.Overlap(bucket, bucket.Add(period)))
			if i < 50 {
				require.Equal(t, quiet, set.Holding(bucket, bucket.Add(period)) != "")
			}
		}
	})
}

// Every month has its days, whole and once each, and nothing else, whatever its length and however clocks change in it.
func TestEveryMonthHasItsDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(zones).Draw(t, "zone")
		days := rapid.SliceOfN(rapid.IntRange(1, 31), 1, 5).Draw(t, "days")
		raw, err := json.Marshal([]map[string]any{{"name": "a", "timezone": name, "monthly": []map[string]any{{"days": days}}}})
		require.NoError(t, err)
		set := parse(t, string(raw))
		zone := set[0].zone
		first := time.Date(2008+rapid.IntRange(0, 30).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), 1, 0, 0, 0, 0, time.UTC)
		next := first.AddDate(0, 1, 0)
		midnight := func(date time.Time) time.Time { return firstAt(date.Unix(), zone) }
		want := []Interval{}
		for date := first; date.Before(next); date = date.AddDate(0, 0, 1) {
			// Apia had no 30 December 2011.
			day := Interval{midnight(date), midnight(date.AddDate(0, 0, 1))}
			if ofMonth(days, date) && day.Start.Before(day.End) {
				want = append(want, day)
			}
		}
		require.NotEmpty(t, want)
		require.Equal(t, merge(want), set.Quiet(midnight(first), midnight(next)))
	})
}

// A mark stands where its calendar alone would be asked for that bucket, and a bucket is quiet where a quiet one has a mark.
func TestMarksAgreeWithEachCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set Set
		for range rapid.IntRange(0, 3).Draw(t, "calendars") {
			set = append(set, parse(t, drawPlan(t).json)...)
		}
		start := base.Add(time.Duration(rapid.IntRange(0, 60*24*420).Draw(t, "minutes")) * time.Minute)
		period := time.Duration(rapid.IntRange(1, 60*24*2).Draw(t, "period")) * time.Minute
		n := rapid.IntRange(1, 60).Draw(t, "buckets")
		marks, err := set.Marks(start, period, n)
		require.NoError(t, err)
		marked := false
		quiet := set.Quiet(start, start.Add(time.Duration(n)*period))
		for bucket := range n {
			from := start.Add(time.Duration(bucket) * period)
			var want uint32
			isQuiet := false
			for i, c := range set {
				if len(c.planned(from, from.Add(period))) > 0 {
					want |= 1 << i
					isQuiet = isQuiet || c.quiet
				}
			}
			marked = marked || want != 0
			require.True(t, marks == nil && want == 0 || marks[bucket] == want, "bucket %d of %v: %b", bucket, marks, want)
			require.Equal(t, isQuiet, quiet.Overlap(from, from.Add(period)))
		}
		require.Equal(t, marked, marks != nil)
	})
}

// What parses can be asked, at any time.
func FuzzParse(f *testing.F) {
	f.Add(`[{"name":"black-friday","timezone":"America/Bogota","windows":[{"from":"2026-11-27T00:00:00","to":"2026-11-28T00:00:00Z"}]}]`)
	f.Add(`[{"name":"a","weekly":[{"days":["sat","Sunday"],"from":"22:00","to":"02:00:01"}],"holidays":["2026-12-25","02-29"]}]`)
	f.Add(`[{"name":"paydays","timezone":"Asia/Kathmandu","quiet":false,"monthly":[{"days":[15,30]},{"days":[31],"from":"22:00","to":"02:00"}]},{"name":"b","quiet":true,"monthly":[{"days":[1],"to":"12:00"}]}]`)
	f.Add(`[{"name":"a","windows":[{"from":"0000-01-01T00:00","to":"9999-12-31 23:59"}]},null]`)
	f.Fuzz(func(t *testing.T, raw string) {
		set, err := Parse([]byte(raw), time.UTC)
		if err != nil {
			return
		}
		for _, year := range []int{1, 1883, 2026, 9999} {
			start := time.Date(year, 2, 20, 0, 0, 0, 0, time.UTC)
			end := start.AddDate(0, 0, 40)
			for _, interval := range set.Quiet(start, end) {
				require.True(t, interval.Start.Before(interval.End))
				require.False(t, interval.Start.Before(start) || interval.End.After(end))
				require.Contains(t, set.Names(), set.Holding(interval.Start, interval.End))
			}
			const hours = 40 * 24
			marks, err := set.Marks(start, time.Hour, hours)
			require.Equal(t, len(set) > MaxMarked, err != nil)
			require.Contains(t, []int{0, hours}, len(marks))
		}
	})
}

// Ten thousand buckets under five calendars: what a query pays.
func busy(b *testing.B) (set Set, start time.Time) {
	one := `"timezone":"Europe/Madrid","windows":[{"from":"2026-11-27T00:00:00","to":"2026-11-28T00:00:00"}],"monthly":[{"days":[15,30]}],
		"weekly":[{"days":["sat","sun"],"from":"22:00","to":"02:00"}],"holidays":["12-25","01-01","2026-12-08"]}`
	set = parse(b, `[{"name":"a",`+one+`,{"name":"b",`+one+`,{"name":"c",`+one+`,{"name":"d",`+one+`,{"name":"e",`+one+`]`)
	return set, at(b, "2026-11-01T00:00:00Z")
}

func BenchmarkQuiet(b *testing.B) {
	set, start := busy(b)
	for b.Loop() {
		set.Quiet(start, start.Add(10_000*5*time.Minute)).Mark(start, 5*time.Minute, 10_000)
	}
}

func BenchmarkMarks(b *testing.B) {
	set, start := busy(b)
	for b.Loop() {
		if _, err := set.Marks(start, 5*time.Minute, 10_000); err != nil {
			b.Fatal(err)
		}
	}
}
