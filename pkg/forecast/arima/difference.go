package arima

import "math"

// rounding is what the difference of two equal numbers up to 1 may be in the end.
const rounding = 1e-13

// standardised is a series less its centre, divided by the largest size that leaves: no square of it overflows or vanishes.
type standardised struct {
	z             []float64
	centre, scale float64
}

func standardise(y []float64, centred bool) standardised {
	s := standardised{z: make([]float64, len(y)), scale: 1}
	if centred {
		s.centre = mean(y)
	}
	largest := 0.0
	for i, v := range y {
		s.z[i] = v - s.centre
		largest = math.Max(largest, math.Abs(s.z[i]))
	}
	if largest == 0 {
		return s
	}
	s.scale = largest
	for i := range s.z {
		s.z[i] /= largest
	}
	return s
}

// w is the differenced series.
func (s standardised) w(o Order) []float64 {
	w := s.z
	for range o.SD {
		w = difference(w, o.Season)
	}
	for range o.D {
		w = difference(w, 1)
	}
	return w
}

// difference is x less itself lag before, shorter by lag.
func difference(x []float64, lag int) []float64 {
	if len(x) <= lag {
		return nil
	}
	d := make([]float64, len(x)-lag)
	for i := range d {
		d[i] = x[i+lag] - x[i]
	}
	return d
}

func mean(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func variance(x []float64) float64 {
	centre, sum := mean(x), 0.0
	for _, v := range x {
		sum += (v - centre) * (v - centre)
	}
	return sum / float64(max(len(x), 1))
}

// constant reports that x never changes but by rounding of numbers up to 1.
func constant(x []float64) bool {
	for _, v := range x {
		if math.Abs(v-x[0]) > rounding {
			return false
		}
	}
	return true
}
