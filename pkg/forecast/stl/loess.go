package stl

import "math"

// loess is local regression with tricube weights (Cleveland 1979) over the nearest observations of an evenly spaced series.
type loess struct {
	window int       // observations, odd
	line   bool      // local lines; else local means
	jump   int       // fitted at every jump-th observation, straight lines between
	weight []float64 // scratch
}

// newLoess is a smoother for up to n observations.
func newLoess(window int, line bool, n int) loess {
	return loess{window: window, line: line, jump: (window + 9) / 10, weight: make([]float64, min(window, n))}
}

// smooth writes the smooth of y to out. trust are weights of the observations, nil where all count alike.
func (l *loess) smooth(y, trust, out []float64) {
	n := len(y)
	if n < 2 {
		copy(out, y)
		return
	}
	last := 0
	out[0] = l.near(y, trust, 0)
	for last < n-1 {
		next := min(last+l.jump, n-1)
		out[next] = l.near(y, trust, next)
		slope := (out[next] - out[last]) / float64(next-last)
		for i := last + 1; i < next; i++ {
			out[i] = out[last] + slope*float64(i-last)
		}
		last = next
	}
}

// near fits at the observation at, with as many on both sides as the ends leave; where no observation is trusted it is the value itself.
func (l *loess) near(y, trust []float64, at int) float64 {
	from := min(max(at-l.window/2, 0), max(len(y)-l.window, 0))
	fitted, ok := l.fit(y, trust, at, from, min(from+l.window, len(y)))
	if !ok {
		return y[at]
	}
	return fitted
}

// fit is the local regression of y[from:to] at a position, which may lie one before or after the series.
func (l *loess) fit(y, trust []float64, at, from, to int) (float64, bool) {
	reach := float64(max(at-from, to-1-at))
	if l.window > len(y) {
		reach += float64((l.window - len(y)) / 2)
	}
	weight := l.weight[:to-from]
	sum, centre := 0.0, 0.0
	for i := range weight {
		offset := from + i - at
		w := tricube(math.Abs(float64(offset)), reach)
		if trust != nil {
			w *= trust[from+i]
		}
		weight[i] = w
		sum += w
		centre += w * float64(offset)
	}
	if !(sum > 0) {
		return 0, false
	}
	centre /= sum
	if l.line && reach > 0 {
		tilt(weight, from-at, centre, sum, 0.001*float64(len(y)-1))
	}
	fitted, share := 0.0, 1/sum
	for i, w := range weight {
		fitted += w * share * y[from+i]
	}
	return fitted, true
}

// tilt turns the weights of a local mean into those of the local line at offset 0. Observations within too narrow a spread
// make no line.
func tilt(weight []float64, first int, centre, sum, narrow float64) {
	spread := 0.0
	for i, w := range weight {
		from := float64(first+i) - centre
		spread += w * from * from
	}
	spread /= sum
	if math.Sqrt(spread) <= narrow {
		return
	}
	for i := range weight {
		weight[i] *= 1 - centre/spread*(float64(first+i)-centre)
	}
}

// tricube is 1 at once around the position and 0 at the edge of its reach.
func tricube(distance, reach float64) float64 {
	if distance <= 0.001*reach {
		return 1
	}
	if distance > 0.999*reach {
		return 0
	}
	u := distance / reach
	u = 1 - u*u*u
	return u * u * u
}
