package ets

import (
	"cmp"
	"math"
	"slices"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/stl"
)

// search looks for form and parameters of one series.
type search struct {
	y         []float64
	unit      float64
	positive  bool
	additive  []float64 // seasonal indices, nil: none
	ratio     []float64
	work      []float64 // the season of one run of the filter
	coarse    []candidate
	beginning map[form]state
}

// candidate is a form with the best place found so far.
type candidate struct {
	form  form
	place []float64 // see paceAt
	aicc  float64
}

const (
	// Each form is searched a little, then the best few to the end: what differs by much does so from the start.
	fewSteps   = 40
	manySteps  = 160
	contenders = 3

	reach = 10 // of a coordinate: the logistic function is within 5e-5 of its ends there
	// Two places are as good where twice the log likelihood differs by less.
	alike = 1e-3
	// A standard deviation of errors below this share of the series' magnitude is rounding.
	rounding = 1e-14
)

func newSearch(y []float64, season int) *search {
	s := &search{unit: unit(y), positive: slices.Min(y) > 0, beginning: map[form]state{}}
	s.y = make([]float64, len(y))
	for i, v := range y {
		s.y[i] = v * s.unit
	}
	s.additive = stl.Classical(s.y, season, false)
	if s.positive {
		s.ratio = stl.Classical(s.y, season, true)
	}
	s.work = make([]float64, len(s.additive))
	return s
}

// unit is the power of two that brings the greatest magnitude of y to about 1: a product with it is exact.
func unit(y []float64) float64 {
	most := max(slices.Max(y), -slices.Min(y))
	if most == 0 {
		return 1
	}
	_, exponent := math.Frexp(most)
	return math.Ldexp(1, -max(exponent, -1000))
}

// best is the model with the least AICc.
func (s *search) best() *Model {
	for _, f := range forms(s.positive, s.additive != nil) {
		if f.season == multiplicativeSeason && s.ratio == nil {
			continue
		}
		if c := s.glance(f); !math.IsInf(c.aicc, 0) {
			s.coarse = append(s.coarse, c)
		}
	}
	slices.SortStableFunc(s.coarse, func(a, b candidate) int { return cmp.Compare(a.aicc, b.aicc) })
	top := s.coarse[:min(contenders, len(s.coarse))]
	for i := range top {
		s.refine(&top[i])
	}
	return s.model(slices.MinFunc(top, func(a, b candidate) int { return cmp.Compare(a.aicc, b.aicc) }))
}

func (s *search) model(c candidate) *Model {
	begin := s.begin(c.form)
	begin.season = slices.Clone(begin.season)
	return &Model{form: c.form, pace: paceAt(c.form, c.place), begin: begin, unit: s.unit}
}

// glance begins at the best of some sensible places and of those found for other forms.
func (s *search) glance(f form) candidate {
	c := candidate{form: f, aicc: math.Inf(1)}
	try := func(at []float64) {
		if aicc := s.aicc(f, at); aicc < c.aicc || c.place == nil {
			c.place, c.aicc = at, aicc
		}
	}
	for _, alpha := range []float64{-3, 0, 2.5} {
		try(place(f, alpha, usualBeta, usualGamma, usualPhi))
		if f.season != noSeason {
			try(place(f, alpha, usualBeta, quickGamma, usualPhi))
		}
	}
	for _, other := range s.coarse {
		if other.form.season == f.season && (other.form.trend == f.trend || other.form.relative == f.relative) {
			x := coordinates(other.form, other.place)
			try(place(f, x[0], x[1], x[2], x[3]))
		}
	}
	c.aicc = s.minimise(f, c.place, 1, fewSteps)
	return c
}

func (s *search) refine(c *candidate) {
	c.aicc = s.minimise(c.form, c.place, 0.5, manySteps)
}

func (s *search) minimise(f form, from []float64, step float64, evaluations int) float64 {
	return minimise(func(x []float64) float64 { return s.aicc(f, x) }, from, step, reach, alike, evaluations)
}

// aicc is the corrected Akaike criterion, up to a constant of the series; +Inf where the form cannot be or there are too few values.
func (s *search) aicc(f form, at []float64) float64 {
	n, k := float64(len(s.y)), float64(f.parameters(len(s.work)))
	if n-k-1 <= 0 {
		return math.Inf(1)
	}
	run := s.begin(f)
	run.season = s.work[:copy(s.work, run.season)]
	got := run.filter(f, paceAt(f, at), s.y, 1)
	mean, logs := got.square/n, 0.0
	if f.relative {
		mean, logs = got.relative/n, 2*got.logs
	}
	twice := n*math.Log(max(mean, rounding*rounding)) + logs + 2*k + 2*k*(k+1)/(n-k-1)
	if math.IsNaN(twice) {
		return math.Inf(1)
	}
	return twice
}

// begin are the states before the first value, whatever the error; the season in it is shared.
func (s *search) begin(f form) state {
	f.relative = false
	known, ok := s.beginning[f]
	if !ok {
		known = s.beginningOf(f)
		s.beginning[f] = known
	}
	return known
}

// beginningOf draws a line through the first two cycles, and ten values at least, without the season.
func (s *search) beginningOf(f form) state {
	var indices []float64
	switch f.season {
	case additiveSeason:
		indices = s.additive
	case multiplicativeSeason:
		indices = make([]float64, len(s.ratio))
		for i, index := range s.ratio {
			indices[i] = min(max(index, leastIndex), mostIndex)
		}
	}
	first := slices.Clone(s.y[:min(max(10, 2*len(s.work)), len(s.y))])
	for i := range first {
		switch f.season {
		case additiveSeason:
			first[i] -= indices[i%len(indices)]
		case multiplicativeSeason:
			first[i] /= indices[i%len(indices)]
		}
	}
	level, slope := line(first)
	if f.trend == noTrend || (f.season == multiplicativeSeason && !(level > 0)) {
		level, slope = level+slope*float64(len(first)+1)/2, 0
	}
	return state{level: level, slope: slope, season: indices}
}

// line is the line of least squares through y at 1, 2, ...: its value at 0 and its slope.
func line(y []float64) (level, slope float64) {
	middle := float64(len(y)+1) / 2
	mean, spread := 0.0, 0.0
	for i, v := range y {
		from := float64(i+1) - middle
		mean += v / float64(len(y))
		slope += from * v
		spread += from * from
	}
	slope /= spread
	return mean - slope*middle, slope
}
