package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

const period = 5 * time.Minute

var (
	key = series.Key{AccountID: "1", Namespace: "AWS/EC2", Metric: "NetworkIn", Stat: "Average", Period: period}
	// now lies a few days into an epoch.
	now = series.Floor(time.Unix(1_790_000_000, 0), 7*day).Add(4*day + 3*time.Hour)
)

// world is the whole history of a series; a read cuts a window from it.
func world(seed uint64) series.Series {
	random := rand.New(rand.NewPCG(seed, 1))
	s := series.New(key, series.Window{Start: now.Add(-60 * day), End: now, Period: period})
	for i := range s.Values {
		hour := float64(s.Window.Time(i).Unix()%86400) / 3600
		s.Values[i] = 100 + 30*math.Sin(hour/24*2*math.Pi) + 3*random.NormFloat64()
		if random.IntN(200) == 0 {
			s.Values[i] = math.NaN()
		}
	}
	return s
}

func read(from series.Series, r series.Window) Request {
	cut := series.New(from.Key, Training(r))
	common := cut.Window.Intersect(from.Window)
	copy(cut.Slice(common).Values, from.Slice(common).Values)
	return Request{
		Series: cut, FinalUntil: now.Add(-30 * time.Minute), WholeUntil: now.Add(-10 * time.Minute), Range: r,
		// The engine is looked at here, not the forest, which takes ten times as long. TestEveryDetectorScores has it.
		Detector: Detector{Parameters: map[string]float64{"forest": 0}},
	}
}

func lastDays(n int) series.Window {
	return series.Window{Start: now.Add(-time.Duration(n) * day), End: now, Period: period}
}

func requireSame(t require.TestingT, a, b []float64) {
	require.Len(t, b, len(a))
	for i := range a {
		require.Equal(t, math.Float64bits(a[i]), math.Float64bits(b[i]), "bucket %d: %v and %v", i, a[i], b[i])
	}
}

// Invariant 1: a score does not depend on the dashboard's range, on who asked before, or on what came later.
func TestScoresDoNotDependOnTheRange(t *testing.T) {
	history := world(1)
	reference := NewEngine(time.UTC).Analyse(read(history, lastDays(12)))
	rapid.Check(t, func(rt *rapid.T) {
		engine := NewEngine(time.UTC)
		for range rapid.IntRange(1, 3).Draw(rt, "queries") {
			from := rapid.IntRange(0, reference.Range.Len()-1).Draw(rt, "from")
			to := rapid.IntRange(from+1, reference.Range.Len()).Draw(rt, "to")
			r := series.Window{Start: reference.Range.Time(from), End: reference.Range.Time(to), Period: period}
			request := read(history, r)
			request.FinalUntil = request.FinalUntil.Add(-time.Duration(rapid.IntRange(0, 500).Draw(rt, "final")) * period)
			got := engine.Analyse(request)
			for name, pair := range map[string][2][]float64{
				"score": {reference.Score, got.Score}, "expected": {reference.Expected, got.Expected},
				"lower": {reference.Lower, got.Lower}, "upper": {reference.Upper, got.Upper}, "direction": {reference.Direction, got.Direction},
			} {
				require.NotEmpty(rt, name)
				requireSame(rt, pair[0][from:to], pair[1])
			}
		}
	})
}

// Invariant 1: what comes later, however wild, changes no score before it.
func TestNoLookAhead(t *testing.T) {
	calm := world(2)
	wild := world(2)
	cut := wild.Window.Len() - 400
	for i := cut; i < len(wild.Values); i++ {
		wild.Values[i] *= 1000
	}
	r := lastDays(3)
	a, b := NewEngine(time.UTC).Analyse(read(calm, r)), NewEngine(time.UTC).Analyse(read(wild, r))
	same := r.Len() - 400
	requireSame(t, a.Score[:same], b.Score[:same])
	requireSame(t, a.Upper[:same], b.Upper[:same])
	require.Equal(t, 100.0, b.Score[same])
}

