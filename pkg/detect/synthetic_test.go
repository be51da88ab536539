package detect_test

import (
	"math"
	"math/rand/v2"

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
