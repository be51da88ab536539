package arima

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawOrder is any order that Fit takes, with few terms and short seasons.
func drawOrder(t *rapid.T) Order {
	o := Order{
		P: rapid.IntRange(0, 3).Draw(t, "p"), D: rapid.IntRange(0, 1).Draw(t, "d"), Q: rapid.IntRange(0, 2).Draw(t, "q"),
		Season: rapid.SampledFrom([]int{0, 2, 7, 12}).Draw(t, "season"),
	}
	if o.Season > 0 {
		o.SP, o.SD, o.SQ = rapid.IntRange(0, 1).Draw(t, "P"), rapid.IntRange(0, 1).Draw(t, "D"), rapid.IntRange(0, 1).Draw(t, "Q")
	}
	o.Constant = o.D+o.SD < 2 && rapid.Bool().Draw(t, "constant")
	return o
}

func fitted(t require.TestingT, y []float64, o Order) *Model {
	m, err := Fit(y, o)
	require.NoError(t, err)
	return m
}

func forecast(t require.TestingT, m *Model, y []float64, steps int) []float64 {
	out := make([]float64, steps)
	require.NoError(t, m.Forecast(y, out))
	return out
}

// TestUnitsDoNotMatter: a series in another unit, or on another level where the order knows one, has the same coefficients and the
// forecasts in that unit and on that level.
func TestUnitsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOrder(t)
		y := daily(rapid.Uint64().Draw(t, "seed"), 150, max(o.Season, 1))
		scale := math.Ldexp(rapid.SampledFrom([]float64{1, -1}).Draw(t, "sign"), rapid.IntRange(-200, 200).Draw(t, "exponent"))
		shift := 0.0
		if o.Constant || o.D+o.SD > 0 {
			shift = rapid.Float64Range(-1000, 1000).Draw(t, "shift")
		}
		other := make([]float64, len(y))
		for i, v := range y {
			other[i] = scale * (v + shift)
		}
		a, b := fitted(t, y, o), fitted(t, other, o)
		require.InEpsilon(t, a.Sigma2(), b.Sigma2()/scale/scale, 1e-4)
		require.InDelta(t, a.AICc(), b.AICc()-2*float64(len(y)-o.differences())*math.Log(math.Abs(scale)), 0.02)
		want := forecast(t, a, y, 30)
		for h, v := range forecast(t, b, other, 30) {
			require.InDelta(t, want[h], v/scale-shift, 0.05)
		}
	})
}

// TestFirstOrderDecaysToTheMean: h steps ahead the distance to the mean is that of the last value times the coefficient to the h.
func TestFirstOrderDecaysToTheMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		phi := rapid.Float64Range(-0.9, 0.9).Draw(t, "phi")
		y := simulated(rapid.Uint64().Draw(t, "seed"), 300, Order{P: 1}, coefficients{ar: terms(phi), mean: 40})
		m := fitted(t, y, Order{P: 1, Constant: true})
		distance := y[len(y)-1] - m.Constant()
		for _, v := range forecast(t, m, y, 200) {
			distance *= m.AR()[0]
			require.InDelta(t, m.Constant()+distance, v, 1e-8)
		}
		require.InDelta(t, phi, m.AR()[0], 0.25)
		require.InDelta(t, 40, m.Constant(), 10)
	})
}

// TestPureSeasonRepeats, whatever terms stand beside the seasonal difference; and its order is found.
func TestPureSeasonRepeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		season := rapid.IntRange(2, 30).Draw(t, "season")
		pattern := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), season, season).Draw(t, "pattern")
		y := slices.Repeat(pattern, 12)
		o := drawOrder(t)
		o.Season, o.SD, o.D, o.Constant = season, 1, 0, false
		for h, v := range forecast(t, fitted(t, y, o), y, 3*season) {
			require.InDelta(t, pattern[h%season], v, 1e-3)
		}
		if spread := slices.Max(pattern) - slices.Min(pattern); spread > 1 {
			found, err := Select(y, season)
			require.NoError(t, err)
			require.Equal(t, Order{SD: 1, Season: season}, found)
		}
	})
}

