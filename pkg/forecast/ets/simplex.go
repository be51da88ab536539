package ets

import "slices"

// simplex is the search of Nelder and Mead (1965) in a few dimensions.
type simplex struct {
	of       func(x []float64) float64
	left     int         // evaluations that may still be made
	corners  [][]float64 // dimensions + 1, the best first
	values   []float64
	centre   []float64 // of all corners but the worst
	tried    []float64
	further  []float64
	reaching float64 // bound of each coordinate, either way
}

// minimise begins at x, which becomes the best place found, with corners one step away, and returns the least value. It ends when the
// corners' values differ by less than near or the evaluations are spent.
func minimise(of func(x []float64) float64, x []float64, step, reaching, near float64, evaluations int) float64 {
	s := newSimplex(of, x, step, reaching, evaluations)
	for s.left > 0 && s.values[len(x)]-s.values[0] > near {
		s.move()
		s.sort()
	}
	copy(x, s.corners[0])
	return s.values[0]
}

func newSimplex(of func(x []float64) float64, x []float64, step, reaching float64, evaluations int) *simplex {
	s := &simplex{of: of, left: evaluations, reaching: reaching}
	s.centre, s.tried, s.further = make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
	for i := range len(x) + 1 {
		corner := slices.Clone(x)
		if i > 0 {
			corner[i-1] += step
			if corner[i-1] > reaching {
				corner[i-1] -= 2 * step
			}
		}
		s.corners = append(s.corners, corner)
		s.values = append(s.values, s.value(corner))
	}
	s.sort()
	return s
}

func (s *simplex) value(x []float64) float64 {
	s.left--
	return s.of(x)
}

// move replaces the worst corner, or draws all towards the best.
func (s *simplex) move() {
	worst := len(s.corners) - 1
	clear(s.centre)
	for _, corner := range s.corners[:worst] {
		for j, v := range corner {
			s.centre[j] += v / float64(worst)
		}
	}
	reflected := s.along(s.tried, 1)
	switch {
	case reflected < s.values[0]:
		if expanded := s.along(s.further, 2); expanded < reflected {
			s.replace(s.further, expanded)
			return
		}
		s.replace(s.tried, reflected)
	case reflected < s.values[worst-1]:
		s.replace(s.tried, reflected)
	default:
		s.contract(reflected)
	}
}

// contract looks between the centre and the better of the worst corner and its reflection.
func (s *simplex) contract(reflected float64) {
	worst := len(s.corners) - 1
	towards, bound := -0.5, s.values[worst]
	if reflected < bound {
		towards, bound = 0.5, reflected
	}
	if contracted := s.along(s.further, towards); contracted < bound {
		s.replace(s.further, contracted)
		return
	}
	for i := 1; i <= worst; i++ {
		for j := range s.corners[i] {
			s.corners[i][j] = (s.corners[i][j] + s.corners[0][j]) / 2
		}
		s.values[i] = s.value(s.corners[i])
	}
}

// along evaluates a place on the line from the worst corner through the centre: 0 is the centre, -1 the corner.
func (s *simplex) along(place []float64, at float64) float64 {
	worst := s.corners[len(s.corners)-1]
	for j, c := range s.centre {
		place[j] = min(max(c+at*(c-worst[j]), -s.reaching), s.reaching)
	}
	return s.value(place)
}

func (s *simplex) replace(place []float64, value float64) {
	worst := len(s.corners) - 1
	copy(s.corners[worst], place)
	s.values[worst] = value
}

// sort puts the best corner first; only few are out of order.
func (s *simplex) sort() {
	for i := 1; i < len(s.corners); i++ {
		for j := i; j > 0 && s.values[j] < s.values[j-1]; j-- {
			s.values[j], s.values[j-1] = s.values[j-1], s.values[j]
			s.corners[j], s.corners[j-1] = s.corners[j-1], s.corners[j]
		}
	}
}
