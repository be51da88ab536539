package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

func forestSpec(columns int, parameters map[string]float64) detect.Spec {
	return detect.Spec{
		Name: detect.RandomCutForest, BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1),
		Columns: columns, Parameters: parameters,
	}
}

func newForest(t require.TestingT, s detect.Spec) detect.Detector {
	d, err := detect.New(s)
	require.NoError(t, err)
	return d
}

func TestForestColdStart(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	jump := func(i int) float64 {
		if i == perDay {
			return 1e6
		}
		return 100 + r.NormFloat64()
	}
	out := play(newForest(t, forestSpec(0, nil)), 2*perDay, jump)
	for i, res := range out[:32] {
		require.True(t, math.IsNaN(res.Score), "a score at %d", i)
		require.Zero(t, res.Raw)
	}
	for i, res := range out[32:] {
		require.False(t, math.IsNaN(res.Score), "no score at %d", i)
		require.Positive(t, res.Raw)
	}
	require.GreaterOrEqual(t, out[perDay].Score, 50.0)
	require.Less(t, out[perDay].Score, 75.0, "critical on a day of history")
	require.EqualValues(t, 1, out[perDay].Direction)
	require.InDelta(t, 100, out[perDay].Expected, 1)
	require.InDelta(t, 97, out[perDay].Lower, 2)
	require.InDelta(t, 103, out[perDay].Upper, 2)
}

func TestForestOutliersAndTheirDirection(t *testing.T) {
	t.Parallel()
	for _, parameters := range []map[string]float64{nil, {"shingleSize": 4, "numberOfTrees": 30}, {"withDirectionality": 0}} {
		r := rand.New(rand.NewPCG(2, 2))
		value := func(i int) float64 {
			switch i {
			case train:
				return 30
			case train + 100:
				return -30
			}
			return 3*math.Sin(2*math.Pi*float64(i)/perDay) + r.NormFloat64()
		}
		out := play(newForest(t, forestSpec(0, parameters)), train+200, value)
		require.GreaterOrEqual(t, out[train].Score, 75.0)
		require.GreaterOrEqual(t, out[train+100].Score, 75.0)
		directed := int8(1)
		if _, off := parameters["withDirectionality"]; off {
			directed = 0
		}
		require.Equal(t, directed, out[train].Direction)
		require.Equal(t, -directed, out[train+100].Direction)
		if parameters["shingleSize"] == 4 {
			for _, at := range []int{train + 1, train + 2, train + 3, train + 101} {
				require.Less(t, out[at].Score, 25.0, "an after-effect at %d", at-train)
				require.Greater(t, out[at].Raw, 1.0, "which the raw score shows")
			}
		}
	}
}

func TestForestConstantsThenTheFirstChange(t *testing.T) {
	t.Parallel()
	for _, level := range []float64{0, 1, 7e11, -20, 3e-9} {
		out := play(newForest(t, forestSpec(0, nil)), train+20, func(i int) float64 {
			if i == train {
				return level + math.Max(math.Abs(level)/2, 1e-9)
			}
			return level
		})
		require.Zero(t, highest(out[:train]), "a constant is never unusual")
		require.GreaterOrEqual(t, out[train].Score, 75.0)
		require.EqualValues(t, 1, out[train].Direction)
		require.Less(t, highest(out[train+1:]), 25.0)
		require.InDelta(t, level, out[train].Expected, 1e-6*math.Abs(level))
	}
}

