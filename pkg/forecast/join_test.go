package forecast_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// scoring is the model of the scores after a history.
func scoring(h forecast.History) *seasonal.Model {
	m := seasonal.New(seasonal.Config{BucketsPerDay: h.BucketsPerDay, Lower: h.Lower, Upper: h.Upper})
	for i, v := range h.Values {
		m.Update(v, h.Phases[i])
	}
	return m
}

// One truth: the first bucket is what the model of the scores expects, with its band at each level; from there on it is Auto's.
func TestForecastBeginsWithTheModelOfTheScores(t *testing.T) {
	h := history(3, 288, 21, 3)
	to, levels := after(h, 1), []float64{0.8, 0.99}
	f, m := fitted(t, forecast.Auto, h), scoring(h)
	out, trend := f.ForecastWith(m, h, to, levels)
	require.False(t, trend)
	requireSound(t, out, len(to.Phases))
	d := m.Predict(to.Phases[0])
	require.Equal(t, d.Mean, out.Median[0])
	for _, b := range out.Bands {
		lower, upper := d.Band(b.Level)
		require.Equal(t, lower, b.Lower[0])
		require.Equal(t, upper, b.Upper[0])
	}
	alone := f.Forecast(h, to, levels)
	require.Equal(t, alone.Median[10:], out.Median[10:])
	require.Equal(t, alone.Bands[0].Upper[10:], out.Bands[0].Upper[10:])

	short, _ := f.ForecastWith(m, h, forecast.Future{Phases: to.Phases[:7]}, levels)
	require.Equal(t, out.Median[:7], short.Median)
	young := seasonal.New(m.Config())
	unknown, _ := f.ForecastWith(young, h, to, levels)
	require.Equal(t, alone, unknown, "a model that knows nothing changes nothing")
	none, _ := f.ForecastWith(m, h, forecast.Future{}, levels)
	require.Empty(t, none.Median)
}

// leaking is a history whose last hours climb by a line that no past has shown.
func leaking(seed uint64, hours int, perHour float64) forecast.History {
	h := history(seed, 288, 21, 3)
	for i := range hours * 12 {
		h.Values[len(h.Values)-1-i] += perHour * float64(hours*12-i) / 12
	}
	return h
}

// A leak goes on: half a day of it makes the forecast follow it, with a band around the line.
func TestForecastFollowsALeak(t *testing.T) {
	for seed := range uint64(5) {
		h := leaking(seed, 12, 20)
		to := after(h, 1)
		f := fitted(t, forecast.Auto, h)
		out, trend := f.ForecastWith(scoring(h), h, to, []float64{0.95})
		require.True(t, trend)
		requireSound(t, out, len(to.Phases))
		calm := truth(to, 288)
		for _, hours := range []int{3, 6, 12} {
			i := hours * 12
			line := calm[i] + 20*float64(12+hours)
			require.LessOrEqual(t, out.Bands[0].Lower[i], line)
			require.GreaterOrEqual(t, out.Bands[0].Upper[i], line)
			require.InDelta(t, line, out.Median[i], 20*float64(hours)*0.6)
		}
	}
}

// A trend that has only begun may be one or not: the band holds both, and no forecast follows it.
func TestForecastDoubtsAYoungTrend(t *testing.T) {
	h := leaking(1, 3, 20)
	f := fitted(t, forecast.Auto, h)
	_, trend := f.ForecastWith(scoring(h), h, after(h, 1), []float64{0.95})
	require.False(t, trend)
}

// A climb that levels off is followed no more than one that has only begun.
func TestForecastDoubtsAClimbThatEnds(t *testing.T) {
	for seed := range uint64(5) {
		h := history(seed, 288, 21, 3)
		const hours = 12
		for i := range hours * 12 {
			h.Values[len(h.Values)-hours*12+i] += 400 * (1 - math.Exp(-float64(i)/12/6))
		}
		m := scoring(h)
		_, under := m.Trending()
		require.True(t, under)
		_, trend := fitted(t, forecast.Auto, h).ForecastWith(m, h, after(h, 1), []float64{0.95})
		require.False(t, trend, "seed %d", seed)
	}
}

// What repeats is no leak, however steep: a climb that each day has is forecast from the past.
func TestForecastKnowsDailyClimbs(t *testing.T) {
	h := history(2, 288, 21, 3)
	for i, ph := range h.Phases {
		h.Values[i] += 600 * float64(ph.Day) / 288
	}
	f := fitted(t, forecast.Auto, h)
	out, trend := f.ForecastWith(scoring(h), h, after(h, 1), []float64{0.95})
	require.False(t, trend)
	require.Less(t, math.Abs(out.Median[144]-(truth(after(h, 1), 288)[144]+300)), 60.0)
}