// A late point that revises history changes scores from there on, also where they were kept, and only from there.
func TestRevisionIsScoredAnew(t *testing.T) {
	history := world(3)
	engine := NewEngine(time.UTC)
	r := lastDays(3)
	before := engine.Analyse(read(history, r))
	at := history.Window.Len() - 300
	history.Values[at] += 500
	after := engine.Analyse(read(history, r))
	i := r.Len() - 300
	requireSame(t, before.Score[:i], after.Score[:i])
	require.Equal(t, 100.0, after.Score[i])
	requireSame(t, NewEngine(time.UTC).Analyse(read(history, r)).Score, after.Score)
}

func TestIncidentIsFoundAndCleanDataIsQuiet(t *testing.T) {
	history := world(4)
	for i := history.Window.Len() - 100; i < history.Window.Len()-90; i++ {
		history.Values[i] = 400
	}
	r := lastDays(7)
	result := NewEngine(time.UTC).Analyse(read(history, r))
	require.GreaterOrEqual(t, result.Score[r.Len()-100], 75.0)
	require.Equal(t, 1.0, result.Direction[r.Len()-100])
	for i, s := range result.Score[:r.Len()-110] {
		require.False(t, s >= 75, "clean bucket %d scores %v", i, s)
	}
}

// A count that is too low alarms once it is whole; one that is too high alarms at once.
func TestPartCountIsNotADrop(t *testing.T) {
	for _, c := range []struct {
		stat    string
		value   float64
		alarmed bool
	}{{"Sum", 10, false}, {"Sum", 400, true}, {"SampleCount", 10, false}, {"Average", 10, true}} {
		history := world(8)
		history.Key.Stat = c.stat
		newest := len(history.Values) - 1
		history.Values[newest] = c.value
		result := NewEngine(time.UTC).Analyse(read(history, lastDays(1)))
		last := len(result.Score) - 1
		require.Equal(t, c.alarmed, result.Score[last] >= 75, "%s %v", c.stat, c.value)
		history.Values[newest-2] = c.value
		result = NewEngine(time.UTC).Analyse(read(history, lastDays(1)))
		require.GreaterOrEqual(t, result.Score[last-2], 75.0, "%s %v whole", c.stat, c.value)
	}
}

func TestLearningIsNull(t *testing.T) {
	history := world(5)
	for i := range history.Values[:len(history.Values)-20] {
		history.Values[i] = math.NaN()
	}
	request := read(history, lastDays(1))
	request.Forecast.Horizon = 6 * time.Hour
	result := NewEngine(time.UTC).Analyse(request)
	for _, s := range result.Score {
		require.True(t, math.IsNaN(s))
	}
	var notReady *seasonal.NotReadyError
	require.ErrorAs(t, result.NotReady, &notReady)
	require.Empty(t, result.Forecast.Median)
}

func TestForecastBeginsAfterTheLastObservation(t *testing.T) {
	history := world(6)
	history.Values[len(history.Values)-1] = math.NaN()
	history.Values[len(history.Values)-2] = math.NaN()
	request := read(history, lastDays(1))
	request.Forecast.Horizon = 6 * time.Hour
	limit := 1000.0
	request.Threshold.Value = &limit
	result := NewEngine(time.UTC).Analyse(request)
	require.NoError(t, result.NotReady)
	require.Equal(t, now.Add(-3*period), result.Now)
	require.Equal(t, now.Add(-2*period), result.Future.Start)
	require.Len(t, result.Forecast.Median, 72)
	require.True(t, math.IsInf(result.HoursToThreshold.Median, 1), "not within the horizon")
	band := result.Forecast.Bands[0]
	for i, median := range result.Forecast.Median {
		require.LessOrEqual(t, band.Lower[i], median)
		require.LessOrEqual(t, median, band.Upper[i])
	}
}

func TestThresholdBelowIsReachedByFalling(t *testing.T) {
	history := world(7)
	for i := range history.Values {
		history.Values[i] = 1000 - 900*float64(i)/float64(len(history.Values))
	}
	request := read(history, lastDays(1))
	request.Forecast.Horizon = 14 * day
	limit := 50.0
	request.Threshold.Value = &limit
	result := NewEngine(time.UTC).Analyse(request)
	require.NoError(t, result.NotReady)
	require.InDelta(t, 80, result.HoursToThreshold.Median, 40, "100 left, 15 a day, 50 to fall")
}

