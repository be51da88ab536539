package ets_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/ets"
)

// reference.json is made by testdata/reference.R: what R's ets expects with the same form. R optimises each state at the
// beginning, which is not done here, so the same form does not make quite the same forecast.
func TestAgreesWithR(t *testing.T) {
	raw, err := os.ReadFile("testdata/reference.json")
	require.NoError(t, err)
	var cases []struct {
		Name, Chosen string
		Period       int
		Y            []float64
		Forms        []struct {
			Form     string
			Forecast []float64
		}
	}
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.Len(t, cases, 4)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			span := slices.Max(c.Y) - slices.Min(c.Y)
			for _, f := range c.Forms {
				m, err := ets.FitForm(c.Y, c.Period, f.Form)
				require.NoError(t, err)
				require.Equal(t, f.Form, m.String())
				out, worst := make([]float64, len(f.Forecast)), 0.0
				m.Forecast(c.Y, out)
				for i := range out {
					worst = max(worst, math.Abs(out[i]-f.Forecast[i])/span)
				}
				t.Logf("%s: farthest from R %.2f %% of the range", f.Form, 100*worst)
				require.Less(t, worst, 0.05, f.Form)
			}
			m, err := ets.Fit(c.Y, c.Period)
			require.NoError(t, err)
			t.Logf("chosen here %s, by R %s", m, c.Chosen)
		})
	}
}

func requireFinite(t require.TestingT, m *ets.Model, out []float64) {
	for i, v := range out {
		require.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%s: forecast %d is %v", m, i, v)
	}
}

func forecast(t require.TestingT, y []float64, season, horizon int) []float64 {
	m, err := ets.Fit(y, season)
	require.NoError(t, err)
	out := make([]float64, horizon)
	m.Forecast(y, out)
	requireFinite(t, m, out)
	return out
}

// Another unit and another zero give the same forecast in that unit, where nothing is multiplied.
func TestShiftAndScaleGoThroughAdditiveForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		noise := rapid.SliceOfN(rapid.Float64Range(-5, 5), 60, 90).Draw(t, "noise")
		scale := rapid.Float64Range(0.01, 100).Draw(t, "scale")
		shift := rapid.Float64Range(-200, 200).Draw(t, "shift")
		y, moved := make([]float64, len(noise)), make([]float64, len(noise))
		for i, e := range noise {
			y[i] = 50*math.Sin(2*math.Pi*float64(i)/12) + e
			moved[i] = scale * (y[i] + shift)
		}
		for _, form := range []string{"ETS(A,N,N)", "ETS(A,N,A)", "ETS(A,Ad,A)"} {
			a, err := ets.FitForm(y, 12, form)
			require.NoError(t, err)
			b, err := ets.FitForm(moved, 12, form)
			require.NoError(t, err)
			of, ofMoved := make([]float64, 24), make([]float64, 24)
			a.Forecast(y, of)
			b.Forecast(moved, ofMoved)
			for i := range of {
				require.InDelta(t, scale*(of[i]+shift), ofMoved[i], 0.5*scale, "%s: parameters are found to a part of the noise", form)
			}
		}
	})
}

// A power of two changes nothing but the exponent, whatever the form.
func TestPowersOfTwoGoThroughExactly(t *testing.T) {
	y, doubled := wavy(300, 12), wavy(300, 12)
	for i := range doubled {
		doubled[i] *= 1 << 20
	}
	a, b := forecast(t, y, 12, 24), forecast(t, doubled, 12, 24)
	for i := range a {
		require.Equal(t, a[i]*(1<<20), b[i])
	}
}

func TestPureSeasonIsRepeated(t *testing.T) {
	for _, level := range []float64{0, 100} {
		pattern := []float64{3, 1, -2, 5, 0, -4, -3}
		y := make([]float64, 70)
		for i := range y {
			y[i] = level + pattern[i%7]
		}
		for i, v := range forecast(t, y, 7, 21) {
			require.InDelta(t, level+pattern[i%7], v, 1e-4)
		}
	}
}

