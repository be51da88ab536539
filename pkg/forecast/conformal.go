package forecast

import (
	"math"
	"slices"
)

// standard levels are those at which bands are adapted and reported; others lie between.
var standard = []float64{0.8, 0.95, 0.99}

const (
	// adaptation is the rate of adaptive conformal inference, in shares left out per origin.
	adaptation = 0.04
	// Between these factors of the share to be left out the adapted one stays.
	leastShare, mostShare = 0.125, 2.0
	// settledOrigins come before bands are judged.
	settledOrigins = 5
	// fewOrigins widens bands: by that over the root of the origins; veryFew by that over their square, because of one or two origins all
	// errors may have the same reason.
	fewOrigins, veryFew = 0.7, 2.0
	// priorOrigins stand for what a block has from the one before it.
	priorOrigins = 2
)

// bands are what back-tests say of errors, with signs.
type bands struct {
	edges []edges    // by standard level
	held  []Coverage // by standard level
}

// edges are the lower and the upper bound of errors, in their units, by block of the ladder.
type edges struct{ lower, upper []float64 }

// calibration is bands in the making: quantiles of the errors of back-tests.
type calibration struct {
	ladder  ladder
	samples []sample  // by block
	weight  []float64 // by block: origins whose errors do not overlap
	newest  []int     // by block: the last origin learnt
	alpha   []float64 // by standard level: the share to leave out so that bands hold their level
}

// calibrate goes through the trials in order: bands made of what was known at an origin are judged by what came, and adapted (Gibbs and
// Candès 2021).
func calibrate(s *series, l ladder, trials []trial) *bands {
	out := &bands{}
	c := &calibration{ladder: l, samples: make([]sample, len(l.ends)), weight: make([]float64, len(l.ends)), newest: make([]int, len(l.ends))}
	for _, level := range standard {
		c.alpha = append(c.alpha, 1-level)
	}
	learnt := make([]int, len(l.ends))
	inside, all := make([]float64, len(standard)), 0.0
	for k := 0; k <= len(trials); k++ {
		now := s.n
		if k < len(trials) {
			now = trials[k].origin
		}
		for b, end := range l.ends {
			for ; learnt[b] < k && trials[learnt[b]].origin+end <= now; learnt[b]++ {
				c.learn(b, &trials[learnt[b]])
			}
		}
		if k < len(trials) && learnt[0] >= settledOrigins {
			all += c.judge(&trials[k], judged*s.season, inside)
		}
	}
	most := 1.0
	for i, level := range standard {
		most = math.Min(most, c.alpha[i]) // a higher level leaves out no more
		lower, upper := c.curves(most)
		out.edges = append(out.edges, edges{lower, upper})
		out.held = append(out.held, Coverage{level, inside[i] / all})
	}
	return out
}

// at are the edges of any level: between the standard levels by the logarithm of what they leave out, beyond them those of the nearest.
func (b *bands) at(level float64) edges {
	last := len(standard) - 1
	switch {
	case !(level > standard[0]):
		return b.edges[0]
	case level >= standard[last]:
		return b.edges[last]
	}
	i := 1
	for level > standard[i] {
		i++
	}
	below, above := math.Log(1-standard[i-1]), math.Log(1-standard[i])
	share := (below - math.Log(1-level)) / (below - above)
	between := func(a, b []float64) []float64 {
		out := make([]float64, len(a))
		for n := range out {
			out[n] = a[n] + share*(b[n]-a[n])
		}
		return out
	}
	return edges{between(b.edges[i-1].lower, b.edges[i].lower), between(b.edges[i-1].upper, b.edges[i].upper)}
}

func (c *calibration) learn(b int, t *trial) {
	if b >= len(t.errors) || len(t.errors[b]) == 0 {
		return
	}
	for _, e := range t.errors[b] {
		c.samples[b].insert(e)
	}
	apart := 1.0
	if c.weight[b] > 0 {
		apart = math.Min(1, float64(t.origin-c.newest[b])/float64(c.ladder.ends[b]))
	}
	c.weight[b] += apart
	c.newest[b] = t.origin
}

// judge adds what was inside of the bands of each standard level, returns how much there was, and adapts.
func (c *calibration) judge(t *trial, horizon int, inside []float64) (all float64) {
	for i, level := range standard {
		lower, upper := c.curves(c.alpha[i])
		in := 0.0
		all = 0
		for b, errors := range t.errors {
			if c.ladder.ends[b] > horizon || c.weight[b] < 2 || len(errors) == 0 {
				continue
			}
			each := float64(c.ladder.ends[b]-c.ladder.begin(b)) / float64(len(errors))
			for _, e := range errors {
				all += each
				if e >= lower[b] && e <= upper[b] {
					in += each
				}
			}
		}
		if all == 0 {
			return 0
		}
		inside[i] += in
		target := 1 - level
		c.alpha[i] += adaptation * (target - (1 - in/all))
		c.alpha[i] = math.Min(math.Max(c.alpha[i], leastShare*target), mostShare*target)
	}
	return all
}

