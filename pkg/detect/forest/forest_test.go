package forest_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/detect/forest"
	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

func newForest(t require.TestingT, cfg forest.Config) *forest.Forest {
	f, err := forest.New(cfg)
	require.NoError(t, err)
	return f
}

// rows of noise with a daily rhythm, repeated values and jumps.
func rows(r *rand.Rand, n, columns int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		row := make([]float64, columns)
		for c := range row {
			switch u := r.Float64(); {
			case u < 0.3:
				row[c] = float64(r.IntN(3))
			case u > 0.995:
				row[c] = 1e3 * r.NormFloat64()
			default:
				row[c] = math.Sin(float64(i)/30) + 0.1*r.NormFloat64()
			}
		}
		out[i] = row
	}
	return out
}

func drawConfig(t *rapid.T) forest.Config {
	return forest.Config{
		Trees:      rapid.IntRange(1, 12).Draw(t, "trees"),
		SampleSize: rapid.IntRange(1, 40).Draw(t, "sample"),
		TimeDecay:  rapid.Float64Range(1, 500).Draw(t, "decay"),
		Shingle:    rapid.IntRange(1, 5).Draw(t, "shingle"),
		Columns:    rapid.IntRange(1, 4).Draw(t, "columns"),
		Seed:       rapid.Uint64().Draw(t, "seed"),
	}
}

// drawRows are rows with gaps (nil) among them.
func drawRows(t *rapid.T, columns, most int) [][]float64 {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "series"), 1))
	out := rows(r, rapid.IntRange(0, most).Draw(t, "length"), columns)
	for i := range out {
		if r.Float64() < 0.01 {
			out[i] = nil
		}
	}
	return out
}

func bits(x float64) uint64 { return math.Float64bits(x) }

func TestNothingIsScoredWhileLearning(t *testing.T) {
	f := newForest(t, forest.Config{Shingle: 4})
	for i := range forest.FirstScore + 3 {
		require.Zero(t, f.Step([]float64{float64(i % 7)}))
	}
	require.True(t, f.Ready())
	require.Positive(t, f.Step([]float64{3}))
	f.Break()
	for range 3 {
		require.Zero(t, f.Step([]float64{3}), "a shingle across a gap")
	}
	require.Positive(t, f.Step([]float64{3}))
}

func TestRowsThatAreNone(t *testing.T) {
	f := newForest(t, forest.Config{Trees: 10, Columns: 2})
	for i := range 100 {
		f.Learn([]float64{float64(i % 5), 1})
	}
	want := f.Score([]float64{1, 1})
	high, low := make([]float64, 2), make([]float64, 2)
	for _, bad := range [][]float64{nil, {1}, {1, 2, 3}, {math.NaN(), 1}, {1, math.Inf(1)}} {
		require.True(t, math.IsNaN(f.Score(bad)))
		require.True(t, math.IsNaN(f.Attribution(bad, high, low)))
		require.Equal(t, []float64{0, 0}, high)
		f.Learn(bad)
	}
	require.Equal(t, want, f.Score([]float64{1, 1}), "nothing was learnt")
}

func TestOrdinaryAndUnusual(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	f := newForest(t, forest.Config{Columns: 3})
	sum, n := 0.0, 0
	for i := range 3000 {
		s := f.Step([]float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()})
		if i > 300 {
			sum += s
			n++
		}
	}
	require.InDelta(t, 0.85, sum/float64(n), 0.25)
	high, low := make([]float64, 3), make([]float64, 3)
	for c := range 3 {
		for _, size := range []float64{-12, 12} {
			row := []float64{0, 0, 0}
			row[c] = size
			s := f.Attribution(row, high, low)
			require.Greater(t, s, 2.0)
			side := high
			if size < 0 {
				side = low
			}
			require.Greater(t, side[c], 0.7*s, "column %d, %v: high %v low %v", c, size, high, low)
		}
	}
}

