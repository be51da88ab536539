package theta_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/theta"
)

// reference.json is made by testdata/reference.R: what R's thetaf says, which has theta 2 and chooses alpha by the errors of
// exponential smoothing alone, not by those of the whole method.
func TestStandardThetaAgreesWithR(t *testing.T) {
	raw, err := os.ReadFile("testdata/reference.json")
	require.NoError(t, err)
	var cases []struct {
		Name        string
		Period      int
		Y, Forecast []float64
	}
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.Len(t, cases, 4)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			m, err := theta.FitTheta(c.Y, c.Period, 2)
			require.NoError(t, err)
			require.Equal(t, "Theta(2.00)", m.String())
			out := make([]float64, len(c.Forecast))
			m.Forecast(c.Y, out)
			span, worst := slices.Max(c.Y)-slices.Min(c.Y), 0.0
			for i := range out {
				worst = max(worst, math.Abs(out[i]-c.Forecast[i])/span)
			}
			t.Logf("farthest from R: %.2f %% of the range", 100*worst)
			require.Less(t, worst, 0.02)
		})
	}
}

// wavy is a positive level with a slope, a season and deterministic ripples for noise.
func wavy(n, season int) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = 100 + 0.01*float64(i) + 20*math.Sin(2*math.Pi*float64(i)/float64(season)) + 3*math.Sin(float64(i*i))
	}
	return y
}

func forecast(t require.TestingT, y []float64, season, horizon int) []float64 {
	m, err := theta.Fit(y, season)
	require.NoError(t, err)
	out := make([]float64, horizon)
	m.Forecast(y, out)
	for i, v := range out {
		require.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%s: forecast %d is %v", m, i, v)
	}
	return out
}

// Another unit and another zero give the same forecast in that unit. Values on both sides of zero have an added season.
func TestShiftAndScaleGoThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		noise := rapid.SliceOfN(rapid.Float64Range(-5, 5), 60, 90).Draw(t, "noise")
		scale := rapid.Float64Range(0.01, 100).Draw(t, "scale")
		shift := rapid.Float64Range(-20, 20).Draw(t, "shift")
		y, moved := make([]float64, len(noise)), make([]float64, len(noise))
		for i, e := range noise {
			y[i] = 50*math.Sin(2*math.Pi*float64(i)/12) + e
			moved[i] = scale * (y[i] + shift)
		}
		for _, given := range []float64{1, 2, math.Inf(1), math.NaN()} {
			a, err := theta.FitTheta(y, 12, given)
			require.NoError(t, err)
			b, err := theta.FitTheta(moved, 12, given)
			require.NoError(t, err)
			of, ofMoved := make([]float64, 24), make([]float64, 24)
			a.Forecast(y, of)
			b.Forecast(moved, ofMoved)
			for i := range of {
				require.InDelta(t, scale*(of[i]+shift), ofMoved[i], 0.05*scale, "alpha is found to a small part of the noise")
			}
		}
	})
}

func TestPureSeasonIsRepeated(t *testing.T) {
	for _, level := range []float64{0, 100} { // added and multiplied
		pattern := []float64{3, 1, -2, 5, 0, -4, -3}
		y := make([]float64, 70)
		for i := range y {
			y[i] = level + pattern[i%7]
		}
		for i, v := range forecast(t, y, 7, 21) {
			require.InDelta(t, level+pattern[i%7], v, 1e-6)
		}
	}
}

// A line goes on, because the best theta is infinite; the standard method would go on with half of the slope.
func TestBestThetaFollowsALine(t *testing.T) {
	y := make([]float64, 100)
	for i := range y {
		y[i] = 10 + 0.5*float64(i) + math.Sin(float64(i*i))
	}
	m, err := theta.Fit(y, 1)
	require.NoError(t, err)
	out := make([]float64, 50)
	m.Forecast(y, out)
	require.InDelta(t, 10+0.5*149, out[49], 2)
	standard, err := theta.FitTheta(y, 1, 2)
	require.NoError(t, err)
	standard.Forecast(y, out)
	require.InDelta(t, out[0]+0.25*49, out[49], 0.5)
}

