package stl_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/stl"
)

// reference.json is made by testdata/reference.R: what R's stl and mstl say.
func TestAgreesWithR(t *testing.T) {
	raw, err := os.ReadFile("testdata/reference.json")
	require.NoError(t, err)
	var cases []struct {
		Name         string
		Periods      []int
		SeasonWindow int
		TrendWindow  int
		Robust       bool
		Y, Trend     []float64
		Seasons      [][]float64
	}
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.Len(t, cases, 5)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			d, err := stl.Decompose(c.Y, c.Periods, stl.Options{SeasonWindow: c.SeasonWindow, TrendWindow: c.TrendWindow, Robust: c.Robust})
			require.NoError(t, err)
			require.Equal(t, c.Periods, d.Periods)
			near := 1e-5 * (slices.Max(c.Y) - slices.Min(c.Y))
			require.InDeltaSlice(t, c.Trend, d.Trend, near)
			for i, season := range c.Seasons {
				require.InDeltaSlice(t, season, d.Seasons[i], near)
			}
		})
	}
}

// daily is a level, a slope and a season of 24, with deterministic ripples for noise.
func daily(n int) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = 100 + 0.05*float64(i) + 10*math.Sin(2*math.Pi*float64(i)/24) + math.Sin(float64(i*i))
	}
	return y
}

func requireAddsUp(t require.TestingT, y []float64, d stl.Decomposition) {
	largest := 0.0
	for i := range y {
		largest = max(largest, math.Abs(y[i]), math.Abs(d.Trend[i]), math.Abs(d.Remainder[i]))
	}
	for i := range y {
		sum := d.Trend[i] + d.Remainder[i]
		for _, season := range d.Seasons {
			require.False(t, math.IsNaN(season[i]) || math.IsInf(season[i], 0))
			sum += season[i]
		}
		require.InDelta(t, y[i], sum, 1e-12*largest)
	}
}

func TestPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 120).Draw(t, "y")
		periods := rapid.SliceOfN(rapid.IntRange(2, 70), 0, 3).Draw(t, "periods")
		d, err := stl.Decompose(y, periods, stl.Options{Robust: rapid.Bool().Draw(t, "robust")})
		require.NoError(t, err)
		require.True(t, slices.IsSorted(d.Periods))
		require.Len(t, d.Seasons, len(d.Periods))
		requireAddsUp(t, y, d)
		for i, period := range d.Periods {
			require.LessOrEqual(t, 2*period, len(y))
			require.True(t, d.Strength(i) >= 0 && d.Strength(i) <= 1)
		}
	})
}

// Another unit and another zero give the same parts in that unit, the zero being the trend's.
func TestShiftAndScaleGoThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.SliceOfN(rapid.Float64Range(-100, 100), 50, 100).Draw(t, "y")
		scale := rapid.Float64Range(0.01, 100).Draw(t, "scale")
		shift := rapid.Float64Range(-1000, 1000).Draw(t, "shift")
		moved := make([]float64, len(y))
		for i, v := range y {
			moved[i] = shift + scale*v
		}
		a, err := stl.Decompose(y, []int{7, 24}, stl.Options{})
		require.NoError(t, err)
		b, err := stl.Decompose(moved, []int{7, 24}, stl.Options{})
		require.NoError(t, err)
		near := 1e-9 * (math.Abs(shift) + 100*scale)
		for i := range y {
			require.InDelta(t, shift+scale*a.Trend[i], b.Trend[i], near)
			require.InDelta(t, scale*a.Seasons[0][i], b.Seasons[0][i], near)
			require.InDelta(t, scale*a.Remainder[i], b.Remainder[i], near)
		}
	})
}

func TestPureSeasonIsAllSeason(t *testing.T) {
	pattern := []float64{3, 1, -2, 5, 0, -4, -3}
	y := make([]float64, 70)
	for i := range y {
		y[i] = 20 + pattern[i%7]
	}
	d, err := stl.Decompose(y, []int{7}, stl.Options{})
	require.NoError(t, err)
	for i := range y {
		require.InDelta(t, 20, d.Trend[i], 1e-9)
		require.InDelta(t, pattern[i%7], d.Seasons[0][i], 1e-9)
	}
	require.InDelta(t, 1, d.Strength(0), 1e-9)
}