func TestForestGapsAndQuiet(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	d := newForest(t, forestSpec(1, map[string]float64{"numberOfTrees": 20, "shingleSize": 3}))
	draw := func() detect.Observation {
		return detect.Observation{Value: r.NormFloat64(), Columns: []float64{r.NormFloat64()}}
	}
	for range 1000 {
		d.Step(draw())
	}
	before := detect.Save(d)
	nan := math.NaN()
	gaps := []detect.Observation{
		{Value: nan, Columns: []float64{1}}, {Value: 1, Columns: []float64{nan}}, {Value: math.Inf(1), Columns: []float64{1}},
		{Value: 1}, {Value: 1, Columns: []float64{1, 2}}, {Value: 1e6, Columns: []float64{1}, Quiet: true},
	}
	for _, gap := range gaps {
		for range 4 {
			res := d.Step(gap)
			require.True(t, math.IsNaN(res.Score) && math.IsNaN(res.Rarity))
			require.Zero(t, res.Raw)
			require.Nil(t, d.Explain(gap).Columns)
		}
	}
	require.Less(t, len(detect.Save(d)), len(before)+1, "nothing was learnt")
	for range 2 {
		require.True(t, math.IsNaN(d.Step(draw()).Score), "a shape across the gap")
	}
	require.False(t, math.IsNaN(d.Step(draw()).Score))
}

// TestForestOfTwoMetrics: each is ordinary by itself, and they have never been so together.
func TestForestOfTwoMetrics(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	joint := newForest(t, forestSpec(1, nil))
	alone := newForest(t, forestSpec(0, nil))
	step := func(a, b float64) (together, single detect.Result) {
		return joint.Step(detect.Observation{Value: a, Columns: []float64{b}}), alone.Step(detect.Observation{Value: a})
	}
	for i := range train {
		load := 50 + 40*math.Sin(2*math.Pi*float64(i)/perDay)
		step(load+2*r.NormFloat64(), load+2*r.NormFloat64())
	}
	e := joint.Explain(detect.Observation{Value: 15, Columns: []float64{85}})
	together, single := step(15, 85)
	require.GreaterOrEqual(t, together.Score, 75.0)
	require.EqualValues(t, -1, together.Direction)
	require.Less(t, single.Score, 25.0)
	require.Equal(t, together, e.Result)
	require.Len(t, e.Columns, 2)
	require.EqualValues(t, -1, e.Columns[0].Direction)
	require.EqualValues(t, 1, e.Columns[1].Direction)
}

// TestForestOfDifferentUnits: a share of a processor and bytes, of which each has its outlier found.
func TestForestOfDifferentUnits(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	d := newForest(t, forestSpec(2, nil))
	for range train {
		d.Step(detect.Observation{Value: 30 + r.NormFloat64(), Columns: []float64{3e9 + 2e8*r.NormFloat64(), 0.01 + 0.001*r.NormFloat64()}})
	}
	for c, odd := range []detect.Observation{
		{Value: 45, Columns: []float64{3e9, 0.01}}, {Value: 30, Columns: []float64{7e9, 0.01}}, {Value: 30, Columns: []float64{3e9, 0.03}},
	} {
		e := d.Explain(odd)
		require.GreaterOrEqual(t, e.Score, 75.0, "column %d", c)
		require.Greater(t, e.Columns[c].High, 0.8*e.Raw)
	}
}

func TestForestExplains(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	d := newForest(t, forestSpec(3, map[string]float64{"numberOfTrees": 40, "shingleSize": 2}))
	row := func(bad int) detect.Observation {
		v := make([]float64, 4)
		for i := range v {
			v[i] = r.NormFloat64()
		}
		if bad >= 0 {
			v[bad] = 15
		}
		return detect.Observation{Value: v[0], Columns: v[1:]}
	}
	for range 2000 {
		d.Step(row(-1))
	}
	saved := detect.Save(d)
	for bad := range 4 {
		o := row(bad)
		e := d.Explain(o)
		require.Equal(t, d.Clone().Step(o), e.Result)
		sum := 0.0
		for _, a := range e.Columns {
			sum += a.High + a.Low
			if a.Column != bad {
				require.Greater(t, e.Columns[bad].High, 4*(a.High+a.Low))
			}
		}
		require.InDelta(t, e.Raw, sum, 1e-9)
		require.EqualValues(t, 1, e.Columns[bad].Direction)
		require.Greater(t, e.Columns[bad].Strength, 0.9)
		require.True(t, e.Strength > 0 && e.Strength <= 1)
		require.Equal(t, "forest", e.Channels[0].Name)
	}
	require.Equal(t, saved, detect.Save(d), "to explain is not to learn")
}

