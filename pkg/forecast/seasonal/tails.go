package seasonal

import "math"

// tailBins is the resolution of one side of a histogram: 56 bins, each 1.12 times as wide as the one before, hold
// magnitudes from tailFirst to about 100 standard deviations.
const (
	tailBins  = 56
	tailFirst = 0.18
	tailRatio = 1.12

	// tailShare of the observations counts as the tail of one side.
	tailShare = 0.025
	// refitEvery observations the tail is fitted anew, which keeps a step at constant amortised time.
	refitEvery = 32
	// What holds before there are data: this many pseudo-observations with the tail 0.5 exp(-1.3 z). It is heavier than any
	// statistic here turns out to be, so that little history makes few alarms.
	priorWeight = 40
	priorRate   = 1.3
	// The shape of the tail is drawn towards the one it began with, with the weight of this many exceedances.
	shapePriorWeight = 40
	// rareP bounds what one observation teaches: magnitudes beyond tailGrowth times the quantile of rareP are learnt as that.
	// A gross incident widens the tail by one step; a habit of gross values still widens it in the end.
	rareP      = 2e-4
	tailGrowth = 1.15
)

var logTailRatio = math.Log(tailRatio)

// Tails is the decayed distribution of a standardised statistic. Its zero value is not ready: use NewTails.
// Each side is a logarithmic histogram with a generalised Pareto tail (Pickands 1975, fitted by moments as in Hosking
// and Wallis 1987). It is not safe for concurrent use.
type Tails struct {
	side    [2]tail // 0 up, 1 down
	total   float64
	weight  float64 // of the next observation; grows instead of decaying everything else
	growth  float64
	shape   float64 // of the tail before there are data
	heavy   float64 // the largest shape believed
	pending int32
}

type tail struct {
	count [tailBins]float32
	above [tailBins]float32 // probability of a magnitude beyond the lower edge of the bin
	from  float64           // where the Pareto tail begins
	mass  float64           // probability beyond from
	width float64           // its scale
	shape float64
	limit float64 // the largest magnitude that is learnt as such
	run   int32   // consecutive magnitudes beyond what is usual in the tail
}

// NewTails returns an empty distribution of standardised residuals that forgets with a time constant of memory observations.
// Its tails may be heavy.
func NewTails(memory float64) Tails { return newTails(memory, 0.1, 0.45) }

// NewRarityTails is the same for a statistic on a logarithmic scale of probability, whose tail is near exponential by nature.
func NewRarityTails(memory float64) Tails { return newTails(memory, 0.02, 0.06) }

func newTails(memory, shape, heavy float64) Tails {
	t := Tails{weight: 1, growth: math.Exp(1 / math.Max(memory, 32)), shape: shape, heavy: heavy}
	t.fit()
	return t
}

// Weight is the decayed number of observations learnt.
func (t *Tails) Weight() float64 { return t.total / t.weight }

// Learn adds one statistic. The k-th of a run of rare ones counts 1/k^2, since a run is one event and not k of them.
func (t *Tails) Learn(z float64) {
	if math.IsNaN(z) {
		return
	}
	s := &t.side[0]
	if z < 0 {
		s, z = &t.side[1], -z
	}
	if tailGrowth*z > s.limit {
		s.run++
	} else {
		t.side[0].run, t.side[1].run = t.side[0].run/2, t.side[1].run/2
	}
	w := t.weight
	if s.run > 1 {
		w /= float64(s.run) * float64(s.run)
	}
	s.count[tailBin(math.Min(z, s.limit))] += float32(w)
	t.total += w
	t.weight *= t.growth
	if t.weight > 1e6 {
		t.rescale()
	}
	if t.pending++; t.pending >= refitEvery || t.Weight() < 4*refitEvery && t.pending >= refitEvery/4 {
		t.fit()
	}
}

// P returns the probability of a statistic at least as far up as z and at least as far down as z. Where single values hold much of
// the mass (a constant, a count) both may be large; both are 1 in the innermost bin, where a sign means nothing.
func (t *Tails) P(z float64) (up, down float64) {
	if math.IsNaN(z) || math.Abs(z) <= tailFirst {
		return 1, 1
	}
	if z >= 0 {
		return t.side[0].p(z), 1 - t.side[0].beyond(z)
	}
	return 1 - t.side[1].beyond(-z), t.side[1].p(-z)
}

// Quantile returns the statistic beyond which, on the side up or down, lies the probability p (0 < p < 1/2).
// It is a magnitude, never negative.
func (t *Tails) Quantile(p float64, up bool) float64 {
	if up {
		return t.side[0].quantile(p)
	}
	return t.side[1].quantile(p)
}

