package forecast

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStepsTo(t *testing.T) {
	inf := math.Inf(1)
	rising := []float64{10, 20, 30, 40}
	for _, c := range []struct {
		now, threshold float64
		upward         bool
		path           []float64
		want           float64
	}{
		{0, 35, true, rising, 3.5},
		{0, 100, true, rising, inf},
		{50, 35, true, rising, 0},                      // beyond already
		{35, 35, true, rising, 0},                      // on it is beyond
		{100, 12, false, []float64{10, 20}, 88. / 90.}, // falling
		{0, 35, true, []float64{40, 60}, 35. / 40.},
		{0, 35, true, []float64{math.NaN(), 60}, 2}, // a path that says nothing of a step says it later
		{0, math.NaN(), true, rising, inf},
		{1, 2, true, nil, inf},
	} {
		require.InDelta(t, 1, ratio(c.want, StepsTo(c.now, c.path, c.threshold, c.upward)), 1e-9, "%+v", c)
	}
}

func ratio(want, got float64) float64 {
	if want == got {
		return 1
	}
	return got / want
}
