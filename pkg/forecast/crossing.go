package forecast

import "math"

// StepsTo is how many steps after the observation now a path reaches a threshold: 0 where now is beyond it already, +Inf where the
// path does not get there. upward says that values at or above the threshold are beyond it; otherwise those at or below are.
func StepsTo(now float64, path []float64, threshold float64, upward bool) float64 {
	beyond := func(x float64) bool { return upward && x >= threshold || !upward && x <= threshold }
	if beyond(now) {
		return 0
	}
	before := now
	for i, x := range path {
		if !beyond(x) {
			before = x
			continue
		}
		// The band's edge starts at its width and not at now, so that interpolation may start outside.
		f := (threshold - before) / (x - before)
		if f >= 0 && f <= 1 {
			return float64(i) + f
		}
		return float64(i + 1)
	}
	return math.Inf(1)
}
