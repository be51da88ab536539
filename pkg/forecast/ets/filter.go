package ets

import "math"

// pace says how fast each state follows: the smoothing parameters alpha, beta, gamma and the damping phi of the trend. Without a trend
// beta is 0 and the slope is, without damping phi is 1.
type pace struct{ alpha, beta, gamma, phi float64 }

// state is what the filter knows before an observation: level and slope in the model's unit, and the season by phase.
type state struct {
	level, slope float64
	season       []float64
}

// fit is what the errors one step ahead came to, in the model's unit.
type fit struct {
	square   float64 // sum of squared errors
	relative float64 // sum of squared errors over forecasts, +Inf where a forecast was not positive
	logs     float64 // sum of the logarithms of the forecasts
}

// Bounds that no sound model meets, within which no operation leaves the range of numbers.
const (
	beyond     = 1e100  // larger observations, in the model's unit, are passed over
	leastLevel = 1e-200 // of a multiplicative season
	leastIndex = 1e-4
	mostIndex  = 1e4
	leastShare = 1e-3 // of the level before: how deep a trend takes it in one step where it has to stay positive
)

// filter runs the states through y, which is multiplied by unit, and returns how well each next value was foretold. The recursions are
// those of the error correction form; that of a multiplicative error is the same.
func (s *state) filter(f form, p pace, y []float64, unit float64) fit {
	switch f.season {
	case additiveSeason:
		return s.filterAdditive(p, y, unit, f.relative)
	case multiplicativeSeason:
		return s.filterMultiplicative(p, y, unit, f.relative)
	}
	return s.filterLevel(p, y, unit, f.relative)
}

func (s *state) filterLevel(p pace, y []float64, unit float64, relative bool) fit {
	sum := newSums()
	level, slope := s.level, s.slope
	for _, v := range y {
		expected := level + p.phi*slope
		e := v*unit - expected
		if !(math.Abs(e) < beyond) {
			e = 0
		}
		sum.square += e * e
		if relative {
			sum.add(e, expected)
		}
		level = expected + p.alpha*e
		slope = p.phi*slope + p.beta*e
	}
	s.level, s.slope = level, slope
	return sum.fit()
}

func (s *state) filterAdditive(p pace, y []float64, unit float64, relative bool) fit {
	sum := newSums()
	level, slope, phase := s.level, s.slope, 0
	for _, v := range y {
		next := level + p.phi*slope
		expected := next + s.season[phase]
		e := v*unit - expected
		if !(math.Abs(e) < beyond) {
			e = 0
		}
		sum.square += e * e
		if relative {
			sum.add(e, expected)
		}
		level = next + p.alpha*e
		slope = p.phi*slope + p.beta*e
		s.season[phase] += p.gamma * e
		if phase++; phase == len(s.season) {
			phase = 0
		}
	}
	s.level, s.slope = level, slope
	return sum.fit()
}

func (s *state) filterMultiplicative(p pace, y []float64, unit float64, relative bool) fit {
	sum := newSums()
	level, slope, phase := s.level, s.slope, 0
	for _, v := range y {
		next := max(level+p.phi*slope, leastShare*level, leastLevel)
		index := s.season[phase]
		expected := next * index
		e := v*unit - expected
		if !(v > 0 && e < beyond) {
			e = 0
		}
		sum.square += e * e
		if relative {
			sum.add(e, expected)
		}
		level = next + p.alpha*e/index
		slope = p.phi*slope + p.beta*e/index
		s.season[phase] = min(max(index+p.gamma*e/next, leastIndex), mostIndex)
		if phase++; phase == len(s.season) {
			phase = 0
		}
	}
	s.level, s.slope = level, slope
	return sum.fit()
}

// sums gathers a fit. The logarithms are taken of products, because a logarithm costs more than the rest of a step.
type sums struct {
	square, relative, logs, product float64
}

func newSums() sums { return sums{product: 1} }

func (s *sums) add(e, expected float64) {
	if !(expected > 0) {
		s.relative = math.Inf(1)
		return
	}
	share := e / expected
	s.relative += share * share
	if s.product *= expected; s.product > 1e100 || s.product < 1e-100 {
		s.logs += math.Log(s.product)
		s.product = 1
	}
}

func (s *sums) fit() fit {
	return fit{square: s.square, relative: s.relative, logs: s.logs + math.Log(s.product)}
}

// project writes what the states expect next, in the model's unit; phase is that of the first.
func (s *state) project(f form, phi float64, phase int, out []float64) {
	level, slope := s.level, s.slope
	for i := range out {
		slope *= phi
		level += slope
		expected := level
		switch f.season {
		case additiveSeason:
			expected += s.season[(phase+i)%len(s.season)]
		case multiplicativeSeason:
			expected *= s.season[(phase+i)%len(s.season)]
		}
		if f.positive() {
			expected = max(expected, 0)
		}
		out[i] = expected
	}
}
