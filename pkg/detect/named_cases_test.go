//go:build !race

// It plays weeks of points to detectors, each in one goroutine: the race detector would find nothing and take ten times as long.

package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// beside gives peers a group that does what f says, with a spread; others look at the value alone.
func beside(name string, centre, spread float64) []float64 {
	if name != detect.Peers {
		return nil
	}
	return []float64{centre, spread}
}

// planted plays four weeks of a rhythm with noise and then what disturb makes of it.
func planted(name string, days int, disturb func(i int, x float64) float64) []detect.Result {
	r := rand.New(rand.NewPCG(11, 3))
	d := made(specOf(name))
	out := make([]detect.Result, train+days*perDay)
	for i := range out {
		usual := 100 * rhythm(i)
		x := usual + 5*r.NormFloat64()
		if i >= train {
			x = disturb(i-train, x)
		}
		out[i] = d.Step(detect.Observation{Value: x, Columns: beside(name, usual, 4), Phase: phase(i)})
	}
	return out
}

func TestNamedFindSpikesOfBothSides(t *testing.T) {
	t.Parallel()
	for _, name := range scoredBySize() {
		for _, sigmas := range []float64{12, -12} {
			out := planted(name, 2, func(i int, x float64) float64 {
				if i == 100 {
					return x + 5*sigmas
				}
				return x
			})
			spike := out[train+100]
			t.Logf("%s: %+.0f sigma scores %.0f (rarity %.1f, raw %.3g), highest in the day before %.0f and after %.0f",
				name, sigmas, spike.Score, spike.Rarity, spike.Raw, highest(out[train-188:train+100]), highest(out[train+101:train+389]))
			require.GreaterOrEqual(t, spike.Score, 75.0, name)
			require.EqualValues(t, math.Copysign(1, sigmas), spike.Direction, name)
			require.LessOrEqual(t, count(out[train:], 75), 1, "%s: one spike is one bucket", name)
		}
	}
}

func TestNamedFindAShift(t *testing.T) {
	t.Parallel()
	for _, name := range scoredBySize() {
		out := planted(name, 21, func(i int, x float64) float64 {
			if i >= 144 {
				return x + 80
			}
			return x
		})
		t.Logf("%s: %d of the first hour critical, %d of the third week", name, count(out[train+144:train+156], 75), count(out[len(out)-7*perDay:], 75))
		require.GreaterOrEqual(t, highest(out[train+144:train+146]), 75.0, name)
		require.LessOrEqual(t, count(out[len(out)-7*perDay:], 75), 1, "%s: what lasts for weeks is usual", name)
		require.Less(t, count(out[len(out)-7*perDay:], 25), 7*perDay/50, name)
	}
}

func TestNamedFindAnAbsence(t *testing.T) {
	t.Parallel()
	for _, name := range byName() {
		out := planted(name, 1, func(i int, x float64) float64 {
			if i >= 144 && i < 168 {
				return 0
			}
			return x
		})
		gone := out[train+144 : train+168]
		t.Logf("%s: an absence of 2 hours scores %.0f at once, %.0f at most", name, gone[0].Score, highest(gone))
		require.GreaterOrEqual(t, highest(gone[:6]), 75.0, name)
		require.EqualValues(t, -1, gone[3].Direction, name)
		require.Less(t, highest(out[train+190:]), 75.0, "%s: quiet after it", name)
	}
}

func TestNamedColdStart(t *testing.T) {
	t.Parallel()
	for _, name := range byName() {
		r := rand.New(rand.NewPCG(1, 1))
		d := made(specOf(name))
		for i := range 3 * perDay {
			x := 100 + r.NormFloat64()
			if i == perDay || i == perDay+1 {
				x = 1e6
			}
			res := d.Step(detect.Observation{Value: x, Columns: beside(name, 100, 1), Phase: phase(i)})
			require.Equal(t, i < seasonal.MinObservations, math.IsNaN(res.Score), "%s at %d", name, i)
			require.Equal(t, math.IsNaN(res.Score), math.IsNaN(res.Rarity), "%s at %d", name, i)
			if i < 2*perDay {
				require.False(t, res.Score >= 75, "%s: critical on little history, at %d", name, i)
			}
			if i == perDay && name != detect.RareZero {
				require.GreaterOrEqual(t, res.Score, 50.0, name)
				require.EqualValues(t, 1, res.Direction, name)
			}
		}
	}
}

// TestNamedGaps: what is missing, infinite, too large to be or planned has no score, teaches nothing and harms nothing.
func TestNamedGaps(t *testing.T) {
	t.Parallel()
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 2 * seasonal.MaxMagnitude}
	for _, name := range byName() {
		r := rand.New(rand.NewPCG(3, 3))
		d := made(specOf(name))
		for i := range train + 7*perDay {
			usual := 100 * rhythm(i)
			o := detect.Observation{Value: usual + 5*r.NormFloat64(), Columns: beside(name, usual, 4), Phase: phase(i)}
			switch {
			case r.Float64() < 0.3 || i > train && i < train+perDay:
				o.Value = odd[i%len(odd)]
			case r.Float64() < 0.02:
				o.Value, o.Quiet = 1e9, true
			case name == detect.Peers && r.Float64() < 0.05:
				o.Columns = []float64{math.NaN(), math.NaN()}
			default:
				res := d.Step(o)
				if i > train {
					require.False(t, math.IsNaN(res.Score), name)
					require.Less(t, res.Score, 75.0, "%s at %d, after a gap", name, i)
				}
				continue
			}
			res := d.Step(o)
			require.True(t, math.IsNaN(res.Score) && math.IsNaN(res.Rarity), name)
			require.Zero(t, res.Direction, name)
		}
	}
}

