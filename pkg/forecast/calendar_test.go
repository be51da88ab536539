package forecast_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast"
	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
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

// TestHolidayBeforeAShift: what a holiday did to the level of its time, it does to that of now.
func TestHolidayBeforeAShift(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		h := history(1, perDay, 28, 2)
		on(&h, 15, holiday, 0.5)
		for i := 20 * perDay; i < len(h.Values); i++ {
			h.Values[i] += 300
		}
		f, plain := ahead(t, h, marked(h, holiday)), ahead(t, h, after(h, 3))
		require.InDelta(t, 0.5, mean(f.Median[perDay:2*perDay])/mean(plain.Median[perDay:2*perDay]), 0.1)
	})
}

// TestBandOfAPeak: where a calendar brings ten times as much as any other day, the band has room above as well.
func TestBandOfAPeak(t *testing.T) {
	h := history(1, hourly, 28, 2)
	on(&h, 8, payday, 10)
	on(&h, 15, payday, 12)
	on(&h, 22, payday, 9)
	f := ahead(t, h, marked(h, payday))
	require.Greater(t, slices.Max(f.Median), 1000.0)
	for i := hourly; i < 2*hourly; i++ {
		require.Greater(t, f.Bands[0].Upper[i], f.Median[i], "hour %d", i)
	}
}

// TestCalendarOfEachNight: a backup of each night is a season, which follows a shift of the level; a holiday of the same calendar is an event.
func TestCalendarOfEachNight(t *testing.T) {
	eachGrid(t, func(t *testing.T, perDay int) {
		h := history(6, perDay, 28, 2)
		h.Marks = make([]uint32, len(h.Values))
		to := marked(h, holiday)
		night := func(ph seasonal.Phase) bool { hour := ph.Day * 24 / perDay; return hour >= 2 && hour < 6 }
		for i, ph := range h.Phases {
			if i >= 20*perDay {
				h.Values[i] += 300
			}
			if night(ph) {
				h.Values[i] += 80
				h.Marks[i] |= holiday
			}
		}
		on(&h, 15, holiday, 0.5)
		for i, ph := range to.Phases {
			if night(ph) {
				to.Marks[i] |= holiday
			}
		}
		f, truth := ahead(t, h, to), truth(to, perDay)
		for i, ph := range to.Phases {
			want := truth[i] + 300
			if night(ph) {
				want += 80
			}
			if day := i / perDay; day != 1 {
				require.InDelta(t, want, f.Median[i], 60, "step %d", i)
			} else if !night(ph) {
				require.InDelta(t, 0.5, f.Median[i]/want, 0.15, "step %d", i)
			}
		}
	})
}
