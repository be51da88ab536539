package ets_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/ets"
)

// wavy is a positive level with a season and deterministic ripples for noise.
func wavy(n, season int) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = 100 + 0.01*float64(i) + 20*math.Sin(2*math.Pi*float64(i)/float64(season)) + 3*math.Sin(float64(i*i))
	}
	return y
}

func BenchmarkFit(b *testing.B) {
	for _, c := range []struct{ n, season int }{{960, 1}, {960, 24}, {4032, 288}, {8064, 288}, {8064, 2016}} {
		b.Run(fmt.Sprintf("%d/%d", c.n, c.season), func(b *testing.B) {
			y := wavy(c.n, c.season)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ets.Fit(y, c.season); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkForecast(b *testing.B) {
	for _, c := range []struct{ n, season int }{{960, 24}, {4032, 288}, {8064, 288}} {
		b.Run(fmt.Sprintf("%d/%d", c.n, c.season), func(b *testing.B) {
			y, out := wavy(c.n, c.season), make([]float64, c.season)
			m, err := ets.Fit(y, c.season)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				m.Forecast(y, out)
			}
		})
	}
}
