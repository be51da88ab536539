package forecast

import (
	"math"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/arima"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/ets"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/stl"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/theta"
)

// classical is a model of the textbooks, which knows an evenly spaced series and one season: it is given the series as it lies on the wall
// clock, without a pattern of the cycle that it could not follow, which is put back afterwards.
type classical struct {
	name    string
	forward func(y, out []float64) // writes what comes after y
	pattern []float64              // by position in the cycle; nil: none
	season  int                    // of which forward holds one
}

func (c classical) String() string { return c.name }

func (c classical) size() int { return 8 * (cap(c.pattern) + c.season) }

func (c classical) path(s *series, n int, out []float64) {
	wall := s.onTheWall(n + len(out))
	y := s.laid(wall, n)
	if len(out) == 0 {
		return
	}
	c.take(y)
	ahead := make([]float64, max(slices.Max(wall[n:])+1-len(y), 1)) // the last bucket may lie in an hour that is repeated
	c.forward(y, ahead)
	for i := range out {
		at := max(wall[n+i]-len(y), 0)
		out[i] = ahead[at]
		if c.pattern != nil {
			out[i] += c.pattern[(len(y)+at)%len(c.pattern)]
		}
	}
}

// take removes the pattern.
func (c classical) take(y []float64) {
	for i := range y {
		if c.pattern != nil {
			y[i] -= c.pattern[i%len(c.pattern)]
		}
	}
}

// onTheWall is where each of n buckets lies on a grid on which every season is as long: an hour that the clock skipped is a gap there, and
// one that it repeated lies on the hour before.
func (s *series) onTheWall(n int) []int {
	wall := make([]int, n)
	for t := range wall {
		wall[t] = t
		if back := int(s.back[oneSeason][t]); t > s.season+s.slack {
			wall[t] = wall[back] + s.season
		}
	}
	return wall
}

// laid is y of the first n buckets on the wall's grid; a gap is filled from the season before.
func (s *series) laid(wall []int, n int) []float64 {
	y := make([]float64, 0, wall[n-1]+1)
	for t, v := range s.y[:n] {
		for len(y) <= wall[t] {
			fill := v
			if k := len(y) - s.season; k >= 0 {
				fill = y[k]
			}
			y = append(y, fill)
		}
		y[wall[t]] = v
	}
	return y
}

// fitSARIMA chooses the order and fits it, over the season of the day; the week's own part is taken out before.
func fitSARIMA(s *series, n int) (model, error) {
	return fitClassical(s, n, func(y []float64) (string, func(y, out []float64), error) {
		order, err := arima.Select(y, s.season)
		if err != nil {
			return "", nil, err
		}
		m, err := arima.Fit(y, order)
		if err != nil {
			return "", nil, err
		}
		return order.String(), func(y, out []float64) {
			if m.Forecast(y, out) != nil { // fewer values than the order looks back
				repeatLast(y, out)
			}
		}, nil
	})
}

func fitETS(s *series, n int) (model, error) {
	return fitClassical(s, n, func(y []float64) (string, func(y, out []float64), error) {
		m, err := ets.Fit(y, s.season)
		if err != nil {
			return "", nil, err
		}
		return m.String(), m.Forecast, nil
	})
}

func fitTheta(s *series, n int) (model, error) {
	return fitClassical(s, n, func(y []float64) (string, func(y, out []float64), error) {
		m, err := theta.Fit(y, s.season)
		if err != nil {
			return "", nil, err
		}
		return m.String(), m.Forecast, nil
	})
}

// fitClassical takes the week's own part out of the first n values and fits to the rest.
func fitClassical(s *series, n int, fit func(y []float64) (name string, forward func(y, out []float64), err error)) (model, error) {
	y := s.laid(s.onTheWall(n), n)
	c := classical{pattern: s.weekly(y), season: s.season}
	c.take(y)
	var err error
	if c.name, c.forward, err = fit(y); err != nil {
		return nil, err
	}
	if c.pattern != nil {
		c.name += " + week"
	}
	return c, nil
}

// fitMSTL repeats the seasons of the newest cycle, those that are strong enough, and lets exponential smoothing go on with the rest.
func fitMSTL(s *series, n int) (model, error) {
	y := s.laid(s.onTheWall(n), n)
	d, err := stl.Decompose(y, []int{s.season, s.cycle}, stl.Options{})
	if err != nil {
		return nil, err
	}
	c := classical{name: "MSTL", pattern: make([]float64, s.cycle)}
	for i, period := range d.Periods {
		if d.Strength(i) < leastStrength {
			continue
		}
		c.name += map[bool]string{true: " day", false: " week"}[period == s.season && s.perDay > 1]
		newest := d.Seasons[i][len(y)-period:]
		for at := range c.pattern {
			c.pattern[at] += newest[modulo(at-len(y), period)]
		}
	}
	c.take(y)
	rest, err := ets.Fit(y, 1)
	if err != nil {
		return nil, err
	}
	c.name, c.forward = c.name+" + "+rest.String(), rest.Forecast
	return c, nil
}

func repeatLast(y, out []float64) {
	for i := range out {
		out[i] = y[len(y)-1]
	}
}

const (
	// weeksKnown before a week is told from chance.
	weeksKnown = 3
	// weeklyParts of a day are what weekly deviations are smoothed to.
	weeklyParts = 24
)

// weekly is by how much the times of the week differ from the same times of all days, smoothed over an hour and shrunk as far as it may be
// chance; nil where there are too few weeks to tell, or nothing to see.
func (s *series) weekly(y []float64) []float64 {
	if s.perDay == 1 || len(y) < weeksKnown*s.cycle {
		return nil
	}
	whole := stl.Classical(y, s.cycle, false)
	for at := range s.season {
		mean := 0.0
		for d := at; d < s.cycle; d += s.season {
			mean += whole[d] * float64(s.season) / float64(s.cycle)
		}
		for d := at; d < s.cycle; d += s.season {
			whole[d] -= mean
		}
	}
	pattern := smoothed(whole, max(1, s.season/weeklyParts))
	share := s.told(y, pattern)
	for at := range pattern {
		pattern[at] *= share
	}
	if share == 0 {
		return nil
	}
	return pattern
}

// told is the share of a pattern of the cycle that the change from one season to the next bears out: the coefficient of the regression of
// those changes on the pattern's, from 0 to 1.
func (s *series) told(y, pattern []float64) float64 {
	var product, square float64
	for t := s.season; t < len(y); t++ {
		p := pattern[t%s.cycle] - pattern[(t-s.season)%s.cycle]
		product += p * (y[t] - y[t-s.season])
		square += p * p
	}
	if !(square > 0) {
		return 0
	}
	weeks := float64(len(y)) / float64(s.cycle)
	// The pattern was made of the same weeks: what chance alone would bring is 1/weeks of what is there.
	return math.Min(math.Max((product/square-1/weeks)*weeks/(weeks-1), 0), 1)
}

// smoothed is the circular moving mean over width values.
func smoothed(x []float64, width int) []float64 {
	out := make([]float64, len(x))
	sum := 0.0
	for i := range width {
		sum += x[modulo(i-width/2, len(x))]
	}
	for i := range out {
		out[i] = sum / float64(width)
		sum += x[modulo(i+width-width/2, len(x))] - x[modulo(i-width/2, len(x))]
	}
	return out
}