// TestAttributionIsTheScore: whatever the forest has seen, high and low sum to the score and none is negative.
func TestAttributionIsTheScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawConfig(t)
		f := newForest(t, cfg)
		high, low := make([]float64, f.Dimensions()), make([]float64, f.Dimensions())
		for _, row := range drawRows(t, cfg.Columns, 150) {
			score := f.Score(row)
			got := f.Attribution(row, high, low)
			sum := 0.0
			for i := range high {
				require.GreaterOrEqual(t, high[i], 0.0)
				require.GreaterOrEqual(t, low[i], 0.0)
				sum += high[i] + low[i]
			}
			require.Equal(t, bits(score), bits(got))
			if row != nil {
				require.InDelta(t, score, sum, 1e-9)
			}
			require.Equal(t, bits(score), bits(f.Step(row)))
		}
	})
}

// TestSaveContinues: a restored forest and a clone go on as the original to the bit, and saving again gives the same bytes.
func TestSaveContinues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawConfig(t)
		f := newForest(t, cfg)
		for i, row := range drawRows(t, cfg.Columns, 400) {
			f.Step(row)
			if i%100 == 99 {
				weights := make([]float64, cfg.Columns)
				for c := range weights {
					weights[c] = math.Pow(float64(i), float64(c))
				}
				require.NoError(t, f.Weigh(weights))
			}
		}
		var w, again state.Writer
		f.Save(&w)
		r := state.NewReader(w.Bytes())
		restored, clone := forest.Restore(cfg, r), f.Clone()
		require.NoError(t, r.Close())
		restored.Save(&again)
		require.Equal(t, w.Bytes(), again.Bytes())
		disturbed := clone.Clone()
		for i := range 50 {
			row := make([]float64, cfg.Columns)
			row[0] = 1e6 * float64(i)
			disturbed.Step(row)
		}
		high, low := make([]float64, f.Dimensions()), make([]float64, f.Dimensions())
		high2, low2 := make([]float64, f.Dimensions()), make([]float64, f.Dimensions())
		for i, row := range drawRows(t, cfg.Columns, 200) {
			f.Attribution(row, high, low)
			restored.Attribution(row, high2, low2)
			require.Equal(t, high, high2)
			require.Equal(t, low, low2)
			want := bits(f.Step(row))
			require.Equal(t, want, bits(restored.Step(row)), "restored, row %d", i)
			require.Equal(t, want, bits(clone.Step(row)), "clone, row %d", i)
		}
		var end, endRestored state.Writer
		f.Save(&end)
		restored.Save(&endRestored)
		require.Equal(t, end.Bytes(), endRestored.Bytes())
	})
}

func TestConstantsThenTheFirstChange(t *testing.T) {
	for _, level := range []float64{0, 1, -20, 7e11, 3e-9} {
		f := newForest(t, forest.Config{Trees: 50})
		for i := range 2000 {
			s := f.Step([]float64{level})
			if i >= forest.FirstScore {
				require.InDelta(t, 0.5, s, 1e-9, "a constant at %d", i)
			}
		}
		high, low := make([]float64, 1), make([]float64, 1)
		step := math.Max(math.Abs(level)*1e-11, 1e-12)
		for _, sign := range []float64{1, -1} {
			s := f.Attribution([]float64{level + sign*step}, high, low)
			require.InDelta(t, math.Log2(257), s, 1e-9, "separated at the root")
			require.Equal(t, sign > 0, high[0] > low[0])
		}
	}
}

