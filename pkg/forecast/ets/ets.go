package ets

import (
	"fmt"
	"math"
	"slices"
)

// Model is an exponential smoothing model fitted to one series. It does not change: many may forecast with it at once.
type Model struct {
	form  form
	pace  pace
	begin state
	unit  float64 // a power of two: one over the magnitude of the series, in which all states are
}

const (
	// Limit is the greatest magnitude of a value.
	Limit = 1e300
	// MinValues are the fewest that can be fitted.
	MinValues = 6
)

// Fit chooses form and parameters for y, which is complete and finite. season is in observations, 1 for none; where two cycles do not
// fit the forms without a season are left. It fails for fewer than MinValues, a season below 1, and values that are not finite or
// beyond Limit.
func Fit(y []float64, season int) (*Model, error) {
	if err := check(y, season); err != nil {
		return nil, err
	}
	return newSearch(y, season).best(), nil
}

func check(y []float64, season int) error {
	if len(y) < MinValues {
		return fmt.Errorf("%d values are too few for exponential smoothing, which needs %d", len(y), MinValues)
	}
	if season < 1 {
		return fmt.Errorf("a season of %d observations is none: 1 is no season", season)
	}
	for i, v := range y {
		if !(math.Abs(v) <= Limit) {
			return fmt.Errorf("value %d of %d is %v, beyond what exponential smoothing can follow", i, len(y), v)
		}
	}
	return nil
}

// Forecast writes the values expected after y to out. y begins where the fitted series began and may be longer: it is run through with the
// fitted parameters. A value that is not finite, or out of all proportion to those fitted, is passed over, and so is one
// that is not positive where the season is multiplied. All of out is finite, and not negative where the form is for positive series.
func (m *Model) Forecast(y, out []float64) {
	s := m.begin
	s.season = slices.Clone(m.begin.season)
	steps := m.form
	steps.relative = false // the errors add up to nothing here
	s.filter(steps, m.pace, y, m.unit)
	phase := 0
	if len(s.season) > 0 {
		phase = len(y) % len(s.season)
	}
	s.project(m.form, m.pace.phi, phase, out)
	for i, v := range out {
		out[i] = min(max(v/m.unit, -Limit), Limit)
	}
}

// String is the form in the usual notation: ETS(error,trend,season).
func (m *Model) String() string { return m.form.String() }