// curves are the lower and the upper bound of errors by block, in their units, when the share alpha is left out, half on each side. They
// never narrow with the horizon; beyond the last block that was tested they grow as a random walk's.
func (c *calibration) curves(alpha float64) (lower, upper []float64) {
	lower, upper = make([]float64, len(c.samples)), make([]float64, len(c.samples))
	for b, found := range c.samples {
		// Before anything is known, errors are like the changes over a season that are their unit, with exponential tails.
		low, high := math.Log(alpha), -math.Log(alpha)
		if b > 0 {
			// What is not known of a block is that of the one before it, grown as a random walk's; less so, the more is known.
			growth := math.Sqrt(float64(c.ladder.ends[b]) / float64(c.ladder.ends[b-1]))
			growth = 1 + (growth-1)/(1+c.weight[b])
			low, high = growth*lower[b-1], growth*upper[b-1]
		}
		if w := c.weight[b]; len(found) > 0 {
			few := math.Max(w, 1)
			wider := 1 + fewOrigins/math.Sqrt(few+4) + veryFew/(few*few)
			low = (priorOrigins*low + w*math.Min(wider*found.quantile(alpha/2), 0)) / (priorOrigins + w)
			high = (priorOrigins*high + w*math.Max(wider*found.quantile(1-alpha/2), 0)) / (priorOrigins + w)
		}
		lower[b], upper[b] = low, high
	}
	growing(lower, -1)
	growing(upper, 1)
	return lower, upper
}

// growing makes sign times v grow, by the means of what does not (pool adjacent violators; Ayer et al. 1955).
func growing(v []float64, sign float64) {
	type pool struct {
		mean float64
		n    int
	}
	pools := make([]pool, 0, len(v))
	for _, x := range v {
		p := pool{sign * x, 1}
		for k := len(pools) - 1; k >= 0 && pools[k].mean > p.mean; k-- {
			n := pools[k].n + p.n
			p = pool{pools[k].mean + (p.mean-pools[k].mean)*float64(p.n)/float64(n), n}
			pools = pools[:k]
		}
		pools = append(pools, p)
	}
	i := 0
	for _, p := range pools {
		for range p.n {
			v[i] = sign * p.mean
			i++
		}
	}
}

// sample is sorted.
type sample []float64

func (s *sample) insert(v float64) {
	i, _ := slices.BinarySearch(*s, v)
	*s = slices.Insert(*s, i, v)
}

const (
	// tailShare of a sample is its tail, of which the mean excess says how it goes on.
	tailShare = 0.15
	// tailFrom values there is a tail; of fewer the extremes are all that is known.
	tailFrom = 8
	// edgeRank is where a sample ends and its tail, taken as exponential, begins.
	edgeRank = 1.5
)

// quantile is the p-quantile, 0 < p < 1, of a sample that is not empty.
func (s sample) quantile(p float64) float64 {
	edge := edgeRank / float64(len(s)+1)
	switch {
	case len(s) < tailFrom:
	case p < edge:
		return s.inner(edge) - s.excess(false)*math.Log(edge/p)
	case 1-p < edge:
		return s.inner(1-edge) + s.excess(true)*math.Log(edge/(1-p))
	}
	return s.inner(p)
}

// oddFactor is how far beyond the next one an extreme counts: what happened once is no habit.
const oddFactor = 3

// value is the i-th, the extremes cut.
func (s sample) value(i int) float64 {
	switch last := len(s) - 1; {
	case last < 2:
	case i == 0 && s[1] < 0:
		return math.Max(s[0], oddFactor*s[1])
	case i == last && s[last-1] > 0:
		return math.Min(s[last], oddFactor*s[last-1])
	}
	return s[i]
}

// excess is the mean excess of the upper or lower tail.
func (s sample) excess(up bool) float64 {
	n := len(s)
	k := max(int(tailShare*float64(n)), 2)
	sum := 0.0
	for i := range k {
		if up {
			sum += s.value(n-1-i) - s[n-1-k]
		} else {
			sum += s[k] - s.value(i)
		}
	}
	return sum / float64(k)
}

// inner interpolates between the values of the sample.
func (s sample) inner(p float64) float64 {
	x := math.Min(math.Max(p*float64(len(s)+1)-1, 0), float64(len(s)-1))
	i := min(int(x), len(s)-1)
	j := min(i+1, len(s)-1)
	return s.value(i) + (x-float64(i))*(s.value(j)-s.value(i))
}
