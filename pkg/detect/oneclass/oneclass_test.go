package oneclass_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect/oneclass"
)

type matrix [][]float32

func (m matrix) Len() int            { return len(m) }
func (m matrix) Row(i int) []float32 { return m[i] }

// TestAgreesWithScikitLearn: the same decision values to 0.001 as OneClassSVM; testdata/reference.py made them.
func TestAgreesWithScikitLearn(t *testing.T) {
	raw, err := os.ReadFile("testdata/reference.json")
	require.NoError(t, err)
	var reference struct {
		Cases []struct {
			Name           string
			Nu, Gamma, Rho float64
			Rows, Queries  matrix
			Vectors        int
			Decisions      []float64
		}
	}
	require.NoError(t, json.Unmarshal(raw, &reference))
	require.Len(t, reference.Cases, 12)
	for _, c := range reference.Cases {
		t.Run(c.Name, func(t *testing.T) {
			m := oneclass.New(oneclass.Config{Nu: c.Nu, Gamma: c.Gamma, Width: len(c.Rows[0]), Tolerance: 1e-6})
			m.Fit(c.Rows, 1)
			worst := 0.0
			for i, q := range c.Queries {
				require.InDelta(t, c.Decisions[i], m.Decision(q), 1e-3, "query %d", i)
				worst = math.Max(worst, math.Abs(c.Decisions[i]-m.Decision(q)))
				if s := c.Decisions[i] + c.Rho; s > 1e-3 {
					require.InDelta(t, math.Log(c.Rho/s), m.Distance(q), 1e-3*(1+1/s), "distance of query %d", i)
				}
			}
			t.Logf("%d vectors where scikit-learn has %d, decision values differ by %.1g at most", m.Vectors(), c.Vectors, worst)
		})
	}
}

func normal(n, width int, seed uint64) matrix {
	r := rand.New(rand.NewPCG(seed, 1))
	m := make(matrix, n)
	for i := range m {
		for range width {
			m[i] = append(m[i], float32(r.NormFloat64()))
		}
	}
	return m
}

// TestNu: about the share nu of new rows lies outside.
func TestNu(t *testing.T) {
	for _, nu := range []float64{0.05, 0.2, 0.5} {
		m := oneclass.New(oneclass.Config{Nu: nu, Width: 3, Sample: 512})
		m.Fit(normal(2000, 3, 1), 1)
		outside := 0
		for _, row := range normal(4000, 3, 2) {
			if m.Decision(row) < 0 {
				outside++
			}
		}
		require.InDelta(t, nu, float64(outside)/4000, 0.06)
	}
}

// TestDistanceGrowsForever where the decision value has come to rest.
func TestDistanceGrowsForever(t *testing.T) {
	m := oneclass.New(oneclass.Config{Nu: 0.05, Width: 2})
	require.Zero(t, m.Distance([]float32{1, 1}))
	m.Fit(normal(300, 2, 3), 1)
	require.Negative(t, m.Distance([]float32{0, 0}))
	before := 0.0
	for _, far := range []float32{4, 8, 16, 1000, 1e6} {
		d := m.Distance([]float32{far, 0})
		require.Greater(t, d, before)
		require.False(t, math.IsInf(d, 0))
		before = d
	}
}

func TestDegenerateSamples(t *testing.T) {
	same := matrix{{1, 2}, {1, 2}, {1, 2}, {1, 2}}
	m := oneclass.New(oneclass.Config{Nu: 0.05, Width: 2})
	m.Fit(same, 1)
	require.InDelta(t, 0, m.Decision([]float32{1, 2}), 1e-9)
	require.Negative(t, m.Decision([]float32{3, 2}))
	m.Fit(same[:1], 1)
	require.True(t, m.Ready())
	m.Fit(matrix{}, 1)
	require.False(t, m.Ready())
	require.Zero(t, m.Decision([]float32{1, 2}))
}

func TestFitIsDeterministicAndFree(t *testing.T) {
	rows := normal(2000, 3, 4)
	a, b := oneclass.New(oneclass.Config{Nu: 0.05, Width: 3, Sample: 256}), oneclass.New(oneclass.Config{Nu: 0.05, Width: 3, Sample: 256})
	a.Fit(rows[:500], 9)
	a.Fit(rows, 5)
	b.Fit(rows, 5)
	for _, row := range rows[:100] {
		require.Equal(t, math.Float64bits(a.Decision(row)), math.Float64bits(b.Decision(row)))
	}
	// A collection of garbage may empty the pool now and then, never each time.
	require.LessOrEqual(t, testing.AllocsPerRun(10, func() { a.Fit(rows, 5) }), 4.0)
	require.Zero(t, testing.AllocsPerRun(100, func() { a.Distance(rows[0]) }))
}

func BenchmarkFit256(b *testing.B) {
	rows := normal(2016, 3, 4)
	m := oneclass.New(oneclass.Config{Nu: 0.05, Width: 3, Sample: 256})
	b.ReportAllocs()
	for i := range b.N {
		m.Fit(rows, uint64(i))
	}
}

func BenchmarkDistance(b *testing.B) {
	rows := normal(2016, 3, 4)
	m := oneclass.New(oneclass.Config{Nu: 0.05, Width: 3, Sample: 256})
	m.Fit(rows, 1)
	for i := range b.N {
		m.Distance(rows[i%len(rows)])
	}
}
