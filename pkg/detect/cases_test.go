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

// TestHabitualChange: a number of hosts that changes now and then is no alarm each time.
func TestHabitualChange(t *testing.T) {
	eachSeasonal(t, func(t *testing.T, name string) {
		r := rand.New(rand.NewPCG(4, 4))
		hosts, left := 3.0, 0
		out := play(made(named(name, counting())), train+14*perDay, func(int) float64 {
			if left--; left <= 0 {
				hosts, left = 3, 20
				if r.Float64() < 0.1 {
					hosts, left = 4, 6
				}
			}
			return hosts
		})
		require.Zero(t, count(out[train:], 75))
	})
}

func TestPercentagesAtTheirLimits(t *testing.T) {
	eachSeasonal(t, func(t *testing.T, name string) {
		r := rand.New(rand.NewPCG(6, 6))
		saturated := func(i int) float64 { // a processor that is full half of the day
			return math.Min(math.Max(90+60*math.Sin(2*math.Pi*float64(i)/perDay)+4*r.NormFloat64(), 0), 100)
		}
		out := play(made(named(name, percent())), train+14*perDay, saturated)
		require.LessOrEqual(t, count(out[train:], 75), 1)
		for _, res := range out[seasonal.MinObservations:] {
			require.True(t, res.Lower >= 0 && res.Upper <= 100 && res.Lower <= res.Expected && res.Expected <= res.Upper)
		}
		idle := func(i int) float64 { // one that does nothing, but for a while
			if i >= train+100 && i < train+106 {
				return 40
			}
			return 0
		}
		out = play(made(named(name, percent())), train+perDay, idle)
		require.GreaterOrEqual(t, highest(out[train+100:train+106]), 75.0)
		require.EqualValues(t, 1, out[train+100].Direction)
	})
}

// TestAvailability: a long 100 that breaks is critical at once, and no more than a shape's after-effect is left when it is back.
func TestAvailability(t *testing.T) {
	eachSeasonal(t, func(t *testing.T, name string) {
		out := play(made(named(name, percent())), train+perDay, func(i int) float64 {
			if i >= train+100 && i < train+106 {
				return 60
			}
			return 100
		})
		require.Zero(t, highest(out[:train+100]))
		require.GreaterOrEqual(t, out[train+100].Score, 75.0)
		require.EqualValues(t, -1, out[train+100].Direction)
		require.Less(t, highest(out[train+106:]), 75.0)
		require.Less(t, highest(out[train+106+12:]), 25.0)
	})
}

// TestLevelShift: up and down, found at once, an anomaly for hours, and after some days the new level.
func TestLevelShift(t *testing.T) {
	k := kinds()[0]
	obs := k.generate(rand.New(rand.NewPCG(7, 7)), train+14*perDay)
	for _, shift := range []float64{80, -35} {
		eachSeasonal(t, func(t *testing.T, name string) {
			out := play(made(k.spec(name)), len(obs), func(i int) float64 {
				if i >= train+144 { // at noon
					return obs[i].Value + shift
				}
				return obs[i].Value
			})
			require.GreaterOrEqual(t, highest(out[train+144:train+147]), 50.0, "at once")
			require.GreaterOrEqual(t, count(out[train+144:train+144+12], 25), 6, "for an hour")
			require.EqualValues(t, math.Copysign(1, shift), out[train+145].Direction)
			last := out[train+4*perDay:]
			require.Zero(t, count(last, 75), "after some days it is the new level")
			require.LessOrEqual(t, count(last, 50), 2)
			require.InDelta(t, obs[train+6*perDay].Value+shift, out[train+6*perDay].Expected, 25)
		})
	}
}

func TestReturnToTheFormerLevelIsQuiet(t *testing.T) {
	k := kinds()[0]
	obs := k.generate(rand.New(rand.NewPCG(8, 8)), train+7*perDay)
	eachSeasonal(t, func(t *testing.T, name string) {
		end := train + 20*12
		out := play(made(k.spec(name)), len(obs), func(i int) float64 {
			if i >= train && i < end {
				return obs[i].Value + 80
			}
			return obs[i].Value
		})
		require.Zero(t, count(out[end+12:], 75), "an hour after the step back")
		require.InDelta(t, k.scale*rhythm(end+6), out[end+6].Expected, 15)
	})
}

// TestAnotherScaleChangesNoScore: bytes or gigabytes.
func TestAnotherScaleChangesNoScore(t *testing.T) {
	k := kinds()[2]
	obs := k.generate(rand.New(rand.NewPCG(9, 9)), train/2)
	eachSeasonal(t, func(t *testing.T, name string) {
		a := play(made(specOf(name)), len(obs), func(i int) float64 { return obs[i].Value })
		b := play(made(specOf(name)), len(obs), func(i int) float64 { return obs[i].Value * (1 << 20) })
		for i := range a {
			if !math.IsNaN(a[i].Score) {
				require.InDelta(t, a[i].Score, b[i].Score, 1e-6)
			}
		}
	})
}

// TestCountersThatReset: a counter that climbs and begins anew now and then is no alarm each time; the first reset of one that never did, is.
// It is about auto, which learns the habit: seasonal_robust promises no such thing and reports most resets of a sawtooth of days.
func TestCountersThatReset(t *testing.T) {
	each(t, []string{detect.Auto, light}, func(t *testing.T, name string) {
		r := rand.New(rand.NewPCG(12, 1))
		total := 0.0
		out := play(made(named(name, counting())), train+14*perDay, func(i int) float64 {
			if total += 5 + poisson(r, 5); r.Float64() < 1.0/(2*perDay) {
				total = 0
			}
			return total
		})
		require.LessOrEqual(t, count(out[train:], 75), 2, "resets every other day")
		total = 0
		out = play(made(named(name, counting())), train+perDay, func(i int) float64 {
			if total += 5 + poisson(r, 5); i == train {
				total = 0
			}
			return total
		})
		require.GreaterOrEqual(t, out[train].Score, 75.0)
		require.EqualValues(t, -1, out[train].Direction)
	})
}
