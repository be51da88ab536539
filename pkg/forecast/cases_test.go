package forecast_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// eachGrid runs a test at an hour and at five minutes.
func eachGrid(t *testing.T, f func(t *testing.T, perDay int)) {
	t.Run("1 hour", func(t *testing.T) { f(t, hourly) })
	t.Run("5 minutes", func(t *testing.T) { f(t, fine) })
}

func TestTooLittleHistory(t *testing.T) {
	for _, d := range forecast.Catalogue() {
		h := history(1, hourly, 2, 1)
		h.Values, h.Phases = h.Values[:47], h.Phases[:47]
		_, err := forecast.Fit(d.Name, h)
		var notReady *seasonal.NotReadyError
		require.ErrorAs(t, err, &notReady, d.Name)
		require.Equal(t, seasonal.NotReadyError{Have: 47, Need: 48, Observed: 47}, *notReady)
		require.ErrorContains(t, err, "1 more are needed")
	}
	h := history(1, hourly, 10, 1)
	for i := range h.Values {
		if i%20 != 0 {
			h.Values[i] = math.NaN()
		}
	}
	_, err := forecast.Fit(forecast.Auto, h)
	require.ErrorContains(t, err, "too many gaps")
	_, err = forecast.Fit("prophet", h)
	require.ErrorContains(t, err, `"prophet" is no forecaster`)
}

// TestTwoDays is the least there can be: the day repeats, with a band.
func TestTwoDays(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		h := history(1, perDay, 2, 2)
		to := after(h, 1)
		f := ahead(t, h, to)
		require.Less(t, meanError(f.Median, truth(to, perDay)), 8.0)
		require.Greater(t, width(f.Bands[0], 0, perDay), 4.0)
		require.Less(t, width(f.Bands[0], 0, perDay), 60.0)
	})
}

func TestConstant(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		for _, x := range []float64{0, 42, -7} {
			h := history(1, perDay, 10, 0)
			for i := range h.Values {
				h.Values[i] = x
			}
			f := ahead(t, h, after(h, 7))
			for i := range f.Median {
				require.InDelta(t, x, f.Median[i], 1e-9)
				require.LessOrEqual(t, f.Bands[0].Upper[i]-f.Bands[0].Lower[i], 0.01*math.Abs(x))
			}
		}
	})
}

// TestOneSpike: a single value a hundred times too large, whether yesterday, just now or long ago, is not forecast again and moves nothing.
func TestOneSpike(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		clean := history(2, perDay, 21, 2)
		to := after(clean, 2)
		usual := meanError(ahead(t, clean, to).Median, truth(to, perDay))
		for _, back := range []int{1, perDay, 7 * perDay, 12*perDay + 5} {
			h := clean
			h.Values = slices.Clone(clean.Values)
			h.Values[len(h.Values)-back] = 10000
			f := ahead(t, h, to)
			require.Less(t, meanError(f.Median, truth(to, perDay)), 1.3*usual+0.5, "%d buckets back", back)
			require.Less(t, slices.Max(f.Median), 200.0)
			require.Less(t, width(f.Bands[0], 0, perDay), 40.0)
		}
	})
}

// TestLevelShiftYesterday: what moved a day ago and stayed there is forecast there.
func TestLevelShiftYesterday(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		h := history(3, perDay, 21, 2)
		for i := len(h.Values) - perDay; i < len(h.Values); i++ {
			h.Values[i] += 150
		}
		to := after(h, 1)
		f := ahead(t, h, to)
		shift := mean(f.Median) - mean(truth(to, perDay))
		require.Greater(t, shift, 100.0)
		require.Less(t, shift, 180.0)
		require.Greater(t, f.Bands[0].Upper[perDay-1]-f.Median[perDay-1], 0.0)
	})
}

// TestTrendToALimit: what grew for three weeks grows on beyond what was ever seen.
func TestTrendToALimit(t *testing.T) {
	h := history(4, hourly, 21, 1)
	for i := range h.Values {
		h.Values[i] += 0.5 * float64(i)
	}
	to := after(h, 2)
	f := ahead(t, h, to)
	var want []float64
	for i, x := range truth(to, hourly) {
		want = append(want, x+0.5*float64(len(h.Values)+i))
	}
	require.Less(t, meanError(f.Median, want), 15.0)
	require.Greater(t, slices.Max(f.Median), slices.Max(h.Values))
}

// TestADiskThatFills: steady growth goes on for longer than it has lasted, and not as a flat line at some limit.
func TestADiskThatFills(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		h := history(4, perDay, 16, 0)
		h.Lower = 0
		r := rand.New(rand.NewPCG(4, 4))
		for i := range h.Values {
			h.Values[i] = 20 + 10*float64(i)/float64(perDay) + 0.5*r.NormFloat64()
		}
		f := ahead(t, h, after(h, 30))
		for _, day := range []int{1, 7, 14, 29} {
			require.InDelta(t, 180+10*float64(day), f.Median[day*perDay], 2+float64(day), "day %d", day)
			require.GreaterOrEqual(t, f.Bands[0].Upper[day*perDay]+2+float64(day)/4, 180+10*float64(day))
		}
	})
}

func TestGapsOfADay(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		for name, back := range map[string]int{"just now": 1, "two days ago": 3, "ten days ago": 11} {
			h := history(5, perDay, 21, 2)
			from := len(h.Values) - back*perDay
			for i := from; i < from+perDay; i++ {
				h.Values[i] = []float64{math.NaN(), math.Inf(1), 1e300}[i%3]
			}
			to := after(h, 2)
			require.Less(t, meanError(ahead(t, h, to).Median, truth(to, perDay)), 7.0, name)
		}
	})
}