// TestStepByStepTheVarianceIsMet: the errors of the one-step forecasts, each after the values before it alone, are the residuals.
// So a forecast looks at nothing that comes later, and estimation and forecast are of one model.
func TestStepByStepTheVarianceIsMet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOrder(t)
		y := daily(rapid.Uint64().Draw(t, "seed"), 120, max(o.Season, 1))
		m := fitted(t, y, o)
		sum, first := 0.0, o.conditioned()
		for n := first; n < len(y); n++ {
			miss := y[n] - forecast(t, m, slices.Clone(y[:n]), 1)[0]
			sum += miss * miss
		}
		require.InEpsilon(t, m.Sigma2(), sum/float64(len(y)-first), 1e-6)
	})
}

// TestForecastDependsOnYAlone: not on what lies behind it in memory, on the horizon, or on what was in out; and y stays as it is.
func TestForecastDependsOnYAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOrder(t)
		y := daily(rapid.Uint64().Draw(t, "seed"), 200, max(o.Season, 1))
		m := fitted(t, y[:150], o)
		n := rapid.IntRange(o.conditioned(), len(y)).Draw(t, "n")
		want := forecast(t, m, slices.Clone(y[:n]), 40)
		before := slices.Clone(y)
		out := slices.Repeat([]float64{math.NaN()}, 20)
		require.NoError(t, m.Forecast(y[:n], out))
		require.Equal(t, want[:20], out)
		require.Equal(t, before, y)
	})
}

// TestEveryModelIsStationaryAndInvertible, also of a series that is neither.
func TestEveryModelIsStationaryAndInvertible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOrder(t)
		y := daily(rapid.Uint64().Draw(t, "seed"), 120, max(o.Season, 1))
		growth := rapid.Float64Range(-0.1, 0.1).Draw(t, "growth")
		for i := range y {
			y[i] *= math.Exp(growth * float64(i))
		}
		c := fitted(t, y, o).coef
		require.True(t, c.ar.outside(1) && c.sar.outside(1) && c.ma.outside(1) && c.sma.outside(1), "%+v", c)
	})
}

// TestHardSeries: errors or finite forecasts, for what a metric can be.
func TestHardSeries(t *testing.T) {
	series := func(n int, at func(i int) float64) []float64 {
		y := make([]float64, n)
		for i := range y {
			y[i] = at(i)
		}
		return y
	}
	only := func(there bool, v float64) float64 {
		if there {
			return v
		}
		return 0
	}
	noise := daily(3, 240, 24)
	for name, y := range map[string][]float64{
		"zeros":             series(240, func(int) float64 { return 0 }),
		"constant":          series(240, func(int) float64 { return 0.1 }),
		"huge":              series(240, func(i int) float64 { return 1e100 * noise[i] }),
		"largest":           series(240, func(i int) float64 { return largest * math.Sin(float64(i)) }),
		"tiny":              series(240, func(i int) float64 { return 1e-320 * noise[i] }),
		"high and flat":     series(240, func(i int) float64 { return 1e15 + math.Round(noise[i]) }),
		"spike":             series(240, func(i int) float64 { return only(i == 100, 1e9) }),
		"last value":        series(240, func(i int) float64 { return only(i == 239, 1) }),
		"step":              series(240, func(i int) float64 { return float64(i / 220) }),
		"line":              series(240, func(i int) float64 { return 0.1 * float64(i) }),
		"parabola":          series(240, func(i int) float64 { return float64(i * i) }),
		"explosion":         series(240, func(i int) float64 { return math.Exp(float64(i)) }),
		"alternating":       series(240, func(i int) float64 { return float64(i % 2) }),
		"line and a season": series(240, func(i int) float64 { return float64(i) + float64(i%24) }),
		"three seasons":     noise[:72],
	} {
		t.Run(name, func(t *testing.T) {
			o, err := Select(y, 24)
			require.NoError(t, err)
			m := fitted(t, y, o)
			out := forecast(t, m, y, 48)
			require.True(t, finite(out, m.AR(), m.MA(), m.SAR(), m.SMA(), []float64{m.Sigma2(), m.AICc(), m.Constant()}), "%v: %v", o, out)
			span := slices.Max(y) - slices.Min(y)
			require.LessOrEqual(t, slices.Max(out), slices.Max(y)+3*span, "%v", o)
			require.GreaterOrEqual(t, slices.Min(out), slices.Min(y)-3*span, "%v", o)
		})
	}
}

