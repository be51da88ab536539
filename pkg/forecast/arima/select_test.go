package arima

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestSelectFindsDifferences of processes that are made with them, in most of 40 draws: KPSS errs in one of twenty and more.
func TestSelectFindsDifferences(t *testing.T) {
	for _, c := range []struct {
		name   string
		order  Order
		coef   coefficients
		season int
	}{
		{"white noise", Order{}, coefficients{mean: 5}, 12},
		{"autoregression", Order{P: 1}, coefficients{ar: terms(0.5), mean: 5}, 0},
		{"random walk", Order{D: 1}, coefficients{}, 0},
		{"random walk, season 12", Order{D: 1, Q: 1}, coefficients{ma: terms(0.4)}, 12},
		{"seasonal walk", Order{P: 1, SD: 1, SQ: 1, Season: 12}, coefficients{ar: terms(0.3), sma: terms(0.5)}, 12},
	} {
		right := 0
		for seed := range uint64(40) {
			o, err := Select(simulated(seed, 400, c.order, c.coef), c.season)
			require.NoError(t, err)
			if o.D == c.order.D && o.SD == c.order.SD {
				right++
			}
		}
		require.GreaterOrEqual(t, right, 30, c.name)
	}
}

// TestSelectKeepsTheMean of a series that is not differenced: its forecasts go to where it is and not to zero.
func TestSelectKeepsTheMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		level := rapid.Float64Range(-1e4, 1e4).Draw(t, "level")
		y := simulated(rapid.Uint64().Draw(t, "seed"), 200, Order{P: 1}, coefficients{ar: terms(0.4), mean: level})
		o, err := Select(y, rapid.SampledFrom([]int{0, 12}).Draw(t, "season"))
		require.NoError(t, err)
		require.True(t, o.Constant || o.D+o.SD > 0, "%v", o)
		require.InDelta(t, mean(y), mean(forecast(t, fitted(t, y, o), y, 100)), 12)
	})
}

// TestSelectedOrderForecastsAsWellAsTheTruth: one step ahead on values the fit has not seen, over 30 series of a season, the
// selected order's squared error is within 3 % of that of the order the series were made with, which is near the variance of the noise.
func TestSelectedOrderForecastsAsWellAsTheTruth(t *testing.T) {
	truth := Order{P: 1, SD: 1, SQ: 1, Season: 12}
	var chosen, known float64
	const ahead = 40
	for seed := range uint64(30) {
		y := simulated(seed, 600, truth, coefficients{ar: terms(0.6), sma: terms(0.5)})
		train := y[:len(y)-ahead]
		o, err := Select(train, 12)
		require.NoError(t, err)
		a, b := fitted(t, train, o), fitted(t, train, truth)
		for n := len(train); n < len(y); n++ {
			chosen += math.Pow(forecast(t, a, y[:n], 1)[0]-y[n], 2)
			known += math.Pow(forecast(t, b, y[:n], 1)[0]-y[n], 2)
		}
	}
	require.Less(t, chosen, 1.03*known)
	require.InDelta(t, 1, known/30/ahead, 0.15)
}

// TestSelectKnowsNoUnits: the order of a series is that of the series in another unit and on another level.
func TestSelectKnowsNoUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		season := rapid.SampledFrom([]int{0, 6, 12}).Draw(t, "season")
		y := daily(rapid.Uint64().Draw(t, "seed"), 150, max(season, 1))
		want, err := Select(y, season)
		require.NoError(t, err)
		scale := math.Ldexp(1, rapid.IntRange(-300, 300).Draw(t, "exponent"))
		for i := range y {
			y[i] *= scale
		}
		found, err := Select(y, season)
		require.NoError(t, err)
		require.Equal(t, want, found)
	})
}

// TestSeasonalStrength: near 1 for a season, near 0 for noise, and between for both.
func TestSeasonalStrength(t *testing.T) {
	noise := simulated(1, 1200, Order{}, coefficients{})
	require.Less(t, seasonalStrength(noise, 24), 0.3)
	require.Less(t, seasonalStrength(noise, 7), 0.3)
	sine := func(size float64) []float64 {
		y := make([]float64, len(noise))
		for i := range y {
			y[i] = noise[i] + size*math.Sin(2*math.Pi*float64(i)/24) + 0.01*float64(i)
		}
		return y
	}
	require.Greater(t, seasonalStrength(sine(10), 24), 0.95)
	require.InDelta(t, 0.6, seasonalStrength(sine(math.Sqrt2), 24), 0.15)
	for _, season := range []int{2, 3, 24, 25} {
		line := make([]float64, 4*season)
		for i := range line {
			line[i] = float64(i)
		}
		for _, v := range detrended(line, season) {
			require.InDelta(t, 0, v, 1e-9)
		}
	}
}

// TestDerivativesOfTheResiduals are the differences of residuals beside each other, of any order.
func TestDerivativesOfTheResiduals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOrder(t)
		o.P, o.Q = min(o.P, 3), rapid.IntRange(0, 3).Draw(t, "q3")
		k := o.parameters()
		if k == 0 {
			return
		}
		y := daily(rapid.Uint64().Draw(t, "seed"), 90, max(o.Season, 1))
		s := newSearch(standardise(y, true).w(o), o)
		p := s.begin(guess{})
		for i := range k {
			p.x[i] = rapid.Float64Range(-0.8, 0.8).Draw(t, "x")
		}
		s.evaluate(&p)
		s.linearise(&p)
		for i := range k {
			const step = 1e-6
			up, down := p, p
			up.x[i] += step
			down.x[i] -= step
			s.evaluate(&up)
			s.evaluate(&down)
			require.InDelta(t, (up.ssq-down.ssq)/(4*step), s.slope[i], 1e-5*(1+math.Abs(s.slope[i])), "%v, unknown %d", o, i)
		}
	})
}
