package arima

import (
	"math"
	"math/rand/v2"
)

// simulated is a series of n values with the polynomials and differences of the order, driven by unit normal noise; the first season of
// values, which only the noise made, is left out.
func simulated(seed uint64, n int, o Order, c coefficients) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	m := &Model{order: o, coef: c, mean: c.mean}
	m.prepare()
	before := 10 * max(o.Season, 20)
	y, e := make([]float64, before+n), make([]float64, before+n)
	for t := range y {
		e[t] = r.NormFloat64()
		y[t] = m.offset + e[t]
		for _, k := range m.past {
			if t >= k.lag {
				y[t] += k.coef * y[t-k.lag]
			}
		}
		for _, k := range m.noise {
			if t >= k.lag {
				y[t] += k.coef * e[t-k.lag]
			}
		}
	}
	return y[before:]
}

func terms(c ...float64) (p polynomial) {
	p.n = copy(p.c[:], c)
	return p
}

// daily is a sine of the season with autoregressive noise around a level.
func daily(seed uint64, n, season int) []float64 {
	noise := simulated(seed, n, Order{P: 1}, coefficients{ar: terms(0.7)})
	for t := range noise {
		noise[t] += 100 + 20*math.Sin(2*math.Pi*float64(t%season)/float64(season))
	}
	return noise
}

func finite(all ...[]float64) bool {
	for _, x := range all {
		for _, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return false
			}
		}
	}
	return true
}
