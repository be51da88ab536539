package ets_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/forecast/ets"
)

// numbers reads float64 from bytes, eight each: every bit pattern can come.
func numbers(raw []byte) []float64 {
	var y []float64
	for ; len(raw) >= 8 && len(y) < 200; raw = raw[8:] {
		y = append(y, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
	}
	return y
}

// bits is the opposite of numbers.
func bits(y []float64) []byte {
	var raw []byte
	for _, v := range y {
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
	}
	return raw
}

// FuzzFit fits some values and forecasts after others, which need not be finite.
func FuzzFit(f *testing.F) {
	f.Add(bits(wavy(60, 12)), []byte{}, 12)
	f.Add(bits([]float64{1e100, -1e300, 0, 5e-324, 1, 1, 1, 1}), bits([]float64{math.NaN(), math.Inf(1)}), 2)
	f.Add(bits([]float64{5e-324, 5e-324, 1e-323, 0, 0, 0}), bits([]float64{1e300}), 1)
	f.Fuzz(func(t *testing.T, raw, more []byte, season int) {
		y := numbers(raw)
		m, err := ets.Fit(y, season)
		if err != nil {
			return
		}
		require.NotEmpty(t, m.String())
		out := make([]float64, 50)
		for _, past := range [][]float64{y, append(y, numbers(more)...), numbers(more)} {
			m.Forecast(past, out)
			for i, v := range out {
				require.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%s: forecast %d is %v", m, i, v)
			}
		}
	})
}
