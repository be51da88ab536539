//go:build !race

// It plays weeks of points to detectors, each in one goroutine: the race detector would find nothing and take ten times as long.

package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// TestGapsHarmNothing: a third of the buckets missing and then a whole two days, in every way in which a value can be none.
func TestGapsHarmNothing(t *testing.T) {
	eachSeasonal(t, func(t *testing.T, name string) {
		k := kinds()[0]
		obs := k.generate(rand.New(rand.NewPCG(2, 2)), train+7*perDay)
		odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 2 * seasonal.MaxMagnitude}
		r := rand.New(rand.NewPCG(3, 3))
		d := made(k.spec(name))
		for i, o := range obs {
			if r.Float64() < 0.3 || i > train && i < train+2*perDay {
				o.Value = odd[i%len(odd)]
				res := d.Step(o)
				require.True(t, math.IsNaN(res.Score) && math.IsNaN(res.Rarity))
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
	})
}

// TestIrregularArrival: one bucket in three has a value, in no order. What is unusual is found all the same.
func TestIrregularArrival(t *testing.T) {
	eachSeasonal(t, func(t *testing.T, name string) {
		k := kinds()[0]
		obs := k.generate(rand.New(rand.NewPCG(2, 3)), train+7*perDay)
		r := rand.New(rand.NewPCG(3, 4))
		d := made(k.spec(name))
		critical := 0
		for i, o := range obs {
			switch {
			case i == train+5*perDay+100:
				o.Value += 80
				require.GreaterOrEqual(t, d.Step(o).Score, 75.0)
				continue
			case r.Float64() < 2.0/3:
				o.Value = math.NaN()
			}
			if d.Step(o).Score >= 75 && i >= train {
				critical++
			}
		}
		require.LessOrEqual(t, critical, 1)
	})
}

// TestQuietStretches: inside a planned event nothing is scored; after it all is as if those buckets had had no value.
func TestQuietStretches(t *testing.T) {
	eachSeasonal(t, func(t *testing.T, name string) {
		k := kinds()[0]
		obs := k.generate(rand.New(rand.NewPCG(4, 4)), train+3*perDay)
		planned, missing := made(k.spec(name)), made(k.spec(name))
		for i, o := range obs {
			p, m := o, o
			if i >= train && i < train+perDay || i == 500 {
				p.Value, p.Quiet = 10*o.Value, true
				m.Value = math.NaN()
			}
			a, b := planned.Step(p), missing.Step(m)
			require.True(t, alike(a, b), "at %d: %+v and %+v", i, a, b)
			require.Equal(t, p.Quiet, i > 32 && math.IsNaN(a.Score))
			require.False(t, i >= train && a.Score >= 75)
		}
		require.Equal(t, detect.Save(missing), detect.Save(planned), "nothing was learnt")
	})
}

// newYork is the phase of a 5-minute bucket by the wall clock of a zone with daylight saving time, as package analysis finds it.
func newYork(t *testing.T) func(time.Time) seasonal.Phase {
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	return func(at time.Time) seasonal.Phase {
		local := at.In(zone)
		bucket := (local.Hour()*60 + local.Minute()) / 5
		return seasonal.Phase{Day: bucket, Week: (int(local.Weekday())+6)%7*perDay + bucket}
	}
}

// TestClockChanges: a season by wall clock through a day of 23 and a day of 25 hours.
func TestClockChanges(t *testing.T) {
	phaseOf := newYork(t)
	for change, day := range map[string]time.Time{
		"spring": time.Date(2025, 3, 9, 5, 0, 0, 0, time.UTC), "autumn": time.Date(2025, 11, 2, 4, 0, 0, 0, time.UTC),
	} {
		eachSeasonal(t, func(t *testing.T, name string) {
			r := rand.New(rand.NewPCG(5, 5))
			d := made(named(name, counting()))
			for i := range train + 4*perDay {
				at := day.Add(time.Duration(i-train) * 5 * time.Minute)
				ph := phaseOf(at)
				o := detect.Observation{Value: 100*rhythm(ph.Week) + 5*r.NormFloat64(), Phase: ph}
				res := d.Step(o)
				if i >= train {
					require.Less(t, res.Score, 75.0, "%s, %v", change, at)
					require.InDelta(t, 100*rhythm(ph.Week), res.Expected, 25, "%s, %v", change, at)
				}
			}
		})
	}
}

// TestMagnitudes: nothing depends on the unit, down to a billionth and up to a million million.
func TestMagnitudes(t *testing.T) {
	for _, unit := range []float64{1e-9, 1e-3, 1, 1e12, 1e90} {
		eachSeasonal(t, func(t *testing.T, name string) {
			r := rand.New(rand.NewPCG(6, 6))
			out := play(made(specOf(name)), train+100, func(i int) float64 {
				x := 1 + 0.05*r.NormFloat64()
				if i == train+50 {
					x = 20
				}
				return unit * x
			})
			require.GreaterOrEqual(t, out[train+50].Score, 75.0, "a unit of %g", unit)
			require.EqualValues(t, 1, out[train+50].Direction)
			require.LessOrEqual(t, count(out[train/2:train], 75), 1, "a unit of %g", unit)
			require.InDelta(t, unit, out[train+20].Expected, 0.2*unit)
		})
	}
}

// TestNothingBeforeTheFirstTraffic: a metric that was zero for hours before it lived has as good a detector as any.
func TestNothingBeforeTheFirstTraffic(t *testing.T) {
	eachSeasonal(t, func(t *testing.T, name string) {
		k := kinds()[0]
		obs := k.generate(rand.New(rand.NewPCG(8, 1)), train+10)
		for i := range 100 {
			obs[i].Value = 0
		}
		obs[train].Value += 80
		out := play(made(k.spec(name)), len(obs), func(i int) float64 { return obs[i].Value })
		require.GreaterOrEqual(t, out[train].Score, 75.0)
		require.LessOrEqual(t, count(out[train/2:train], 75), 1)
	})
}

// TestAMillionPoints: nine years and a half. The last points cost what the first ones do, and no more is held.
func TestAMillionPoints(t *testing.T) {
	const n = 1_000_000
	eachSeasonal(t, func(t *testing.T, name string) {
		k := kinds()[0]
		obs := k.generate(rand.New(rand.NewPCG(7, 7)), 14*perDay)
		d := made(k.spec(name))
		var size int
		critical := 0
		for i := range n {
			o := obs[i%len(obs)]
			o.Value += float64(i%1009) / 1009
			res := d.Step(o)
			if i == n/10 {
				size = d.Size()
			}
			if i >= n/2 {
				require.False(t, math.IsNaN(res.Score))
				if res.Score >= 75 {
					critical++
				}
			}
		}
		require.LessOrEqual(t, critical, 1+n/2/(10*7*perDay))
		require.InEpsilon(t, size, d.Size(), 0.15, "memory is constant")
		saved := detect.Save(d)
		_, err := detect.Restore(k.spec(name), saved)
		require.NoError(t, err, "after the weights were rescaled many times")
	})
}
