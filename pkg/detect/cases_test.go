package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
)

func unbounded() detect.Config {
	return detect.Config{BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)}
}

func counting() detect.Config { return detect.Config{BucketsPerDay: perDay, Upper: math.Inf(1)} }

func percent() detect.Config { return detect.Config{BucketsPerDay: perDay, Upper: 100} }

// play scores the values f(0) .. f(n-1).
func play(d detect.Detector, n int, f func(i int) float64) []detect.Result {
	out := make([]detect.Result, n)
	for i := range out {
		out[i] = d.Step(detect.Observation{Value: f(i), Phase: phase(i)})
	}
	return out
}

func highest(results []detect.Result) float64 {
	h := 0.0
	for _, r := range results {
		if r.Score > h {
			h = r.Score
		}
	}
	return h
}

func count(results []detect.Result, atLeast float64) int {
	n := 0
	for _, r := range results {
		if r.Score >= atLeast {
			n++
		}
	}
	return n
}

func TestColdStart(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	jumped := func(i int) float64 {
		if i == perDay || i == perDay+1 {
			return 1e6
		}
		return 100 + r.NormFloat64()
	}
	out := play(detect.NewSeasonal(unbounded()), 3*perDay, jumped)
	for i, res := range out[:forecast.MinObservations] {
		require.True(t, math.IsNaN(res.Score), "a score at %d", i)
		require.True(t, math.IsNaN(res.Expected) && math.IsNaN(res.Lower) && math.IsNaN(res.Upper), "a band at %d", i)
	}
	for i, res := range out[forecast.MinObservations:] {
		require.False(t, math.IsNaN(res.Score), "no score at %d", i)
	}
	require.Less(t, highest(out[:2*perDay]), 75.0, "critical before a season is known")
	require.GreaterOrEqual(t, out[perDay].Score, 50.0)
	require.EqualValues(t, 1, out[perDay].Direction)
}

func TestMissingBuckets(t *testing.T) {
	k := kinds()[0]
	obs := k.generate(rand.New(rand.NewPCG(2, 2)), train+7*perDay)
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 2 * forecast.MaxMagnitude}
	r := rand.New(rand.NewPCG(3, 3))
	d := detect.NewSeasonal(k.config())
	for i, o := range obs {
		if r.Float64() < 0.3 || i > train && i < train+2*perDay {
			o.Value = odd[i%len(odd)]
			res := d.Step(o)
			require.True(t, math.IsNaN(res.Score))
			require.Zero(t, res.Direction)
			continue
		}
		res := d.Step(o)
		if i > train {
			require.False(t, math.IsNaN(res.Score))
			require.Less(t, res.Score, 75.0, "after a gap")
			require.InDelta(t, k.scale*rhythm(i), res.Expected, 25)
		}
	}
}

func TestNothingYet(t *testing.T) {
	for _, res := range play(detect.NewSeasonal(unbounded()), 3*perDay, func(int) float64 { return math.NaN() }) {
		require.True(t, math.IsNaN(res.Score) && math.IsNaN(res.Expected))
	}
}

func TestConstantSeries(t *testing.T) {
	for name, level := range map[string]float64{"zero": 0, "one": 1, "large": 7e11, "small": 3e-4, "negative": -20} {
		t.Run(name, func(t *testing.T) {
			step := math.Max(math.Abs(level), 1) * 0.5
			out := play(detect.NewSeasonal(unbounded()), train+perDay, func(i int) float64 {
				switch {
				case i == train:
					return level + step
				case i == train+20:
					return level + 1e-5*math.Abs(level) // a change below what matters at this size
				}
				return level
			})
			require.Zero(t, highest(out[:train]), "a constant is never unusual")
			require.GreaterOrEqual(t, out[train].Score, 75.0, "the first change of a long constant")
			require.EqualValues(t, 1, out[train].Direction)
			require.Less(t, highest(out[train+1:]), 25.0)
			for _, res := range out[forecast.MinObservations:train] {
				require.InDelta(t, level, res.Expected, 1e-9*math.Abs(level))
			}
		})
	}
}

// TestHabitualChange: a number of hosts that changes now and then is no alarm each time.
func TestHabitualChange(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	hosts, left := 3.0, 0
	out := play(detect.NewSeasonal(counting()), train+14*perDay, func(int) float64 {
		if left--; left <= 0 {
			hosts, left = 3, 20
			if r.Float64() < 0.1 {
				hosts, left = 4, 6
			}
		}
		return hosts
	})
	require.Zero(t, count(out[train:], 75))
}

