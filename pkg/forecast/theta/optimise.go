package theta

import "math"

// The bounds of alpha, those of exponential smoothing in R's forecast package.
const (
	leastAlpha = 1e-4
	mostAlpha  = 1 - 1e-4
	// starts are the places, even on the logit scale, around the best of which alpha is searched.
	starts     = 12
	narrowings = 24
	// logitReach is the logit of mostAlpha.
	logitReach = 9.21
)

// line gathers a line of least squares.
type line struct{ count, meanT, meanV, spread, product float64 }

func (l *line) add(t, v float64) {
	l.count++
	from := t - l.meanT
	l.meanT += from / l.count
	l.meanV += (v - l.meanV) / l.count
	l.spread += from * (t - l.meanT)
	l.product += from * (v - l.meanV)
}

func (l *line) slope() float64 {
	if l.spread == 0 {
		return 0
	}
	return l.product / l.spread
}

// optimise finds alpha, the weight of the trend and the level at the beginning for y, which has no season. A weight that is
// not NaN is kept.
func (m *Model) optimise(y []float64, weight float64) {
	var trend line
	for i, v := range y {
		trend.add(float64(i+1), v)
	}
	slope := trend.slope()
	cost := func(logit float64) float64 { return solve(y, alphaAt(logit), slope, weight).square }
	m.alpha = alphaAt(leastOf(cost))
	s := solve(y, m.alpha, slope, weight)
	m.weight, m.initial = s.weight, s.initial
}

func alphaAt(logit float64) float64 {
	return min(max(1/(1+math.Exp(-logit)), leastAlpha), mostAlpha)
}

// leastOf looks along the whole scale, then narrows by the golden section around the best.
func leastOf(cost func(float64) float64) float64 {
	const step = 2 * logitReach / (starts - 1)
	best, least := 0.0, math.Inf(1)
	for i := range starts {
		at := -logitReach + step*float64(i)
		if c := cost(at); c < least {
			best, least = at, c
		}
	}
	golden := (math.Sqrt(5) - 1) / 2
	low, high := best-step, best+step
	left, right := high-golden*(high-low), low+golden*(high-low)
	atLeft, atRight := cost(left), cost(right)
	for range narrowings {
		if atLeft <= atRight {
			high, right, atRight = right, left, atLeft
			left = high - golden*(high-low)
			atLeft = cost(left)
		} else {
			low, left, atLeft = left, right, atRight
			right = low + golden*(high-low)
			atRight = cost(right)
		}
	}
	if atLeft < least {
		best, least = left, atLeft
	}
	if atRight < least {
		best = right
	}
	return best
}

// solution is what is best for one alpha.
type solution struct{ weight, initial, square float64 }

// solve finds the weight and the level at the beginning by least squares of the errors one step ahead. With the level begun at the first
// value, the error at t is e(t) - decay(t) initial - pull(t) weight, where decay is (1-alpha)^(t-1) and pull is the trend's part.
func solve(y []float64, alpha, slope, weight float64) solution {
	level, decay, trend := y[0], 1.0, 0.0
	var ee, ed, ep, dd, dp, pp float64
	for _, v := range y {
		trend += decay // (1-(1-alpha)^t)/alpha
		e, pull := v-level, slope*trend
		ee += e * e
		ed += e * decay
		ep += e * pull
		dd += decay * decay
		dp += decay * pull
		pp += pull * pull
		level += alpha * e
		decay *= 1 - alpha
	}
	if math.IsNaN(weight) {
		weight = bestWeight(ed, ep, dd, dp, pp)
	}
	initial := (ed - weight*dp) / dd
	square := ee - 2*(initial*ed+weight*ep) + initial*initial*dd + 2*initial*weight*dp + weight*weight*pp
	return solution{weight: weight, initial: y[0] + initial, square: square}
}

// bestWeight is that of theta between 1 and infinity.
func bestWeight(ed, ep, dd, dp, pp float64) float64 {
	free := pp - dp*dp/dd // what the trend's part does that the beginning could not
	if !(free > 1e-12*pp) {
		return 0
	}
	return min(max((ep-ed*dp/dd)/free, 0), 1)
}