func TestTheSensibleFormIsChosen(t *testing.T) {
	noise := func(i int) float64 { return math.Sin(float64(i * i)) }
	for want, of := range map[string]func(i int) float64{
		"ETS(A,N,N)": func(i int) float64 { return noise(i) },
		"ETS(A,A,N)": func(i int) float64 { return -100 + float64(i) + noise(i) },
		"ETS(A,N,A)": func(i int) float64 { return 20*math.Sin(2*math.Pi*float64(i)/24) + noise(i) },
		"ETS(M,A,M)": func(i int) float64 {
			return (50 + float64(i)) * (1 + 0.5*math.Sin(2*math.Pi*float64(i)/24)) * (1 + 0.05*noise(i))
		},
	} {
		y := make([]float64, 480)
		for i := range y {
			y[i] = of(i)
		}
		m, err := ets.Fit(y, 24)
		require.NoError(t, err)
		require.Equal(t, want, m.String())
	}
}

// What comes after the fit moves the states; the season stays in phase.
func TestForecastGoesOnAfterTheFit(t *testing.T) {
	y := wavy(480, 24)
	m, err := ets.Fit(y[:400], 24)
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
	raised := slices.Clone(y)
	for i := 400; i < 480; i++ {
		raised[i] += 50
	}
	m.Forecast(raised, out)
	require.Greater(t, out[0], 120.0, "a new level is followed")
}

func TestShortIsTheBeginningOfLong(t *testing.T) {
	y := wavy(200, 24)
	require.Equal(t, forecast(t, y, 24, 100)[:10], forecast(t, y, 24, 10))
}

func TestPositiveFormsForecastNothingNegative(t *testing.T) {
	y := make([]float64, 120)
	for i := range y {
		y[i] = (130 - float64(i)) * (1 + 0.3*math.Sin(2*math.Pi*float64(i)/12)) * (1 + 0.02*math.Sin(float64(i*i)))
	}
	for _, form := range []string{"ETS(M,A,M)", "ETS(A,A,M)", "ETS(M,A,N)"} {
		m, err := ets.FitForm(y, 12, form)
		require.NoError(t, err)
		out := make([]float64, 120)
		m.Forecast(y, out)
		require.GreaterOrEqual(t, slices.Min(out), 0.0)
		require.Less(t, slices.Max(out), 100.0)
	}
}

// A model for positive series meets an outage after it was fitted.
func TestZerosDoNotBreakAMultipliedSeason(t *testing.T) {
	y := wavy(480, 24)
	for _, form := range []string{"ETS(M,A,M)", "ETS(A,Ad,M)", "ETS(M,N,M)"} {
		m, err := ets.FitForm(y, 24, form)
		require.NoError(t, err)
		out := make([]float64, 48)
		m.Forecast(slices.Concat(y, make([]float64, 48), y[:24]), out)
		for i, v := range out {
			require.InDelta(t, y[i], v, 15, form)
		}
	}
}

func TestExtremesStayFinite(t *testing.T) {
	spike := make([]float64, 96)
	spike[40] = 1e100
	ones := slices.Repeat([]float64{1}, 96)
	ones[95] = ets.Limit
	tiny := make([]float64, 96)
	for i := range tiny {
		tiny[i] = float64(1+i%24) * 5e-324
	}
	alternating := make([]float64, 96)
	for i := range alternating {
		alternating[i] = ets.Limit * float64(1-2*(i%2))
	}
	for _, y := range [][]float64{{1, 2, 3, 4, 5, 6}, make([]float64, 96), spike, ones, tiny, alternating} {
		for _, season := range []int{1, 2, 24, math.MaxInt} {
			forecast(t, y, season, 100)
		}
	}
	for _, v := range forecast(t, slices.Repeat([]float64{7}, 96), 24, 10) {
		require.InDelta(t, 7.0, v, 1e-9)
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
		m, err := ets.Fit(y[:len(y)-4], season)
		require.NoError(t, err)
		out := make([]float64, 30)
		m.Forecast(y, out)
		requireFinite(t, m, out)
	})
}

func TestWhatCannotBeFittedIsRefused(t *testing.T) {
	_, err := ets.Fit([]float64{1, 2, 3, 4, 5}, 1)
	require.ErrorContains(t, err, "too few")
	_, err = ets.Fit([]float64{1, 2, 3, 4, 5, 6}, 0)
	require.ErrorContains(t, err, "season of 0")
	_, err = ets.Fit([]float64{1, 2, math.NaN(), 4, 5, 6}, 1)
	require.ErrorContains(t, err, "value 2 of 6")
	_, err = ets.Fit([]float64{1, 2, 3, 4, 5, 1.7e308}, 1)
	require.ErrorContains(t, err, "value 5 of 6")
}
