package forecast_test

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
)

// someHistory is a drawn series: a wave with noise, a random walk, gaps, steps.
func someHistory(rt *rapid.T) forecast.History {
	perDay := rapid.SampledFrom([]int{1, 4, 24, 48}).Draw(rt, "buckets per day")
	days := rapid.IntRange(3, 18).Draw(rt, "days")
	if perDay < 16 {
		days += 100 / perDay
	}
	h := history(rapid.Uint64().Draw(rt, "seed"), perDay, days, rapid.Float64Range(0, 40).Draw(rt, "noise"))
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "other seed"), 0))
	walk, gaps := rapid.SampledFrom([]float64{0, 1, 10}).Draw(rt, "walk"), rapid.Float64Range(0, 0.3).Draw(rt, "gaps")
	off := 0.0
	for i := range h.Values {
		off += walk * r.NormFloat64()
		h.Values[i] += off
		if i > 0 && r.Float64() < gaps {
			h.Values[i] = math.NaN()
		}
	}
	return h
}

func fit(rt *rapid.T, h forecast.History) *forecast.Fitted {
	name := rapid.SampledFrom([]string{forecast.Auto, forecast.SeasonalNaive}).Draw(rt, "forecaster")
	f, err := forecast.Fit(name, h)
	require.NoError(rt, err)
	return f
}

// TestHorizonsAgree: a forecast of some hours is the beginning of one of days.
func TestHorizonsAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := someHistory(rt)
		f := fit(rt, h)
		to := after(h, 12)
		short := to
		n := rapid.IntRange(1, len(to.Phases)).Draw(rt, "steps")
		short.Phases = to.Phases[:n]
		levels := []float64{0.8, 0.95}
		a, b := f.Forecast(h, to, levels), f.Forecast(h, short, levels)
		require.Equal(rt, a.Median[:n], b.Median)
		for i := range levels {
			require.Equal(rt, a.Bands[i].Lower[:n], b.Bands[i].Lower)
			require.Equal(rt, a.Bands[i].Upper[:n], b.Bands[i].Upper)
		}
	})
}

// TestLevelsNest: a higher level holds a lower one, whichever are asked for together.
func TestLevelsNest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := someHistory(rt)
		f := fit(rt, h)
		to := after(h, 10)
		low := rapid.Float64Range(0.01, 0.998).Draw(rt, "level")
		high := rapid.Float64Range(low, 0.999).Draw(rt, "higher level")
		narrow, wide := f.Forecast(h, to, []float64{low}), f.Forecast(h, to, []float64{high})
		for i := range to.Phases {
			require.LessOrEqual(rt, wide.Bands[0].Lower[i], narrow.Bands[0].Lower[i])
			require.GreaterOrEqual(rt, wide.Bands[0].Upper[i], narrow.Bands[0].Upper[i])
			require.LessOrEqual(rt, narrow.Bands[0].Lower[i], narrow.Median[i])
			require.GreaterOrEqual(rt, narrow.Bands[0].Upper[i], narrow.Median[i])
		}
	})
}

// TestUnits: seconds or milliseconds, bytes or megabytes make no difference.
func TestUnits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := someHistory(rt)
		unit := math.Exp2(float64(rapid.IntRange(-30, 30).Draw(rt, "power of two")))
		scaled := h
		scaled.Values = nil
		for _, v := range h.Values {
			scaled.Values = append(scaled.Values, unit*v)
		}
		name := rapid.SampledFrom([]string{forecast.Auto, forecast.SeasonalNaive}).Draw(rt, "forecaster")
		to := after(h, 3)
		a := fitted(t, name, h).Forecast(h, to, []float64{0.95})
		b := fitted(t, name, scaled).Forecast(scaled, to, []float64{0.95})
		for i := range to.Phases {
			near := 1e-6 * unit * (1 + math.Abs(a.Median[i]) + a.Bands[0].Upper[i] - a.Bands[0].Lower[i])
			require.InDelta(rt, unit*a.Median[i], b.Median[i], near)
			require.InDelta(rt, unit*a.Bands[0].Upper[i], b.Bands[0].Upper[i], near)
		}
	})
}

// TestShift: the seasonal naive forecast of a series that lies higher lies as much higher.
func TestShift(t *testing.T) {
	h := history(3, hourly, 20, 5)
	higher := h
	higher.Values = nil
	for _, v := range h.Values {
		higher.Values = append(higher.Values, v+1000)
	}
	to := after(h, 5)
	a := fitted(t, forecast.SeasonalNaive, h).Forecast(h, to, []float64{0.95})
	b := fitted(t, forecast.SeasonalNaive, higher).Forecast(higher, to, []float64{0.95})
	for i := range to.Phases {
		require.InDelta(t, a.Median[i]+1000, b.Median[i], 1e-6)
		require.InDelta(t, a.Bands[0].Upper[i]+1000, b.Bands[0].Upper[i], 1e-6)
	}
}

