package isolation_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/detect/isolation"
)

type matrix [][]float32

func (m matrix) Len() int            { return len(m) }
func (m matrix) Row(i int) []float32 { return m[i] }

type reference struct {
	Name   string
	Rows   matrix
	Scores []float64
}

func references(t *testing.T) []reference {
	raw, err := os.ReadFile("testdata/reference.json")
	require.NoError(t, err)
	var file struct{ Cases []reference }
	require.NoError(t, json.Unmarshal(raw, &file))
	require.Len(t, file.Cases, 3)
	return file.Cases
}

// TestAgreesWithScikitLearn: ten of our forests give the scores of ten of theirs; testdata/reference.py made them. Margins change no
// more than the order of what lies outside.
func TestAgreesWithScikitLearn(t *testing.T) {
	for _, c := range references(t) {
		for _, margin := range []float64{0, 1} {
			f := isolation.New(isolation.Config{Trees: 100, Sample: 256, Width: len(c.Rows[0]), Margin: margin})
			scores := make([]float64, len(c.Rows))
			for seed := range uint64(10) {
				f.Fit(c.Rows, seed)
				for i, row := range c.Rows {
					scores[i] += f.Score(row) / 10
				}
			}
			rank := correlation(ranks(scores), ranks(c.Scores))
			difference := 0.0
			for i := range scores {
				difference += (scores[i] - c.Scores[i]) / float64(len(scores))
			}
			t.Logf("%s, margin %g: rank correlation %.4f, mean difference %+.4f", c.Name, margin, rank, difference)
			require.GreaterOrEqual(t, rank, 0.95)
			if margin == 0 {
				require.GreaterOrEqual(t, correlation(scores, c.Scores), 0.99)
				require.InDelta(t, 0, difference, 0.01)
			}
		}
	}
}

func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return x[order[a]] < x[order[b]] })
	out := make([]float64, len(x))
	for from := 0; from < len(x); {
		to := from
		for to < len(x) && x[order[to]] == x[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = float64(from+to-1) / 2
		}
		from = to
	}
	return out
}

func correlation(a, b []float64) float64 {
	n := float64(len(a))
	var sa, sb, saa, sbb, sab float64
	for i := range a {
		sa, sb = sa+a[i], sb+b[i]
		saa, sbb, sab = saa+a[i]*a[i], sbb+b[i]*b[i], sab+a[i]*b[i]
	}
	return (sab - sa*sb/n) / math.Sqrt((saa-sa*sa/n)*(sbb-sb*sb/n))
}

func normal(n, width int) matrix {
	r := rand.New(rand.NewPCG(5, 1))
	m := make(matrix, n)
	for i := range m {
		for range width {
			m[i] = append(m[i], float32(r.NormFloat64()))
		}
	}
	return m
}

// TestFencesTellFarFromOutside: without them the classic forest does not.
func TestFencesTellFarFromOutside(t *testing.T) {
	rows := normal(1000, 3)
	score := func(margin float64) []float64 {
		f := isolation.New(isolation.Config{Trees: 300, Sample: 256, Width: 3, Margin: margin, Floor: 4})
		f.Fit(rows, 1)
		var out []float64
		for _, x := range []float32{0, 3, 4, 5, 7, 9} {
			out = append(out, f.Score([]float32{x, x, x}))
		}
		return out
	}
	classic, fenced := score(0), score(1)
	t.Logf("classic %.3f, fenced %.3f", classic, fenced)
	require.InDelta(t, classic[3], classic[5], 1e-9)
	require.InDelta(t, classic[0], fenced[0], 0.02, "fences cost what is inside nothing")
	for i := 1; i < len(fenced); i++ {
		require.Greater(t, fenced[i], fenced[i-1]+0.005)
	}
}

// TestAttributionSumsToTheScore, and names the feature and the side.
func TestAttributionSumsToTheScore(t *testing.T) {
	rows := normal(1000, 5)
	f := isolation.New(isolation.Config{Trees: 100, Sample: 256, Width: 5, Margin: 1, Floor: 4})
	f.Fit(rows, 1)
	high, low := make([]float64, 5), make([]float64, 5)
	sum := func() (s float64) {
		for i := range high {
			s += high[i] + low[i]
		}
		return s
	}
	rapid.Check(t, func(t *rapid.T) {
		row := make([]float32, 5)
		for i := range row {
			row[i] = rapid.Float32Range(-50, 50).Draw(t, "x")
		}
		f.Attribute(row, high, low)
		require.InDelta(t, f.Score(row), sum(), 1e-9)
	})
	f.Attribute([]float32{0, 0, -9, 0, 0}, high, low)
	require.Greater(t, low[2], 0.8*sum())
	f.Attribute([]float32{9, 0, 0, 0, 0}, high, low)
	require.Greater(t, high[0], 0.8*sum())
}

func TestDegenerateSamples(t *testing.T) {
	f := isolation.New(isolation.Config{Trees: 100, Sample: 256, Width: 2, Margin: 1, Floor: 4})
	require.False(t, f.Ready())
	require.Zero(t, f.Score([]float32{1, 1}))
	same := make(matrix, 500)
	for i := range same {
		same[i] = []float32{1, 2}
	}
	f.Fit(same, 1)
	usual := f.Score([]float32{1, 2})
	require.LessOrEqual(t, usual, 0.51)
	require.Greater(t, f.Score([]float32{8, 2}), 0.8, "the first change of a constant")
	nan := float32(math.NaN())
	require.False(t, math.IsNaN(f.Score([]float32{nan, nan})))
	f.Fit(matrix{}, 1)
	require.False(t, f.Ready())
	f.Fit(same[:2], 1)
	require.False(t, math.IsNaN(f.Score([]float32{8, 2})))
}

func TestFitIsDeterministicAndFree(t *testing.T) {
	rows := normal(2016, 3)
	c := isolation.Config{Trees: 100, Sample: 256, Width: 3, Margin: 1, Floor: 4}
	a, b := isolation.New(c), isolation.New(c)
	for seed := range uint64(20) {
		a.Fit(rows[:500], seed)
	}
	a.Fit(rows, 5)
	b.Fit(rows, 5)
	for _, row := range rows[:100] {
		require.Equal(t, math.Float64bits(a.Score(row)), math.Float64bits(b.Score(row)))
	}
	var view isolation.Rows = rows
	require.Zero(t, testing.AllocsPerRun(10, func() { a.Fit(view, 5) }))
	require.Zero(t, testing.AllocsPerRun(100, func() { a.Score(rows[0]) }))
	t.Logf("%d bytes", a.Size())
	require.Less(t, a.Size(), 1<<20)
}

func BenchmarkFit(b *testing.B) {
	rows := normal(2016, 3)
	f := isolation.New(isolation.Config{Trees: 100, Sample: 256, Width: 3, Margin: 1, Floor: 4})
	b.ReportAllocs()
	for i := range b.N {
		f.Fit(rows, uint64(i))
	}
}

func BenchmarkScore(b *testing.B) {
	rows := normal(2016, 3)
	f := isolation.New(isolation.Config{Trees: 100, Sample: 256, Width: 3, Margin: 1, Floor: 4})
	f.Fit(rows, 1)
	for i := range b.N {
		f.Score(rows[i%len(rows)])
	}
}