func TestPhasesFollowTheWallClock(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	require.NoError(t, err)
	for _, zone := range []*time.Location{time.UTC, madrid} {
		w := series.Window{Start: time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 10, 27, 0, 0, 0, 0, time.UTC), Period: time.Hour}
		p := newPhases(zone, time.Hour)
		for i := range w.Len() {
			local := w.Time(i).In(zone)
			weekday := (int(local.Weekday()) + 6) % 7
			require.Equal(t, seasonal.Phase{Day: local.Hour(), Week: weekday*24 + local.Hour()}, p.at(w.Time(i)), local.String())
		}
	}
}

func TestPhaseOfLongPeriods(t *testing.T) {
	p := newPhases(time.UTC, day)
	require.Equal(t, seasonal.Phase{Day: 0, Week: 0}, p.at(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)), "a Monday")
}

func TestBounds(t *testing.T) {
	none, inf := []float64{math.NaN(), 50}, math.Inf(1)
	cpu := series.Key{Namespace: "AWS/EC2", Metric: "CPUUtilization", Stat: "Average"}
	require.Equal(t, limits{0, 100}, bounds(cpu, none))
	require.Equal(t, limits{0, inf}, bounds(cpu, []float64{300}), "several cores")
	cpu.Stat = "Sum"
	require.Equal(t, limits{0, inf}, bounds(cpu, none))
	require.Equal(t, limits{-inf, inf}, bounds(series.Key{Namespace: "AWS/DX", Metric: "ConnectionLightLevelRx", Stat: "Average"}, []float64{-5}))
	require.Equal(t, limits{-inf, inf}, bounds(series.Key{Namespace: "Custom", Metric: "Balance", Stat: "Average"}, none))
}

// Horizons and periods that do not divide anything still give at least one bucket.
func TestOddHorizons(t *testing.T) {
	for _, c := range []struct{ period, horizon time.Duration }{{7 * time.Minute, 7 * time.Minute}, {13 * time.Hour, day}, {time.Hour, 90 * time.Minute}} {
		s := series.New(key, series.Window{Start: series.Floor(now.Add(-100*day), c.period), End: series.Floor(now, c.period), Period: c.period})
		s.Key.Period = c.period
		for i := range s.Values {
			s.Values[i] = float64(i % 5)
		}
		r := s.Window
		r.Start = r.End.Add(-10 * c.period)
		request := read(s, r)
		request.Forecast.Horizon = c.horizon
		result := NewEngine(time.UTC).Analyse(request)
		require.Equal(t, int(c.horizon/c.period), result.Future.Len())
	}
}

// Invariant 1 for numbers of now: whether a threshold is to be climbed or fallen to does not depend on the range.
func TestThresholdDirectionDoesNotDependOnTheRange(t *testing.T) {
	history := world(9)
	for i := range history.Values[:len(history.Values)/2] {
		history.Values[i] /= 10 // the older half is far below the threshold, the newer one above
	}
	limit := 50.0
	hours := func(days int) float64 {
		request := read(history, lastDays(days))
		request.Forecast.Horizon, request.Threshold.Value = 6*time.Hour, &limit
		return NewEngine(time.UTC).Analyse(request).HoursToThreshold.Median
	}
	require.Equal(t, hours(1), hours(20))
}

func TestMemoryForgetsTheLeastUsed(t *testing.T) {
	pipe, err := newPipeline(detect.Spec{BucketsPerDay: 288}, detect.DefaultEventScore)
	require.NoError(t, err)
	size := kept{pipe: pipe}.size()
	m := newMemory[kept](2 * size)
	for i := range 3 {
		m.put(keptID{epoch: int64(i)}, kept{at: i, pipe: pipe})
		m.get(keptID{epoch: 0})
	}
	_, ok := m.get(keptID{epoch: 1})
	require.False(t, ok)
	_, ok = m.get(keptID{epoch: 0})
	require.True(t, ok)
}
