package detect_test

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

const perDay = 288

// train is how long most series are learnt before anything is asked of the detector.
const train = 28 * perDay

// noise is a kind of clean series: what is observed when season is expected. Season has mean about 1, swings daily by a
// half and falls by a third on weekends.
type noise struct {
	name         string
	lower, upper float64
	scale        float64 // of the expected value
	sample       func(r *rand.Rand, state *float64, mean float64) float64
}

func kinds() []noise {
	inf := math.Inf(1)
	return []noise{
		{"gaussian", 0, inf, 100, func(r *rand.Rand, _ *float64, m float64) float64 { return m + 5*r.NormFloat64() }},
		{"heavy tails (t5)", -inf, inf, 100, func(r *rand.Rand, _ *float64, m float64) float64 { return m + 4*student5(r) }},
		{"autoregressive 0.8", -inf, inf, 100, func(r *rand.Rand, s *float64, m float64) float64 {
			*s = 0.8**s + 3*r.NormFloat64()
			return m + *s
		}},
		{"proportional", 0, inf, 100, func(r *rand.Rand, _ *float64, m float64) float64 { return m * math.Exp(0.1*r.NormFloat64()) }},
		{"poisson 0.2", 0, inf, 0.2, func(r *rand.Rand, _ *float64, m float64) float64 { return poisson(r, m) }},
		{"poisson 5", 0, inf, 5, func(r *rand.Rand, _ *float64, m float64) float64 { return poisson(r, m) }},
		{"poisson 300", 0, inf, 300, func(r *rand.Rand, _ *float64, m float64) float64 { return poisson(r, m) }},
		{"percent", 0, 100, 70, func(r *rand.Rand, _ *float64, m float64) float64 {
			return math.Min(math.Max(m+8*r.NormFloat64(), 0), 100)
		}},
	}
}

func (k noise) spec(name string) detect.Spec {
	return named(name, detect.Spec{BucketsPerDay: perDay, Lower: k.lower, Upper: k.upper})
}

// generate returns clean observations, starting on a Monday at midnight.
func (k noise) generate(r *rand.Rand, n int) []detect.Observation {
	state := 0.0
	out := make([]detect.Observation, n)
	for i := range out {
		out[i] = detect.Observation{Value: k.sample(r, &state, k.scale*rhythm(i)), Phase: phase(i)}
	}
	return out
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

func phase(i int) seasonal.Phase { return seasonal.Phase{Day: i % perDay, Week: i % (7 * perDay)} }

func rhythm(i int) float64 {
	day := 2 * math.Pi * float64(i%perDay) / perDay
	v := 1 - 0.4*math.Cos(day) - 0.1*math.Cos(2*day)
	if i%(7*perDay) >= 5*perDay {
		v *= 0.67
	}
	return v
}

func student5(r *rand.Rand) float64 {
	chi := 0.0
	for range 5 {
		g := r.NormFloat64()
		chi += g * g
	}
	return r.NormFloat64() / math.Sqrt(chi/5)
}

// poisson is Knuth's method, in pieces for large means.
func poisson(r *rand.Rand, mean float64) float64 {
	count := 0.0
	for ; mean > 30; mean -= 30 {
		count += poisson(r, 30)
	}
	limit, product := math.Exp(-mean), r.Float64()
	for product > limit {
		count++
		product *= r.Float64()
	}
	return count
}

// play scores the values f(0) .. f(n-1).
func play(d detect.Detector, n int, f func(i int) float64) []detect.Result {
	out := make([]detect.Result, n)
	for i := range out {
		out[i] = d.Step(detect.Observation{Value: f(i), Phase: phase(i)})
	}
	return out
}

func highest(results []detect.Result) float64 {
	h := 0.0
	for _, r := range results {
		if r.Score > h {
			h = r.Score
		}
	}
	return h
}

func count(results []detect.Result, atLeast float64) int {
	n := 0
	for _, r := range results {
		if r.Score >= atLeast {
			n++
		}
	}
	return n
}
