package forecast

import (
	"math"
	"slices"
)

// shifts watches for the level to move and stay: when for most of a season nearly every value was far from what was a season and a cycle
// ago, on the same side. What was before is then seen at the new level, because seasons outlast a shift. It is found by what came before
// alone.
type shifts struct {
	past  []float64 // the series as it is seen now
	usual float64   // mean absolute change from a season or a cycle ago, the smaller
	n     float64   // of them
	count int       // buckets far away, those near counted off twice
	begin int       // where they began
	side  float64
}

const (
	// farChange usual changes are far.
	farChange = 8
	// leastChange in units of the value is what a shift is at least.
	leastChange = 0.02
	// mostShifts of a series; one with more has no level.
	mostShifts = 8
)

// shiftSeason is the share of a season that it takes.
const shiftSeason = 0.75

// step looks at bucket t; lags are what was a season and a cycle ago. It returns true where the level is seen to have moved.
func (w *shifts) step(s *series, t int, lags [2]float64) bool {
	x := w.past[t]
	change := nearer(x, lags)
	size := math.Abs(change)
	w.n++
	gain := math.Max(1/w.n, 1/(4*float64(s.season)))
	reach := math.Max(farChange*w.usual, leastChange*math.Abs(x))
	if w.n < float64(s.season)/2 || size <= reach || w.count > 0 && change*w.side < 0 {
		w.usual += gain * (size - w.usual)
		w.count = max(w.count-2, 0)
		return false
	}
	w.usual += gain * (math.Min(size, reach) - w.usual)
	if w.count == 0 {
		w.begin, w.side = t, change
	}
	w.count++
	return float64(w.count) >= math.Max(shiftSeason*float64(s.season), 6) && w.move(s, t)
}

// nearer is the change of x from the nearer one of the two.
func nearer(x float64, lags [2]float64) float64 {
	if math.Abs(x-lags[0]) < math.Abs(x-lags[1]) {
		return x - lags[0]
	}
	return x - lags[1]
}

// move sees what was before the shift at the level after it.
func (w *shifts) move(s *series, t int) bool {
	w.count = 0
	if len(s.anchored) == mostShifts {
		return false
	}
	changes := make([]float64, 0, t+1-w.begin)
	for i := w.begin; i <= t; i++ {
		changes = append(changes, nearer(w.past[i], [2]float64{w.past[s.back[oneSeason][i]], w.past[s.back[oneCycle][i]]}))
	}
	shift := medianOf(changes)
	past := slices.Clone(w.past)
	for i := range past[:w.begin] {
		past[i] = s.clamp(past[i] + shift)
	}
	a := *s
	a.y, a.since, a.anchored = past, t+1, nil
	s.anchored = append(s.anchored, &a)
	w.past = past
	return true
}
