package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// spiked is a world with a high and a low spike in its last day.
func spiked() (history series.Series, high, low int) {
	history = world(1)
	n := len(history.Values)
	history.Values[n-150], history.Values[n-100] = 400, 1
	return history, 288 - 150, 288 - 100
}

func analyse(history series.Series, d Detector) Result {
	request := read(history, lastDays(1))
	if d.Name == "" && d.Parameters == nil {
		d.Parameters = request.Detector.Parameters
	}
	request.Detector = d
	return NewEngine(time.UTC).Analyse(request)
}

func TestDirection(t *testing.T) {
	history, high, low := spiked()
	both := analyse(history, Detector{})
	require.Greater(t, both.Score[high], 75.0)
	require.Greater(t, both.Score[low], 75.0)
	require.Equal(t, both.Score[high], both.Event[high], "an anomaly begins")
	for side, kept := range map[int8][2]int{1: {high, low}, -1: {low, high}} {
		one := analyse(history, Detector{Direction: side})
		require.Equal(t, both.Score[kept[0]], one.Score[kept[0]])
		require.Equal(t, float64(side), one.Direction[kept[0]])
		for _, column := range [][]float64{one.Score, one.Direction, one.Rarity, one.Event} {
			require.Zero(t, column[kept[1]])
		}
		requireSame(t, both.Expected, one.Expected)
	}
}

func TestRules(t *testing.T) {
	history, high, low := spiked()
	expected := analyse(history, Detector{}).Expected
	for name, c := range map[string]struct {
		rule              Rule
		highKept, lowKept bool
	}{
		"none":               {Rule{}, true, true},
		"within, absolutely": {Rule{SkipWithin: float(200)}, true, false},
		"within, relatively": {Rule{SkipWithinPercent: float(150)}, true, false},
		"only above":         {Rule{OnlyAbove: float(50)}, true, false},
		"only below":         {Rule{OnlyBelow: float(50)}, false, true},
		"at the edge":        {Rule{OnlyAbove: float(400)}, false, false},
		"any condition":      {Rule{OnlyAbove: float(50), OnlyBelow: float(300)}, false, false},
	} {
		got := analyse(history, Detector{Rules: []Rule{{}, c.rule}})
		require.Equal(t, c.highKept, got.Score[high] > 0, name)
		require.Equal(t, c.lowKept, got.Score[low] > 0, name)
		requireSame(t, expected, got.Expected)
	}
}

// Inside a planned event there is no score, and nothing is learnt: what happens there changes no score after it.
func TestPlannedEventsAreQuietAndTeachNothing(t *testing.T) {
	history, high, _ := spiked()
	at := lastDays(1).Time(high)
	planned, err := calendar.Parse([]byte(`[{"name": "sale", "windows": [{"from": "`+at.Add(-time.Hour).Format(time.RFC3339)+`", "to": "`+at.Add(time.Hour).Format(time.RFC3339)+`"}]}]`), nil)
	require.NoError(t, err)
	ask := func() Result {
		request := read(history, lastDays(1))
		request.Calendars = planned
		return NewEngine(time.UTC).Analyse(request)
	}
	wild := ask()
	for i := high - 12; i < high+12; i++ {
		for _, column := range [][]float64{wild.Score, wild.Direction, wild.Event, wild.Rarity} {
			require.True(t, math.IsNaN(column[i]))
		}
	}
	require.False(t, math.IsNaN(wild.Score[high-13]) && math.IsNaN(wild.Score[high-14]))
	for i := len(history.Values) - 288 + high - 12; i < len(history.Values)-288+high+12; i++ {
		history.Values[i] = 7777
	}
	calm := ask()
	requireSame(t, wild.Score, calm.Score)
	requireSame(t, wild.Upper, calm.Upper)
}

// Which buckets are quiet is what package calendar says of each.
func TestMarksAreTheCalendars(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := series.Window{Start: now, End: now.Add(50 * period), Period: period}
		var intervals calendar.Intervals
		at := now
		for range rapid.IntRange(1, 5).Draw(rt, "intervals") {
			start := at.Add(time.Duration(rapid.IntRange(0, 4000).Draw(rt, "gap")) * time.Second)
			at = start.Add(time.Duration(rapid.IntRange(1, 4000).Draw(rt, "length")) * time.Second)
			intervals = append(intervals, calendar.Interval{Start: start, End: at})
			at = at.Add(time.Second)
		}
		require.Equal(rt, intervals.Mark(w.Start, w.Period, w.Len()), marks(intervals, w))
	})
}

