package seasonal

import "math"

const (
	minTrendBlocks = 8 // two hours at 5 minutes
	minTrendDays   = 5
	// leastTrend blocks (six hours at 5 minutes) has a trend lasted that others may count on.
	leastTrend = 24
	// trendT is the t value a slope must have. It is far beyond a quantile because the start of the trend is searched for.
	trendT = 6
	// trendReach standard deviations must a recent trend have carried the series away from its level to be believed.
	trendReach = 2
)

// trend is a straight line through the newest stretches, per bucket and with "now" at the end of the newest bucket.
type trend struct {
	slope, se float64 // per bucket
	now       float64 // the line's value now, less the level
	age       float64 // buckets it has lasted
	noise     float64 // standard deviation of the stretches around the line
	valid     bool
}

// trend looks for a local trend: first in the blocks of the last day and a third, then in the days of the last month.
func (m *Model) trend(sigma float64) trend {
	if t := m.blockTrend(sigma); t.valid {
		return t
	}
	p := &m.past
	t := p.day.fit(keptDays, minTrendDays, p.perDay, p.tick%p.perDay, true)
	t.now, _ = m.excursion(sigma)
	t.noise = math.Hypot(t.noise, sigma) // days say nothing of what is within them
	return t
}

// blockTrend looks in the blocks alone, for what has carried the series away from its level.
func (m *Model) blockTrend(sigma float64) trend {
	p := &m.past
	t := p.block.fit(keptBlocks, minTrendBlocks, p.size, p.tick%p.size, false)
	t.now -= m.level
	t.valid = t.valid && math.Abs(t.now) >= trendReach*sigma && t.now*t.slope > 0
	return t
}

// fit finds the start of the line that explains the newest stretches best, by the t value of its slope with the residuals'
// autocorrelation accounted for. size is the number of buckets in a stretch, open those since the last one closed; walk asks
// that the slope stand out from a random walk too.
func (r *ring) fit(kept, least, size, open int, walk bool) trend {
	var best trend
	bestT := float64(trendT)
	var n, sx, sy, sxx, sxy float64
	for k := 1; k <= min(r.n, kept); k++ {
		y := r.mean[(r.n-k)%kept]
		if math.IsNaN(y) {
			continue
		}
		x := -float64(k)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
		if int(n) < least {
			continue
		}
		d := n*sxx - sx*sx
		slope := (n*sxy - sx*sy) / d
		origin := (sy - slope*sx) / n
		se, noise := r.slopeError(k, kept, slope, origin, d/n)
		if walk {
			se = math.Max(se, r.driftError(k, kept))
		}
		if t := math.Abs(slope) / math.Max(se, 1e-12*math.Abs(slope)); t > bestT {
			bestT = t
			ahead := -0.5 + float64(open)/float64(size)
			best = trend{
				slope: slope / float64(size), se: se / float64(size), now: origin + slope*ahead,
				age: float64(k*size + open), noise: noise, valid: slope != 0,
			}
		}
	}
	return best
}

// slopeError is the standard error of a slope over the newest k stretches, residuals taken as a first-order autoregression, and the
// standard deviation of those residuals.
func (r *ring) slopeError(k, kept int, slope, origin, power float64) (se, noise float64) {
	var n, ss, lag, before float64
	for i := k; i >= 1; i-- {
		y := r.mean[(r.n-i)%kept]
		if math.IsNaN(y) {
			continue
		}
		e := y - origin + slope*float64(i)
		n++
		ss += e * e
		lag += e * before
		before = e
	}
	rho := math.Min(math.Max(lag/math.Max(ss, 1e-300)+1/n, 0), 0.9)
	variance := ss / math.Max(n-2, 1)
	return math.Sqrt(variance / power * (1 + rho) / (1 - rho)), math.Sqrt(variance)
}

// driftError is the standard error of the drift of a random walk through the newest k stretches.
func (r *ring) driftError(k, kept int) float64 {
	var n, sum, squares float64
	for i := k; i > 1; i-- {
		d := r.mean[(r.n-i+1)%kept] - r.mean[(r.n-i)%kept]
		if math.IsNaN(d) {
			continue
		}
		n, sum, squares = n+1, sum+d, squares+d*d
	}
	if n < 2 {
		return math.Inf(1)
	}
	return math.Sqrt(math.Max(squares-sum*sum/n, 0)/(n-1)) / math.Sqrt(n)
}

// excursion is how far the newest two blocks lie from the level and for how many buckets the series has been on that side.
func (m *Model) excursion(sigma float64) (distance, age float64) {
	r := &m.past.block
	seen := 0.0
	for k := 1; k <= min(r.n, keptBlocks); k++ {
		y := r.mean[(r.n-k)%keptBlocks] - m.level
		if math.IsNaN(y) {
			continue
		}
		if k <= 2 {
			seen++
			distance += (y - distance) / seen
			continue
		}
		if math.Abs(y) < trendReach*sigma || y*distance < 0 {
			return distance, float64(k * m.past.size)
		}
	}
	return distance, float64(min(r.n, keptBlocks) * m.past.size)
}
