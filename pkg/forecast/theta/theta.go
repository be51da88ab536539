package theta

import (
	"fmt"
	"math"
	"slices"
)

// Model is a Theta model fitted to one series. It does not change: many may forecast with it at once.
type Model struct {
	season  []float64 // indices by phase, nil: none
	ratio   bool      // the indices multiply
	alpha   float64
	weight  float64 // of the trend, 1 - 1/theta
	initial float64 // the level before the first value, in the model's unit; it holds the trend's a as well
	unit    float64 // a power of two: one over the magnitude of the series
}

const (
	// Limit is the greatest magnitude of a value.
	Limit = 1e300
	// MinValues are the fewest that can be fitted.
	MinValues = 4
)

// Fit fits a Theta model to y, which is complete and finite. season is in observations, 1 for none. It fails for fewer than MinValues, a
// season below 1, and values that are not finite or beyond Limit.
func Fit(y []float64, season int) (*Model, error) {
	return fit(y, season, math.NaN())
}

// fit takes theta as given, NaN: the best.
func fit(y []float64, season int, theta float64) (*Model, error) {
	if err := check(y, season); err != nil {
		return nil, err
	}
	m := &Model{unit: unit(y)}
	adjusted := make([]float64, len(y))
	for i, v := range y {
		adjusted[i] = v * m.unit
	}
	m.season, m.ratio = indices(adjusted, season)
	for i := range adjusted {
		adjusted[i] = m.adjust(adjusted[i], i)
	}
	m.optimise(adjusted, 1-1/theta)
	return m, nil
}

func check(y []float64, season int) error {
	if len(y) < MinValues {
		return fmt.Errorf("%d values are too few for the Theta method, which needs %d", len(y), MinValues)
	}
	if season < 1 {
		return fmt.Errorf("a season of %d observations is none: 1 is no season", season)
	}
	for i, v := range y {
		if !(math.Abs(v) <= Limit) {
			return fmt.Errorf("value %d of %d is %v, beyond what the Theta method can follow", i, len(y), v)
		}
	}
	return nil
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

// adjust takes the season out of the value at i.
func (m *Model) adjust(v float64, i int) float64 {
	switch {
	case m.season == nil:
		return v
	case m.ratio:
		return v / m.season[i%len(m.season)]
	}
	return v - m.season[i%len(m.season)]
}

// restore puts it back.
func (m *Model) restore(v float64, i int) float64 {
	switch {
	case m.season == nil:
		return v
	case m.ratio:
		return v * m.season[i%len(m.season)]
	}
	return v + m.season[i%len(m.season)]
}

// beyond is what no sound observation reaches in the model's unit.
const beyond = 1e100

// Forecast writes the values expected after y to out. y begins where the fitted series began and may be longer: its level and its trend
// are those of all of y, with the season and the parameters that were fitted. A value that is not finite, or out of all proportion to
// those fitted, is passed over. All of out is finite.
func (m *Model) Forecast(y, out []float64) {
	level, trend := m.initial, line{}
	for i, v := range y {
		v = m.adjust(v*m.unit, i)
		if !(math.Abs(v) < beyond) {
			continue
		}
		level += m.alpha * (v - level)
		trend.add(float64(i+1), v)
	}
	slope := m.weight * trend.slope()
	drift := (1 - math.Pow(1-m.alpha, float64(len(y)+1))) / m.alpha
	for i := range out {
		expected := m.restore(level+slope*(float64(i)+drift), len(y)+i)
		out[i] = min(max(expected/m.unit, -Limit), Limit)
	}
}

// String names the method with the theta that was found: Theta(2.31), and Theta(inf) where the trend is all there is.
func (m *Model) String() string {
	theta := 1 / (1 - m.weight)
	if theta > 1000 {
		return "Theta(inf)"
	}
	return fmt.Sprintf("Theta(%.2f)", theta)
}