func TestExplain(t *testing.T) {
	history, high, low := spiked()
	request := read(history, lastDays(1))
	engine := NewEngine(time.UTC)
	result := engine.Analyse(request)
	for _, i := range []int{high, low, 10, 287} {
		at := request.Range.Time(i)
		e, err := engine.Explain(request, at.Add(time.Minute))
		require.NoError(t, err)
		require.Equal(t, at, e.Time)
		require.Empty(t, e.Skipped)
		requireSame(t, []float64{result.Score[i], result.Expected[i], result.Rarity[i], result.Event[i], history.Slice(request.Range).Values[i]},
			[]float64{e.Score, e.Expected, e.Rarity, e.Event, e.Value})
		require.NotEmpty(t, e.Channels)
	}
	request.Detector.Direction = -1
	e, err := engine.Explain(request, request.Range.Time(high))
	require.NoError(t, err)
	require.Equal(t, "direction", e.Skipped)
	require.Zero(t, e.Score)
	require.Greater(t, e.Channels[0].Rarity, 3.0, "the channels still say what they saw")
	request.Detector = Detector{Rules: []Rule{{SkipWithin: float(1)}, {OnlyAbove: float(50)}}}
	e, err = engine.Explain(request, request.Range.Time(low))
	require.NoError(t, err)
	require.Equal(t, "rule 2", e.Skipped)
	planned, err := calendar.Parse([]byte(`[{"name": "always", "weekly": [{"days": ["mon","tue","wed","thu","fri","sat","sun"], "from": "00:00", "to": "24:00"}]}]`), nil)
	require.NoError(t, err)
	request.Calendars = planned
	e, err = engine.Explain(request, request.Range.Time(low))
	require.NoError(t, err)
	require.Equal(t, "calendar always", e.Skipped)
	require.True(t, math.IsNaN(e.Score) && math.IsNaN(e.Event))
	_, err = engine.Explain(request, now.Add(time.Hour))
	require.ErrorContains(t, err, "outside of what was read")
}

// Every detector of the catalogue goes through the pipeline: it scores, and an unknown one or a wrong parameter is said.
func TestEveryDetectorScores(t *testing.T) {
	history, _, _ := spiked()
	for _, definition := range detect.Catalogue() {
		request := read(history, lastDays(1))
		request.Detector = Detector{Name: definition.Name}
		if definition.Name == detect.Peers {
			columns, err := Peers([]series.Series{request.Series, shifted(request.Series, 1), shifted(request.Series, 2), shifted(request.Series, 3)})
			require.NoError(t, err)
			request.Columns = columns[0]
		}
		request.Forecast.Horizon = time.Hour
		result := NewEngine(time.UTC).Analyse(request)
		require.NoError(t, result.Err, definition.Name)
		scored := 0
		for _, s := range result.Score {
			if !math.IsNaN(s) {
				scored++
			}
		}
		require.Greater(t, scored, 250, definition.Name)
		require.NoError(t, result.NotReady)
		require.Len(t, result.Forecast.Median, 12, "any detector has a forecast beside it")
	}
	require.ErrorContains(t, analyse(history, Detector{Name: "oracle"}).Err, "no detector")
	require.Error(t, analyse(history, Detector{Parameters: map[string]float64{"wishes": 3}}).Err)
}

func shifted(s series.Series, by float64) series.Series {
	out := series.New(s.Key, s.Window)
	for i, v := range s.Values {
		out.Values[i] = v + by
	}
	return out
}

// count is a history of a count: f of the random source and the bucket, NaN where AWS publishes nothing.
func count(stat string, f func(r *rand.Rand, i int) float64) series.Series {
	r := rand.New(rand.NewPCG(5, 5))
	s := world(1)
	s.Key.Stat = stat
	for i := range s.Values {
		s.Values[i] = f(r, i)
	}
	return s
}

