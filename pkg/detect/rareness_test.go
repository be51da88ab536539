package detect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// learnt is the distribution of n draws.
func learnt(n int, draw func() float64) (*rareness, []float64) {
	h := newRareness(1e9)
	all := make([]float64, n)
	for i := range all {
		all[i] = draw()
		h.learn(all[i], h.p(all[i]), false)
	}
	return &h, all
}

// TestRarenessIsAProbability: within [0, 1], and never larger for what is farther out on the same side.
func TestRarenessIsAProbability(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		scale := math.Pow(10, rapid.Float64Range(-3, 5).Draw(t, "scale"))
		kind := rapid.IntRange(0, 2).Draw(t, "kind")
		h, _ := learnt(rapid.IntRange(0, 3000).Draw(t, "n"), func() float64 {
			switch kind {
			case 0:
				return scale * r.NormFloat64()
			case 1:
				return scale * float64(r.IntN(3))
			}
			return scale * r.NormFloat64() / math.Sqrt(r.Float64())
		})
		for _, sign := range []float64{1, -1} {
			before := 1.0
			for z := 1e-3; z <= extreme; z *= 1.07 {
				p := h.p(sign * z)
				require.True(t, p >= 0 && p <= 1, "p of %g is %g", sign*z, p)
				require.LessOrEqual(t, p, before+1e-9, "at %g", sign*z)
				before = p
			}
		}
	})
}

// TestRarenessIsTheShare: on many samples it is the exact empirical share of what lies as far out.
func TestRarenessIsTheShare(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	h, all := learnt(100_000, func() float64 { return r.NormFloat64() + 0.3 })
	slices.Sort(all)
	for bin := 2; bin < 42; bin++ { // 0.08 to 2.3, in the middle of each bin
		z := math.Exp2(rarenessLowest + (float64(bin)+0.5)/rarenessPerOctave)
		up, _ := slices.BinarySearch(all, z)
		down, _ := slices.BinarySearch(all, -z)
		require.InEpsilon(t, float64(len(all)-up)/float64(len(all)), h.p(z), 0.06, "z of %g", z)
		require.InEpsilon(t, float64(down)/float64(len(all)), h.p(-z), 0.12, "z of %g", -z)
	}
}

// TestRarenessExtrapolates: a Pareto tail goes on with its exponent, far beyond what was seen.
func TestRarenessExtrapolates(t *testing.T) {
	for _, shape := range []float64{2, 3, 5} {
		r := rand.New(rand.NewPCG(2, 2))
		h, _ := learnt(50_000, func() float64 { return math.Pow(r.Float64(), -1/shape) })
		slope := math.Log(h.p(1e3)/h.p(1e4)) / math.Log(10)
		require.InEpsilon(t, shape, slope, 0.15)
		require.InEpsilon(t, math.Pow(1e3, -shape), h.p(1e3), 1.5, "shape %g", shape)
	}
}

// TestRarenessForgets: what was the rule a memory ago is not counted any more.
func TestRarenessForgets(t *testing.T) {
	h := newRareness(500)
	for range 2000 {
		h.learn(1, h.p(1), false)
	}
	require.Greater(t, h.p(1), 0.3)
	for range 10_000 {
		h.learn(-1, h.p(-1), false)
	}
	require.Less(t, h.p(1), 0.01)
	require.Less(t, h.weight, 1.1e6)
}

func TestRarenessSaved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		h := newRareness(rapid.Float64Range(20, 5000).Draw(t, "memory"))
		scale := math.Pow(10, rapid.Float64Range(-3, 5).Draw(t, "scale"))
		for range rapid.IntRange(0, 5000).Draw(t, "n") {
			z := scale * r.NormFloat64()
			h.learn(z, h.p(z), r.Float64() < 0.01)
		}
		var w state.Writer
		h.save(&w)
		restored := h
		clear(restored.counts[0][:])
		reader := state.NewReader(w.Bytes())
		restored.restore(reader)
		require.NoError(t, reader.Close())
		require.Equal(t, h, restored)
		cut := rapid.IntRange(0, len(w.Bytes())-1).Draw(t, "cut")
		reader = state.NewReader(w.Bytes()[:cut])
		restored.restore(reader)
		require.ErrorIs(t, reader.Close(), state.ErrDamaged)
	})
}

// TestSparseCountsSaved: any counts come back, and few take few bytes.
func TestSparseCountsSaved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.SampledFrom([]float32{0, 0, 0, 1, 2.5}), 1, 300).Draw(t, "counts")
		var w state.Writer
		saveSparse(&w, counts)
		got := make([]float32, len(counts))
		reader := state.NewReader(w.Bytes())
		restoreSparse(reader, got)
		require.NoError(t, reader.Close())
		require.Equal(t, counts, got)
	})
	var w state.Writer
	saveSparse(&w, make([]float32, rarenessBins))
	require.Less(t, len(w.Bytes()), 5)
}

// TestCalmIsMonotone: what the channels say louder together is rarer; and a series that says as much often is told apart from a calm one.
func TestCalmIsMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	calm, wild := newCalm(4000), newCalm(4000)
	for range 4000 {
		calm.learn(0.5*r.ExpFloat64(), false)
		joint := 0.5 * r.ExpFloat64()
		if r.Float64() < 0.05 {
			joint = 6 + r.Float64()
		}
		wild.learn(joint, false)
	}
	before := 0.0
	for joint := 0.0; joint <= channelCap; joint += 0.01 {
		rarity := calm.rarity(joint)
		require.True(t, rarity >= before-1e-9 && rarity <= MaxRarity, "at %g", joint)
		before = rarity
		require.LessOrEqual(t, wild.rarity(joint), rarity+0.2, "at %g", joint)
	}
	require.Greater(t, calm.rarity(6), wild.rarity(6)+0.5)

	var w state.Writer
	wild.save(&w)
	restored := newCalm(4000)
	reader := state.NewReader(w.Bytes())
	restored.restore(reader)
	require.NoError(t, reader.Close())
	require.Equal(t, wild, restored)
	damaged := append([]byte(nil), w.Bytes()...)
	damaged[len(damaged)/2] ^= 0xff
	restored.restore(state.NewReader(damaged))
	require.False(t, math.IsNaN(restored.rarity(3)))
}

// TestRobustMean follows a level that stays, is hardly moved by an outlier, and begins to live when a constant does.
func TestRobustMean(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var m robustMean
	n := 0.0
	learn := func(count int, draw func() float64) {
		for range count {
			n++
			m.learn(draw(), n)
		}
	}
	learn(5000, func() float64 { return 10 + r.NormFloat64() })
	require.InDelta(t, 10, m.mean, 0.2)
	require.InDelta(t, 1, m.deviation, 0.1)
	learn(1, func() float64 { return 1e6 })
	require.InDelta(t, 10, m.mean, 0.2)

	m, n = robustMean{}, 0
	learn(1000, func() float64 { return 7 })
	require.Zero(t, m.standardise(7))
	require.InDelta(t, extreme, m.standardise(8), 1)
	learn(10_000, func() float64 { return 20 + r.NormFloat64() })
	require.InDelta(t, 20, m.mean, 0.5, "it is not held by a deviation of none")
	require.InDelta(t, 1, m.deviation, 0.3)
}
