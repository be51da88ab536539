package seasonal_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

// stormy draws a series with everything in it: rhythm, noise, gaps, level shifts, spikes and what is no number.
func stormy(t *rapid.T, perDay int) []float64 {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	out := make([]float64, rapid.SampledFrom([]int{1, 40, 3 * perDay, 9 * perDay, 25 * perDay}).Draw(t, "length"))
	noise := rapid.SampledFrom([]float64{0, 1, 50}).Draw(t, "noise")
	gaps := rapid.SampledFrom([]float64{0, 0.01, 0.5}).Draw(t, "gaps")
	level := 100.0
	for i := range out {
		x := level*(1+0.4*math.Sin(2*math.Pi*float64(i)/float64(perDay))) + noise*r.NormFloat64()
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
		out[i] = x
	}
	return out
}

func saved(m *seasonal.Model) []byte {
	var w state.Writer
	m.Save(&w)
	return w.Bytes()
}

func requireSameBits(t require.TestingT, a, b []float64) {
	require.Len(t, b, len(a))
	for i := range a {
		require.Equal(t, math.Float64bits(a[i]), math.Float64bits(b[i]), "entry %d: %v and %v", i, a[i], b[i])
	}
}

// Cut anywhere, saved and restored, the model goes on to the bit: in what it predicts, projects and saves again.
func TestRestoredModelContinues(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.SampledFrom([]int{1, 7, 24, 96, 288}).Draw(rt, "buckets a day")
		cfg := seasonal.Config{BucketsPerDay: n, Lower: math.Inf(-1), Upper: math.Inf(1)}
		at := func(i int) seasonal.Phase { return seasonal.Phase{Day: i % n, Week: i % (7 * n)} }
		values := stormy(rt, n)
		cut := rapid.IntRange(0, len(values)).Draw(rt, "cut")
		m := seasonal.New(cfg)
		for i, x := range values[:cut] {
			m.Update(x, at(i))
		}
		bytes := saved(m)
		r := state.NewReader(bytes)
		restored := seasonal.RestoreModel(cfg, r)
		require.NoError(rt, r.Close())
		require.Equal(rt, bytes, saved(restored))
		for i := cut; i < len(values); i++ {
			a, b := m.Predict(at(i)), restored.Predict(at(i))
			requireSameBits(rt, []float64{a.Mean, a.Lower, a.Upper, a.Scale, a.Baseline, a.BaselineScale, a.Other}, []float64{b.Mean, b.Lower, b.Upper, b.Scale, b.Baseline, b.BaselineScale, b.Other})
			require.Equal(rt, a.Away, b.Away)
			up, down := a.Tail(values[i])
			againUp, againDown := b.Tail(values[i])
			requireSameBits(rt, []float64{up, down}, []float64{againUp, againDown})
			m.Update(values[i], at(i))
			restored.Update(values[i], at(i))
		}
		require.Equal(rt, saved(m), saved(restored))
		ahead := make([]seasonal.Phase, 3*n)
		for i := range ahead {
			ahead[i] = at(len(values) + i)
		}
		requireSameBits(rt, m.Project(ahead, 0).Upper, restored.Project(ahead, 0).Upper)
	})
}

// A state of a month is small, and one of another configuration or version is refused.
func TestModelStateIsSmallAndItsOwn(t *testing.T) {
	k := kinds()[0]
	m := seasonal.New(k.cfg)
	learn(m, k.generate(1, 35*perDay), 0)
	bytes := saved(m)
	t.Logf("figure model_state %d bytes", len(bytes))
	require.Less(t, len(bytes), 10_000)
	other := k.cfg
	other.BucketsPerDay = 96
	newer := append([]byte(nil), bytes...)
	newer[0]++
	for name, c := range map[string]struct {
		cfg   seasonal.Config
		bytes []byte
	}{"another grid": {other, bytes}, "another version": {k.cfg, newer}, "cut": {k.cfg, bytes[:len(bytes)/2]}, "empty": {k.cfg, nil}} {
		r := state.NewReader(c.bytes)
		seasonal.RestoreModel(c.cfg, r)
		require.ErrorIs(t, r.Close(), state.ErrDamaged, name)
	}
}

// Any bytes are refused or make a model that can be used; nothing panics.
func FuzzRestoreModel(f *testing.F) {
	cfg := seasonal.Config{BucketsPerDay: 4, Lower: math.Inf(-1), Upper: math.Inf(1)}
	at := func(i int) seasonal.Phase { return seasonal.Phase{Day: i % 4, Week: i % 28} }
	for _, n := range []int{0, 20, 40, 300} {
		m := seasonal.New(cfg)
		for i := range n {
			m.Update(float64(i%7), at(i))
		}
		f.Add(saved(m))
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		r := state.NewReader(bytes)
		m := seasonal.RestoreModel(cfg, r)
		for i := range 100 {
			m.Predict(at(i)).Tail(float64(i))
			m.Update(float64(i*i%11), at(i))
		}
		m.Project([]seasonal.Phase{at(0), at(1)}, 0)
	})
}
