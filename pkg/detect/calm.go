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
	// episodeJoint begins an episode, which is remembered as in rareness.
	episodeJoint = 1.8
)

// calm makes the probability of a joint statistic: by the law of clean data, and by how often the series itself went as far. A calm series
// has the law, so that its every whim is no alarm; a wilder one has its own habit on top.
type calm struct {
	counts  [calmBins]float32
	weight  float64
	growth  float64
	run     int
	episode episode
	recent  [calmBins]float32
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
	part := 1 - math.Min(at-float64(bin), 1)
	sum := above(&c.counts, bin, part) / c.weight
	if c.episode.left > 0 {
		sum += above(&c.recent, bin, part) / c.episode.weight
	}
	return sum
}

// above sums the bins beyond one, and a part of that.
func above(counts *[calmBins]float32, bin int, part float64) float64 {
	sum := part * float64(counts[bin])
	for _, k := range counts[bin+1:] {
		sum += float64(k)
	}
	return sum
}

func (c *calm) learn(joint float64, excursion bool) {
	c.weight *= c.growth
	if c.weight > 1e6 {
		rescale(c.counts[:], float32(1/c.weight))
		c.weight = 1
	}
	if scale := c.episode.pass(); scale != 1 {
		rescale(c.recent[:], scale)
	}
	bin := min(int(joint/calmWidth), calmBins-1)
	share := 1.0
	switch {
	case excursion:
		share = 0
	case joint > episodeJoint:
		share = lengthen(&c.run)
	default:
		c.run /= 2
	}
	c.recent[bin] += c.episode.add(1 - share)
	c.counts[bin] += float32(share * c.weight)
}

func (c *calm) save(w *state.Writer) {
	w.Byte(calmVersion)
	w.Float(c.weight)
	saveSparse(w, c.counts[:])
	saveSparse(w, c.recent[:])
	w.Int(c.run)
	c.episode.save(w)
}

func (c *calm) restore(r *state.Reader) {
	r.Version(calmVersion)
	if c.weight = r.Float(); !(c.weight >= 0.5 && c.weight < 1e7) {
		r.Fail("a distribution holds what cannot be")
		c.weight = 1
	}
	restoreSparse(r, c.counts[:])
	restoreSparse(r, c.recent[:])
	c.run = runLength(r)
	c.episode.restore(r)
}
