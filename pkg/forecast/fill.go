package forecast

import "math"

// habit foresees each bucket before it is looked at: what was at the same time a season and a cycle ago, each moved by how far off it was
// lately. It fills gaps, and tells a bucket that is out of all proportion.
type habit struct {
	quick, slow float64    // gains
	offset      [2]float64 // mean recent difference from a season ago and from a cycle ago
	miss        [2]float64 // mean absolute errors of the two
	level       float64
	scale       float64 // mean absolute error of what was expected
	jump        float64 // mean absolute difference of successive values
	odd         int     // odd buckets running
}

const (
	// oddScales mean absolute errors away from everything that is usual make a bucket odd.
	oddScales = 12
	// oddKept is the part of that distance which is kept.
	oddKept = 0.25
	// beginning is how many buckets are learnt as they are.
	beginning = 16
	// mostScales is how much an error may count in the scale, in scales.
	mostScales = 6
)

// fill makes y.
func (s *series) fill() {
	s.y = make([]float64, s.n)
	if s.n == 0 {
		return
	}
	h := habit{quick: math.Min(6/float64(s.season), 0.5), slow: 1 / (3 * float64(s.season)), level: s.seen[0]}
	if h.level != h.level {
		h.level = s.marked[0] // the first value, in an event
	}
	s.y[0] = s.clamp(h.level)
	least := math.Inf(-1) // of what takes the place of an observation: what never was negative stays so
	if s.y[0] >= 0 {
		least = 0
	}
	watch := shifts{past: s.y}
	for t := 1; t < s.n; t++ {
		lags := [2]float64{watch.past[s.back[oneSeason][t]], watch.past[s.back[oneCycle][t]]}
		expected := h.expect(lags, t >= s.seasoned())
		x := s.seen[t]
		if x != x {
			s.y[t] = s.clamp(math.Max(expected, least))
			watch.past[t] = s.y[t]
			h.skip()
			continue
		}
		if x < 0 {
			least = math.Inf(-1)
		}
		s.y[t] = s.clamp(math.Max(h.cut(s, t, x, expected), least))
		watch.past[t] = s.y[t]
		h.learn(t, s.y[t], s.y[t-1], expected)
		if t >= s.seasoned() {
			h.compare(t-s.seasoned(), s.y[t], lags)
		}
		if t >= s.whole() && watch.step(s, t, lags) {
			h.offset = [2]float64{} // the past has moved instead
		}
	}
	for _, a := range s.anchored {
		copy(a.y[a.since:], s.y[a.since:])
	}
}

// expect weighs the two lags by their errors. It does not leave what they and the level span by more than that span.
func (h *habit) expect(lags [2]float64, seasoned bool) float64 {
	if !seasoned {
		return h.level
	}
	share := 0.5 // of the cycle
	if a, b := h.miss[0]*h.miss[0], h.miss[1]*h.miss[1]; a+b > 0 {
		share = a / (a + b)
	}
	x := (1-share)*(lags[0]+h.offset[0]) + share*(lags[1]+h.offset[1])
	low := math.Min(h.level, math.Min(lags[0], lags[1]))
	high := math.Max(h.level, math.Max(lags[0], lags[1]))
	return math.Min(math.Max(x, low-(high-low)), high+(high-low))
}

// skip lets a missing bucket pass: what was off lately fades.
func (h *habit) skip() {
	for i := range h.offset {
		h.offset[i] *= 1 - h.slow
	}
}

// cut returns x, or what is left of it where it is odd: far from what is expected, from the value before and from anything observed about
// then a season and a cycle ago. After an hour the odd is the new normal.
func (h *habit) cut(s *series, t int, x, expected float64) float64 {
	reach := oddScales * h.scale
	if t < beginning || math.Abs(x-expected) <= reach || math.Abs(x-s.y[t-1]) <= math.Max(reach, oddScales*h.jump) ||
		s.hadLike(x, t, oneSeason, reach) || s.hadLike(x, t, oneCycle, reach) {
		h.odd = 0
		return x
	}
	if h.odd >= max(3, s.perDay/24) {
		return x
	}
	h.odd++
	return expected + math.Copysign(oddKept*reach, x-expected)
}

// hadLike says that something like x was observed at about the time of bucket t, a lag ago.
func (s *series) hadLike(x float64, t, lag int, reach float64) bool {
	from := int(s.back[lag][t])
	if from == 0 {
		return false
	}
	reach = math.Max(reach, 0.3*math.Abs(x-s.y[t-1]))
	for i := from - 1; i <= min(from+1, t-1); i++ {
		if math.Abs(s.seen[i]-x) <= reach {
			return true
		}
	}
	return false
}

func (h *habit) learn(t int, x, before, expected float64) {
	young := 1 / float64(t+1)
	err := math.Abs(x - expected)
	if t >= beginning && h.scale > 0 {
		err = math.Min(err, mostScales*h.scale)
	}
	h.scale += math.Max(h.slow, young) * (err - h.scale)
	h.jump += math.Max(h.slow, young) * (math.Abs(x-before) - h.jump)
	h.level += math.Max(h.quick, young) * (x - h.level)
}

func (h *habit) compare(age int, x float64, lags [2]float64) {
	for i, lag := range lags {
		err := x - lag - h.offset[i]
		h.miss[i] += math.Max(h.slow, 1/float64(age+1)) * (math.Abs(err) - h.miss[i])
		h.offset[i] += h.quick * err
	}
}
