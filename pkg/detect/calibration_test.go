package detect_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
)

// clean is a kind of series without anomalies, for one detector.
type clean struct {
	name     string
	spec     detect.Spec
	generate func(r *rand.Rand, n int) []detect.Observation
}

// cleanOf lists the series on which a detector must be quiet.
func cleanOf(name string) (out []clean) {
	switch name {
	case detect.RareZero:
		return cleanZeros()
	case detect.Peers:
		for _, k := range kinds() {
			out = append(out, clean{k.name, k.spec(name), grouped(k)})
		}
		return out
	}
	for _, k := range kinds() {
		out = append(out, clean{k.name, k.spec(name), k.generate})
	}
	if name != detect.IsolationForest && name != detect.OneClassSVM {
		return out
	}
	k := kinds()[0]
	spec := k.spec(name)
	spec.Columns = 4
	return append(out, clean{"four further columns", spec, withColumns(k, 4)})
}

// withColumns adds columns of the same rhythm and of various scales.
func withColumns(k noise, columns int) func(*rand.Rand, int) []detect.Observation {
	return func(r *rand.Rand, n int) []detect.Observation {
		out := k.generate(r, n)
		for i := range out {
			out[i].Columns = make([]float64, columns)
			for j := range columns {
				out[i].Columns[j] = math.Pow(10, float64(j)) * (rhythm(i) + 0.05*r.NormFloat64())
			}
		}
		return out
	}
}

// grouped is one of six members that share a load, with common jumps; the columns are the centre and the spread of the other five.
func grouped(k noise) func(*rand.Rand, int) []detect.Observation {
	return func(r *rand.Rand, n int) []detect.Observation {
		const members = 6
		var state [members]float64
		var weight [members]float64
		for m := range weight {
			weight[m] = math.Exp(0.3 * r.NormFloat64())
		}
		load := 1.0
		out := make([]detect.Observation, n)
		for i := range out {
			if r.Float64() < 1.0/(3*perDay) {
				load = 0.5 + r.Float64()
			}
			var x [members]float64
			for m := range x {
				x[m] = k.sample(r, &state[m], k.scale*weight[m]*load*rhythm(i))
			}
			centre, spread := medianAndSpread(x[1:])
			out[i] = detect.Observation{Value: x[0], Columns: []float64{centre, spread}, Phase: phase(i)}
		}
		return out
	}
}

func medianAndSpread(values []float64) (median, spread float64) {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	median = sorted[len(sorted)/2]
	for i, x := range sorted {
		sorted[i] = math.Abs(x - median)
	}
	slices.Sort(sorted)
	return median, 1.4826 * sorted[len(sorted)/2]
}

// cleanZeros: never zero, zero now and then, at night, in runs, nearly always.
func cleanZeros() []clean {
	spec := detect.Spec{Name: detect.RareZero, BucketsPerDay: perDay, Upper: math.Inf(1)}
	of := func(name string, zero func(r *rand.Rand, i int, before bool) bool) clean {
		return clean{name, spec, func(r *rand.Rand, n int) []detect.Observation {
			out := make([]detect.Observation, n)
			before := false
			for i := range out {
				before = zero(r, i, before)
				out[i] = detect.Observation{Value: 5, Phase: phase(i)}
				if before {
					out[i].Value = 0
				}
			}
			return out
		}}
	}
	chance := func(p float64) func(*rand.Rand, int, bool) bool {
		return func(r *rand.Rand, _ int, _ bool) bool { return r.Float64() < p }
	}
	return []clean{
		of("one in five hundred", chance(0.002)),
		of("one in fifty", chance(0.02)),
		of("one in three", chance(0.33)),
		of("nearly always", chance(0.98)),
		of("counts of 3 with a rhythm", func(r *rand.Rand, i int, _ bool) bool { return poisson(r, 3*rhythm(i)) == 0 }),
		of("nights", func(r *rand.Rand, i int, _ bool) bool { return i%perDay < 60+r.IntN(3) || r.Float64() < 0.003 }),
		of("runs of half an hour", func(r *rand.Rand, _ int, before bool) bool {
			return before && r.Float64() < 5.0/6 || !before && r.Float64() < 0.005
		}),
	}
}

// rates counts the points at a watcher's limits: warning, major, critical.
type rates struct {
	points int
	above  [3]int
}

func (a *rates) add(b rates) {
	a.points += b.points
	for i := range a.above {
		a.above[i] += b.above[i]
	}
}

func (a rates) weeks() float64 { return float64(a.points) / (7 * perDay) }

// spans are the weeks in which one is allowed.
var spans = [3]float64{2.0 / 7, 2, 10}

func (a rates) String() string {
	return fmt.Sprintf("in %.0f series-weeks: %.2f warnings in 2 days, %.2f major in 2 weeks, %.2f critical in 10 weeks", a.weeks(),
		float64(a.above[0])/a.weeks()*spans[0], float64(a.above[1])/a.weeks()*spans[1], float64(a.above[2])/a.weeks()*spans[2])
}

// require holds the rates to times the contract, with room for chance: so many standard deviations of the count that it allows.
func (a rates) require(t *testing.T, times, deviations float64) {
	t.Helper()
	for level, span := range spans {
		n := a.weeks() / span
		require.LessOrEqual(t, float64(a.above[level]), times*n+deviations*math.Sqrt(n), "scores of %d and more", 25*(level+1))
	}
}

func (c clean) rates(t *testing.T, seed uint64, days int) (a rates) {
	d := made(c.spec)
	for i, o := range c.generate(rand.New(rand.NewPCG(seed, 7)), train+days*perDay) {
		s := d.Step(o).Score
		if i < train {
			continue
		}
		require.False(t, math.IsNaN(s), "no score at %d", i)
		a.points++
		for level := range a.above {
			if s >= float64(25*(level+1)) {
				a.above[level]++
			}
		}
	}
	return a
}

// TestCalibration holds the contract of the score on clean data for each detector: over all kinds of series together, and half as much
// again for each kind alone. It counts points and not runs of them. (By points alone the score promises 1, 0.1 and 0.01 %, which is
// 5.8, 4 and 2 times more.)
func TestCalibration(t *testing.T) {
	if underRace {
		t.Skip("SKIPPED: it counts scores of many series, too slow under the race detector")
	}
	const days = 14
	for name, series := range map[string]int{
		detect.Auto: 3, light: 12, detect.SeasonalRobust: 24, detect.IsolationForest: 2, detect.OneClassSVM: 3, detect.EWMA: 8,
		detect.RareZero: 10, detect.Peers: 8,
	} {
		if testing.Short() {
			series = max(series/8, 1)
		}
		t.Run(name, func(t *testing.T) {
			var mutex sync.Mutex
			var all rates
			t.Run("kinds", func(t *testing.T) {
				for _, c := range cleanOf(name) {
					t.Run(c.name, func(t *testing.T) {
						t.Parallel()
						var a rates
						for seed := range uint64(series) {
							a.add(c.rates(t, seed, days))
						}
						mutex.Lock()
						all.add(a)
						mutex.Unlock()
						t.Log(name, c.name, a)
						a.require(t, 1.5, 3)
					})
				}
			})
			t.Log(name, "on all", all)
			all.require(t, 1, 2)
			require.Positive(t, all.above[0], "a score that never warns is no score")
		})
	}
}
