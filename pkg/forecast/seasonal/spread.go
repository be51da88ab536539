package seasonal

import "math"

const (
	// absToSigma turns a Gaussian's mean absolute deviation into its standard deviation.
	absToSigma = 1.2533141373155
	// spreadClip bounds what one residual teaches about the scale, in standard deviations.
	spreadClip = 4
	// hourMemory is the number of observations after which an hour's factor forgets, hourPrior how many it takes to move it at first.
	hourMemory = 480
	hourPrior  = 24
	// minSigma is below what quotients can be taken of.
	minSigma = 1e-200
)

// spread is the scale of residuals as a function of the expected value and the hour of the day:
//
//	sigma (|expected| / reference)^power hour[h]
//
// The power, 0 to 1, is the slope of log |residual| on log |expected|: 0 constant noise, 1/2 Poisson, 1 proportional.
type spread struct {
	sigma  float64
	seen   float64
	floor  float64 // of the gain of sigma
	hour   []float64
	known  []float64 // observations of each hour
	size   float64   // running mean of |expected|
	w      float64   // decayed moments of (log |expected|, log |residual|)
	x, y   float64
	xx, xy float64
	power  float64
}

func newSpread(perDay int) spread {
	n := min(perDay, 24)
	s := spread{hour: make([]float64, n), known: make([]float64, n), floor: 1 / math.Max(5*float64(perDay), 64)}
	for i := range s.hour {
		s.hour[i] = 1
	}
	return s
}

func (s *spread) clone() spread {
	c := *s
	c.hour = append([]float64(nil), s.hour...)
	c.known = append([]float64(nil), s.known...)
	return c
}

// shape is the factor on sigma for an expected value in an hour of the day.
func (s *spread) shape(expected float64, hour int) float64 {
	h := s.hour[hour]
	if s.power == 0 {
		return h
	}
	d := s.power * (s.logSize(expected) - s.x)
	return h * math.Exp(math.Min(math.Max(d, -3), 3))
}

func (s *spread) logSize(expected float64) float64 {
	return math.Log(math.Abs(expected) + 0.05*s.size + minSigma)
}

// learn takes one residual of an expected value; day is the number of buckets in one.
func (s *spread) learn(residual, expected float64, hour int, day float64) {
	a := math.Abs(residual) * absToSigma
	gain := math.Max(1/(s.seen+1), s.floor)
	s.seen++
	s.size += math.Max(1/s.seen, s.floor) * (math.Abs(expected) - s.size)
	shape := s.shape(expected, hour)
	if s.seen == 1 {
		s.sigma = a
		return
	}
	limit := spreadClip * s.sigma
	if s.seen < 32 {
		limit = math.Inf(1)
	}
	s.sigma += gain * (math.Min(a/shape, limit) - s.sigma)
	if s.sigma*shape < minSigma {
		return
	}
	ratio := math.Min(a/(s.sigma*shape), spreadClip)
	s.known[hour]++
	s.hour[hour] *= 1 + (ratio-1)*math.Max(1/(s.known[hour]+hourPrior), 1.0/hourMemory)
	s.hour[hour] = math.Min(math.Max(s.hour[hour], 0.1), 10)
	s.regress(math.Log(a+0.1*s.sigma), s.logSize(expected), 1/(14*day))
}

// regress updates the power law with one pair of logarithms.
func (s *spread) regress(y, x, gain float64) {
	gain = math.Max(gain, 1/(s.w+1))
	s.w++
	dx, dy := x-s.x, y-s.y
	s.x += gain * dx
	s.y += gain * dy
	s.xx += gain * (dx*(x-s.x) - s.xx)
	s.xy += gain * (dx*(y-s.y) - s.xy)
	// The ridge: a spread of expected values below some percent says nothing about a power.
	s.power = math.Min(math.Max(s.xy/(s.xx+0.01), 0), 1)
}

// normalise keeps the mean of the hourly factors at one.
func (s *spread) normalise() {
	sum := 0.0
	for _, h := range s.hour {
		sum += h
	}
	mean := sum / float64(len(s.hour))
	for i := range s.hour {
		s.hour[i] /= mean
	}
	s.sigma *= mean
}
