package analysis

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// ahead asks for a forecast of a day from the end of the range on.
func ahead(history series.Series, r series.Window) Request {
	request := read(history, r)
	request.Forecast = Forecaster{Horizon: day, Levels: []float64{0.95, 0.8}}
	return request
}

func until(t time.Time) series.Window {
	return series.Window{Start: t.Add(-day), End: t, Period: period}
}

// Invariant 1 for forecasts: they depend on what was observed until then, and neither on the range nor on who asked before.
func TestForecastsDoNotDependOnWhoAsks(t *testing.T) {
	history := world(11)
	reference := NewEngine(time.UTC).Analyse(ahead(history, until(now)))
	require.NoError(t, reference.NotReady)
	rapid.Check(t, func(rt *rapid.T) {
		engine := NewEngine(time.UTC)
		for range rapid.IntRange(0, 2).Draw(rt, "queries before") {
			at := now.Add(-time.Duration(rapid.IntRange(0, 400).Draw(rt, "earlier")) * period)
			engine.Analyse(ahead(history, until(at)))
		}
		r := until(now)
		r.Start = r.Start.Add(time.Duration(rapid.IntRange(-3000, 200).Draw(rt, "from")) * period)
		got := engine.Analyse(ahead(history, r))
		requireSame(rt, reference.Forecast.Median, got.Forecast.Median)
		for i, band := range reference.Forecast.Bands {
			requireSame(rt, band.Lower, got.Forecast.Bands[i].Lower)
			requireSame(rt, band.Upper, got.Forecast.Bands[i].Upper)
		}
		require.Equal(rt, reference.Report, got.Report)
		require.Equal(rt, reference.MaxInHorizon, got.MaxInHorizon)
	})
}

// One model, one truth: the first step of a forecast by auto is what the scores will expect of that bucket, with the same band.
func TestFirstStepIsWhatTheScoresExpect(t *testing.T) {
	history := world(12)
	for i := range 40 {
		at := now.Add(-time.Duration(1+37*i) * period)
		request := ahead(history, until(at))
		request.Forecast.Levels = []float64{0.99} // that of the scores
		forecast := NewEngine(time.UTC).Analyse(request)
		if !forecast.Now.Equal(at.Add(-period)) {
			continue // the newest bucket is missing, so that the first step is before the range's end
		}
		scored := NewEngine(time.UTC).Analyse(read(history, until(at.Add(period))))
		last := len(scored.Expected) - 1
		require.Equal(t, scored.Expected[last], forecast.Forecast.Median[0])
		require.Equal(t, scored.Lower[last], forecast.Forecast.Bands[0].Lower[0])
		require.Equal(t, scored.Upper[last], forecast.Forecast.Bands[0].Upper[0])
	}
}

func TestEveryForecasterForecasts(t *testing.T) {
	history := world(13)
	for _, definition := range forecast.Catalogue() {
		request := ahead(history, until(now))
		request.Forecast.Name = definition.Name
		result := NewEngine(time.UTC).Analyse(request)
		require.NoError(t, result.NotReady, definition.Name)
		require.NotEmpty(t, result.Report.Model)
		require.Positive(t, result.Report.Origins)
		for _, c := range result.Report.Coverage {
			require.InDelta(t, c.Level, c.Share, 0.1, definition.Name)
		}
		off := 0.0
		for i, median := range result.Forecast.Median {
			hour := float64(result.Future.Time(i).Unix()%86400) / 3600
			off += math.Abs(median-100-30*math.Sin(hour/24*2*math.Pi)) / float64(result.Future.Len())
			wide, narrow := result.Forecast.Bands[0], result.Forecast.Bands[1]
			require.LessOrEqual(t, wide.Lower[i], narrow.Lower[i])
			require.LessOrEqual(t, narrow.Upper[i], wide.Upper[i])
		}
		require.Less(t, off, 4.0, definition.Name)
	}
	request := ahead(history, until(now))
	request.Forecast.Name = "oracle"
	require.ErrorContains(t, NewEngine(time.UTC).Analyse(request).NotReady, "no forecaster")
}

// Between fits a refresh costs a forecast: the next fit is due at a fixed time of the day.
func TestAFitServesForHours(t *testing.T) {
	history := world(14)
	engine := NewEngine(time.UTC)
	fits := func() (n int) {
		engine.fits.each(func(keptID, fit) { n++ })
		return n
	}
	stagger := time.Duration(ownTime(key)%uint64(day/refitsPerDay/period)) * period
	start := series.Floor(now.Add(-stagger), day/refitsPerDay).Add(stagger)
	for i := range 3 {
		engine.Analyse(ahead(history, until(start.Add(time.Duration(20*i+3)*period))))
		require.Equal(t, 1, fits())
	}
	engine.Analyse(ahead(history, until(start.Add(-period))))
	require.Equal(t, 2, fits())
	history.Values[len(history.Values)-3000] += 1 // a revision, before both
	engine.Analyse(ahead(history, until(start.Add(3*period))))
	require.Equal(t, 2, fits(), "what was fitted on other observations is replaced")
}