func tailBin(z float64) int {
	if z <= tailFirst {
		return 0
	}
	return min(1+int(math.Log(z/tailFirst)/logTailRatio), tailBins-1)
}

// binEdge is the lower edge of a bin.
func binEdge(i int) float64 {
	if i == 0 {
		return 0
	}
	return binEdges[i]
}

var binEdges = func() (edges [tailBins + 1]float64) {
	for i := 1; i <= tailBins; i++ {
		edges[i] = tailFirst * math.Pow(tailRatio, float64(i-1))
	}
	return edges
}()

func (t *Tails) rescale() {
	f := float32(1 / t.weight)
	for i := range t.side {
		for j := range t.side[i].count {
			t.side[i].count[j] *= f
		}
	}
	t.total /= t.weight
	t.weight = 1
}

// Fade keeps the given share of what was learnt, for when the statistic has become another.
func (t *Tails) Fade(share float64) {
	for i := range t.side {
		for j := range t.side[i].count {
			t.side[i].count[j] *= float32(share)
		}
	}
	t.total *= share
	t.fit()
}

func (t *Tails) fit() {
	t.pending = 0
	n := t.total / t.weight
	for i := range t.side {
		t.side[i].fit(n, 1/t.weight)
		t.side[i].moments(1/t.weight, t.shape, t.heavy)
		t.side[i].limit = tailGrowth * t.side[i].quantile(math.Max(rareP, 0.25/(n+8)))
	}
}

// fit computes the survival function and the Pareto tail of one side; n is the number of observations of both sides,
// unit turns stored counts into observations.
func (s *tail) fit(n, unit float64) {
	sum, start := 0.0, tailBins
	for i := tailBins - 1; i >= 0; i-- {
		sum += float64(s.count[i]) * unit
		s.above[i] = float32((sum + priorWeight*prior(binEdge(i))) / (n + priorWeight))
		if sum <= math.Max(tailShare*n, 8) {
			start = i
		}
	}
	start = max(min(start, tailBins-1), 1)
	s.from = binEdge(start)
	s.mass = float64(s.above[start])
}

// moments fits shape and width to what lies beyond from, together with the prior's exceedances.
func (s *tail) moments(unit, shape0, heavy float64) {
	start := tailBin(s.from * 1.001)
	k, m1, m2 := 0.0, 0.0, 0.0
	for i := start; i < tailBins; i++ {
		c := float64(s.count[i]) * unit
		d := math.Sqrt(binEdges[i]*binEdges[i+1]) - s.from
		k += c
		m1 += c * d
		m2 += c * d * d
	}
	// The prior: exceedances of an exponential tail, at least one of them.
	pk := 1 + priorWeight*prior(s.from)
	pm := math.Max(1/priorRate, 0.1*s.from)
	k, m1, m2 = k+pk, m1+pk*pm, m2+2*pk*pm*pm
	mean := m1 / k
	variance := math.Max(m2/k-mean*mean, 1e-6*mean*mean)
	shape := 0.5 * (1 - mean*mean/variance)
	shape = (k*shape + shapePriorWeight*shape0) / (k + shapePriorWeight)
	s.shape = math.Min(math.Max(shape, 0.01), heavy)
	s.width = mean * (1 - s.shape)
}

func prior(z float64) float64 { return 0.5 * math.Exp(-priorRate*z) }

func (s *tail) p(z float64) float64 {
	if z >= s.from {
		return s.mass * math.Pow(1+s.shape*(z-s.from)/s.width, -1/s.shape)
	}
	i := tailBin(z)
	lo, hi := binEdge(i), binEdges[i+1]
	f := (z - lo) / (hi - lo)
	return float64(s.above[i]) + f*float64(s.above[i+1]-s.above[i])
}

// beyond is the probability of a larger magnitude than any in the bin of z.
func (s *tail) beyond(z float64) float64 {
	if i := tailBin(z) + 1; i < tailBins {
		return float64(s.above[i])
	}
	return 0
}

func (s *tail) quantile(p float64) float64 {
	if p < s.mass {
		return s.from + s.width/s.shape*(math.Pow(s.mass/p, s.shape)-1)
	}
	lo, hi := 0, tailBin(s.from)
	for lo < hi {
		mid := (lo + hi) / 2
		if float64(s.above[mid]) > p {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return 0
	}
	a, b := float64(s.above[lo-1]), float64(s.above[lo])
	if a <= b {
		return binEdge(lo)
	}
	f := (a - p) / (a - b)
	return binEdge(lo-1) + f*(binEdge(lo)-binEdge(lo-1))
}
