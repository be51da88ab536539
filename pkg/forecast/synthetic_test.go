package forecast_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

const (
	hourly = 24
	fine   = 288
)

// wave is what a series of requests would be without noise: a day, and half of it at the weekend.
func wave(ph seasonal.Phase, perDay int) float64 {
	x := 100 + 60*math.Sin(2*math.Pi*float64(ph.Day)/float64(perDay))
	if day := ph.Week / perDay; day == 0 || day == 6 {
		x /= 2
	}
	return x
}

// phases counts n buckets on from bucket from; bucket 0 is Monday at midnight.
func phases(from, n, perDay int) []seasonal.Phase {
	all := make([]seasonal.Phase, n)
	for i := range all {
		week := (from + i + perDay) % (7 * perDay)
		all[i] = seasonal.Phase{Day: week % perDay, Week: week}
	}
	return all
}

// history of days with noise of a standard deviation.
func history(seed uint64, perDay, days int, noise float64) forecast.History {
	h := forecast.History{Phases: phases(0, days*perDay, perDay), BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)}
	r := rand.New(rand.NewPCG(seed, 1))
	for _, ph := range h.Phases {
		h.Values = append(h.Values, wave(ph, perDay)+noise*r.NormFloat64())
	}
	return h
}

// after is the future of a history that counts on.
func after(h forecast.History, days int) forecast.Future {
	return forecast.Future{Phases: phases(len(h.Values), days*h.BucketsPerDay, h.BucketsPerDay)}
}

// truth of a future without noise.
func truth(to forecast.Future, perDay int) []float64 {
	var all []float64
	for _, ph := range to.Phases {
		all = append(all, wave(ph, perDay))
	}
	return all
}

func fitted(t testing.TB, name string, h forecast.History) *forecast.Fitted {
	f, err := forecast.Fit(name, h)
	require.NoError(t, err)
	return f
}

// ahead fits Auto and forecasts with a band of 95 %.
func ahead(t testing.TB, h forecast.History, to forecast.Future) forecast.Forecast {
	out := fitted(t, forecast.Auto, h).Forecast(h, to, []float64{0.95})
	requireSound(t, out, len(to.Phases))
	return out
}

// requireSound asks for what holds of every forecast: all finite, the median within its bands.
func requireSound(t testing.TB, f forecast.Forecast, n int) {
	require.Len(t, f.Median, n)
	for i, x := range f.Median {
		require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "median of step %d", i)
		for _, b := range f.Bands {
			require.False(t, math.IsInf(b.Lower[i], 0) || math.IsInf(b.Upper[i], 0), "band of step %d", i)
			require.LessOrEqual(t, b.Lower[i], x)
			require.GreaterOrEqual(t, b.Upper[i], x)
		}
	}
}

func meanError(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += math.Abs(a[i]-b[i]) / float64(len(a))
	}
	return sum
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x / float64(len(v))
	}
	return sum
}

// width is the mean width of a band in a stretch.
func width(b forecast.Band, from, to int) float64 {
	return mean(b.Upper[from:to]) - mean(b.Lower[from:to])
}