// TestNewerBuckets: a fit of some hours ago forecasts from the newest bucket, and as well as a new fit.
func TestNewerBuckets(t *testing.T) {
	h := history(1, hourly, 28, 3)
	old := h
	old.Values, old.Phases = h.Values[:len(h.Values)-6], h.Phases[:len(h.Values)-6]
	to := after(h, 2)
	kept, fresh := fitted(t, forecast.Auto, old).Forecast(h, to, nil), fitted(t, forecast.Auto, h).Forecast(h, to, nil)
	require.Less(t, meanError(kept.Median, truth(to, hourly)), 1.2*meanError(fresh.Median, truth(to, hourly))+0.5)
}

// TestNothingToSee: a history of another grid or without values has the range of the series, and no panic.
func TestNothingToSee(t *testing.T) {
	h := history(1, hourly, 10, 3)
	f := fitted(t, forecast.Auto, h)
	for _, other := range []forecast.History{{}, {BucketsPerDay: hourly, Values: []float64{1}}, history(1, fine, 3, 1)} {
		out := f.Forecast(other, after(h, 1), []float64{0.95})
		requireSound(t, out, hourly)
		require.Less(t, out.Bands[0].Lower[0], out.Bands[0].Upper[0])
	}
	require.Empty(t, f.Forecast(h, forecast.Future{}, []float64{0.95}).Median)
	for _, level := range []float64{math.NaN(), -1, 0, 1, 2} {
		requireSound(t, f.Forecast(h, after(h, 40), []float64{level}), 40*hourly)
	}
}

// TestManyAtOnce: a fitted forecaster is read by many, and gives all the same.
func TestManyAtOnce(t *testing.T) {
	h := history(1, hourly, 20, 3)
	f := fitted(t, forecast.Auto, h)
	to := after(h, 2)
	want := f.Forecast(h, to, []float64{0.8, 0.9, 0.95})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			assert.Equal(t, want, f.Forecast(h, to, []float64{0.8, 0.9, 0.95}))
			assert.Positive(t, f.Report().Origins)
		})
	}
	all.Wait()
}

// TestBandsKeepTheirPromise: of many days after many histories the bands hold their share, and the report knows it.
func TestBandsKeepTheirPromise(t *testing.T) {
	levels := []float64{0.8, 0.95}
	inside, reported, steps := [2]float64{}, [2]float64{}, 0.0
	const series = 40
	for seed := range uint64(series) {
		all := history(seed, hourly, 30, 0)
		r := rand.New(rand.NewPCG(seed, 9))
		slow := 0.0
		for i := range all.Values {
			slow = 0.95*slow + 3*r.NormFloat64()
			all.Values[i] += slow + r.ExpFloat64()*0.1*all.Values[i]
		}
		h := all
		n := 28 * hourly
		h.Values, h.Phases = all.Values[:n], all.Phases[:n]
		f := fitted(t, forecast.Auto, h)
		out := f.Forecast(h, forecast.Future{Phases: all.Phases[n:]}, levels)
		for i, x := range all.Values[n:] {
			steps++
			for k, b := range out.Bands {
				if x >= b.Lower[i] && x <= b.Upper[i] {
					inside[k]++
				}
			}
		}
		for k := range levels {
			require.Equal(t, levels[k], f.Report().Coverage[k].Level)
			reported[k] += f.Report().Coverage[k].Share / series
		}
	}
	t.Logf("held %.3f and %.3f, reported %.3f and %.3f", inside[0]/steps, inside[1]/steps, reported[0], reported[1])
	for k, level := range levels {
		require.InDelta(t, level, inside[k]/steps, 0.05)
		require.InDelta(t, inside[k]/steps, reported[k], 0.05)
	}
}

// TestBandsOfShortHistories: after two days there is one back-test at most, and a band must not believe it.
func TestBandsOfShortHistories(t *testing.T) {
	const series = 60
	for _, c := range []struct {
		perDay, days int
		memory       float64 // of the noise
		least        float64
	}{
		{hourly, 1, 0.95, 0.77}, {hourly, 1, 1, 0.78}, {hourly, 7, 1, 0.66}, {96, 1, 0.95, 0.89}, {96, 7, 1, 0.71},
	} {
		inside, steps := 0.0, 0.0
		for seed := range uint64(series) {
			all := history(seed, c.perDay, 2+c.days, 0)
			r := rand.New(rand.NewPCG(seed, 77))
			level := 1000.0
			for i := range all.Values {
				level += (1-c.memory)*(1000-level) + r.NormFloat64()
				all.Values[i] = level
			}
			h := all
			n := 2*c.perDay + 1
			h.Values, h.Phases = all.Values[:n], all.Phases[:n]
			out := ahead(t, h, forecast.Future{Phases: all.Phases[n:]})
			for i, x := range all.Values[n:] {
				steps++
				if x >= out.Bands[0].Lower[i] && x <= out.Bands[0].Upper[i] {
					inside++
				}
			}
		}
		t.Logf("%d a day, %d days ahead, memory %v: held %.3f", c.perDay, c.days, c.memory, inside/steps)
		require.Greater(t, inside/steps, c.least)
	}
}

