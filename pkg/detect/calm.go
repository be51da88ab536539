package detect

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

const (
	// What channels say together is nearly the same on clean data of every kind: of all that `bench:calibration` generates, the
	// part p lies beyond jointOrigin - log10(p) / jointSlope, or a little less. Measured once on these kinds; their spread is a tenth.
	jointSlope  = 1.85
	jointOrigin = 0.31
	// jointTrust is how rarely a series may go as far by its own habit, one in so many observations, before that outweighs the law.
	jointTrust = 10_000

	calmBins    = 160
	calmWidth   = 0.05
	calmVersion = 1
)

// calm makes the probability of a joint statistic: by the law of clean data, and by how often the series itself went as far. A calm series
// has the law, so that its every whim is no alarm; a wilder one has its own habit on top.
type calm struct {
	counts [calmBins]float32
	weight float64
	growth float64
}

func newCalm(memory float64) calm { return calm{weight: 1, growth: 1 + 1/memory} }

// rarity of a joint statistic or more.
func (c *calm) rarity(joint float64) float64 {
	law := math.Pow(10, -jointSlope*(joint-jointOrigin))
	return rarityOf(law + c.beyond(joint)/jointTrust)
}

// beyond counts what went as far.
func (c *calm) beyond(joint float64) float64 {
	at := math.Min(joint/calmWidth, calmBins-1)
	bin := int(at)
	sum := 0.0
	for i := calmBins - 1; i > bin; i-- {
		sum += float64(c.counts[i])
	}
	return (sum + (1-math.Min(at-float64(bin), 1))*float64(c.counts[bin])) / c.weight
}

func (c *calm) learn(joint float64) {
	c.weight *= c.growth
	if c.weight > 1e6 {
		for i := range c.counts {
			c.counts[i] /= float32(c.weight)
		}
		c.weight = 1
	}
	c.counts[min(int(joint/calmWidth), calmBins-1)] += float32(c.weight)
}

func (c *calm) save(w *state.Writer) {
	w.Byte(calmVersion)
	w.Float(c.weight)
	saveSparse(w, c.counts[:])
}

func (c *calm) restore(r *state.Reader) {
	r.Version(calmVersion)
	if c.weight = r.Float(); !(c.weight >= 0.5 && c.weight < 1e7) {
		r.Fail("a distribution holds what cannot be")
		c.weight = 1
	}
	restoreSparse(r, c.counts[:])
}