func poisson(r *rand.Rand, mean float64) float64 {
	n, product := 0.0, r.Float64()
	for ; product > math.Exp(-mean); n++ {
		product *= r.Float64()
	}
	if n == 0 {
		return math.NaN()
	}
	return n
}

// workingHours is a swell from 6 to 20 o'clock, and nothing at night.
func workingHours(r *rand.Rand, i int) float64 {
	hour := float64(i%288) / 12
	if hour < 6 || hour >= 20 {
		return math.NaN()
	}
	return math.Round(1000*math.Sin(math.Pi*(hour-6)/14)*(1+0.03*r.NormFloat64())) + 1
}

func TestSparseCounts(t *testing.T) {
	sparse := func(r *rand.Rand, _ int) float64 { return poisson(r, 1) }
	lossy := func(r *rand.Rand, _ int) float64 {
		if r.IntN(10) == 0 {
			return math.NaN()
		}
		return 1000 + 30*r.NormFloat64()
	}
	for name, c := range map[string]struct {
		history series.Series
		sparse  bool
	}{
		"a sparse count":             {count("Sum", sparse), true},
		"a sparse sample count":      {count("SampleCount", sparse), true},
		"a gauge with gaps":          {count("Average", sparse), false},
		"working hours":              {count("Sum", workingHours), true},
		"an agent that loses points": {count("Sum", lossy), false},
		"one long outage": {count("Sum", func(r *rand.Rand, i int) float64 {
			if i > 12000 && i < 13000 {
				return math.NaN()
			}
			return 3
		}), false},
		"published once an hour": {count("Sum", func(r *rand.Rand, i int) float64 {
			if i%12 != 0 {
				return math.NaN()
			}
			return 3
		}), false},
		"a balance": {count("Sum", func(r *rand.Rand, i int) float64 { return poisson(r, 0.5) - 2 }), false},
		"young": {count("Sum", func(r *rand.Rand, i int) float64 {
			return map[bool]float64{true: math.NaN(), false: 1}[i < 60*288-1000]
		}), false},
	} {
		past := c.history.Slice(series.Window{Start: now.Add(-32 * day), End: now.Add(-4 * day), Period: period}).Values
		first := firstObserved(past)
		require.Equal(t, c.sparse, isSparse(c.history.Key, past[first:]), name)
	}
}

// Of a sparse count a missing bucket that is whole is a score for nothing having happened; one that is not is null, and the shown value is
// null in both cases.
func TestNothingHappenedIsScored(t *testing.T) {
	history := count("Sum", workingHours)
	n := len(history.Values)
	for i := n - 288; i < n; i++ {
		history.Values[i] = math.NaN()
	}
	request := read(history, lastDays(1))
	result := NewEngine(time.UTC).Analyse(request)
	for i, s := range result.Score {
		require.Equal(t, i >= 286, math.IsNaN(s), "bucket %d: %v", i, s)
	}
	require.Greater(t, slices.Max(result.Score[6*12:9*12]), 75.0, "nothing in working hours")
	require.Zero(t, result.Score[2*12], "nothing at night")
	e, err := NewEngine(time.UTC).Explain(request, request.Range.Time(250))
	require.NoError(t, err)
	require.True(t, math.IsNaN(e.Value))
}

// What failed a check did happen: in a sparse count it is no bucket of nothing. It is not scored, and what comes after is as if it were unknown.
func TestWhatFailsACheckIsNotNothing(t *testing.T) {
	history := count("Sum", workingHours)
	n := len(history.Values)
	for i := n - 288; i < n; i++ {
		history.Values[i] = math.NaN()
	}
	request := read(history, lastDays(1))
	marks := make([]bool, len(request.Series.Values))
	for i := range marks[len(marks)-288:] {
		marks[len(marks)-288+i] = true
	}
	engine := NewEngine(time.UTC)
	nothing := engine.Analyse(request)
	request.Untrusted = [][]bool{marks}
	for range 2 { // from memory as well
		for i, s := range engine.Analyse(request).Score {
			require.True(t, math.IsNaN(s), "bucket %d: %v", i, s)
		}
	}
	request.Untrusted = nil
	requireSameResult(t, nothing, engine.Analyse(request))
}
