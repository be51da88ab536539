package arima

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// reference is one fit of R's forecast::Arima(method = "CSS"), made by testdata/reference.R.
type reference struct {
	Name             string
	Order, Seasonal  [3]int
	Season           int
	Constant         bool
	AR, MA, SAR, SMA []float64
	Level, Sigma2    float64
	Y, Forecast      []float64
	Differences      [2]int // that the tests choose
}

func (r reference) order() Order {
	return Order{
		P: r.Order[0], D: r.Order[1], Q: r.Order[2], SP: r.Seasonal[0], SD: r.Seasonal[1], SQ: r.Seasonal[2],
		Season: r.Season, Constant: r.Constant,
	}
}

func references(t testing.TB) (all []reference) {
	t.Helper()
	raw, err := os.ReadFile("testdata/reference.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &all))
	return all
}

// TestAgreesWithR: coefficients within 0.001 of R's, the variance within 0.1 %, the constant and each of 48 forecasts within 0.1 % of the
// range of the series. The conventions are R's, so what is left is the end of the searches and, in the forecasts of series with a
// slow seasonal moving average, R's exact filter where ours is conditional.
func TestAgreesWithR(t *testing.T) {
	const close = 0.001
	all := references(t)
	require.GreaterOrEqual(t, len(all), 10)
	for _, r := range all {
		t.Run(r.Name, func(t *testing.T) {
			m, err := Fit(r.Y, r.order())
			require.NoError(t, err)
			require.Equal(t, r.order().String(), m.Order().String())
			require.InDeltaSlice(t, r.AR, m.AR(), close)
			require.InDeltaSlice(t, r.MA, m.MA(), close)
			require.InDeltaSlice(t, r.SAR, m.SAR(), close)
			require.InDeltaSlice(t, r.SMA, m.SMA(), close)
			require.InEpsilon(t, r.Sigma2, m.Sigma2(), close)
			span := slices.Max(r.Y) - slices.Min(r.Y)
			require.InDelta(t, r.Level, m.Constant(), close*span)
			out := make([]float64, len(r.Forecast))
			require.NoError(t, m.Forecast(r.Y, out))
			require.InDeltaSlice(t, r.Forecast, out, close*span)
		})
	}
}

// TestDifferencesAgreeWithR: the tests choose what R's nsdiffs and ndiffs choose.
func TestDifferencesAgreeWithR(t *testing.T) {
	for _, r := range references(t) {
		o, _ := differences(standardise(r.Y, true).z, r.Season)
		require.Equal(t, r.Differences, [2]int{o.D, o.SD}, r.Name)
	}
}
