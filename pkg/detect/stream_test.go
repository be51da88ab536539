package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// same compares bit by bit: NaN equals NaN.
func same(a, b detect.Result) bool {
	bits := math.Float64bits
	return bits(a.Expected) == bits(b.Expected) && bits(a.Lower) == bits(b.Lower) && bits(a.Upper) == bits(b.Upper) &&
		bits(a.Score) == bits(b.Score) && a.Direction == b.Direction
}

// stormy draws a series with everything in it: rhythm, noise, gaps, jumps, spikes and what is no number.
func stormy(t *rapid.T) []detect.Observation {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	n := rapid.IntRange(1, 20*perDay).Draw(t, "length")
	noise := rapid.Float64Range(0, 50).Draw(t, "noise")
	gaps := rapid.Float64Range(0, 0.5).Draw(t, "gaps")
	obs := make([]detect.Observation, n)
	level := 100.0
	for i := range obs {
		x := level*rhythm(i) + noise*r.NormFloat64()
		switch u := r.Float64(); {
		case u < gaps:
			x = math.NaN()
		case u > 0.999:
			x *= 1e6
		case u > 0.998:
			level = 500 * r.Float64()
		case u > 0.997:
			x = math.Inf(-1)
		}
		obs[i] = detect.Observation{Value: x, Phase: phase(i)}
	}
	return obs
}

// TestNoLookAhead: cut anywhere, what was scored before the cut is the same to the bit.
func TestNoLookAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := stormy(t)
		cut := rapid.IntRange(0, len(obs)).Draw(t, "cut")
		full, prefix := detect.NewSeasonal(unbounded()), detect.NewSeasonal(unbounded())
		whole := make([]detect.Result, len(obs))
		for i, o := range obs {
			whole[i] = full.Step(o)
		}
		for i, o := range obs[:cut] {
			if got := prefix.Step(o); !same(got, whole[i]) {
				t.Fatalf("at %d of %d: %+v with the future, %+v without", i, cut, whole[i], got)
			}
		}
	})
}

// TestCloneContinues: a clone goes on exactly as the original, and neither disturbs the other.
func TestCloneContinues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := stormy(t)
		cut := rapid.IntRange(0, len(obs)).Draw(t, "cut")
		d := detect.NewSeasonal(unbounded())
		for _, o := range obs[:cut] {
			d.Step(o)
		}
		clone := d.Clone()
		disturbed := clone.Clone()
		for i := range perDay {
			disturbed.Step(detect.Observation{Value: 1e9 * float64(i), Phase: phase(i)})
		}
		for i, o := range obs[cut:] {
			if a, b := d.Step(o), clone.Step(o); !same(a, b) {
				t.Fatalf("%d after the clone: %+v and %+v", i, a, b)
			}
		}
	})
}

func TestScoresAreSane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := stormy(t)
		d := detect.NewSeasonal(counting())
		for i, o := range obs {
			res := d.Step(o)
			if math.IsNaN(res.Score) {
				if res.Direction != 0 {
					t.Fatalf("a direction without a score at %d", i)
				}
				continue
			}
			if res.Score < 0 || res.Score > 100 || (res.Score < 25) != (res.Direction == 0) {
				t.Fatalf("at %d: %+v", i, res)
			}
			if !(0 <= res.Lower && res.Lower <= res.Expected && res.Expected <= res.Upper) || math.IsInf(res.Upper, 0) {
				t.Fatalf("at %d: %+v", i, res)
			}
		}
	})
}

func TestStepAllocatesNothing(t *testing.T) {
	k := kinds()[0]
	obs := k.generate(rand.New(rand.NewPCG(1, 1)), train)
	d := detect.NewSeasonal(k.config())
	i := 0
	require.Zero(t, testing.AllocsPerRun(train-1, func() {
		d.Step(obs[i])
		i++
	}))
}

// TestStateIsSmall bounds what a kept series costs: what stands in the structures, and the profiles beside them.
func TestStateIsSmall(t *testing.T) {
	d := detect.NewSeasonal(unbounded())
	size := int(unsafe.Sizeof(*d)) + int(unsafe.Sizeof(*d.Model())) + perDay*10 + 7*24*10 + 2*24*8
	t.Logf("%d bytes", size)
	require.Less(t, size, 20_000)
}