// A threshold may be another series: its newest value until the newest observation, or a share of it.
func TestThresholdOfAnotherSeries(t *testing.T) {
	history := world(15)
	for i := range history.Values {
		history.Values[i] = 20 + 10*float64(i)/288 // ten a day
	}
	quota := series.New(key, history.Window)
	quota.Values[len(quota.Values)-400], quota.Values[len(quota.Values)-300] = 900, 1000
	request := ahead(history, until(now))
	request.Forecast.Horizon = 20 * day
	request.Threshold = Threshold{Series: &quota, Share: 0.8}
	result := NewEngine(time.UTC).Analyse(request)
	require.Equal(t, 800.0, *result.Threshold)
	truth := (800 - history.Values[len(history.Values)-1]) / 10 * 24
	require.InDelta(t, truth, result.HoursToThreshold.Median, truth/4)
	require.LessOrEqual(t, result.HoursToThreshold.Low, result.HoursToThreshold.Median)
	require.LessOrEqual(t, result.HoursToThreshold.Median, result.HoursToThreshold.High)

	nothing := series.New(key, history.Window)
	request.Threshold.Series = &nothing
	result = NewEngine(time.UTC).Analyse(request)
	require.Nil(t, result.Threshold)
	require.True(t, math.IsNaN(result.HoursToThreshold.Median))
	require.False(t, math.IsNaN(result.MaxInHorizon.Median))
}

func calendars(t *testing.T, text string) calendar.Set {
	t.Helper()
	set, err := calendar.Parse(json.RawMessage(text), time.UTC)
	require.NoError(t, err)
	return set
}

// What a calendar has done before is expected again; where the forecast follows no calendars, what happened in a quiet one teaches nothing.
func TestCalendarsInForecasts(t *testing.T) {
	history := world(16)
	weekday := now.Add(day).Weekday() // the day to forecast, as in each week before
	double := func(at time.Time) bool { return at.Weekday() == weekday && at.Day()%2 == now.Add(day).Day()%2 }
	var days []string
	for at := history.Window.Start; at.Before(now.Add(3 * day)); at = at.Add(day) {
		if double(at) {
			days = append(days, at.Format("2006-01-02"))
		}
	}
	for i := range history.Values {
		if double(history.Window.Time(i)) {
			history.Values[i] *= 2
		}
	}
	listed, err := json.Marshal(days)
	require.NoError(t, err)
	sales := calendars(t, `[{"name":"sales","quiet":false,"holidays":`+string(listed)+`}]`)
	request := ahead(history, until(now))
	request.Forecast.Horizon, request.Forecast.Calendars = 2*day, sales
	result := NewEngine(time.UTC).Analyse(request)
	off := func(factor float64) float64 {
		sum, n := 0.0, 0.0
		for i, median := range result.Forecast.Median {
			if at := result.Future.Time(i); double(at) {
				hour := float64(at.Unix()%86400) / 3600
				sum += math.Abs(median - factor*(100+30*math.Sin(hour/24*2*math.Pi)))
				n++
			}
		}
		return sum / n
	}
	require.Less(t, off(2), 25.0, "the sale is expected")

	quiet := calendars(t, `[{"name":"sales","holidays":`+string(listed)+`}]`)
	request.Calendars, request.Forecast.Calendars = quiet, nil
	result = NewEngine(time.UTC).Analyse(request)
	require.Less(t, off(1), 10.0, "nothing was learnt of it")
}

// The parts of a range are those of everything that was read.
func TestDecomposition(t *testing.T) {
	history := world(17)
	request := read(history, lastDays(2))
	request.Decompose = true
	result := NewEngine(time.UTC).Analyse(request)
	require.Len(t, result.Parts.Trend, result.Range.Len())
	for i, v := range history.Slice(result.Range).Values {
		hour := float64(result.Range.Time(i).Unix()%86400) / 3600
		require.InDelta(t, 30*math.Sin(hour/24*2*math.Pi), result.Parts.SeasonDay[i], 6)
		require.True(t, math.IsNaN(result.Parts.SeasonWeek[i]))
		if v == v {
			require.InDelta(t, v, result.Parts.Trend[i]+result.Parts.SeasonDay[i]+result.Parts.Remainder[i], 1e-9)
		}
	}
	require.Empty(t, NewEngine(time.UTC).Analyse(read(history, lastDays(2))).Parts.Trend)
}