// TestSizeHoldsThePattern: the week that a classical model keeps counts in its size.
func TestSizeHoldsThePattern(t *testing.T) {
	h := history(1, fine, 14, 3)
	require.GreaterOrEqual(t, fitted(t, forecast.MSTL, h).Size()-fitted(t, forecast.SeasonalNaive, h).Size(), 8*7*fine)
}

// TestReport: the numbers are those of a series whose noise is known.
func TestReport(t *testing.T) {
	h := history(1, hourly, 28, 5)
	f := fitted(t, forecast.Auto, h)
	r := f.Report()
	require.Contains(t, r.Model, "autoregression")
	require.GreaterOrEqual(t, r.Origins, 24)
	require.Equal(t, 2*hourly, r.Steps)
	noise := 5 * math.Sqrt(2/math.Pi)
	require.Greater(t, r.MAE, 0.95*noise)
	require.Less(t, r.MAE, 1.4*noise, "as good as the mean of a few weeks")
	require.Less(t, r.MASE, 0.7)
	require.InDelta(t, 6, r.SMAPE, 3)
	require.Len(t, r.Coverage, 3)
	require.Positive(t, f.Size())
	require.Less(t, f.Size(), 1<<20)

	naive := fitted(t, forecast.SeasonalNaive, h).Report()
	require.Equal(t, "last week again", naive.Model)
	require.Greater(t, naive.MAE, r.MAE)
}

// TestEveryForecaster: by whichever name, the day and the week are there, with bands and a report of the same making.
func TestEveryForecaster(t *testing.T) {
	h := history(2, hourly, 42, 4)
	to := after(h, 2)
	for _, d := range forecast.Catalogue() {
		f := fitted(t, d.Name, h)
		out := f.Forecast(h, to, []float64{0.8, 0.95, 0.99})
		requireSound(t, out, len(to.Phases))
		short := to
		short.Phases = to.Phases[:7]
		require.Equal(t, out.Median[:7], f.Forecast(h, short, nil).Median, d.Name)
		require.Less(t, meanError(out.Median, truth(to, hourly)), 20.0, d.Name)
		require.Less(t, width(out.Bands[0], 0, hourly), width(out.Bands[1], 0, hourly))
		r := f.Report()
		require.NotEmpty(t, r.Model)
		require.GreaterOrEqual(t, r.Origins, 20, d.Name)
		require.InDelta(t, 0.95, r.Coverage[1].Share, 0.1, d.Name)
		require.Less(t, r.MASE, 1.1, d.Name)
	}
}

func FuzzFit(f *testing.F) {
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz"), uint8(24), 0.0, 100.0, 1.0)
	f.Add([]byte{0, 0, 0, 0, 255, 255, 1, 2, 3}, uint8(1), math.Inf(-1), math.Inf(1), 1e100)
	f.Add([]byte{7}, uint8(4), math.NaN(), math.NaN(), -1e-300)
	f.Fuzz(func(t *testing.T, data []byte, perDay uint8, lower, upper, unit float64) {
		if len(data) == 0 || len(data) > 400 {
			return
		}
		h := forecast.History{BucketsPerDay: int(perDay), Lower: lower, Upper: upper}
		n := max(len(data), 2*int(perDay)+1, 40)
		for i := range n {
			c := data[i%len(data)]
			v := unit * float64(int8(c))
			switch {
			case c == 250:
				v = math.NaN()
			case c == 251:
				v = math.Inf(1)
			case c%16 == 3:
				v = math.Pow(v, 3) // out of all proportion
			}
			h.Values = append(h.Values, v)
			h.Phases = append(h.Phases, phases(i+int(c)/200, 1, max(int(perDay), 1))[0])
			h.Marks = append(h.Marks, uint32(c)>>6&^2)
		}
		to := forecast.Future{Phases: phases(n, 3*max(int(perDay), 1), max(int(perDay), 1)), Marks: []uint32{1, 0, 3}}
		for _, d := range forecast.Catalogue() {
			fitted, err := forecast.Fit(d.Name, h)
			if err != nil {
				continue
			}
			out := fitted.Forecast(h, to, []float64{0.8, 0.99})
			requireSound(t, out, len(to.Phases))
		}
	})
}