func TestPercentages(t *testing.T) {
	h := history(6, hourly, 21, 0)
	h.Lower, h.Upper = 0, 100
	r := rand.New(rand.NewPCG(6, 6))
	for i := range h.Values {
		h.Values[i] = math.Min(math.Max(97+5*r.NormFloat64(), 0), 100)
	}
	f := ahead(t, h, after(h, 7))
	require.LessOrEqual(t, slices.Max(f.Bands[0].Upper), 100.0)
	require.GreaterOrEqual(t, slices.Min(f.Bands[0].Lower), 0.0)
	require.InDelta(t, 97, mean(f.Median), 3)
}

// TestCounts: rare events are few, never less than none.
func TestCounts(t *testing.T) {
	h := history(7, fine, 21, 0)
	h.Lower = 0
	r := rand.New(rand.NewPCG(7, 7))
	for i := range h.Values {
		h.Values[i] = 0
		if r.Float64() < 0.05 {
			h.Values[i] = 1 + float64(r.IntN(3))
		}
	}
	f := ahead(t, h, after(h, 1))
	require.GreaterOrEqual(t, slices.Min(f.Bands[0].Lower), 0.0)
	require.Less(t, mean(f.Median), 0.5)
	require.Greater(t, mean(f.Bands[0].Upper), 0.3, "one bucket in twenty is not zero")
}

func TestNegativeValues(t *testing.T) {
	h := history(8, hourly, 21, 2)
	for i := range h.Values {
		h.Values[i] -= 500
	}
	to := after(h, 2)
	var want []float64
	for _, x := range truth(to, hourly) {
		want = append(want, x-500)
	}
	require.Less(t, meanError(ahead(t, h, to).Median, want), 6.0)
}

// TestWeekInTwoWeeks: a weekend that was seen twice is expected a third time.
func TestWeekInTwoWeeks(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		h := history(9, perDay, 14, 2)
		to := after(h, 7)
		f := ahead(t, h, to)
		require.Less(t, meanError(f.Median, truth(to, perDay)), 8.0)
		weekend := mean(f.Median[5*perDay:])
		require.InDelta(t, 50, weekend, 12)
		require.InDelta(t, 100, mean(f.Median[:5*perDay]), 12)
	})
}

// TestLongerThanTheSeries: three days of history, thirty days ahead.
func TestLongerThanTheSeries(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		h := history(10, perDay, 3, 2)
		f := ahead(t, h, after(h, 30))
		for day := 1; day < 30; day++ {
			require.GreaterOrEqual(t, width(f.Bands[0], day*perDay, (day+1)*perDay), 0.8*width(f.Bands[0], 0, perDay))
		}
	})
}

// TestDaysAsBuckets: where a bucket is a day the season is the week.
func TestDaysAsBuckets(t *testing.T) {
	h := forecast.History{Phases: phases(0, 70, 1), BucketsPerDay: 1, Lower: 0, Upper: math.Inf(1)}
	r := rand.New(rand.NewPCG(11, 11))
	level := func(ph seasonal.Phase) float64 { return []float64{300, 1000, 1000, 1000, 1000, 900, 300}[ph.Week] }
	for _, ph := range h.Phases {
		h.Values = append(h.Values, level(ph)+20*r.NormFloat64())
	}
	to := forecast.Future{Phases: phases(70, 28, 1)}
	f := ahead(t, h, to)
	for i, ph := range to.Phases {
		require.InDelta(t, level(ph), f.Median[i], 80)
	}
}

// clockChange counts days by a wall clock that is put by some hours at a bucket.
func clockChange(days, perDay, at, hours int) (all []seasonal.Phase) {
	for i := range days * perDay {
		wall := i
		if i >= at {
			wall += hours * perDay / 24
		}
		all = append(all, phases(wall, 1, perDay)[0])
	}
	return all
}

// office is busy from eight to six.
func office(ph seasonal.Phase, perDay int) float64 {
	if hour := ph.Day * 24 / perDay; hour >= 8 && hour < 18 {
		return 100
	}
	return 10
}

// TestClockChange: a day of 23 or 25 hours, the day before yesterday or tomorrow, moves the rhythm of the wall clock with it.
func TestClockChange(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		const past = 20
		for _, hours := range []int{1, -1} {
			for name, day := range map[string]int{"the day before yesterday": past - 2, "tomorrow": past} {
				all := clockChange(past+3, perDay, day*perDay+perDay/12, hours)
				n := past * perDay
				h := forecast.History{Phases: all[:n], BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)}
				r := rand.New(rand.NewPCG(12, 12))
				for _, ph := range h.Phases {
					h.Values = append(h.Values, office(ph, perDay)+r.NormFloat64())
				}
				to := forecast.Future{Phases: all[n : n+2*perDay]}
				for i, x := range ahead(t, h, to).Median {
					require.InDelta(t, office(to.Phases[i], perDay), x, 30, "%s, %d hours, step %d", name, hours, i)
				}
			}
		}
	})
}

// TestForecastEndsInARepeatedHour: every forecaster goes as far as asked, wherever that is.
func TestForecastEndsInARepeatedHour(t *testing.T) {
	const past, perDay = 15, 48
	all := clockChange(past+1, perDay, past*perDay+4, -1)
	n := past * perDay
	h := forecast.History{Phases: all[:n], BucketsPerDay: perDay, Lower: math.Inf(-1), Upper: math.Inf(1)}
	for _, ph := range h.Phases {
		h.Values = append(h.Values, office(ph, perDay))
	}
	for _, d := range forecast.Catalogue() {
		f := fitted(t, d.Name, h)
		for steps := 1; steps < 10; steps++ {
			requireSound(t, f.Forecast(h, forecast.Future{Phases: all[n : n+steps]}, []float64{0.95}), steps)
		}
	}
}
