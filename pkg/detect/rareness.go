package detect

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/state"
)

const (
	// Bins are an eighth of an octave wide, from 2^-4 to 2^20, beyond what a statistic can be.
	rarenessPerOctave = 8
	rarenessLowest    = -4
	rarenessBins      = 24 * rarenessPerOctave
	// The tail of a side is its last 2 % of all observations, at least ten of them.
	rarenessTail, rarenessTailLeast = 0.02, 10
	// Before there are exceedances the tail is x^-4, with the weight of eight of them.
	rarenessPriorShape, rarenessPriorWeight = 4, 8
	rarenessVersion                         = 1
	// A statistic rarer than this belongs to an episode, once rarenessYoung observations are known.
	episodeRarity, rarenessYoung = 2.5, 200
)

// rareness is the decayed distribution of a standardised statistic, up and down apart: a logarithmic histogram that ends in a Pareto
// tail by Hill's estimator (Hill 1975). It must be made by newRareness.
//
// What is rare comes in episodes, and is remembered in two ways. For good, the k-th rare statistic of an episode counts 1/k^2: an
// episode is one event and not k of them, and the next one of its kind is news again. What is left of its weight is remembered for a
// day or so: while an episode lasts it becomes its own habit, and is no alarm without end.
type rareness struct {
	counts  [2][rarenessBins]float32 // up, down
	total   float64
	weight  float64 // of the next observation; it grows, instead of all others shrinking
	growth  float64
	run     [2]int // rare statistics of the present episode
	episode episode
	recent  [2][rarenessBins]float32 // of episodes, by episode's weight
}

func newRareness(memory float64) rareness { return rareness{weight: 1, growth: 1 + 1/memory} }

func rarenessBin(z float64) int {
	if z < 1.0/(1<<-rarenessLowest) {
		return 0
	}
	return min(int((math.Log2(z)-rarenessLowest)*rarenessPerOctave), rarenessBins-1)
}

func sideAndSize(z float64) (side int, size float64) {
	if z < 0 {
		return 1, -z
	}
	return 0, z
}

// learn adds a statistic, of which p has just been found. One of an excursion belongs to an episode however rare it is, and is not
// remembered for good at all.
func (h *rareness) learn(z, p float64, excursion bool) {
	h.weight *= h.growth
	if h.weight > 1e6 {
		h.rescale()
	}
	if scale := h.episode.pass(); scale != 1 {
		for s := range h.recent {
			rescale(h.recent[s][:], scale)
		}
	}
	side, size := sideAndSize(z)
	bin := rarenessBin(size)
	share := 1.0
	if excursion {
		share = 0
	} else if h.total > rarenessYoung*h.weight && rarityOf(p) > episodeRarity {
		share = lengthen(&h.run[side])
	} else {
		h.run[0], h.run[1] = h.run[0]/2, h.run[1]/2
	}
	h.recent[side][bin] += h.episode.add(1 - share)
	h.counts[side][bin] += float32(share * h.weight)
	h.total += share * h.weight
}

func (h *rareness) rescale() {
	for s := range h.counts {
		rescale(h.counts[s][:], float32(1/h.weight))
	}
	h.total /= h.weight
	h.weight = 1
}

func rescale(counts []float32, by float32) {
	for i := range counts {
		counts[i] *= by
	}
}

// p is the probability of a statistic at least as far out as z on its side, of all.
func (h *rareness) p(z float64) float64 {
	side, size := sideAndSize(z)
	n := h.total / h.weight
	if n < 1 {
		return 1
	}
	bin := rarenessBin(size)
	enough := math.Max(rarenessTailLeast, rarenessTail*n) * h.weight
	beyond, moment, start := 0.0, 0.0, rarenessBins-1
	for ; ; start-- {
		k := h.at(side, start)
		beyond += k
		moment += k * (float64(start) + 0.5)
		if beyond >= enough || start == 0 {
			break
		}
	}
	if bin > start {
		inside := ((beyond-0.5*h.at(side, start))/h.weight + 0.5) / (n + 1) // of the bin in which the tail begins
		return math.Min(h.pareto(size, start, beyond, moment, n), inside)
	}
	for ; start > bin; start-- {
		beyond += h.at(side, start-1)
	}
	beyond -= 0.5 * h.at(side, bin)
	return math.Min((beyond/h.weight+0.5)/(n+1), 1)
}

// at is the weight in a bin, of both memories.
func (h *rareness) at(side, bin int) float64 {
	c := float64(h.counts[side][bin])
	if h.episode.left > 0 {
		c += float64(h.recent[side][bin]) * h.weight / h.episode.weight
	}
	return c
}

// pareto extrapolates the tail that begins at the lower edge of the bin start.
func (h *rareness) pareto(size float64, start int, beyond, moment, n float64) float64 {
	const logWidth = math.Ln2 / rarenessPerOctave
	k := beyond / h.weight
	excess := 0.5 * logWidth
	if beyond > 0 {
		excess = (moment/beyond - float64(start)) * logWidth
	}
	inverseShape := (k*excess + rarenessPriorWeight/rarenessPriorShape) / (k + rarenessPriorWeight)
	past := ((math.Log2(size)-rarenessLowest)*rarenessPerOctave - float64(start)) * logWidth
	return math.Max(k, 0.5) / (n + 1) * math.Exp(-past/inverseShape)
}

// save writes the occupied bins.
func (h *rareness) save(w *state.Writer) {
	w.Byte(rarenessVersion)
	w.Float(h.total)
	w.Float(h.weight)
	h.episode.save(w)
	for s := range h.counts {
		saveSparse(w, h.counts[s][:])
		saveSparse(w, h.recent[s][:])
		w.Int(h.run[s])
	}
}

func (h *rareness) restore(r *state.Reader) {
	r.Version(rarenessVersion)
	h.total, h.weight = r.Float(), r.Float()
	if !(h.total >= 0 && h.total < 1e14 && h.weight >= 0.5 && h.weight < 1e7) {
		r.Fail("a distribution holds what cannot be")
		h.total, h.weight = 0, 1
	}
	h.episode.restore(r)
	for s := range h.counts {
		restoreSparse(r, h.counts[s][:])
		restoreSparse(r, h.recent[s][:])
		h.run[s] = runLength(r)
	}
}

// saveSparse writes counts that are mostly zero: runs of zeros by their length, then runs of others.
func saveSparse(w *state.Writer, counts []float32) {
	for i := 0; i < len(counts); {
		from := i
		for i < len(counts) && counts[i] == 0 {
			i++
		}
		w.Int(i - from)
		from = i
		for i < len(counts) && counts[i] != 0 {
			i++
		}
		w.Float32s(counts[from:i])
	}
}

func restoreSparse(r *state.Reader, counts []float32) {
	clear(counts)
	for i := 0; i < len(counts) && r.Err() == nil; {
		zeros := r.Int()
		if zeros < 0 || zeros > len(counts)-i {
			r.Fail("a histogram has too many bins")
			return
		}
		i += zeros
		n := r.Length(4)
		if n > len(counts)-i || zeros+n == 0 {
			r.Fail("a histogram has a wrong number of bins")
			return
		}
		for ; n > 0; n-- {
			if counts[i] = r.Float32(); !(counts[i] >= 0 && counts[i] < 1e14) {
				r.Fail("a histogram holds what cannot be")
				counts[i] = 0
			}
			i++
		}
	}
}
