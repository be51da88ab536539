package forecast

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/seasonal"
)

// hourly is a history of hours by the wall clock of a zone.
func hourly(zone string, from time.Time, hours int, f func(local time.Time, i int) float64) History {
	location, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	h := History{BucketsPerDay: 24, Lower: math.Inf(-1), Upper: math.Inf(1)}
	for i := range hours {
		local := from.Add(time.Duration(i) * time.Hour).In(location)
		h.Phases = append(h.Phases, seasonal.Phase{Day: local.Hour(), Week: (int(local.Weekday())+6)%7*24 + local.Hour()})
		h.Values = append(h.Values, f(local, i))
	}
	return h
}

var spring = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // the clocks of Madrid change on the 29th

func daily(hour int) float64 { return 10 * math.Sin(2*math.Pi*float64(hour)/24) }

// A decomposition adds up to the series, finds what was put in, and follows the wall clock over its change.
func TestDecomposeFindsTheParts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	h := hourly("Europe/Madrid", spring, 42*24, func(local time.Time, i int) float64 {
		v := 100 + float64(i)/50 + daily(local.Hour()) + 0.5*r.NormFloat64()
		if local.Weekday() == time.Sunday {
			v -= 8
		}
		return v
	})
	h.Values[500], h.Values[501] = math.NaN(), 1000 // a gap, and an incident
	p := Decompose(h)
	require.True(t, math.IsNaN(p.Remainder[500]))
	require.InDelta(t, 890, p.Remainder[501], 25, "an incident is no part of a season")
	off := 0.0
	for i, v := range h.Values {
		if v == v {
			require.InDelta(t, v, p.Trend[i]+p.SeasonDay[i]+p.SeasonWeek[i]+p.Remainder[i], 1e-9)
		}
		if i > 48 && i < len(h.Values)-48 {
			off = math.Max(off, math.Abs(p.SeasonDay[i]-daily(h.Phases[i].Day)))
		}
	}
	require.Less(t, off, 3.0, "the daily season is at home on the wall clock, before and after its change")
	require.Less(t, p.SeasonWeek[6*24+12], -3.0, "a Sunday")
	require.Greater(t, p.Trend[900]-p.Trend[100], 12.0)
	part := p.Slice(10, 20)
	require.Equal(t, p.Trend[10:20], part.Trend)
	require.Len(t, part.Remainder, 10)
}

func TestDecomposeOfLittle(t *testing.T) {
	none := Decompose(History{Values: []float64{math.NaN(), math.Inf(1)}, Phases: make([]seasonal.Phase, 2), BucketsPerDay: 24})
	require.Empty(t, none.Trend)
	require.Empty(t, none.Slice(0, 2).Trend)
	short := Decompose(hourly("UTC", spring, 20, func(_ time.Time, i int) float64 { return float64(i) }))
	require.Len(t, short.Trend, 20)
	require.True(t, math.IsNaN(short.SeasonDay[3]), "a season that is not there is null")
	uncounted := hourly("UTC", spring, 20, func(_ time.Time, i int) float64 { return float64(i) })
	uncounted.Phases = uncounted.Phases[:3]
	require.Len(t, Decompose(uncounted).Trend, 20, "phases that are not given count on")
	flat := Decompose(hourly("UTC", spring, 21*24, func(time.Time, int) float64 { return 7 }))
	require.InDelta(t, 7, flat.Trend[100], 1e-9)
	require.True(t, math.IsNaN(flat.SeasonWeek[100]))
}

func FuzzDecompose(f *testing.F) {
	f.Add([]byte{1, 2, 3, 200, 5}, uint8(2))
	f.Fuzz(func(t *testing.T, raw []byte, perDay uint8) {
		h := History{BucketsPerDay: int(perDay)}
		for i, b := range raw {
			v := (float64(b) - 100) * math.Pow(10, float64(b%7)*16)
			if b == 255 {
				v = math.NaN()
			}
			h.Values = append(h.Values, v)
			h.Phases = append(h.Phases, seasonal.Phase{Day: (i + int(b)/250) % max(int(perDay), 1), Week: i})
		}
		p := Decompose(h)
		for i := range p.Trend {
			require.False(t, math.IsNaN(p.Trend[i]) || math.IsInf(p.Trend[i], 0))
			require.False(t, math.IsInf(p.SeasonDay[i], 0) || math.IsInf(p.SeasonWeek[i], 0) || math.IsInf(p.Remainder[i], 0))
		}
	})
}
