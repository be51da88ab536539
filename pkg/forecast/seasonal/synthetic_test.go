package seasonal_test

import (
	"math"
	"math/rand/v2"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

const perDay = 288

// kind is a kind of clean series: a daily and weekly rhythm of mean about level, and noise.
type kind struct {
	name   string
	level  float64
	cfg    seasonal.Config
	sample func(r *rand.Rand, state *float64, mean float64) float64
}

func kinds() []kind {
	count := seasonal.Config{BucketsPerDay: perDay, Upper: math.Inf(1)}
	free := seasonal.Config{BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)}
	return []kind{
		{"gaussian", 100, free, func(r *rand.Rand, _ *float64, m float64) float64 { return m + 5*r.NormFloat64() }},
		{"proportional", 100, count, func(r *rand.Rand, _ *float64, m float64) float64 { return m * math.Exp(0.1*r.NormFloat64()) }},
		{"autoregressive 0.8", 100, free, func(r *rand.Rand, s *float64, m float64) float64 {
			*s = 0.8**s + 3*r.NormFloat64()
			return m + *s
		}},
		{"heavy tails", 100, free, func(r *rand.Rand, _ *float64, m float64) float64 {
			return m + 4*r.NormFloat64()/math.Sqrt((r.ExpFloat64()+r.ExpFloat64())/2)
		}},
		{"percent", 60, seasonal.Config{BucketsPerDay: perDay, Upper: 100}, func(r *rand.Rand, _ *float64, m float64) float64 {
			return math.Min(math.Max(m+8*r.NormFloat64(), 0), 100)
		}},
	}
}

func (k kind) generate(seed uint64, n int) []float64 {
	r := rand.New(rand.NewPCG(seed, 3))
	state := 0.0
	out := make([]float64, n)
	for i := range out {
		out[i] = k.sample(r, &state, k.level*rhythm(i))
	}
	return out
}

func phase(i int) seasonal.Phase { return seasonal.Phase{Day: i % perDay, Week: i % (7 * perDay)} }

func phases(from, n int) []seasonal.Phase {
	out := make([]seasonal.Phase, n)
	for i := range out {
		out[i] = phase(from + i)
	}
	return out
}

func rhythm(i int) float64 {
	day := 2 * math.Pi * float64(i%perDay) / perDay
	v := 1 - 0.4*math.Cos(day) - 0.1*math.Cos(2*day)
	if i%(7*perDay) >= 5*perDay {
		v *= 0.67
	}
	return v
}

func learn(m *seasonal.Model, values []float64, from int) {
	for i, x := range values {
		m.Update(x, phase(from+i))
	}
}
