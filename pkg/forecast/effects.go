package forecast

import (
	"math"
	"math/bits"
)

// effects is what calendars do to a series, by calendar and hour of the day: how marked buckets of the past differed from what their seasons
// said. It is a difference, or of a series that is never negative a ratio of values over a small base.
type effects struct {
	relative bool
	base     float64
	by       [maxCalendars][slots]float64 // differences, or logarithms of ratios
	days     [maxCalendars]int            // days from which they are known; 0: nothing is
	low      float64                      // range of what was observed in marked buckets
	high     float64
}

const (
	maxCalendars = 32
	// baseShare of the mean is the base of ratios.
	baseShare = 1e-3
	// mostEffect is the largest ratio, either way.
	mostEffect = 100
	// sharings of what calendars that hold together did.
	sharings = 3
)

// example is a marked bucket that was observed.
type example struct {
	slot   uint8
	marks  uint32
	effect float64
}

func learnEffects(s *series, size *[slots]float64) *effects {
	e := &effects{low: math.Inf(1), high: math.Inf(-1), relative: s.low[s.n-1] >= 0}
	mean := 0.0
	for _, v := range s.y {
		mean += math.Abs(v) / float64(s.n)
	}
	e.base = baseShare * mean
	e.relative = e.relative && mean > 0
	examples := e.examples(s, min(s.whole(), s.n))
	if len(examples) == 0 {
		examples = e.examples(s, 0)
	}
	noise := 0.0
	for _, v := range size {
		noise += v / slots
	}
	if e.relative {
		noise /= mean
	}
	for range sharings {
		for c := range e.by {
			if e.days[c] > 0 {
				e.estimate(c, examples, noise)
			}
		}
	}
	return e
}

// examples of the past from a bucket on, from where the seasons are known if there are any; days are counted.
func (e *effects) examples(s *series, from int) (all []example) {
	var next [maxCalendars]int
	for t := from; t < s.n; t++ {
		x := s.marked[t]
		if x != x {
			continue
		}
		if e.relative && x < 0 {
			x = 0
		}
		e.low, e.high = math.Min(e.low, x), math.Max(e.high, x)
		all = append(all, example{s.slot[t], s.marks[t], e.between(x, s.unmarked(t))})
		for m := s.marks[t]; m != 0; m &= m - 1 {
			if c := bits.TrailingZeros32(m); t >= next[c] {
				e.days[c]++
				next[c] = t + s.perDay
			}
		}
	}
	return all
}

// unmarked is what a marked bucket of the past would have been: what it was filled with, or the mean of the same time in the cycle before
// and in the one after, where there are both; at the level of that time, because what it is compared with was observed there.
func (s *series) unmarked(t int) float64 {
	if t+s.cycle >= s.n {
		return s.y[t]
	}
	y := s.at(s.n).y
	moved := y[t] - s.y[t]
	before := y[t]
	if t >= s.whole() {
		before = y[s.back[oneCycle][t]]
	}
	return before/2 + y[t+s.cycle]/2 - moved
}

// between is the effect that leads from expected to x.
func (e *effects) between(x, expected float64) float64 {
	if !e.relative {
		return x - expected
	}
	return math.Log((x + e.base) / (math.Max(expected, 0) + e.base))
}

// estimate takes medians of what is left for calendar c when the others that held have theirs: one for each hour, drawn towards that of
// all hours, and both towards none as far as noise could be it.
func (e *effects) estimate(c int, examples []example, noise float64) {
	var hours [slots][]float64
	var all []float64
	for _, x := range examples {
		if x.marks>>c&1 == 0 {
			continue
		}
		rest := x.effect - e.of(x.marks&^(1<<c), x.slot)
		hours[x.slot] = append(hours[x.slot], rest)
		all = append(all, rest)
	}
	noise /= math.Sqrt(float64(e.days[c]))
	overall := medianOf(all)
	for i, found := range hours {
		e.by[c][i] = shrunk(overall, noise)
		if len(found) > 0 {
			e.by[c][i] += shrunk(medianOf(found)-overall, noise)
		}
	}
}

// shrunk draws x to 0 as far as it could be noise.
func shrunk(x, noise float64) float64 {
	if x == 0 {
		return 0
	}
	r := noise / x
	return x / (1 + r*r)
}

// of is the effect of all calendars that hold in an hour.
func (e *effects) of(marks uint32, slot uint8) (sum float64) {
	for ; marks != 0; marks &= marks - 1 {
		sum += e.by[bits.TrailingZeros32(marks)][slot]
	}
	return sum
}

// apply moves the marked buckets of a forecast and scales their widths: what was seen on few days is uncertain.
func (e *effects) apply(s *series, median, width []float64) {
	for i, x := range median {
		marks := s.marks[s.n+i]
		days := e.known(marks)
		if days == 0 {
			continue
		}
		effect := e.of(marks, s.slot[s.n+i])
		factor := 1.0
		if e.relative {
			factor = math.Min(math.Max(math.Exp(effect), 1.0/mostEffect), mostEffect)
			x = (x+e.base)*factor - e.base
		} else {
			x += effect
		}
		low, high := s.within(s.n, i, room)
		median[i] = s.clamp(math.Min(math.Max(x, math.Min(low, e.low)), math.Max(high, e.high)))
		width[i] *= math.Max(factor, 0.5) * math.Sqrt(1+1/float64(days))
	}
}

// within is the range of a band some steps ahead: where a calendar holds, with what was observed when it did. A nil e knows none.
func (e *effects) within(s *series, steps int) (low, high float64) {
	low, high = s.low[s.n-1], s.high[s.n-1]
	if e != nil && e.known(s.marks[s.n+steps]) > 0 {
		low, high = math.Min(low, e.low), math.Max(high, e.high)
	}
	return s.widened(low, high, s.n, steps, bandRoom)
}

// known is the smallest number of days from which a calendar that holds is known, 0 where none is.
func (e *effects) known(marks uint32) (days int) {
	for ; marks != 0; marks &= marks - 1 {
		if d := e.days[bits.TrailingZeros32(marks)]; d > 0 && (days == 0 || d < days) {
			days = d
		}
	}
	return days
}
