package forecast

import (
	"math"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// series is a History as models want it: it begins with its first value, has no gaps, and single buckets that are out of all proportion are
// cut. What y is in a bucket depends on nothing that was observed later.
type series struct {
	*clock                 // goes on into the future
	n            int       // buckets of history
	seen         []float64 // as observed; NaN: missing, or marked by a calendar
	y            []float64 // filled and cut
	low, high    []float64 // the range of y up to and with each bucket
	lower, upper float64   // natural bounds
	marks        []uint32  // of the history and the future; nil: none
	marked       []float64 // what was observed in marked buckets, NaN elsewhere; nil: nothing was marked
	logs         view      // of y; see takeLogs
	anchored     []*series // the series as it is seen after each shift of its level, the earliest first; see shifts
	since        int       // of an anchored one: from how many values on it is known
	scratch      []float64 // of models, while they are at work
}

// newSeries reads a history and what is known of the future.
func newSeries(h History, to Future) *series {
	start := 0
	for start < len(h.Values) && !usable(h.Values[start]) {
		start++
	}
	bounds := seasonal.Config{BucketsPerDay: h.BucketsPerDay, Lower: h.Lower, Upper: h.Upper}.Normal()
	s := &series{n: len(h.Values) - start, lower: bounds.Lower, upper: bounds.Upper}
	s.clock = newClock(bounds.BucketsPerDay, h.phases()[start:], to.Phases)
	s.mark(h, to, start)
	s.seen = make([]float64, s.n)
	for t := range s.seen {
		s.seen[t] = h.Values[start+t]
		if !usable(s.seen[t]) {
			s.seen[t] = math.NaN()
		}
		if s.marks != nil && s.marks[t] != 0 {
			s.marked[t], s.seen[t] = s.seen[t], math.NaN()
		}
	}
	s.fill()
	s.ranges()
	return s
}

// phases of all buckets; where there are too few, buckets count on from Sunday midnight.
func (h History) phases() []seasonal.Phase {
	if len(h.Phases) >= len(h.Values) {
		return h.Phases[:len(h.Values)]
	}
	day := max(h.BucketsPerDay, 1)
	all := make([]seasonal.Phase, len(h.Values))
	for i := range all {
		all[i] = seasonal.Phase{Day: i % day, Week: i % (7 * day)}
	}
	return all
}

func (s *series) mark(h History, to Future, start int) {
	if len(h.Marks) == 0 && len(to.Marks) == 0 {
		return
	}
	s.marks = make([]uint32, s.n+len(to.Phases))
	copy(s.marks[:s.n], h.Marks[min(start, len(h.Marks)):])
	copy(s.marks[s.n:], to.Marks)
	s.leaveHabits()
	s.marked = make([]float64, s.n)
	for t := range s.marked {
		s.marked[t] = math.NaN()
	}
}

func usable(v float64) bool { return math.Abs(v) <= seasonal.MaxMagnitude }

// ready is nil where there is enough of a history for a forecast.
func (s *series) ready() error {
	need := seasonal.Config{BucketsPerDay: s.perDay}.Need()
	observed := 0
	for _, v := range s.seen {
		if v == v {
			observed++
		}
	}
	if s.n >= need && observed >= max(seasonal.MinObservations, need/4) {
		return nil
	}
	return &seasonal.NotReadyError{Have: s.n, Need: need, Observed: observed}
}

func (s *series) clamp(v float64) float64 { return math.Min(math.Max(v, s.lower), s.upper) }

func (s *series) ranges() {
	s.low, s.high = make([]float64, s.n), make([]float64, s.n)
	low, high := math.Inf(1), math.Inf(-1)
	for t, v := range s.y {
		low, high = math.Min(low, v), math.Max(high, v)
		s.low[t], s.high[t] = low, high
	}
	for _, a := range s.anchored {
		a.low, a.high = s.low, s.high
	}
}

const (
	// room beyond the range of the past is what a forecast may take, as a share of the range; more, the longer it is compared with the
	// past, for a trend to go on.
	room = 0.5
	// bandRoom is the same of a band.
	bandRoom = 3
)

// within is the range of what is forecast steps after n values, with a share of it as room: what never was negative stays so.
func (s *series) within(n, steps int, share float64) (low, high float64) {
	return s.widened(s.low[n-1], s.high[n-1], n, steps, share)
}

// widened is a range of the past with that room.
func (s *series) widened(low, high float64, n, steps int, share float64) (float64, float64) {
	beyond := (share + float64(steps)/float64(n)) * (high - low)
	floor := s.lower
	if low >= 0 {
		floor = math.Max(floor, 0)
	}
	return math.Max(low-beyond, floor), math.Min(high+beyond, s.upper)
}

// tame keeps a path within its range and replaces what is no number.
func (s *series) tame(n int, path []float64) {
	for i, v := range path {
		low, high := s.within(n, i, room)
		if v != v {
			v = s.y[n-1]
		}
		path[i] = math.Min(math.Max(v, low), high)
	}
}

// buffer returns room for n values, which the next caller of buffer overwrites.
func (s *series) buffer(n int) []float64 {
	if cap(s.scratch) < n {
		s.scratch = make([]float64, n)
	}
	return s.scratch[:n]
}

// at is the series as it is seen by who forecasts after n values: what was before a shift of the level is moved to where the level is now.
func (s *series) at(n int) *series {
	for i := len(s.anchored) - 1; i >= 0; i-- {
		if s.anchored[i].since <= n {
			return s.anchored[i]
		}
	}
	return s
}

// view is a series on another scale.
type view struct {
	values []float64 // nil: there is none
	shift  float64
}

// logShift in units of the mean is where the logarithm begins to bend: values far below it count as about equal.
const logShift = 0.1

// logShiftOf is the shift for the logarithms of the first n values, 0 where they have none.
func (s *series) logShiftOf(n int) float64 {
	if s.low[n-1] < 0 {
		return 0
	}
	mean := 0.0
	for _, v := range s.y[:n] {
		mean += v / float64(n)
	}
	return logShift * mean
}

// takeLogs makes log(y/shift + 1), what is negative taken as 0.
func (s *series) takeLogs(shift float64) {
	s.logs = view{make([]float64, s.n), shift}
	for t, v := range s.y {
		s.logs.values[t] = s.logs.in(v)
	}
}

func (v view) in(x float64) float64  { return math.Log1p(math.Max(x, 0) / v.shift) }
func (v view) out(x float64) float64 { return math.Expm1(x) * v.shift }
