package theta_test

import (
	"fmt"
	"testing"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/theta"
)

var lengths = []struct{ n, season int }{{960, 24}, {4032, 288}, {8064, 288}, {8064, 2016}}

func BenchmarkFit(b *testing.B) {
	for _, c := range lengths {
		b.Run(fmt.Sprintf("%d/%d", c.n, c.season), func(b *testing.B) {
			y := wavy(c.n, c.season)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := theta.Fit(y, c.season); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkForecast(b *testing.B) {
	for _, c := range lengths {
		b.Run(fmt.Sprintf("%d/%d", c.n, c.season), func(b *testing.B) {
			y, out := wavy(c.n, c.season), make([]float64, c.season)
			m, err := theta.Fit(y, c.season)
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
