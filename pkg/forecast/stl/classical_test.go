package stl

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The indices of a straight line with a season are that season, whichever period, and nothing else.
func TestClassical(t *testing.T) {
	for _, season := range [][]float64{{-3, 1, 2}, {-3, 1, 0, 2}} {
		period := len(season)
		y, product := make([]float64, 5*period+1), make([]float64, 5*period+1)
		for i := range y {
			y[i] = 100 + 2*float64(i) + season[i%period]
			product[i] = 50 * (1 + season[i%period]/10)
		}
		require.InDeltaSlice(t, season, Classical(y, period, false), 1e-9)
		for i, v := range Classical(product, period, true) {
			require.InDelta(t, 1+season[i]/10, v, 1e-9)
		}
		require.Nil(t, Classical(y[:2*period-1], period, false), "two cycles do not fit")
		y[period] = -1
		require.Nil(t, Classical(y, period, true), "no quotients of what is not positive")
	}
	require.Nil(t, Classical([]float64{1, 2, 3}, 1, false))
}
