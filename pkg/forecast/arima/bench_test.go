package arima

import (
	"fmt"
	"testing"
)

// whole is what a query costs: the order, the fit and a forecast of 48 values.
func whole(b *testing.B, n, season int) {
	y, out := daily(1, n, season), make([]float64, 48)
	b.ReportAllocs()
	for b.Loop() {
		o, err := Select(y, season)
		if err != nil {
			b.Fatal(err)
		}
		m, err := Fit(y, o)
		if err != nil {
			b.Fatal(err)
		}
		if err := m.Forecast(y, out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSelect960(b *testing.B)  { whole(b, 960, 24) }
func BenchmarkSelect4032(b *testing.B) { whole(b, 4032, 288) }

func BenchmarkFit(b *testing.B) {
	for _, at := range []struct{ n, season int }{{960, 24}, {4032, 288}} {
		b.Run(fmt.Sprint(at.n), func(b *testing.B) {
			y := daily(1, at.n, at.season)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Fit(y, Order{P: 1, Q: 1, SP: 1, SD: 1, SQ: 1, Season: at.season}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkForecast960(b *testing.B) {
	y, out := daily(1, 960, 24), make([]float64, 48)
	m, err := Fit(y, Order{P: 1, Q: 1, SP: 1, SD: 1, SQ: 1, Season: 24})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Forecast(y, out); err != nil {
			b.Fatal(err)
		}
	}
}