// Where the newest buckets of a range are missing and a new epoch has begun with them, the forecast from the last observation is the same.
func TestForecastAtTheEdgeOfAnEpoch(t *testing.T) {
	history := world(18)
	start := epochOf(now, period).start
	at := history.Window.Index(start)
	history.Values[at-1], history.Values[at], history.Values[at+1] = 70, math.NaN(), math.NaN()
	before := NewEngine(time.UTC).Analyse(ahead(history, until(start)))
	after := NewEngine(time.UTC).Analyse(ahead(history, until(start.Add(2*period))))
	require.Equal(t, start.Add(-period), after.Now)
	requireSame(t, before.Forecast.Median, after.Forecast.Median)
	requireSame(t, before.Forecast.Bands[0].Upper, after.Forecast.Bands[0].Upper)
}

// rareCounts are published where something happened alone: in one bucket of twenty.
func rareCounts(seed uint64) series.Series {
	k := key
	k.Namespace, k.Metric, k.Stat = "AWS/Lambda", "Errors", "Sum"
	r := rand.New(rand.NewPCG(seed, 1))
	s := series.New(k, series.Window{Start: now.Add(-60 * day), End: now, Period: period})
	for i := range s.Values {
		if r.IntN(20) == 0 {
			s.Values[i] = 1 + float64(r.IntN(3))
		}
	}
	return s
}

// A count of nothing is an observation: an alert on the last hour, in which nothing happened, has its forecast, and it begins now.
func TestForecastOfRareCounts(t *testing.T) {
	history := rareCounts(19)
	for i := range 40 {
		history.Values[len(history.Values)-1-i] = math.NaN()
	}
	hour := until(now)
	hour.Start = now.Add(-time.Hour)
	short, long := NewEngine(time.UTC).Analyse(ahead(history, hour)), NewEngine(time.UTC).Analyse(ahead(history, until(now)))
	require.NoError(t, short.NotReady)
	require.Equal(t, now.Add(-10*time.Minute-period), short.Now, "the last bucket that is whole")
	requireSame(t, long.Forecast.Median, short.Forecast.Median)
	require.Equal(t, long.MaxInHorizon, short.MaxInHorizon)

	gauge := world(19)
	for i := range 40 {
		gauge.Values[len(gauge.Values)-1-i] = math.NaN()
	}
	nothing := NewEngine(time.UTC).Analyse(ahead(gauge, hour))
	require.ErrorContains(t, nothing.NotReady, "no value in the range")
	require.True(t, math.IsNaN(nothing.MaxInHorizon.Median))
}

// A bucket without a count is 0 once it is whole: who asked before that makes no difference afterwards.
func TestFitsForgetWhatWasNotWhole(t *testing.T) {
	history := rareCounts(20)
	boundary := series.Floor(now, day/refitsPerDay)
	at := history.Window.Index(boundary)
	for i := range 30 {
		history.Values[at-1-i] = math.NaN()
	}
	history.Values[at], history.Values[at+12] = 2, 1
	early, late := ahead(history, until(boundary.Add(period))), ahead(history, until(boundary.Add(13*period)))
	early.WholeUntil, late.WholeUntil = boundary.Add(-10*period), boundary.Add(11*period)
	engine := NewEngine(time.UTC)
	engine.Analyse(early)
	got, want := engine.Analyse(late), NewEngine(time.UTC).Analyse(late)
	requireSame(t, want.Forecast.Bands[0].Upper, got.Forecast.Bands[0].Upper)
	require.Equal(t, want.Report, got.Report)
}

// Queries that differ in what a forecast does not see share a fit; those that differ in what it sees do not take turns in one place.
func TestQueriesShareFits(t *testing.T) {
	engine, history := NewEngine(time.UTC), world(21)
	fits := func() map[*forecast.Fitted]bool {
		all := map[*forecast.Fitted]bool{}
		engine.fits.each(func(_ keptID, f fit) { all[f.fitted] = true })
		return all
	}
	plain, columns, quiet := ahead(history, until(now)), ahead(history, until(now)), ahead(history, until(now))
	columns.Columns = []series.Series{read(world(22), until(now)).Series}
	quiet.Calendars = calendars(t, `[{"name":"backup","weekly":[{"days":["sun"],"from":"22:00","to":"23:00"}]}]`)
	engine.Analyse(plain)
	first := fits()
	engine.Analyse(columns)
	require.Equal(t, first, fits())
	engine.Analyse(quiet)
	both := fits()
	require.Len(t, both, 2)
	engine.Analyse(plain)
	engine.Analyse(quiet)
	require.Equal(t, both, fits())
}