func TestForestParametersHaveLimits(t *testing.T) {
	t.Parallel()
	for _, bad := range []map[string]float64{
		{"numberOfTrees": 0}, {"numberOfTrees": 1001}, {"subSampleSize": 9}, {"shingleSize": 31}, {"shingleSize": 1.5}, {"timeDecay": 0}, {"withDirectionality": 2},
		{"trees": 5}, {"numberOfTrees": 1000, "subSampleSize": 1000, "shingleSize": 30},
	} {
		_, err := detect.New(forestSpec(0, bad))
		require.Error(t, err, "%v", bad)
	}
	_, err := detect.New(forestSpec(32, nil))
	require.ErrorContains(t, err, "31")
	newForest(t, forestSpec(31, nil))
}

// TestForestSaveContinues: restored or cloned it goes on to the bit, and a damaged state is an error.
func TestForestSaveContinues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := forestSpec(rapid.IntRange(0, 2).Draw(t, "columns"), map[string]float64{
			"numberOfTrees": 5, "subSampleSize": 20, "timeDecay": 100, "shingleSize": float64(rapid.IntRange(1, 4).Draw(t, "shingle")),
		})
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		draw := func() detect.Observation {
			o := detect.Observation{Value: float64(r.IntN(4)) + 0.1*r.NormFloat64(), Columns: make([]float64, s.Columns)}
			for i := range o.Columns {
				o.Columns[i] = r.NormFloat64()
			}
			switch u := r.Float64(); {
			case u < 0.02:
				o.Value = math.NaN()
			case u < 0.05:
				o.Value *= 1e3
			case u < 0.06:
				o.Quiet = true
			}
			return o
		}
		d := newForest(t, s)
		for range rapid.IntRange(0, 800).Draw(t, "length") {
			d.Step(draw())
		}
		saved := detect.Save(d)
		restored, err := detect.Restore(s, saved)
		require.NoError(t, err)
		clone := d.Clone()
		clone.Clone().Step(detect.Observation{Value: 1e9, Columns: make([]float64, s.Columns)})
		for i := range 200 {
			o := draw()
			want := d.Step(o)
			for name, other := range map[string]detect.Detector{"restored": restored, "clone": clone} {
				got := other.Step(o)
				require.True(t, alike(want, got), "%s at %d: %+v and %+v", name, i, want, got)
			}
		}
		require.Equal(t, detect.Save(d), detect.Save(restored))
		cut := rapid.IntRange(0, len(saved)-1).Draw(t, "cut")
		_, err = detect.Restore(s, saved[:cut])
		require.ErrorIs(t, err, state.ErrDamaged)
	})
}

func TestForestStepAllocatesNothing(t *testing.T) {
	k := kinds()[0]
	obs := k.generate(rand.New(rand.NewPCG(1, 1)), 2*train)
	d := newForest(t, forestSpec(0, map[string]float64{"numberOfTrees": 30, "shingleSize": 4, "timeDecay": 2560}))
	for _, o := range obs[:train] {
		d.Step(o)
	}
	i := train
	require.Zero(t, testing.AllocsPerRun(train/2, func() {
		d.Step(obs[i])
		i++
	}))
	t.Logf("%d bytes resident, %d saved", d.Size(), len(detect.Save(d)))
}

func BenchmarkForestStep(b *testing.B) {
	for name, parameters := range map[string]map[string]float64{"defaults": nil, "30 trees, shingle 4": {"numberOfTrees": 30, "shingleSize": 4, "timeDecay": 2560}} {
		b.Run(name, func(b *testing.B) {
			obs := kinds()[0].generate(rand.New(rand.NewPCG(1, 1)), train)
			d := newForest(b, forestSpec(0, parameters))
			for _, o := range obs {
				d.Step(o)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				d.Step(obs[i%len(obs)])
			}
			b.ReportMetric(float64(len(detect.Save(d))), "saved-bytes")
		})
	}
}
