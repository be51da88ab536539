package ets

import "fmt"

// FitForm is Fit with the form given by its name.
func FitForm(y []float64, season int, name string) (*Model, error) {
	if err := check(y, season); err != nil {
		return nil, err
	}
	s := newSearch(y, season)
	for _, f := range forms(s.positive, s.additive != nil) {
		if f.String() == name {
			c := s.glance(f)
			s.refine(&c)
			return s.model(c), nil
		}
	}
	return nil, fmt.Errorf("%s is no form for this series", name)
}