func TestNamedWithNothing(t *testing.T) {
	t.Parallel()
	for _, name := range byName() {
		d := made(specOf(name))
		for i := range 3 * perDay {
			res := d.Step(detect.Observation{Value: math.NaN(), Columns: beside(name, math.NaN(), math.NaN()), Phase: phase(i)})
			require.True(t, math.IsNaN(res.Score) && math.IsNaN(res.Expected), name)
		}
	}
}

// TestNamedConstants: a constant is never unusual, all zero least of all; the first change of a long constant is.
func TestNamedConstants(t *testing.T) {
	t.Parallel()
	for _, name := range scoredBySize() {
		for _, level := range []float64{0, 3e-4, -20, 1e99} {
			change := math.Max(math.Abs(level), 1) * 0.5
			d := made(specOf(name))
			for i := range train + perDay {
				x := level
				if i == train {
					x += change
				}
				res := d.Step(detect.Observation{Value: x, Columns: beside(name, level, 0), Phase: phase(i)})
				switch {
				case i == train:
					require.GreaterOrEqual(t, res.Score, 75.0, "%s: the first change of a constant %g", name, level)
					require.EqualValues(t, 1, res.Direction, name)
				case i >= seasonal.MinObservations:
					quiet := 25.0
					if (name == detect.Auto || name == light) && i > train && i < train+12 {
						quiet = 75 // it is still remembered for an hour
					}
					require.Less(t, res.Score, quiet, "%s at %d: a constant %g", name, i, level)
					require.InDelta(t, level, res.Expected, 1e-3*math.Abs(level)+1e-3*change, name)
				}
			}
		}
	}
	d := made(specOf(detect.RareZero))
	for i := range train {
		res := d.Step(detect.Observation{Phase: phase(i)})
		require.False(t, res.Score > 0, "always zero, at %d", i)
	}
}

// TestNamedHugeValues: whatever is still a number leaves numbers.
func TestNamedHugeValues(t *testing.T) {
	t.Parallel()
	for _, name := range byName() {
		r := rand.New(rand.NewPCG(5, 5))
		d := made(specOf(name))
		for i := range 6 * perDay {
			x := math.Pow(10, 200*r.Float64()-100)
			if i%3 == 0 {
				x = -x
			}
			res := d.Step(detect.Observation{Value: x, Columns: beside(name, -x, math.Abs(x)), Phase: phase(i)})
			if i < seasonal.MinObservations {
				continue
			}
			require.True(t, res.Score >= 0 && res.Score <= 100 && res.Rarity >= 0 && res.Rarity <= detect.MaxRarity, "%s at %d: %+v", name, i, res)
			require.False(t, math.IsNaN(res.Raw) || math.IsInf(res.Raw, 0), "%s at %d: %+v", name, i, res)
		}
	}
}

// TestNamedLongerPeriods: an hour, a day.
func TestNamedLongerPeriods(t *testing.T) {
	t.Parallel()
	for _, name := range byName() {
		for _, buckets := range []int{1, 24} {
			r := rand.New(rand.NewPCG(10, uint64(buckets)))
			spec := specOf(name)
			spec.BucketsPerDay = buckets
			d := made(spec)
			n := max(13*7*buckets, 200)
			for i := range n {
				usual := 1000 + 300*math.Sin(2*math.Pi*float64(i%buckets)/float64(buckets))
				x := usual + 20*r.NormFloat64()
				if i >= n-3 {
					x = 0
				}
				res := d.Step(detect.Observation{Value: x, Columns: beside(name, usual, 15), Phase: seasonal.Phase{Day: i % buckets, Week: i % (7 * buckets)}})
				if i > n/2 && i < n-3 {
					require.Less(t, res.Score, 75.0, "%s, %d buckets a day, at %d", name, buckets, i)
				}
				if i == n-1 {
					t.Logf("%s, %d a day: %.0f", name, buckets, res.Score)
					require.GreaterOrEqual(t, res.Score, 25.0, "%s, %d buckets a day", name, buckets)
				}
			}
		}
	}
}

// TestNamedSparseCounts: single errors now and then are no alarm each time, a burst is one; however rare the single ones are.
func TestNamedSparseCounts(t *testing.T) {
	t.Parallel()
	for _, name := range scoredBySize() {
		for _, rate := range []float64{0.005, 0.02, 0.2} {
			r := rand.New(rand.NewPCG(5, 5))
			d := made(named(name, counting()))
			critical := 0
			for i := range train + 14*perDay {
				x := poisson(r, rate)
				if i == train+13*perDay {
					x = 60
				}
				res := d.Step(detect.Observation{Value: x, Columns: beside(name, rate, rate), Phase: phase(i)})
				if i == train+13*perDay {
					require.GreaterOrEqual(t, res.Score, 75.0, "%s: a burst at a rate of %g", name, rate)
				} else if i >= train && res.Score >= 75 {
					critical++
					t.Logf("%s, %g: %d value %g score %.0f", name, rate, i-train, x, res.Score)
				}
			}
			require.LessOrEqual(t, critical, 2, "%s: single errors at a rate of %g", name, rate)
		}
	}
}