// TestMagnitudes: the score does not depend on where zero is, nor on the unit.
func TestMagnitudes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var values []float64
	for range 1000 {
		values = append(values, float64(r.IntN(64))) // exact in every unit below
	}
	plain := newForest(t, forest.Config{Trees: 20, Seed: 3})
	for _, unit := range []float64{math.Ldexp(1, -60), math.Ldexp(1, 60)} {
		for _, zero := range []float64{0, 1e5} {
			f := newForest(t, forest.Config{Trees: 20, Seed: 3})
			plain = newForest(t, forest.Config{Trees: 20, Seed: 3})
			for _, v := range values {
				require.InDelta(t, plain.Step([]float64{v}), f.Step([]float64{(v + zero) * unit}), 1e-9)
			}
		}
	}
	for _, v := range []float64{math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64} {
		s := plain.Step([]float64{v})
		require.False(t, math.IsNaN(s) || math.IsInf(s, 0))
	}
}

// TestWeights: with the inverse of their units as weights, columns of different units give the scores of equal ones.
func TestWeights(t *testing.T) {
	cfg := forest.Config{Trees: 20, Columns: 3, Shingle: 2, Seed: 9}
	plain, mixed := newForest(t, cfg), newForest(t, cfg)
	units := [3]float64{math.Ldexp(1, 40), 1, math.Ldexp(1, -30)}
	require.NoError(t, mixed.Weigh([]float64{1 / units[0], 1 / units[1], 1 / units[2]}))
	scale := func(row []float64) []float64 {
		return []float64{row[0] * units[0], row[1] * units[1], row[2] * units[2]}
	}
	for _, row := range rows(rand.New(rand.NewPCG(6, 6)), 2000, 3) {
		require.InDelta(t, plain.Step(row), mixed.Step(scale(row)), 1e-9)
	}
	// Weights that come later take effect at once.
	late := newForest(t, cfg)
	r := rand.New(rand.NewPCG(7, 7))
	draw := func() []float64 { return scale([]float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}) }
	for range 500 {
		late.Step(draw())
	}
	odd := scale([]float64{0, 0, 20})
	require.Less(t, late.Score(odd), 1.3)
	require.NoError(t, late.Weigh([]float64{1 / units[0], 1, 1 / units[2]}))
	require.Equal(t, 1/units[0], late.Weight(0))
	require.Greater(t, late.Score(odd), 2.0)
	for _, bad := range [][]float64{nil, {1, 1}, {1, 1, 0}, {1, 1, -1}, {1, 1, math.NaN()}, {1, 1, math.Inf(1)}} {
		require.Error(t, late.Weigh(bad))
	}
}

func TestItForgets(t *testing.T) {
	f := newForest(t, forest.Config{Trees: 50, TimeDecay: 300})
	r := rand.New(rand.NewPCG(2, 2))
	for range 2000 {
		f.Step([]float64{r.NormFloat64()})
	}
	require.Greater(t, f.Score([]float64{100}), 2.0)
	for range 3000 {
		f.Step([]float64{100 + r.NormFloat64()})
	}
	require.Less(t, f.Score([]float64{100}), 1.0)
	require.Greater(t, f.Score([]float64{0}), 1.5)
}

func TestConfigurationIsChecked(t *testing.T) {
	for _, bad := range []forest.Config{{Trees: -1}, {Trees: 1001}, {SampleSize: 5000}, {Shingle: 65}, {Columns: 65}, {TimeDecay: 0.5}, {TimeDecay: math.NaN()}, {TimeDecay: math.Inf(1)}, {Trees: 1000, SampleSize: 1000, Shingle: 30}} {
		_, err := forest.New(bad)
		require.Error(t, err, "%+v", bad)
		r := state.NewReader(nil)
		require.Nil(t, forest.Restore(bad, r))
		require.Error(t, r.Err())
	}
	require.Equal(t, forest.Config{Trees: 100, SampleSize: 256, TimeDecay: 2560, Shingle: 1, Columns: 1}, newForest(t, forest.Config{}).Config())
}