// TestLines are continued, with and without a season on them.
func TestLines(t *testing.T) {
	y := make([]float64, 240)
	for i := range y {
		y[i] = 5 + 0.1*float64(i)
	}
	o, err := Select(y, 24)
	require.NoError(t, err)
	require.Equal(t, "SARIMA(0,1,0)(0,0,0)[24] with drift", o.String())
	m := fitted(t, y, o)
	require.InDelta(t, 0.1, m.Constant(), 1e-9)
	require.InDelta(t, 5+0.1*287, forecast(t, m, y, 48)[47], 1e-6)
	for i := range y {
		y[i] += float64(i % 24)
	}
	o, err = Select(y, 24)
	require.NoError(t, err)
	require.Equal(t, "SARIMA(0,0,0)(0,1,0)[24] with drift", o.String())
	m = fitted(t, y, o)
	require.InDelta(t, 0.1, m.Constant(), 1e-9)
	require.InDelta(t, 5+0.1*287+23, forecast(t, m, y, 48)[47], 1e-6)
}

func TestRefusals(t *testing.T) {
	y := daily(1, 100, 24)
	bad := slices.Clone(y)
	bad[7] = math.NaN()
	far := slices.Clone(y)
	far[8] = -math.Inf(1)
	for _, c := range []struct {
		y     []float64
		order Order
		says  string
	}{
		{y[:5], Order{P: 2, Q: 1, Constant: true}, "arima: ARIMA(2,0,1) with mean needs 9 values, 4 are missing"},
		{y[:40], Order{P: 1, SP: 1, SD: 1, Season: 24}, "needs 54 values, 14 are missing"},
		{nil, Order{}, "needs 3 values"},
		{bad, Order{}, "value 7 of 100 is NaN"},
		{far, Order{}, "value 8 of 100 is -Inf"},
		{y, Order{P: 6}, "P of the order is 6"},
		{y, Order{Q: -1}, "Q of the order is -1"},
		{y, Order{D: 3}, "D of the order is 3"},
		{y, Order{SD: 2, Season: 4}, "SD of the order is 2"},
		{y, Order{SP: 1, Season: math.MaxInt}, "Season of the order"},
		{y, Order{SP: 1, Season: 1}, "seasonal terms need a season"},
		{y, Order{D: 1, SD: 1, Season: 24, Constant: true}, "quadratic trend"},
	} {
		_, err := Fit(c.y, c.order)
		require.ErrorContains(t, err, c.says)
	}
	for _, c := range []struct {
		y      []float64
		season int
		says   string
	}{
		{y, 34, "an order for the season 34 needs 102 values, 2 are missing"},
		{y[:9], 0, "needs 10 values"},
		{bad, 24, "value 7 of 100 is NaN"},
		{y, math.MaxInt, "Season of the order"},
	} {
		_, err := Select(c.y, c.season)
		require.ErrorContains(t, err, c.says)
	}
	m := fitted(t, y, Order{P: 1, SD: 1, Season: 24})
	out := make([]float64, 5)
	require.ErrorContains(t, m.Forecast(y[:24], out), "forecasts after 25 values or more, not after 24")
	require.ErrorContains(t, m.Forecast(bad, out), "value 7 of 100 is NaN")
	require.Zero(t, slices.Max(out))
}

func TestOrderString(t *testing.T) {
	for want, o := range map[string]Order{
		"SARIMA(1,0,1)(0,1,1)[24]":            {P: 1, Q: 1, SD: 1, SQ: 1, Season: 24},
		"SARIMA(1,0,1)(0,1,1)[24] with drift": {P: 1, Q: 1, SD: 1, SQ: 1, Season: 24, Constant: true},
		"SARIMA(0,0,0)(1,0,0)[7] with mean":   {SP: 1, Season: 7, Constant: true},
		"ARIMA(2,1,0)":                        {P: 2, D: 1},
		"ARIMA(0,0,0)":                        {Season: 1},
	} {
		require.Equal(t, want, o.String())
	}
}