func TestTwoSeasonsComeApart(t *testing.T) {
	y := make([]float64, 24*7*6)
	for i := range y {
		y[i] = 50 + 8*math.Sin(2*math.Pi*float64(i)/24) + 0.5*math.Sin(float64(i*i))
		if i%168 >= 120 {
			y[i] -= 20
		}
	}
	d, err := stl.Decompose(y, []int{168, 24}, stl.Options{})
	require.NoError(t, err)
	require.Equal(t, []int{24, 168}, d.Periods)
	require.Greater(t, d.Strength(0), 0.9)
	require.Greater(t, d.Strength(1), 0.9)
	middle := 84 * 6
	require.InDelta(t, 8*math.Sin(2*math.Pi*float64(middle+6)/24), d.Seasons[0][middle+6], 1.5)
}

func TestPeriodsThatDoNotFitAreLeftOut(t *testing.T) {
	y := daily(100)
	d, err := stl.Decompose(y, []int{50, 51, 24, 24, math.MaxInt}, stl.Options{})
	require.NoError(t, err)
	require.Equal(t, []int{24, 50}, d.Periods)
	d, err = stl.Decompose(y[:40], []int{24}, stl.Options{})
	require.NoError(t, err)
	require.Empty(t, d.Periods)
	requireAddsUp(t, y[:40], d)
	require.Zero(t, d.Strength(0))
}

func TestOneSpikeDoesNotMoveTheRobust(t *testing.T) {
	y := daily(480)
	clean, err := stl.Decompose(y, []int{24}, stl.Options{Robust: true})
	require.NoError(t, err)
	y[240] += 1e3
	spiked, err := stl.Decompose(y, []int{24}, stl.Options{Robust: true})
	require.NoError(t, err)
	require.InDelta(t, 1e3, spiked.Remainder[240], 5)
	require.InDeltaSlice(t, clean.Trend, spiked.Trend, 0.5)
	require.InDeltaSlice(t, clean.Seasons[0], spiked.Seasons[0], 1)
}

func TestExtremesStayFinite(t *testing.T) {
	spike := make([]float64, 96)
	spike[40] = stl.Limit
	alternating := make([]float64, 96)
	for i := range alternating {
		alternating[i] = stl.Limit * float64(1-2*(i%2))
	}
	tiny := make([]float64, 96)
	for i := range tiny {
		tiny[i] = float64(i%24) * 5e-324
	}
	for _, y := range [][]float64{{1}, {1, 2}, make([]float64, 96), spike, alternating, tiny} {
		for _, robust := range []bool{false, true} {
			d, err := stl.Decompose(y, []int{24}, stl.Options{Robust: robust})
			require.NoError(t, err)
			requireAddsUp(t, y, d)
			require.False(t, math.IsNaN(d.Strength(0)))
		}
	}
}

func TestWhatCannotBeDecomposedIsRefused(t *testing.T) {
	for name, refused := range map[string]struct {
		y       []float64
		periods []int
		options stl.Options
		says    string
	}{
		"no values":       {nil, []int{24}, stl.Options{}, "no values"},
		"not a number":    {[]float64{1, math.NaN()}, nil, stl.Options{}, "value 1 of 2"},
		"infinite":        {[]float64{math.Inf(-1)}, nil, stl.Options{}, "value 0 of 1"},
		"too large":       {[]float64{1.7e308}, nil, stl.Options{}, "value 0 of 1"},
		"no season":       {[]float64{1, 2, 3}, []int{1}, stl.Options{}, "season of 1"},
		"negative window": {[]float64{1, 2, 3}, nil, stl.Options{TrendWindow: -1}, "not negative"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := stl.Decompose(refused.y, refused.periods, refused.options)
			require.ErrorContains(t, err, refused.says)
		})
	}
}
