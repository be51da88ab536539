//go:build !race

// It plays years of points to detectors, each in one goroutine: the race detector would find nothing and take ten times as long.

package detect_test

import (
	"fmt"
	"math"
	"math/rand/v2"
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
	const days = 14
	for name, series := range map[string]int{
		detect.Auto: 3, light: 12, detect.SeasonalRobust: 24, detect.IsolationForest: 2, detect.OneClassSVM: 3, detect.EWMA: 8,
		detect.RareZero: 10, detect.Peers: 8,
	} {
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

// TestForestCalibration: on clean data of many kinds a score of 25, 50 and 75 comes in at most 1, 0.1 and 0.01 % of the points.
func TestForestCalibration(t *testing.T) {
	t.Parallel()
	const series, days = 3, 28
	for _, k := range kinds() {
		for _, parameters := range []map[string]float64{
			{"numberOfTrees": 30}, {"numberOfTrees": 30, "shingleSize": 4, "timeDecay": 2560},
		} {
			t.Run(k.name, func(t *testing.T) {
				t.Parallel()
				points := 0
				var above [3]int
				for seed := range uint64(series) {
					d := newForest(t, forestSpec(0, parameters))
					for i, o := range k.generate(rand.New(rand.NewPCG(seed, 7)), train+days*perDay) {
						s := d.Step(o).Score
						if i < train {
							continue
						}
						require.False(t, math.IsNaN(s), "no score at %d", i)
						points++
						for level := range above {
							if s >= float64(25*(level+1)) {
								above[level]++
							}
						}
					}
				}
				share := func(level int) float64 { return 100 * float64(above[level]) / float64(points) }
				weeks := float64(points) / (7 * perDay)
				t.Logf("%v: %d points: warning %.3f %%, major %.4f %%, critical %.4f %% (%.2f in 2 days, %.2f in 2 weeks, %.2f in 10 weeks)", parameters,
					points, share(0), share(1), share(2), float64(above[0])/weeks*2/7, float64(above[1])/weeks*2, float64(above[2])/weeks*10)
				require.LessOrEqual(t, share(0), 1.0)
				require.LessOrEqual(t, share(1), 0.1)
				require.LessOrEqual(t, share(2), 0.01)
			})
		}
	}
}
