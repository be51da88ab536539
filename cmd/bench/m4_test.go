package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMeasures: worked by hand.
func TestMeasures(t *testing.T) {
	smape, mase := pointMeasures([]float64{100, 0}, []float64{50, 0}, 10)
	require.InDelta(t, (200*50.0/150)/2, smape, 1e-12)
	require.InDelta(t, 2.5, mase, 1e-12)
	require.InDelta(t, (4+40*1.0)/2, intervalScore([]float64{7}, []float64{2}, []float64{6}, 0.05, 2), 1e-12)
	require.InDelta(t, 0.5, insideShare([]float64{1, 3}, []float64{0, 0}, []float64{2, 2}), 1e-12)
}

func TestNaive2(t *testing.T) {
	var y []float64
	for i := range 240 {
		y = append(y, float64(100+i)*(1+0.5*math.Sin(2*math.Pi*float64(i)/m4Season)))
	}
	for i, x := range naive2(y, 48) {
		require.InDelta(t, 339*(1+0.5*math.Sin(2*math.Pi*float64(i)/m4Season)), x, 8)
	}
	var walk []float64
	r := rand.New(rand.NewPCG(1, 1))
	for range 240 {
		walk = append(walk, 10+r.Float64())
	}
	require.Equal(t, walk[239], naive2(walk, 1)[0], "no season is found where there is none")
}

func writeM4(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("VIGIA_DATA", folder)
	train, test := "\"V1\"\n", "\"V1\"\n"
	for k := 1; k <= 2; k++ {
		var cells []string
		for i := range 448 {
			v := 1000 + 300*math.Sin(2*math.Pi*float64(i)/24) + float64(k*i*7919%101)
			cells = append(cells, fmt.Sprintf("\"%.2f\"", v))
		}
		train += fmt.Sprintf("\"H%d\",%s\n", k, strings.Join(cells[:400], ","))
		test += fmt.Sprintf("\"H%d\",%s\n", k, strings.Join(cells[400:], ","))
	}
	// The header of the real files is as long as their longest row.
	header := func(n int) string { return "\"V1\"" + strings.Repeat(",\"V\"", n) + "\n" }
	write(t, folder, filepath.Join("m4-hourly", "Hourly-train.csv"), strings.Replace(train, "\"V1\"\n", header(400), 1))
	write(t, folder, filepath.Join("m4-hourly", "Hourly-test.csv"), strings.Replace(test, "\"V1\"\n", header(48), 1))
}

func TestM4(t *testing.T) {
	writeM4(t)
	var out bytes.Buffer
	require.NoError(t, run([]string{"m4"}, &out))
	for _, name := range []string{"owa", "mase", "smape", "msis", "coverage80", "coverage95", "owa_tuned_half", "owa_untuned_half"} {
		require.Regexp(t, `(?m)^figure m4_hourly_`+name+` [\d.]+ `, out.String())
	}
	require.Contains(t, out.String(), "vigia auto")
	require.Contains(t, out.String(), "Smyl")
	require.ErrorContains(t, run([]string{"m4", "-forecaster", "oracle"}, &out), `"oracle" is no forecaster`)
}
