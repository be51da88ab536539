package awssim

import (
	"hash/fnv"
	"math"
)

// Randomness here is a hash of (key, index), never a stream: the value of a minute does not depend on which minutes were asked
// before it. The mixer is splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

func hashAt(key uint64, index int64) uint64 { return mix(key ^ mix(uint64(index))) }

func hashKey(seed uint64, parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return mix(seed ^ mix(h.Sum64()))
}

// uniform maps a hash to [0, 1).
func uniform(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// gaussian maps a hash to an approximately standard normal number: the sum of four 16-bit uniforms, scaled to unit variance.
// Its range ends at 2*sqrt(3), so nothing drawn from it looks like an incident.
func gaussian(h uint64) float64 {
	sum := h&0xffff + h>>16&0xffff + h>>32&0xffff + h>>48
	const sqrt3 = 1.7320508075688772
	return (float64(sum)/65536 - 2) * sqrt3
}

// heavy maps a hash to a number of unit variance whose tails are heavier than normal ones, up to 6.8.
func heavy(h uint64) float64 {
	g := gaussian(h)
	return g * (0.8 + 0.12*g*g) / 1.148
}

// poisson draws a count with mean lambda from one hash: by inversion where the mean is small, by the normal approximation
// with its skewness correction (Cornish-Fisher) elsewhere.
func poisson(lambda float64, h uint64) float64 {
	if !(lambda > 0) {
		return 0
	}
	if lambda > 30 {
		z := gaussian(h)
		return math.Max(0, math.Round(lambda+math.Sqrt(lambda)*z+(z*z-1)/6))
	}
	u, p := uniform(h), math.Exp(-lambda)
	k, cumulative := 0.0, p
	for u > cumulative && k < 100 {
		k++
		p *= lambda / k
		cumulative += p
	}
	return k
}

// octave is smooth autocorrelated noise: normal numbers on a grid of step minutes, joined by a smooth curve.
type octave struct {
	key         uint64
	step        int64
	sigma       float64
	knot        int64
	left, right float64
	primed      bool
}

func newOctave(key uint64, step int64, sigma float64) octave {
	return octave{key: mix(key ^ uint64(step)), step: step, sigma: sigma}
}

func (o *octave) at(minute int64) float64 {
	if o.sigma == 0 {
		return 0
	}
	k := floorDiv(minute, o.step)
	if !o.primed || k != o.knot {
		o.left = gaussian(hashAt(o.key, k))
		o.right = gaussian(hashAt(o.key, k+1))
		o.knot, o.primed = k, true
	}
	x := smoothstep(float64(minute-k*o.step) / float64(o.step))
	return o.sigma * (o.left + (o.right-o.left)*x)
}

func smoothstep(x float64) float64 {
	x = min(max(x, 0), 1)
	return x * x * (3 - 2*x)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }
