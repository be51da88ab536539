// Package clean makes series in which nothing happens: seasons and noise of many kinds, as metrics have them. Whatever alarms there is
// a false alarm.
package clean

import (
	"math"
	"math/rand/v2"

	"github.com/vigia-cloudwatch/vigia/pkg/detect"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// PerDay is the number of buckets in a day: they last 5 minutes.
const PerDay = 288

// Week is the number of buckets in a week.
const Week = 7 * PerDay

// WeeklySeason is the name of the plainest kind that has both seasons.
const WeeklySeason = "gaussian, weekly season"

// Kind is one kind of clean series.
type Kind struct {
	Name         string
	Lower, Upper float64 // natural bounds of the metric
	scale        float64 // of the expected value; rhythm has mean about 1
	rhythm       func(bucket int) float64
	observe      func(n *noise, mean float64) float64
}

// noise is a source of randomness with a memory, empty at first.
type noise struct {
	*rand.Rand
	memory float64
}

var inf = math.Inf(1)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{
		{"gaussian", 0, inf, 100, daily, func(n *noise, m float64) float64 { return m + 5*n.NormFloat64() }},
		{WeeklySeason, 0, inf, 100, weekly, func(n *noise, m float64) float64 { return m + 5*n.NormFloat64() }},
		{"gaussian, no season", -inf, inf, 100, flat, func(n *noise, m float64) float64 { return m + 5*n.NormFloat64() }},
		{"heavy tails (t5)", -inf, inf, 100, daily, func(n *noise, m float64) float64 { return m + 4*n.student(5) }},
		{"heavy tails (t3)", -inf, inf, 100, daily, func(n *noise, m float64) float64 { return m + 3*n.student(3) }},
		{"autoregressive 0.8", -inf, inf, 100, daily, func(n *noise, m float64) float64 { return m + n.autoregressive(0.8, 3) }},
		{"autoregressive 0.98", -inf, inf, 100, daily, func(n *noise, m float64) float64 { return m + n.autoregressive(0.98, 1) }},
		{"random walk in bounds", 0, 100, 1, flat, func(n *noise, _ float64) float64 { return 50 + n.walk(0.5, 45) }},
		{"proportional", 0, inf, 100, daily, func(n *noise, m float64) float64 { return m * math.Exp(0.1*n.NormFloat64()) }},
		{"latency, log-normal", 0, inf, 30, daily, func(n *noise, m float64) float64 { return m * math.Exp(0.5*n.NormFloat64()) }},
		{"poisson 0.02", 0, inf, 0.02, flat, func(n *noise, m float64) float64 { return n.poisson(m) }},
		{"poisson 0.2", 0, inf, 0.2, weekly, func(n *noise, m float64) float64 { return n.poisson(m) }},
		{"poisson 5", 0, inf, 5, weekly, func(n *noise, m float64) float64 { return n.poisson(m) }},
		{"poisson 300", 0, inf, 300, weekly, func(n *noise, m float64) float64 { return n.poisson(m) }},
		{"bursts of counts", 0, inf, 3, weekly, func(n *noise, m float64) float64 { return n.bursts(m, 5) }},
		{"percent", 0, 100, 70, daily, func(n *noise, m float64) float64 { return within(m+8*n.NormFloat64(), 0, 100) }},
		{"percent near 100", 0, 100, 1, weekly, func(n *noise, m float64) float64 { return 100 * (1 - n.poisson(0.5*m)/1000) }},
		{"sawtooth", 0, inf, 100, flat, func(n *noise, m float64) float64 { return m + n.sawtooth(0.5, 0.02) + n.NormFloat64() }},
	}
}

// Spec is spec as it fits the kind: its bounds and buckets per day.
func (k Kind) Spec(spec detect.Spec) detect.Spec {
	spec.BucketsPerDay, spec.Lower, spec.Upper = PerDay, k.Lower, k.Upper
	return spec
}

// Generate returns n observations, from a Monday at midnight on; the same for the same seed.
func (k Kind) Generate(seed uint64, n int) []detect.Observation {
	source := &noise{Rand: rand.New(rand.NewPCG(seed, 7))}
	out := make([]detect.Observation, n)
	for i := range out {
		out[i] = detect.Observation{
			Value: k.observe(source, k.scale*k.rhythm(i)),
			Phase: seasonal.Phase{Day: i % PerDay, Week: i % Week},
		}
	}
	return out
}

func flat(int) float64 { return 1 }

// daily swings by a half.
func daily(bucket int) float64 {
	day := 2 * math.Pi * float64(bucket%PerDay) / PerDay
	return 1 - 0.4*math.Cos(day) - 0.1*math.Cos(2*day)
}

// weekly is daily, and a third less on weekends.
func weekly(bucket int) float64 {
	if bucket%Week >= 5*PerDay {
		return 0.67 * daily(bucket)
	}
	return daily(bucket)
}

// student has Student's t distribution.
func (n *noise) student(freedom int) float64 {
	chi := 0.0
	for range freedom {
		g := n.NormFloat64()
		chi += g * g
	}
	return n.NormFloat64() / math.Sqrt(chi/float64(freedom))
}

func (n *noise) autoregressive(keep, sigma float64) float64 {
	n.memory = keep*n.memory + sigma*n.NormFloat64()
	return n.memory
}

// walk strays bound at most from 0, where it is reflected.
func (n *noise) walk(sigma, bound float64) float64 {
	n.memory += sigma * n.NormFloat64()
	if math.Abs(n.memory) > bound {
		n.memory = math.Copysign(2*bound, n.memory) - n.memory
	}
	return n.memory
}

// sawtooth rises with every bucket and falls to 0 with a probability.
func (n *noise) sawtooth(rise, fall float64) float64 {
	n.memory += rise
	if n.Float64() < fall {
		n.memory = 0
	}
	return n.memory
}

// bursts is a count whose events come in bursts of a mean size, geometrically distributed.
func (n *noise) bursts(mean, size float64) (count float64) {
	for range int(n.poisson(mean / size)) {
		count += 1 + math.Floor(math.Log(1-n.Float64())/math.Log(1-1/size))
	}
	return count
}

// poisson is Knuth's method, in pieces for large means.
func (n *noise) poisson(mean float64) (count float64) {
	for ; mean > 30; mean -= 30 {
		count += n.poisson(30)
	}
	limit, product := math.Exp(-mean), n.Float64()
	for product > limit {
		count++
		product *= n.Float64()
	}
	return count
}

func within(x, lower, upper float64) float64 { return math.Min(math.Max(x, lower), upper) }