func TestSparseCounts(t *testing.T) {
	for _, rate := range []float64{0.005, 0.02, 0.2} {
		r := rand.New(rand.NewPCG(5, 5))
		out := play(detect.NewSeasonal(counting()), train+14*perDay, func(i int) float64 {
			if i == train+13*perDay {
				return 60
			}
			return poisson(r, rate)
		})
		require.LessOrEqual(t, count(out[train:train+13*perDay], 75), 1, "single errors at a rate of %g", rate)
		require.GreaterOrEqual(t, out[train+13*perDay].Score, 75.0, "a burst at a rate of %g", rate)
	}
}

func TestPercentagesAtTheirLimits(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	saturated := func(i int) float64 { // a processor that is full half of the day
		return math.Min(math.Max(90+60*math.Sin(2*math.Pi*float64(i)/perDay)+4*r.NormFloat64(), 0), 100)
	}
	out := play(detect.NewSeasonal(percent()), train+14*perDay, saturated)
	require.LessOrEqual(t, count(out[train:], 75), 1)
	for _, res := range out[forecast.MinObservations:] {
		require.True(t, res.Lower >= 0 && res.Upper <= 100 && res.Lower <= res.Expected && res.Expected <= res.Upper)
	}

	healthy := func(i int) float64 { // an availability
		if i >= train+100 && i < train+106 {
			return 60
		}
		return 100
	}
	out = play(detect.NewSeasonal(percent()), train+perDay, healthy)
	require.GreaterOrEqual(t, highest(out[train+100:train+106]), 75.0)
	require.EqualValues(t, -1, out[train+100].Direction)
	require.Less(t, highest(out[train+106:]), 25.0)
}

func TestLevelShiftBecomesNormal(t *testing.T) {
	k := kinds()[0]
	obs := k.generate(rand.New(rand.NewPCG(7, 7)), train+7*perDay)
	out := play(detect.NewSeasonal(k.config()), len(obs), func(i int) float64 {
		if i >= train {
			return obs[i].Value + 80
		}
		return obs[i].Value
	})
	require.GreaterOrEqual(t, count(out[train:train+36], 75), 33, "hours after a shift it is still an anomaly")
	require.GreaterOrEqual(t, out[train+100].Score, 75.0)
	require.Zero(t, count(out[train+perDay:], 75), "after a day it is the new level")
	require.InDelta(t, obs[train+3*perDay].Value+80, out[train+3*perDay].Expected, 25)
}

func TestReturnToTheFormerLevelIsQuiet(t *testing.T) {
	k := kinds()[0]
	obs := k.generate(rand.New(rand.NewPCG(8, 8)), train+7*perDay)
	end := train + 20*12
	out := play(detect.NewSeasonal(k.config()), len(obs), func(i int) float64 {
		if i >= train && i < end {
			return obs[i].Value + 80
		}
		return obs[i].Value
	})
	require.Zero(t, count(out[end:], 75))
	require.InDelta(t, k.scale*rhythm(end+6), out[end+6].Expected, 15)
}

func TestAnotherScaleChangesNoScore(t *testing.T) {
	k := kinds()[2]
	obs := k.generate(rand.New(rand.NewPCG(9, 9)), train)
	a := play(detect.NewSeasonal(unbounded()), train, func(i int) float64 { return obs[i].Value })
	b := play(detect.NewSeasonal(unbounded()), train, func(i int) float64 { return obs[i].Value * (1 << 20) })
	for i := range a {
		if !math.IsNaN(a[i].Score) {
			require.InDelta(t, a[i].Score, b[i].Score, 1e-6)
		}
	}
}

func TestLongerPeriods(t *testing.T) {
	for _, buckets := range []int{1, 4, 24, 96} {
		r := rand.New(rand.NewPCG(10, uint64(buckets)))
		d := detect.NewSeasonal(detect.Config{BucketsPerDay: buckets, Upper: math.Inf(1)})
		n := max(13*7*buckets, 200)
		var last []detect.Result
		for i := range n {
			x := 1000 + 300*math.Sin(2*math.Pi*float64(i%buckets)/float64(buckets)) + 20*r.NormFloat64()
			if i%(7*buckets) >= 5*buckets {
				x -= 250
			}
			if i == n-1 {
				x = 3000
			}
			last = append(last, d.Step(detect.Observation{Value: x, Phase: forecast.Phase{Day: i % buckets, Week: i % (7 * buckets)}}))
		}
		surely := 75.0
		if buckets == 1 { // half a year of days is too little to call anything one in ten thousand
			surely = 50
		}
		require.GreaterOrEqual(t, last[n-1].Score, surely, "%d buckets a day", buckets)
		require.LessOrEqual(t, count(last[n/2:n-1], 75), 1, "%d buckets a day", buckets)
	}
}