func TestNoAllocations(t *testing.T) {
	cfg := forest.Config{Trees: 30, Shingle: 4, Columns: 2}
	f := newForest(t, cfg)
	series := rows(rand.New(rand.NewPCG(3, 3)), 20000, 2)
	i := 0
	step := func() {
		f.Step(series[i%len(series)])
		i++
	}
	for range 12000 {
		step()
	}
	require.Zero(t, testing.AllocsPerRun(4000, step))
	high, low := make([]float64, f.Dimensions()), make([]float64, f.Dimensions())
	require.Zero(t, testing.AllocsPerRun(100, func() { f.Attribution(series[0], high, low) }))
}

// TestStateIsSmall: what a series costs in the store and in memory, with the forest that the automatic detector uses.
func TestStateIsSmall(t *testing.T) {
	f := newForest(t, forest.Config{Trees: 30, Shingle: 4})
	r := rand.New(rand.NewPCG(4, 4))
	for range 20000 {
		f.Step([]float64{r.NormFloat64()})
	}
	var w state.Writer
	f.Save(&w)
	t.Logf("%d bytes saved, %d resident", len(w.Bytes()), f.Size())
	require.LessOrEqual(t, len(w.Bytes()), 75_000)
}

func FuzzRestore(f *testing.F) {
	cfg := forest.Config{Trees: 3, SampleSize: 20, Shingle: 2, Columns: 2, TimeDecay: 50}
	for _, n := range []int{0, 1, 2, 10, 300} {
		made := newForest(f, cfg)
		for _, row := range rows(rand.New(rand.NewPCG(1, uint64(n))), n, 2) {
			made.Learn(row)
		}
		var w state.Writer
		made.Save(&w)
		f.Add(w.Bytes())
	}
	f.Fuzz(func(t *testing.T, saved []byte) {
		r := state.NewReader(saved)
		restored := forest.Restore(cfg, r)
		damaged := r.Close() != nil
		for i, row := range rows(rand.New(rand.NewPCG(9, 9)), 60, 2) {
			s := restored.Step(row)
			if math.IsNaN(s) || s < 0 {
				t.Fatalf("score %v at %d", s, i)
			}
		}
		var again state.Writer
		restored.Save(&again)
		if r := state.NewReader(again.Bytes()); !damaged {
			forest.Restore(cfg, r)
			require.NoError(t, r.Close())
		}
	})
}

func benchmark(b *testing.B, cfg forest.Config) {
	f := newForest(b, cfg)
	r := rand.New(rand.NewPCG(1, 1))
	series := make([][]float64, 8192)
	for i := range series {
		series[i] = make([]float64, cfg.Columns)
		for c := range series[i] {
			series[i][c] = 10*math.Sin(2*math.Pi*float64(i)/288+float64(c)) + r.NormFloat64()
		}
	}
	for _, row := range series {
		f.Step(row)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		f.Step(series[i%len(series)])
	}
	b.ReportMetric(float64(f.Size()), "bytes")
}

func Benchmark1Column100Trees(b *testing.B) {
	benchmark(b, forest.Config{Trees: 100, Columns: 1})
}
func Benchmark8Columns50Trees(b *testing.B) { benchmark(b, forest.Config{Trees: 50, Columns: 8}) }
func Benchmark32Columns50Trees(b *testing.B) {
	benchmark(b, forest.Config{Trees: 50, Columns: 32})
}
func BenchmarkShingle4Trees30(b *testing.B) {
	benchmark(b, forest.Config{Trees: 30, Columns: 1, Shingle: 4})
}
func BenchmarkKinesis(b *testing.B) {
	benchmark(b, forest.Config{Trees: 100, Columns: 1, TimeDecay: 100000})
}
func BenchmarkAttributionShingle4Trees30(b *testing.B) {
	f := newForest(b, forest.Config{Trees: 30, Shingle: 4})
	series := rows(rand.New(rand.NewPCG(1, 1)), 4096, 1)
	for _, row := range series {
		f.Learn(row)
	}
	high, low := make([]float64, 4), make([]float64, 4)
	for i := range b.N {
		f.Attribution(series[i%len(series)], high, low)
	}
}