func TestSeasonIsTakenWhereThereIsOne(t *testing.T) {
	noise := make([]float64, 96)
	for i := range noise {
		noise[i] = 100 + math.Sin(float64(i*i))
	}
	flat := forecast(t, noise, 24, 24)
	for i := range flat {
		require.InDelta(t, flat[0], flat[i], 0.2, "no season in it, a trend at most")
	}
	waves := forecast(t, wavy(96, 24), 24, 24)
	require.Greater(t, slices.Max(waves)-slices.Min(waves), 30.0)
}

// What comes after the fit moves level and trend; the season stays in phase.
func TestForecastGoesOnAfterTheFit(t *testing.T) {
	y := wavy(480, 24)
	m, err := theta.Fit(y[:400], 24)
	require.NoError(t, err)
	out := make([]float64, 24)
	for end := 400; end < 480; end += 13 {
		m.Forecast(y[:end], out)
		for i, v := range out {
			at := float64(end + i)
			require.InDelta(t, 100+0.01*at+20*math.Sin(2*math.Pi*at/24), v, 6)
		}
	}
	gap := slices.Clone(y)
	gap[479], gap[470] = math.NaN(), math.Inf(1)
	m.Forecast(gap, out)
	require.InDelta(t, 100+4.8, out[0], 6, "what is missing is passed over")
}

func TestShortIsTheBeginningOfLong(t *testing.T) {
	y := wavy(200, 24)
	require.Equal(t, forecast(t, y, 24, 100)[:10], forecast(t, y, 24, 10))
}

func TestExtremesStayFinite(t *testing.T) {
	spike := make([]float64, 96)
	spike[40] = 1e100
	ones := slices.Repeat([]float64{1}, 96)
	ones[95] = theta.Limit
	tiny := make([]float64, 96)
	for i := range tiny {
		tiny[i] = float64(1+i%24) * 5e-324
	}
	alternating := make([]float64, 96)
	for i := range alternating {
		alternating[i] = theta.Limit * float64(1-2*(i%2))
	}
	for _, y := range [][]float64{{1, 2, 3, 4}, make([]float64, 96), spike, ones, tiny, alternating} {
		for _, season := range []int{1, 2, 24, math.MaxInt} {
			forecast(t, y, season, 100)
		}
	}
	for _, v := range forecast(t, slices.Repeat([]float64{7}, 96), 24, 10) {
		require.Equal(t, 7.0, v)
	}
}

// Positive values of every magnitude reach the forms that divide.
func TestPositiveSeriesOfAnyMagnitudeStayFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		magnitudes := rapid.SliceOfN(rapid.Float64Range(-700, 690), 10, 60).Draw(t, "logarithms")
		y := make([]float64, len(magnitudes))
		for i, m := range magnitudes {
			y[i] = math.Exp(m)
		}
		season := rapid.IntRange(1, 12).Draw(t, "season")
		m, err := theta.Fit(y[:len(y)-4], season)
		require.NoError(t, err)
		out := make([]float64, 30)
		m.Forecast(y, out)
		for i, v := range out {
			require.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%s: forecast %d is %v", m, i, v)
		}
	})
}

func TestWhatCannotBeFittedIsRefused(t *testing.T) {
	_, err := theta.Fit([]float64{1, 2, 3}, 1)
	require.ErrorContains(t, err, "too few")
	_, err = theta.Fit([]float64{1, 2, 3, 4}, 0)
	require.ErrorContains(t, err, "season of 0")
	_, err = theta.Fit([]float64{1, 2, math.NaN(), 4}, 1)
	require.ErrorContains(t, err, "value 2 of 4")
	_, err = theta.Fit([]float64{1, 2, 3, 1.7e308}, 1)
	require.ErrorContains(t, err, "value 3 of 4")
}
