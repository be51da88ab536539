package forecast_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
)

const (
	holiday = 1 << 3
	payday  = 1 << 0
)

// on marks a day, and changes what happens on it by a factor.
func on(h *forecast.History, day int, mark uint32, factor float64) {
	if h.Marks == nil {
		h.Marks = make([]uint32, len(h.Values))
	}
	for i := day * h.BucketsPerDay; i < (day+1)*h.BucketsPerDay; i++ {
		h.Marks[i] |= mark
		h.Values[i] *= factor
	}
}

// marked is a future of three days of which the second is marked.
func marked(h forecast.History, mark uint32) forecast.Future {
	to := after(h, 3)
	to.Marks = make([]uint32, len(to.Phases))
	for i := h.BucketsPerDay; i < 2*h.BucketsPerDay; i++ {
		to.Marks[i] = mark
	}
	return to
}

// ratios are what the days of a forecast come to, compared with the truth without calendars.
func ratios(t *testing.T, h forecast.History, to forecast.Future) (days [3]float64) {
	f := ahead(t, h, to)
	want := truth(to, h.BucketsPerDay)
	for d := range days {
		from, end := d*h.BucketsPerDay, (d+1)*h.BucketsPerDay
		days[d] = mean(f.Median[from:end]) / mean(want[from:end])
	}
	return days
}

// TestHolidays: half the traffic on the one holiday of the past is expected on the next one, and on no other day. History ends on a Sunday.
func TestHolidays(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		h := history(1, perDay, 28, 2)
		on(&h, 15, holiday, 0.5)
		days := ratios(t, h, marked(h, holiday))
		require.InDelta(t, 0.5, days[1], 0.1)
		require.InDelta(t, 1, days[0], 0.1)
		require.InDelta(t, 1, days[2], 0.1)
		require.InDelta(t, 1, ratios(t, h, marked(h, payday))[1], 0.1, "a calendar never seen has no effect")
	})
}

// TestHolidayYesterday: what happened on a holiday is no habit for the day after.
func TestHolidayYesterday(t *testing.T) {
	h := history(1, hourly, 25, 2)
	on(&h, 24, holiday, 0.3)
	require.InDelta(t, 1, ratios(t, h, after(h, 3))[0], 0.1)
}

// TestPaydays: more at noon on two past paydays; the hours are told apart.
func TestPaydays(t *testing.T) {
	h := history(2, hourly, 28, 2)
	h.Marks = make([]uint32, len(h.Values))
	for _, day := range []int{7, 22} {
		for i := day * hourly; i < (day+1)*hourly; i++ {
			h.Marks[i] = payday
			if hour := i % hourly; hour >= 10 && hour < 16 {
				h.Values[i] *= 3
			}
		}
	}
	to := marked(h, payday)
	f, plain := ahead(t, h, to), ahead(t, h, after(h, 3))
	require.InDelta(t, 3, mean(f.Median[hourly+10:hourly+16])/mean(plain.Median[hourly+10:hourly+16]), 0.6)
	require.InDelta(t, 1, mean(f.Median[hourly:hourly+8])/mean(plain.Median[hourly:hourly+8]), 0.1)
	require.Equal(t, plain.Median[:hourly], f.Median[:hourly])
}

// TestEffectsShare: a holiday that is a payday as well has both effects, each learnt from days of its own.
func TestEffectsShare(t *testing.T) {
	h := history(3, hourly, 28, 1)
	for _, day := range []int{9, 16} {
		on(&h, day, holiday, 0.5)
	}
	for _, day := range []int{11, 18} {
		on(&h, day, payday, 3)
	}
	on(&h, 23, payday|holiday, 1.5)
	require.InDelta(t, 1.5, ratios(t, h, marked(h, payday|holiday))[1], 0.25)
	require.InDelta(t, 0.5, ratios(t, h, marked(h, holiday))[1], 0.1)
}

// TestDifferences: a series that can be negative has differences and no ratios.
func TestDifferences(t *testing.T) {
	h := history(4, hourly, 28, 2)
	for i := range h.Values {
		h.Values[i] -= 100
	}
	h.Marks = make([]uint32, len(h.Values))
	for i := 15 * hourly; i < 16*hourly; i++ {
		h.Marks[i] = holiday
		h.Values[i] -= 300
	}
	f, plain := ahead(t, h, marked(h, holiday)), ahead(t, h, after(h, 3))
	require.InDelta(t, -300, mean(f.Median[hourly:2*hourly])-mean(plain.Median[hourly:2*hourly]), 40)
	require.Greater(t, width(f.Bands[0], hourly, 2*hourly), width(plain.Bands[0], hourly, 2*hourly), "one day is little to learn from")
}

// TestNoEffect: marks that change nothing leave next to nothing behind.
func TestNoEffect(t *testing.T) {
	h := history(5, hourly, 28, 5)
	r := rand.New(rand.NewPCG(1, 1))
	for range 4 {
		on(&h, 8+r.IntN(19), holiday, 1)
	}
	require.InDelta(t, 1, ratios(t, h, marked(h, holiday))[1], 0.06)
}
