package stl

import (
	"math"
	"slices"
)

// smoother is STL of one season for series of n values, with all the memory it needs. Period 0 is none: the trend alone.
type smoother struct {
	period, inner, outer    int
	cycles, pass, trending  loess
	rest, season, low, work []float64 // n, n+2 periods twice, n
	cycle, smoothed, shares []float64 // a cycle-subseries, its smooth with one more at either end, its trust
	trust, far              []float64 // n, only where it is robust
}

func newSmoother(n, period, seasonWindow int, o Options) *smoother {
	s := &smoother{period: period, inner: o.Inner, outer: o.Outer}
	if o.SeasonWindow > 0 {
		seasonWindow = max(o.SeasonWindow, 3)
	}
	seasonWindow = odd(min(seasonWindow, 10*n+1))
	if s.inner == 0 && o.Robust {
		s.inner = 1
	}
	if s.inner == 0 {
		s.inner = 2
	}
	if s.outer == 0 && o.Robust {
		s.outer = robustPasses
	}
	s.trending = newLoess(trendWindow(n, period, seasonWindow, o), true, n)
	s.rest, s.work = make([]float64, n), make([]float64, n)
	if s.outer > 0 {
		s.trust, s.far = make([]float64, n), make([]float64, n)
	}
	if period == 0 {
		return s
	}
	longest := (n + period - 1) / period
	s.cycles, s.pass = newLoess(seasonWindow, false, longest), newLoess(odd(period), true, n)
	s.season, s.low = make([]float64, n+2*period), make([]float64, n+2*period)
	s.cycle, s.shares, s.smoothed = make([]float64, longest), make([]float64, longest), make([]float64, longest+2)
	return s
}

// trendWindow is the narrowest that leaves the season alone (Cleveland et al. 1990, section 3.5); without a season a tenth
// of the series at least.
func trendWindow(n, period, seasonWindow int, o Options) int {
	switch {
	case o.TrendWindow > 0:
		return odd(max(min(o.TrendWindow, 10*n+1), 3))
	case period > 0:
		return odd(int(math.Ceil(1.5 * float64(period) / (1 - 1.5/float64(seasonWindow)))))
	}
	return odd(max(n/10, 7))
}

func odd(n int) int { return n | 1 }

// run parts y into season, not written without a period, and trend. It begins anew: nothing is kept of an earlier run.
func (s *smoother) run(y, season, trend []float64) {
	clear(trend)
	var trust []float64
	for pass := 0; ; pass++ {
		for range s.inner {
			s.step(y, trust, season, trend)
		}
		if pass == s.outer {
			return
		}
		s.weigh(y, season, trend)
		trust = s.trust
	}
}

// step is one pass of the inner loop: the season of y without the trend, then the trend of y without the season.
func (s *smoother) step(y, trust, season, trend []float64) {
	if s.period == 0 {
		s.trending.smooth(y, trust, trend)
		return
	}
	subtract(s.rest, y, trend)
	s.smoothCycles(s.rest, trust)
	low := s.lowPass()
	subtract(season, s.season[s.period:s.period+len(y)], low)
	subtract(s.rest, y, season)
	s.trending.smooth(s.rest, trust, trend)
}

// smoothCycles smooths each cycle-subseries of x into season, one cycle further at either end.
func (s *smoother) smoothCycles(x, trust []float64) {
	for phase := range s.period {
		cycle := s.cycle[:0]
		for i := phase; i < len(x); i += s.period {
			cycle = append(cycle, x[i])
		}
		var shares []float64
		if trust != nil {
			shares = s.shares[:0]
			for i := phase; i < len(x); i += s.period {
				shares = append(shares, trust[i])
			}
		}
		for i, v := range s.smoothCycle(cycle, shares) {
			s.season[phase+i*s.period] = v
		}
	}
}

func (s *smoother) smoothCycle(cycle, shares []float64) []float64 {
	n := len(cycle)
	smoothed := s.smoothed[:n+2]
	s.cycles.smooth(cycle, shares, smoothed[1:n+1])
	window := min(s.cycles.window, n)
	var ok bool
	if smoothed[0], ok = s.cycles.fit(cycle, shares, -1, 0, window); !ok {
		smoothed[0] = smoothed[1]
	}
	if smoothed[n+1], ok = s.cycles.fit(cycle, shares, n, n-window, n); !ok {
		smoothed[n+1] = smoothed[n]
	}
	return smoothed
}

// lowPass is the trend that the smoothed cycles still hold: moving means over a period, a period and three, then loess.
func (s *smoother) lowPass() []float64 {
	low := movingMean(s.season, s.low, s.period)
	low = movingMean(low, low, s.period)
	low = movingMean(low, low, 3)
	s.pass.smooth(low, nil, s.work)
	return s.work
}

// movingMean writes the means of window successive values of x, len(x)-window+1 of them, to the front of out, which may be x itself.
func movingMean(x, out []float64, window int) []float64 {
	out = out[:len(x)-window+1]
	sum := 0.0
	for _, v := range x[:window] {
		sum += v
	}
	for i := range out {
		leaving := x[i]
		out[i] = sum / float64(window)
		if i+window < len(x) {
			sum += x[i+window] - leaving
		}
	}
	return out
}

// weigh sets the trust of each value by its distance from season and trend: bisquare, none beyond six median distances.
func (s *smoother) weigh(y, season, trend []float64) {
	copy(s.far, y)
	subtract(s.far, s.far, trend)
	if season != nil {
		subtract(s.far, s.far, season)
	}
	for i, r := range s.far {
		s.far[i] = math.Abs(r)
	}
	copy(s.trust, s.far)
	slices.Sort(s.trust)
	bound := 6 * (s.trust[len(y)/2] + s.trust[(len(y)-1)/2]) / 2
	for i, r := range s.far {
		s.trust[i] = bisquare(r, bound)
	}
}

func bisquare(distance, bound float64) float64 {
	if distance <= 0.001*bound {
		return 1
	}
	if distance > 0.999*bound {
		return 0
	}
	u := distance / bound
	u = 1 - u*u
	return u * u
}
